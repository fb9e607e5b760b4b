#include "client/cli/result_output.h"

#include <google/protobuf/util/json_util.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "client/cli/status_words.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::cli {

std::string JsonLine(const client::StatusAnswer& answer) {
  v1::GetStatusResponse response;
  *response.mutable_status() = answer.status;
  if (answer.last_good_answer_at != absl::InfinitePast()) {
    auto* at = response.mutable_last_good_answer_at();
    at->set_seconds(absl::ToUnixSeconds(answer.last_good_answer_at));
    at->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(
        answer.last_good_answer_at - absl::FromUnixSeconds(at->seconds()))));
  }
  response.set_report_link(answer.report_link);

  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(response, &json, options);
  // Only a timestamp out of range cannot be printed; the line stays an object for its reader.
  if (!status.ok()) return "{}\n";
  return json + "\n";
}

void PrintData(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

ExitCode TellError(const absl::Status& error) {
  std::fprintf(stderr, "runcast: %s\n", ErrorWords(error).c_str());
  return ExitCodeOf(error);
}

ExitCode TellMissingLink(const client::StatusAnswer& answer) {
  if (!answer.report_link.empty()) return ExitCode::kGood;
  const v1::Freshness& freshness = answer.status.freshness();
  const std::string trouble = FreshnessWords(freshness);
  if (trouble.empty()) {
    std::fputs("runcast: the run has no report\n", stderr);
    return ExitCode::kGood;
  }
  std::fprintf(stderr, "runcast: no report link, the platform could not be asked; %s%s\n",
               trouble.c_str(), FreshnessDetail(freshness).c_str());
  return ExitCode::kFailed;
}

ExitCode TellVerdict(const v1::RunStatus& status, const VerdictRules& rules) {
  const auto faults = Faults(status, rules);
  for (const auto& fault : faults) std::fprintf(stderr, "runcast: %s\n", fault.c_str());
  return faults.empty() ? ExitCode::kGood : ExitCode::kBad;
}

ExitCode CheckOutput(ExitCode code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::perror("runcast: cannot write to stdout");
  return ExitCode::kFailed;
}

}  // namespace runcast::cli
