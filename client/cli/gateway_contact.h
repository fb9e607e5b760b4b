// What to say about the way to the gateway while a run is watched.

#ifndef RUNCAST_CLIENT_CLI_GATEWAY_CONTACT_H_
#define RUNCAST_CLIENT_CLI_GATEWAY_CONTACT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runcast/watch.h"

namespace runcast::cli {

// Says each trouble when it begins, every ten seconds while it lasts, and when it is over. That a
// stream reached its age is no trouble. Pure: the time comes from outside.
class GatewayContact {
 public:
  // `gateway` as the user named it; `context` is what errors of the watch begin with.
  GatewayContact(absl::string_view gateway, absl::string_view context, absl::Time now);

  // Each returns words to say on a line of their own, or nothing. `OnTick` is for those who see no
  // progress bar: it says what lasts.
  std::string OnNews(const client::ConnectionNews& news, absl::Time now);
  std::string OnTick(absl::Time now);

  // The present state in a few words, for a progress bar: `connecting to gateway:8443 (attempt 3:
  // Connection refused)`. Empty while a stream is open, or is only being replaced.
  std::string Brief() const;

 private:
  std::string OnLoss(const absl::Status& error, absl::Time now);
  // The error without what the user knows: which watch, which gateway.
  std::string BriefError(const absl::Status& error) const;

  const std::string gateway_;
  const std::string context_;
  bool open_ = false;
  bool was_open_ = false;
  int attempt_ = 0;  // Since a stream was open.
  std::string error_;
  bool refused_ = false;       // `error_` is the gateway's own word.
  absl::Time silent_since_;    // Nothing was said since, or the watch has begun then.
  bool told_waiting_ = false;  // That nothing has come yet.
  bool told_trouble_ = false;  // That the gateway cannot be reached, was lost, or refuses.
};

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_GATEWAY_CONTACT_H_
