// Words on stderr while a run is watched: a bar drawn over itself, or plain lines.

#ifndef RUNCAST_CLIENT_CLI_PROGRESS_DISPLAY_H_
#define RUNCAST_CLIENT_CLI_PROGRESS_DISPLAY_H_

#include <cstdio>
#include <string>

#include "absl/strings/string_view.h"
#include "client/cli/gateway_contact.h"
#include "client/cli/progress_bar.h"
#include "client/cli/progress_estimate.h"
#include "runcast/v1/run_status.pb.h"
#include "runcast/watch.h"

namespace runcast::cli {

// Threads: one.
class ProgressDisplay {
 public:
  enum class Mode {
    kBar,
    kLines,
    kTroubleOnly,  // Only what disturbs: the statuses themselves are data elsewhere.
  };

  // `gateway`: where the watch goes, as the user named it.
  ProgressDisplay(std::FILE* stream, Mode mode, const std::string& run_id,
                  absl::string_view gateway);

  void OnStatus(const v1::RunStatus& status);
  void OnHeartbeat(const v1::Heartbeat& heartbeat);
  void OnConnection(const client::ConnectionNews& news);
  // Time passed: draws the bar again, because the remaining time runs down between statuses, or
  // says what lasts.
  void Tick();
  // Takes the bar away, so that other words can follow.
  void Clear();
  // Writes a line of words, above the bar if there is one.
  void Say(const std::string& words);

 private:
  // Told once for each change: a heartbeat every 20 s would repeat it for hours.
  bool IsNewTrouble(const v1::Freshness& freshness);
  void Draw();

  std::FILE* const stream_;
  const Mode mode_;
  ProgressView view_;
  ProgressEstimate estimate_;
  GatewayContact contact_;
  v1::Freshness freshness_;
  std::string state_;  // Of the newest status; empty before the first.
  bool drawn_ = false;
};

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_PROGRESS_DISPLAY_H_
