#include "client/cli/commands.h"
#include "client/cli/result_output.h"
#include "client/cli/result_table.h"
#include "runcast/run_status_client.h"

namespace runcast::cli {

ExitCode RunGet(const CommandLine& line) {
  // Nothing has been printed while the call blocks, so there is nothing to clean up.
  ExitOnInterrupt();
  auto client = client::RunStatusClient::Make(line.client);
  if (!client.ok()) return TellError(client.status());
  const auto answer = (*client)->GetStatus(line.run, {.max_staleness = line.max_staleness,
                                                      .include_report_link = line.report_link,
                                                      .timeout = line.timeout});
  if (!answer.ok()) {
    const ExitCode code = TellError(answer.status());
    return absl::IsDeadlineExceeded(answer.status()) ? ExitCode::kDeadline : code;
  }

  PrintData(line.json ? JsonLine(*answer) : RenderResultTable(answer->status, answer->report_link));
  const ExitCode link_code = line.report_link ? TellMissingLink(*answer) : ExitCode::kGood;
  // Asking about a run that goes on is no failure, unless a verdict was asked for: a script must
  // not take an unfinished run for a good one.
  if (!answer->status.terminal() && !line.rules.any()) return CheckOutput(link_code);
  const ExitCode verdict = TellVerdict(answer->status, line.rules);
  return CheckOutput(verdict == ExitCode::kGood ? link_code : verdict);
}

}  // namespace runcast::cli
