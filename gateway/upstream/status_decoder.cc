#include "gateway/upstream/status_decoder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/upstream/loose_values.h"
#include "gateway/upstream/message_text.h"

namespace runcast::upstream {
namespace {

using Cause = telemetry::UpstreamFailure;

constexpr size_t kLongestWord = 256;  // RunStatus.raw_state
constexpr size_t kLongestId = 512;

struct ResultCount {
  const char* path;
  void (v1::RunResult::*set)(int64_t);
};
constexpr ResultCount kResultCounts[] = {
    {"result.results.TP", &v1::RunResult::set_true_positives},
    {"result.results.TN", &v1::RunResult::set_true_negatives},
    {"result.results.FP", &v1::RunResult::set_false_positives},
    {"result.results.FN", &v1::RunResult::set_false_negatives},
    {"result.results.success", &v1::RunResult::set_succeeded},
    {"result.results.failure", &v1::RunResult::set_failed},
    {"result.results.failedUtteranceCount", &v1::RunResult::set_failed_utterances},
    {"result.results.failedEntitiesCount", &v1::RunResult::set_failed_entities},
    {"result.results.totalEntitiesCount", &v1::RunResult::set_total_entities},
    {"result.results.matchedEntitiesCount", &v1::RunResult::set_matched_entities},
    {"result.results.traitSuccess", &v1::RunResult::set_trait_successes},
    {"result.results.traitFailure", &v1::RunResult::set_trait_failures},
    {"result.results.totalTraitsCount", &v1::RunResult::set_total_traits},
    {"result.results.matchedTraitsCount", &v1::RunResult::set_matched_traits},
};

struct Score {
  const char* path;
  void (v1::RunResult::*set)(double);
};
constexpr Score kScores[] = {
    {"result.precision", &v1::RunResult::set_precision},
    {"result.recall", &v1::RunResult::set_recall},
    {"result.f1_score", &v1::RunResult::set_f1_score},
};

// All other members that are read.
constexpr const char* kOtherPaths[] = {
    "_id",
    "testSuiteId",
    "status",
    "utterance_count",
    "totalUtterances",
    "utterance_ran",
    "percentage",
    "result",
    "result._id",
    "result.testSuiteId",
    "result.status",
    "result.utterance_count",
    "result.isPartialFailure",
    "result.triggeredBy",
    "result.botLanguage",
    "result.runType",
    "result.startTime",
    "result.isAvailable",
    "result.endTime",
    "result.fileId",
    "result.fileUrl",
    "result.results",
};

const AnswerDocument::Paths& WantedPaths() {
  static const auto* const kPaths = [] {
    auto* paths = new AnswerDocument::Paths;  // Lives as long as the process.
    for (const ResultCount& count : kResultCounts) paths->insert(count.path);
    for (const Score& score : kScores) paths->insert(score.path);
    for (const char* path : kOtherPaths) paths->insert(path);
    return paths;
  }();
  return *kPaths;
}

// Fills one PollAnswer from one document.
class Decoding {
 public:
  Decoding(const base::RunKey& key, const AnswerDocument& document, const StatusWords& words)
      : key_(key), document_(document), words_(words) {}

  DecodedAnswer Run() {
    for (const char* path : {"_id", "result._id"}) {
      const std::optional<std::string> id = Get(path, ReadId);
      if (id.has_value() && *id != key_.run_id) {
        return ProtocolFault{absl::StrCat("is about another run (", path, ")"), Cause::kOtherRun};
      }
    }
    SetRun();
    GetRecord();
    GetResults();
    JudgeState();
    GetProgress();
    if (values_read_ == 0) return ProtocolFault{"has no member of a status", Cause::kShape};
    return std::move(answer_);
  }

 private:
  // The value at `path`, or nothing when absent or unreadable; the latter is noted.
  template <typename Value>
  std::optional<Value> Get(const char* path, std::optional<Value> (*read)(const JsonValue&)) {
    const JsonValue* value = document_.Find(path);
    if (value == nullptr) return std::nullopt;
    std::optional<Value> result = read(*value);
    if (result.has_value()) {
      ++values_read_;
    } else {
      answer_.unreadable_fields.emplace_back(path);
    }
    return result;
  }

  // The same with a second place to look.
  template <typename Value>
  std::optional<Value> GetFirst(const char* path, const char* other,
                                std::optional<Value> (*read)(const JsonValue&)) {
    std::optional<Value> first = Get(path, read);
    std::optional<Value> second = Get(other, read);
    return first.has_value() ? first : second;
  }

  std::string GetShortId(const char* path) {
    return std::string(CutAtCharacter(Get(path, ReadId).value_or(""), kLongestId));
  }

  void SetRun() {
    v1::RunReference& run = *answer_.status.mutable_run();
    run.set_stream_id(key_.stream_id);
    run.set_suite_name(key_.suite_name);
    run.set_run_id(key_.run_id);
    run.set_language(key_.language);
  }

