// Any exchange with the platform. The input is text:
//
//   status, or ! and a number for an error of the connection
//   Content-Type
//   Retry-After
//   Date
//   body …

#include <optional>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "gateway/upstream/poll_reading.h"
#include "tests/fuzz/promise.h"

namespace runcast::upstream {
namespace {

using fuzz::Promise;

bool IsThrottled(PollFailureKind kind) {
  return kind == PollFailureKind::kThrottled || kind == PollFailureKind::kThrottledMinute ||
         kind == PollFailureKind::kThrottledHour;
}

// Longest run of characters that tokens are made of.
size_t LongestTokenRun(absl::string_view text) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : text) {
    const bool part = absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ||
                      c == '.' || c == '+' || c == '/' || c == '=';
    run = part ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

void JudgeFailure(const PollFailure& failure, Remedy remedy) {
  Promise(failure.message.size() <= 300, "a message is at most 300 bytes long");
  Promise(fuzz::IsOneLine(failure.message), "a message is one line of UTF-8");
  Promise(absl::StartsWith(failure.message, "status of run tr-1: "), "a message names the run");
  Promise(!failure.retry_after.has_value() || (*failure.retry_after >= absl::ZeroDuration() &&
                                               *failure.retry_after <= absl::Hours(24)),
          "a wait is from 0 to 24 hours");
  Promise(remedy == Remedy::kNone || failure.kind == PollFailureKind::kCredentials,
          "only another token can make an immediate repetition succeed");
}

void JudgeAnswered(const http::HttpResponse& response, const PollFailure& failure) {
  Promise(failure.http_status == response.status, "the HTTP status is carried");
  Promise(failure.kind != PollFailureKind::kSendRefused, "an answered request was sent");
  Promise(!absl::StrContains(failure.message, "://"), "no link is shown");
  Promise(LongestTokenRun(failure.message) <= 40, "nothing that may be a token is shown");
  if (response.status == 429) Promise(IsThrottled(failure.kind), "429 is a refusal by rate");
  const std::string body = absl::AsciiStrToLower(response.body);
  if (absl::StrContains(body, "rate limit") || absl::StrContains(body, "\\u")) return;
  // Without the words of such a refusal the status alone decides the family.
  if (response.status / 100 == 5) {
    Promise(failure.kind == PollFailureKind::kUnavailable, "5xx means that the platform is down");
  } else if (response.status == 401) {
    Promise(
        failure.kind == PollFailureKind::kCredentials || failure.kind == PollFailureKind::kScope,
        "401 is about the token");
  } else if (response.status / 100 == 3 || response.status / 100 == 1) {
    Promise(failure.kind == PollFailureKind::kProtocol, "a redirect is no answer");
  }
}

}  // namespace
}  // namespace runcast::upstream

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace runcast::upstream;  // NOLINT(google-build-using-namespace)
  using runcast::fuzz::TakeLine;
  static const auto& words = *new StatusWords;
  static const auto& key = *new runcast::base::RunKey{"st-1", "smoke", "tr-1", ""};
  const absl::Time now = absl::FromUnixSeconds(1'893'553'445);
  absl::string_view input(reinterpret_cast<const char*>(bytes), size);

  absl::string_view first = TakeLine(input);
  int number = 0;
  if (absl::ConsumePrefix(&first, "!")) {
    // Codes beyond those of gRPC are legal values of the type.
    if (!absl::SimpleAtoi(first, &number) || number < 1 || number > 20) return 0;
    const PollReading reading =
        ReadExchange(key, absl::Status(static_cast<absl::StatusCode>(number), input), now, words);
    JudgeFailure(std::get<PollFailure>(reading.result), reading.remedy);
    return 0;
  }
  // What curl can give: three digits.
  if (!absl::SimpleAtoi(first, &number) || number < 100 || number > 999) return 0;
  runcast::http::HttpResponse response;
  response.status = number;
  response.content_type = std::string(TakeLine(input));
  response.retry_after = std::string(TakeLine(input));
  response.date = std::string(TakeLine(input));
  response.body = std::string(input);

  const PollReading reading = ReadExchange(key, response, now, words);
  if (const auto* failure = std::get_if<PollFailure>(&reading.result)) {
    JudgeFailure(*failure, reading.remedy);
    JudgeAnswered(response, *failure);
  } else {
    runcast::fuzz::Promise(response.status == 200, "only an HTTP 200 brings a status");
    runcast::fuzz::Promise(reading.remedy == Remedy::kNone, "a good answer needs no remedy");
  }
  return 0;
}
