// The command line of `runcast`: what it means, and what is wrong with it.

#ifndef RUNCAST_CLIENT_CLI_COMMAND_LINE_H_
#define RUNCAST_CLIENT_CLI_COMMAND_LINE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/exit_code.h"
#include "client/cli/verdict.h"
#include "runcast/client_options.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::cli {

struct CommandLine {
  enum class Command { kGet, kWatch, kDoctor };
  Command command = Command::kGet;
  v1::RunReference run;
  client::ClientOptions client;
  VerdictRules rules;
  bool json = false;
  bool report_link = false;
  bool plain = false;
  std::optional<absl::Duration> timeout;
  std::optional<absl::Duration> max_staleness;
  absl::Duration hold = absl::Seconds(70);  // How long the doctor holds streams.
};

// Either a command, or text to print and a code to end with.
struct ParsedCommandLine {
  std::optional<CommandLine> command;
  ExitCode code = ExitCode::kGood;
  std::string out;  // For stdout: help, version.
  std::string err;  // For stderr: what is wrong and what to do.
};

// Reads RUNCAST_GATEWAY from the environment where --gateway is not given.
ParsedCommandLine ParseCommandLine(int argc, const char* const* argv);

// `250ms`, `30s`, `5m`, `1h30m`; a bare number is seconds. Nothing when it is none of these or
// negative.
std::optional<absl::Duration> ParseTime(absl::string_view text);

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_COMMAND_LINE_H_