  // Everything about the run that is neither state, progress nor result.
  void GetRecord() {
    v1::RunStatus& status = answer_.status;
    // Another value where an object belongs hides all that would be in it.
    for (const char* path : {"result", "result.results"}) {
      const JsonValue* value = document_.Find(path);
      if (value != nullptr && *value != JsonValue(JsonCompound{/*is_object=*/true})) {
        answer_.unreadable_fields.emplace_back(path);
      }
    }
    const std::string suite_id = GetShortId("testSuiteId");
    const std::string record_suite_id = GetShortId("result.testSuiteId");
    status.set_suite_id(suite_id.empty() ? record_suite_id : suite_id);
    status.set_triggered_by(GetShortId("result.triggeredBy"));
    status.set_report_file_id(GetShortId("result.fileId"));
    status.set_language(Get("result.botLanguage", ReadText).value_or(""));
    status.set_run_type(Get("result.runType", ReadText).value_or(""));

    const auto assertions = GetFirst("utterance_count", "result.utterance_count", ReadCount);
    if (assertions.has_value()) status.set_assertion_count(*assertions);
    const auto partial_failure = Get("result.isPartialFailure", ReadFlag);
    if (partial_failure.has_value()) status.set_partial_failure(*partial_failure);
    const auto available = Get("result.isAvailable", ReadFlag);
    if (available.has_value()) status.set_report_available(*available);
    if (const auto start = Get("result.startTime", ReadTime); start.has_value()) {
      SetTime(*start, *status.mutable_start_time());
    }
    if (const auto end = Get("result.endTime", ReadTime); end.has_value()) {
      SetTime(*end, *status.mutable_end_time());
    }
    // An empty link is none.
    const JsonValue* link = document_.Find("result.fileUrl");
    if (link != nullptr && *link != JsonValue(std::string())) {
      answer_.report_link = base::SecretString(Get("result.fileUrl", ReadLink).value_or(""));
    }
  }

  static void SetTime(absl::Time time, google::protobuf::Timestamp& field) {
    const int64_t seconds = absl::ToUnixSeconds(time);  // Rounds down, as Timestamp wants it.
    field.set_seconds(seconds);
    field.set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  }

  // An empty `results` says nothing and counts as absent.
  void GetResults() {
    for (const ResultCount& count : kResultCounts) {
      const auto value = Get(count.path, ReadCount);
      if (!value.has_value()) continue;
      (answer_.status.mutable_result()->*count.set)(*value);
      answer_.has_results = true;
    }
    for (const Score& score : kScores) {
      const auto value = Get(score.path, ReadScore);
      if (value.has_value()) (answer_.status.mutable_result()->*score.set)(*value);
    }
  }

  // Upstream reference, 4.4: the top-level word counts; a word that nobody knows ends a run only
  // with other evidence. The same holds when there is no word at all.
  void JudgeState() {
    const std::string top = Get("status", ReadText).value_or("");
    const std::string record = Get("result.status", ReadText).value_or("");
    const std::string& word = top.empty() ? record : top;

    v1::RunStatus& status = answer_.status;
    status.set_raw_state(std::string(CutAtCharacter(word, kLongestWord)));
    switch (words_.Meaning(word)) {
      case WordMeaning::kActive:
        status.set_state(v1::RUN_STATE_RUNNING);
        break;
      case WordMeaning::kCompleted:
        status.set_state(v1::RUN_STATE_COMPLETED);
        break;
      case WordMeaning::kFailed:
        status.set_state(v1::RUN_STATE_FAILED);
        break;
      case WordMeaning::kCancelled:
        status.set_state(v1::RUN_STATE_CANCELLED);
        break;
      case WordMeaning::kUnknown:
        status.set_state(v1::RUN_STATE_UNKNOWN);
        break;
    }
    status.set_terminal(IsTerminal(words_.Meaning(word)));
    answer_.words_disagree = !top.empty() && !record.empty() && !words_.Agree(top, record);
  }

  bool IsTerminal(WordMeaning meaning) const {
    if (meaning != WordMeaning::kUnknown) return meaning != WordMeaning::kActive;
    return answer_.status.has_end_time() || answer_.has_results || !answer_.report_link.empty();
  }

  void GetProgress() {
    const auto done = Get("utterance_ran", ReadCount);
    const auto total = Get("totalUtterances", ReadCount);
    std::optional<double> percent = Get("percentage", ReadNumber);
    if (!percent.has_value() && done.has_value() && total.value_or(0) > 0) {
      percent = 100.0 * static_cast<double>(*done) / static_cast<double>(*total);
    }
    if (!percent.has_value() && answer_.status.terminal()) percent = 100;
    if (!done.has_value() && !total.has_value() && !percent.has_value()) return;

    v1::Progress& progress = *answer_.status.mutable_progress();
    if (done.has_value()) progress.set_utterances_done(*done);
    if (total.has_value()) progress.set_utterances_total(*total);
    if (percent.has_value()) progress.set_percent(std::clamp(*percent, 0.0, 100.0));
  }

  const base::RunKey& key_;
  const AnswerDocument& document_;
  const StatusWords& words_;
  int values_read_ = 0;
  PollAnswer answer_;
};

// By the errors of AnswerDocument::Parse.
Cause CauseOf(const absl::Status& fault) {
  if (absl::IsResourceExhausted(fault)) return Cause::kNesting;
  return absl::IsFailedPrecondition(fault) ? Cause::kShape : Cause::kSyntax;
}

}  // namespace

DecodedAnswer DecodeStatus(const base::RunKey& key, absl::string_view body,
                           const StatusWords& words) {
  if (body.empty()) return ProtocolFault{"is empty", Cause::kEmpty};
  const auto document = AnswerDocument::Parse(body, WantedPaths());
  if (!document.ok()) {
    return ProtocolFault{std::string(document.status().message()), CauseOf(document.status())};
  }
  if (document->has_errors()) return document->errors();
  return Decoding(key, *document, words).Run();
}

}  // namespace runcast::upstream
