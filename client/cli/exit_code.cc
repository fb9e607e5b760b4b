#include "client/cli/exit_code.h"

#include <signal.h>
#include <unistd.h>

namespace runcast::cli {

ExitCode ExitCodeOf(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kGood;
    case absl::StatusCode::kInvalidArgument:
      return ExitCode::kUsage;
    default:
      return ExitCode::kFailed;
  }
}

void ExitOnInterrupt() {
  for (const int signal : {SIGINT, SIGTERM}) {
    ::signal(signal, [](int) { _exit(static_cast<int>(ExitCode::kInterrupted)); });
  }
}

}  // namespace runcast::cli
