// What both commands print about a run: JSON lines, the result table, the verdict.

#ifndef RUNCAST_CLIENT_CLI_RESULT_OUTPUT_H_
#define RUNCAST_CLIENT_CLI_RESULT_OUTPUT_H_

#include <string>

#include "absl/status/status.h"
#include "client/cli/command_line.h"
#include "client/cli/exit_code.h"
#include "client/cli/verdict.h"
#include "runcast/run_status_client.h"

namespace runcast::cli {

// The answer as one line, the API's GetStatusResponse: protobuf's JSON with the field names of
// the proto, so 64-bit numbers are strings. Fields without presence are there also when they
// are zero.
std::string JsonLine(const client::StatusAnswer& answer);

// Writes data to stdout at once.
void PrintData(const std::string& text);

// Words on stderr, and the exit code of the error.
ExitCode TellError(const absl::Status& error);

// Tells on stderr why an answer has no link that was asked for. A run without a report is no
// failure; a link that the gateway could not ask for is: kFailed.
ExitCode TellMissingLink(const client::StatusAnswer& answer);

// Tells on stderr why a run is bad, if it is.
ExitCode TellVerdict(const v1::RunStatus& status, const VerdictRules& rules);

// kFailed instead of `code`, with words, when stdout did not take all data.
ExitCode CheckOutput(ExitCode code);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_RESULT_OUTPUT_H_
