// What is known of a run, as aligned lines for people.

#ifndef RUNCAST_CLIENT_CLI_RESULT_TABLE_H_
#define RUNCAST_CLIENT_CLI_RESULT_TABLE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::cli {

// Lines that end with a line break. What the platform did not give is left out; zero is shown.
// The report link is printed whole and unchanged as the last line when it is not empty. Pure.
std::string RenderResultTable(const v1::RunStatus& status, absl::string_view report_link);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_RESULT_TABLE_H_
