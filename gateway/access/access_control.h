// Who is calling, and what they may see.

#ifndef RUNCAST_GATEWAY_ACCESS_ACCESS_CONTROL_H_
#define RUNCAST_GATEWAY_ACCESS_ACCESS_CONTROL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/base/run_key.h"

namespace runcast::access {

// One caller, as far as it is known.
struct Caller {
  // Stable name for limits and logs: the identity if there is one, else the peer's address
  // without its port.
  std::string name;
  // What the caller proved to be: SPIFFE URI, DNS name or subject of its certificate. Empty:
  // nothing.
  std::vector<std::string> principals;
  // It proved more than that: names that are too long to be kept, or too many. Any of them may be
  // one that a deny rule means.
  bool names_left_out = false;
};

// The headers of one request. Threads: those that check the request.
class HeaderLookup {
 public:
  virtual ~HeaderLookup() = default;

  // The values of the header `key` (lower case), one for each time it was sent, in that order;
  // empty when it was not. They live as long as the request.
  virtual std::vector<absl::string_view> Values(absl::string_view key) const = 0;
};

enum class Verdict { kAllowed, kIdentityRequired, kStreamNotServed, kAccessDenied };

// What a call wants to do.
struct AccessRequest {
  const Caller* caller = nullptr;
  absl::string_view method;  // Full path, such as `/runcast.v1.RunStatusService/WatchRun`.
  const base::RunKey* run = nullptr;
  bool report_link = false;
  // Null: unknown. Rules that look at headers then allow nothing.
  const HeaderLookup* headers = nullptr;
};

// Threads: any; a check takes no lock that another check holds for long.
class AccessControl {
 public:
  virtual ~AccessControl() = default;

  // An implementation logs what it denies; whoever asks counts it.
  virtual Verdict Check(const AccessRequest& request) const = 0;

  // Rises whenever the policy changed, so that open streams are checked again. Read it before
  // `Check`: then no change is missed between the two.
  virtual uint64_t generation() const = 0;
};

}  // namespace runcast::access

#endif  // RUNCAST_GATEWAY_ACCESS_ACCESS_CONTROL_H_
