// Any bytes as a resume token, and tokens and statuses made of them.

#include <bit>
#include <optional>
#include <string>

#include "gateway/runs/resume_token.h"
#include "google/protobuf/stubs/logging.h"
#include "tests/fuzz/promise.h"

namespace runcast::runs {
namespace {

using fuzz::Promise;
using fuzz::TakeNumber;

void JudgeBytes(absl::string_view bytes) {
  const std::optional<ResumeToken> token = DecodeResumeToken(bytes);
  if (!token.has_value()) return;
  Promise(DecodeResumeToken(EncodeResumeToken(*token)) == token,
          "a read token can be written again");
  Promise(!IsBehind(*token, *token), "a token is not behind itself");
}

ResumeToken TakeToken(absl::string_view& input) {
  ResumeToken token;
  token.terminal = TakeNumber(input, 1) % 2 == 1;
  token.epoch = TakeNumber(input, 8);
  token.sequence = TakeNumber(input, 8);
  token.fingerprint = TakeNumber(input, 8);
  token.utterances_done = static_cast<int64_t>(TakeNumber(input, 8));
  token.percent = std::bit_cast<double>(TakeNumber(input, 8));
  return token;
}

void JudgeToken(const ResumeToken& token) {
  const std::string bytes = EncodeResumeToken(token);
  const std::optional<ResumeToken> read = DecodeResumeToken(bytes);
  if (token.percent != token.percent) {
    Promise(!read.has_value(), "progress that is no number makes no token");
    return;
  }
  Promise(read == token, "a token is read as it was written");
  Promise(
      !DecodeResumeToken(absl::string_view(bytes).substr(1)).has_value() &&
          !DecodeResumeToken(absl::string_view(bytes).substr(0, bytes.size() - 1)).has_value() &&
          !DecodeResumeToken(bytes + " ").has_value(),
      "a token of another length is none");
  std::string damaged = bytes;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  Promise(!DecodeResumeToken(damaged).has_value(), "a token with a damaged checksum is none");
}

void JudgePair(const ResumeToken& a, const ResumeToken& b) {
  Promise(!IsBehind(a, b) || !IsBehind(b, a), "two tokens are not behind each other");
  if (a.terminal && !b.terminal) {
    Promise(IsBehind(b, a) && !IsBehind(a, b), "a run that goes on is behind one that ended");
  }
}

void JudgeStatus(absl::string_view bytes) {
  v1::RunStatus status;
  if (!status.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const ResumeToken token = MakeResumeToken(status);
  v1::RunStatus elsewhere = status;
  elsewhere.set_sequence(status.sequence() + 1);
  elsewhere.set_epoch(~status.epoch());
  elsewhere.mutable_observed_at()->set_seconds(7);
  elsewhere.mutable_freshness()->set_reason("UPSTREAM_UNAVAILABLE");
  elsewhere.mutable_run()->set_language("en");
  Promise(MakeResumeToken(elsewhere).fingerprint == token.fingerprint,
          "what the gateway adds does not change the fingerprint");
  elsewhere.set_raw_state(status.raw_state() + "x");
  Promise(MakeResumeToken(elsewhere).fingerprint != token.fingerprint,
          "another word changes the fingerprint");
  Promise(!IsBehind(token, token), "a status is not behind itself");
  JudgeToken(token);
}

}  // namespace
}  // namespace runcast::runs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace runcast::runs;  // NOLINT(google-build-using-namespace)
  // Bytes that are not UTF-8 make protobuf talk.
  static const auto silenced = google::protobuf::SetLogHandler(nullptr);
  (void)silenced;
  const absl::string_view whole(reinterpret_cast<const char*>(bytes), size);
  JudgeBytes(whole);
  JudgeStatus(whole);

  absl::string_view input = whole;
  const ResumeToken a = TakeToken(input);
  const ResumeToken b = TakeToken(input);
  JudgeToken(a);
  if (a.percent == a.percent && b.percent == b.percent) JudgePair(a, b);
  return 0;
}
