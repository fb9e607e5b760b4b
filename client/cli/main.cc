// `runcast`: follows batch-test runs from a shell. See `runcast --help`.

#include <cstdio>
#include <cstdlib>

#include "client/cli/command_line.h"
#include "client/cli/commands.h"
#include "client/cli/result_output.h"

int main(int argc, char** argv) {
  using runcast::cli::CommandLine;
  const auto parsed = runcast::cli::ParseCommandLine(argc, argv);
  std::fputs(parsed.out.c_str(), stdout);
  std::fputs(parsed.err.c_str(), stderr);
  if (!parsed.command) return static_cast<int>(runcast::cli::CheckOutput(parsed.code));
  // gRPC's own lines would come between ours; what they say is in the errors too.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  const auto run = [&] {
    switch (parsed.command->command) {
      case CommandLine::Command::kGet:
        return runcast::cli::RunGet(*parsed.command);
      case CommandLine::Command::kDoctor:
        return runcast::cli::RunDoctor(*parsed.command);
      case CommandLine::Command::kWatch:
        break;
    }
    return runcast::cli::RunWatch(*parsed.command);
  };
  const auto code = run();
  return static_cast<int>(code);
}
