#include "gateway/rpc/request_validation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace runcast::rpc {
namespace {

constexpr size_t kMaxIdBytes = 512;
constexpr absl::Duration kMaxStaleness = absl::Hours(1);
constexpr absl::Duration kMaxHeartbeatInterval = absl::Minutes(10);

// C0, DEL and C1. Text is valid UTF-8 here: a request with other bytes cannot be parsed.
bool HasControlCharacter(absl::string_view text) {
  // Nearly all have none of the bytes in question; compilers look at many of them at once.
  bool is_plain = true;
  for (const char c : text) is_plain &= static_cast<unsigned char>(c) - 0x20U < 0x7FU - 0x20U;
  if (is_plain) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

void CheckText(const char* field, const std::string& text, bool required,
               std::vector<FieldViolation>& violations) {
  if (text.empty()) {
    if (required) violations.push_back({field, "must not be empty"});
  } else if (text.size() > kMaxIdBytes) {
    violations.push_back(
        {field, absl::StrCat("has ", text.size(), " bytes; at most ", kMaxIdBytes, " are legal")});
  } else if (HasControlCharacter(text)) {
    violations.push_back({field, "must not hold control characters"});
  }
}

// The language travels as a header of HTTP as it is.
void CheckLanguage(const std::string& language, std::vector<FieldViolation>& violations) {
  const size_t before = violations.size();
  CheckText("run.language", language, false, violations);
  const bool fits = std::all_of(language.begin(), language.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (violations.size() == before && !fits) {
    violations.push_back({"run.language", "must be a word of ASCII characters, such as `en`"});
  }
}

// Seconds and nanos in range and of one sign, as google.protobuf.Duration demands.
bool IsDuration(const google::protobuf::Duration& duration) {
  constexpr int64_t kMaxSeconds = 315576000000;
  constexpr int32_t kMaxNanos = 999999999;
  if (duration.seconds() > kMaxSeconds || duration.seconds() < -kMaxSeconds) return false;
  if (duration.nanos() > kMaxNanos || duration.nanos() < -kMaxNanos) return false;
  return (duration.seconds() >= 0 && duration.nanos() >= 0) ||
         (duration.seconds() <= 0 && duration.nanos() <= 0);
}

void CheckDuration(const char* field, const google::protobuf::Duration& duration,
                   absl::Duration least, absl::Duration most, absl::Duration& value,
                   std::vector<FieldViolation>& violations) {
  const absl::Duration given =
      absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
  if (!IsDuration(duration) || given < least || given > most) {
    violations.push_back({field, absl::StrCat("must be from ", absl::FormatDuration(least), " to ",
                                              absl::FormatDuration(most))});
    return;
  }
  value = given;
}

}  // namespace

std::vector<FieldViolation> CheckRunReference(v1::RunReference reference, bool present,
                                              base::RunKey& key) {
  std::vector<FieldViolation> violations;
  if (!present) {
    violations.push_back({"run", "must be given"});
    return violations;
  }
  CheckText("run.stream_id", reference.stream_id(), true, violations);
  CheckText("run.suite_name", reference.suite_name(), true, violations);
  CheckText("run.run_id", reference.run_id(), true, violations);
  CheckLanguage(reference.language(), violations);
  if (reference.kind() != v1::RUN_KIND_UNSPECIFIED && reference.kind() != v1::RUN_KIND_BATCH_TEST) {
    violations.push_back({"run.kind", "this gateway knows only RUN_KIND_BATCH_TEST"});
  }
  if (violations.empty()) {
    key.stream_id = std::move(*reference.mutable_stream_id());
    key.suite_name = std::move(*reference.mutable_suite_name());
    key.run_id = std::move(*reference.mutable_run_id());
    key.language = std::move(*reference.mutable_language());
  }
  return violations;
}

std::vector<FieldViolation> CheckGetStatus(v1::GetStatusRequest request, absl::Duration otherwise,
                                           base::RunKey& key, absl::Duration& max_staleness) {
  const bool has_run = request.has_run();
  std::vector<FieldViolation> violations =
      CheckRunReference(std::move(*request.mutable_run()), has_run, key);
  max_staleness = otherwise;
  if (request.has_max_staleness()) {
    CheckDuration("max_staleness", request.max_staleness(), absl::ZeroDuration(), kMaxStaleness,
                  max_staleness, violations);
  }
  return violations;
}

std::vector<FieldViolation> CheckWatchRun(const v1::WatchRunRequest& request, absl::Duration least,
                                          absl::Duration otherwise, base::RunKey& key,
                                          absl::Duration& heartbeat_interval) {
  std::vector<FieldViolation> violations = CheckRunReference(request.run(), request.has_run(), key);
  heartbeat_interval = otherwise;
  if (request.has_heartbeat_interval()) {
    CheckDuration("heartbeat_interval", request.heartbeat_interval(), least, kMaxHeartbeatInterval,
                  heartbeat_interval, violations);
  }
  return violations;
}

}  // namespace runcast::rpc
