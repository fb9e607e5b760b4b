#include "client/cli/exit_code.h"

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

}  // namespace runcast::cli
