// `runcast doctor`: connects as a client would, and says what is wrong and which setting causes it.

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/commands.h"
#include "client/cli/doctor_diagnosis.h"
#include "client/cli/doctor_probe.h"
#include "client/cli/printable_text.h"
#include "client/cli/result_output.h"

namespace runcast::cli {
namespace {

const char* WordOf(Finding::Result result) {
  switch (result) {
    case Finding::Result::kGood:
      return "ok";
    case Finding::Result::kNote:
      return "note";
    case Finding::Result::kBad:
      return "BAD";
  }
  return "";
}

void TellPeople(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    std::string line = absl::StrCat(WordOf(finding.result), std::string(6, ' ')).substr(0, 6);
    absl::StrAppend(&line, absl::StrCat(finding.check, std::string(12, ' ')).substr(0, 12),
                    PrintableText(finding.words), "\n");
    if (!finding.setting.empty()) {
      absl::StrAppend(&line, std::string(18, ' '), PrintableText(finding.setting), "\n");
    }
    PrintData(line);
  }
}

void TellPrograms(const Observations& seen, const std::vector<Finding>& findings, bool good) {
  google::protobuf::Struct report;
  auto& fields = *report.mutable_fields();
  fields["gateway"].set_string_value(PrintableText(seen.gateway));
  fields["tls"].set_bool_value(seen.tls);
  fields["good"].set_bool_value(good);
  fields["held_seconds"].set_number_value(absl::ToDoubleSeconds(seen.held_for));
  auto& list = *fields["findings"].mutable_list_value();
  for (const Finding& finding : findings) {
    auto& entry = *list.add_values()->mutable_struct_value()->mutable_fields();
    entry["result"].set_string_value(
        finding.result == Finding::Result::kBad ? "bad" : WordOf(finding.result));
    entry["check"].set_string_value(finding.check);
    entry["words"].set_string_value(PrintableText(finding.words));
    entry["setting"].set_string_value(PrintableText(finding.setting));
  }
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(report, &json).ok()) json = "{}";
  PrintData(json + "\n");
}

}  // namespace

ExitCode RunDoctor(const CommandLine& line) {
  ExitOnInterrupt();
  const auto probe = DoctorProbe::Make(line.client, line.run);
  if (!probe.ok()) return TellError(probe.status());

  Observations seen = probe->Call();
  std::vector<Finding> findings = DiagnoseCalls(seen);
  if (!line.json) TellPeople(findings);
  if (DoctorProbe::IsWorthHolding(seen)) {
    if (!line.json) {
      std::fprintf(stderr, "holding streams for %s …\n", absl::FormatDuration(line.hold).c_str());
    }
    probe->Hold(line.hold, seen);
    const std::vector<Finding> more = DiagnoseStreams(seen);
    if (!line.json) TellPeople(more);
    findings.insert(findings.end(), more.begin(), more.end());
  } else if (seen.run_ended) {
    const std::vector<Finding> none = {{Finding::Result::kNote, "streams",
                                        "not held: the run has ended",
                                        "give a run that goes on to see what cuts streams"}};
    if (!line.json) TellPeople(none);
    findings.insert(findings.end(), none.begin(), none.end());
  }

  const bool good = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.result == Finding::Result::kBad;
  });
  if (line.json) TellPrograms(seen, findings, good);
  const bool reached = seen.tcp.ok() && seen.read.has_value();
  return CheckOutput(good ? ExitCode::kGood : reached ? ExitCode::kBad : ExitCode::kFailed);
}

}  // namespace runcast::cli
