// Any bytes as the body of an HTTP 200. The input is the body.

#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/upstream/status_decoder.h"
#include "tests/fuzz/promise.h"

namespace runcast::upstream {
namespace {

using fuzz::Promise;

bool IsTime(const google::protobuf::Timestamp& time) {
  return time.seconds() >= -62135596800 && time.seconds() < 253402300800 && time.nanos() >= 0 &&
         time.nanos() < 1'000'000'000;
}

bool IsPercent(double percent) { return percent >= 0 && percent <= 100; }
bool IsScore(double score) { return score >= 0 && score <= 1; }

void JudgeAnswer(const base::RunKey& key, const PollAnswer& answer) {
  const v1::RunStatus& status = answer.status;
  Promise(status.run().run_id() == key.run_id, "an answer is about the run that was asked for");
  Promise(status.state() != v1::RUN_STATE_UNSPECIFIED, "an answer has a state");
  Promise(status.terminal() || status.state() == v1::RUN_STATE_RUNNING ||
              status.state() == v1::RUN_STATE_UNKNOWN,
          "only a running run, or one with an unknown word, goes on");
  Promise(!status.terminal() || status.state() != v1::RUN_STATE_RUNNING,
          "a running run is not terminal");
  Promise(!status.terminal() || status.progress().has_percent(),
          "a run that ended has a percentage");
  Promise(status.sequence() == 0 && status.epoch() == 0 && !status.has_observed_at() &&
              !status.has_freshness(),
          "what the gateway adds is not the platform's");

  Promise(status.raw_state().size() <= 256, "a word is at most 256 bytes long");
  for (const std::string* text : {&status.suite_id(), &status.report_file_id(), &status.language(),
                                  &status.run_type(), &status.triggered_by()}) {
    Promise(text->size() <= 512, "a text is at most 512 bytes long");
  }
  Promise(!status.has_start_time() || IsTime(status.start_time()), "a start is a protobuf time");
  Promise(!status.has_end_time() || IsTime(status.end_time()), "an end is a protobuf time");
  const v1::Progress& progress = status.progress();
  Promise(IsPercent(progress.percent()), "a percentage is from 0 to 100");
  Promise(progress.utterances_done() >= 0 && progress.utterances_total() >= 0,
          "counts of progress are not negative");
  const v1::RunResult& result = status.result();
  Promise(IsScore(result.precision()) && IsScore(result.recall()) && IsScore(result.f1_score()),
          "a score is from 0 to 1");
  Promise(result.true_positives() >= 0 && result.failed() >= 0 && result.matched_traits() >= 0 &&
              status.assertion_count() >= 0,
          "counts are not negative");
  for (const char c : answer.report_link.Reveal()) {
    Promise(static_cast<unsigned char>(c) > 0x20 && c != 0x7F, "a link is one word");
  }

  const std::string bytes = status.SerializeAsString();
  v1::RunStatus again;
  Promise(again.ParseFromString(bytes),
          "a status can be sent: protobuf refuses bytes that are not UTF-8");
  Promise(again.SerializeAsString() == bytes, "a status arrives as it was sent");
}

void JudgeErrors(const std::vector<PlatformError>& errors) {
  Promise(errors.size() <= 8, "at most 8 errors are kept");
  for (const PlatformError& error : errors) {
    Promise(error.text.size() <= 1024 && error.code.size() <= 1024,
            "an error's text is at most 1 KiB long");
    Promise(error.from_envelope, "errors of a document come from its envelope");
  }
}

// The outcome as text, to compare two of them.
std::string Outcome(const DecodedAnswer& decoded) {
  if (const auto* answer = std::get_if<PollAnswer>(&decoded)) {
    return absl::StrCat("answer ", answer->status.SerializeAsString(), answer->words_disagree,
                        answer->has_results);
  }
  if (const auto* errors = std::get_if<std::vector<PlatformError>>(&decoded)) {
    std::string all = "errors";
    for (const PlatformError& error : *errors)
      absl::StrAppend(&all, " ", error.text, "/", error.code);
    return all;
  }
  return absl::StrCat("fault ", std::get<ProtocolFault>(decoded).reason);
}

}  // namespace
}  // namespace runcast::upstream

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace runcast::upstream;  // NOLINT(google-build-using-namespace)
  using runcast::fuzz::Promise;
  static const auto& words = *new StatusWords;
  static const auto& key = *new runcast::base::RunKey{"st-1", "smoke", "tr-1", ""};
  const absl::string_view body(reinterpret_cast<const char*>(bytes), size);

  const DecodedAnswer decoded = DecodeStatus(key, body, words);
  if (const auto* answer = std::get_if<PollAnswer>(&decoded)) {
    JudgeAnswer(key, *answer);
  } else if (const auto* errors = std::get_if<std::vector<PlatformError>>(&decoded)) {
    JudgeErrors(*errors);
  } else {
    const std::string& reason = std::get<ProtocolFault>(decoded).reason;
    Promise(!reason.empty() && reason.size() <= 100 && runcast::fuzz::IsOneLine(reason),
            "a fault has a reason of ours and nothing of the body");
  }
  if (!body.empty()) {
    Promise(Outcome(decoded) == Outcome(DecodeStatus(key, absl::StrCat(body, "\n"), words)),
            "a line end behind the body changes nothing");
  }
  return 0;
}
