// Any bytes as a request. The first byte says which one, the rest is the message.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "gateway/rpc/request_validation.h"
#include "google/protobuf/stubs/logging.h"
#include "tests/fuzz/promise.h"

namespace runcast::rpc {
namespace {

using fuzz::Promise;

const base::RunKey kUntouched{"untouched", "untouched", "untouched", "untouched"};

// The rules once more, as the proto file tells them.
bool IsText(const std::string& text) { return text.size() <= 512 && fuzz::IsOneLine(text); }

bool IsRun(const v1::RunReference& run) {
  const bool word = std::all_of(run.language().begin(), run.language().end(),
                                [](char c) { return c > ' ' && c < 0x7F; });
  return IsText(run.stream_id()) && !run.stream_id().empty() && IsText(run.suite_name()) &&
         !run.suite_name().empty() && IsText(run.run_id()) && !run.run_id().empty() &&
         IsText(run.language()) && word && static_cast<int>(run.kind()) >= 0 &&
         static_cast<int>(run.kind()) <= 1;
}

bool IsWithin(const google::protobuf::Duration& duration, int64_t least, int64_t most) {
  if (duration.nanos() < 0 || duration.nanos() > 999'999'999) return false;
  return duration.seconds() >= least &&
         (duration.seconds() < most || (duration.seconds() == most && duration.nanos() == 0));
}

void JudgeViolations(const std::vector<FieldViolation>& violations, bool good) {
  Promise(violations.empty() == good, "a request is refused exactly when a rule is broken");
  std::set<std::string> fields;
  for (const FieldViolation& violation : violations) {
    Promise(fields.insert(violation.field).second, "a field is named once");
    Promise(!violation.description.empty() && violation.description.size() <= 100 &&
                fuzz::IsOneLine(violation.description),
            "a violation is told in words of ours");
  }
}

void JudgeKey(const base::RunKey& key, const v1::RunReference& run, bool good) {
  const base::RunKey given{run.stream_id(), run.suite_name(), run.run_id(), run.language()};
  Promise(key == (good ? given : kUntouched), "a key is what was asked for, or nothing");
}

// `request` was parsed from `bytes` of the wire, as gRPC hands them over.
template <typename Request>
bool Parse(absl::string_view bytes, Request& request) {
  return request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

void JudgeGetStatus(absl::string_view bytes) {
  v1::GetStatusRequest request;
  if (!Parse(bytes, request)) return;
  base::RunKey key = kUntouched;
  absl::Duration staleness = absl::InfiniteDuration();
  const std::vector<FieldViolation> violations =
      CheckGetStatus(request, absl::Seconds(5), key, staleness);

  const bool good_run = request.has_run() && IsRun(request.run());
  const bool good_wait = !request.has_max_staleness() || IsWithin(request.max_staleness(), 0, 3600);
  JudgeViolations(violations, good_run && good_wait);
  JudgeKey(key, request.run(), good_run);
  Promise(staleness >= absl::ZeroDuration() && staleness <= absl::Hours(1),
          "an age is from 0 to 1 hour whatever was asked");
}

void JudgeWatchRun(absl::string_view bytes) {
  v1::WatchRunRequest request;
  if (!Parse(bytes, request)) return;
  base::RunKey key = kUntouched;
  absl::Duration interval = absl::InfiniteDuration();
  const std::vector<FieldViolation> violations =
      CheckWatchRun(request, absl::Seconds(5), absl::Seconds(20), key, interval);

  const bool good_run = request.has_run() && IsRun(request.run());
  const bool good_wait =
      !request.has_heartbeat_interval() || IsWithin(request.heartbeat_interval(), 5, 600);
  JudgeViolations(violations, good_run && good_wait);
  JudgeKey(key, request.run(), good_run);
  Promise(interval >= absl::Seconds(5) && interval <= absl::Minutes(10),
          "an interval is from 5 s to 10 min whatever was asked");
}

}  // namespace
}  // namespace runcast::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  // Bytes that are not UTF-8 make protobuf talk.
  static const auto silenced = google::protobuf::SetLogHandler(nullptr);
  (void)silenced;
  absl::string_view input(reinterpret_cast<const char*>(bytes), size);
  if (runcast::fuzz::TakeNumber(input, 1) % 2 == 0) {
    runcast::rpc::JudgeGetStatus(input);
  } else {
    runcast::rpc::JudgeWatchRun(input);
  }
  return 0;
}
