// Words on stderr while a run is watched: a bar drawn over itself, or plain lines.

#ifndef RUNCAST_CLIENT_CLI_PROGRESS_DISPLAY_H_
#define RUNCAST_CLIENT_CLI_PROGRESS_DISPLAY_H_

#include <cstdio>
#include <optional>
#include <string>

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

  ProgressDisplay(std::FILE* stream, Mode mode, const std::string& run_id);

  void OnStatus(const v1::RunStatus& status);
  void OnHeartbeat(const v1::Heartbeat& heartbeat);
  void OnConnection(const client::ConnectionNews& news);
  // Draws the bar again: the remaining time runs down between statuses.
  void Tick();
  // Takes the bar away, so that other words can follow.
  void Clear();
  // Writes a line of words, above the bar if there is one.
  void Say(const std::string& words);

 private:
  void Draw();

  std::FILE* const stream_;
  const Mode mode_;
  ProgressView view_;
  ProgressEstimate estimate_;
  bool drawn_ = false;
  bool lost_ = false;  // The loss of the gateway was told.
  std::string told_freshness_;
};

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_PROGRESS_DISPLAY_H_
