#include "gateway/upstream/poll_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "tests/unit/upstream/status_answers.h"

namespace runcast::upstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = PollFailureKind;

const absl::Time kNow = absl::FromUnixSeconds(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT

http::HttpResponse Response(int status, std::string body,
                            std::string content_type = "application/json") {
  http::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.content_type = std::move(content_type);
  return response;
}

PollReading Read(const absl::StatusOr<http::HttpResponse>& exchange,
                 const base::RunKey& key = kKey) {
  return ReadExchange(key, exchange, kNow, StatusWords());
}

PollFailure FailureOf(const absl::StatusOr<http::HttpResponse>& exchange) {
  const PollReading reading = Read(exchange);
  const auto* failure = std::get_if<PollFailure>(&reading.result);
  EXPECT_NE(failure, nullptr) << "a good answer";
  return failure == nullptr ? PollFailure() : *failure;
}

TEST(PollReadingTest, AGoodAnswerIsAStatus) {
  const PollReading reading = Read(Response(200, kCompletedDocument), SampleKey());

  ASSERT_TRUE(std::holds_alternative<PollAnswer>(reading.result));
  EXPECT_TRUE(std::get<PollAnswer>(reading.result).status.terminal());
  EXPECT_EQ(reading.remedy, Remedy::kNone);
}

TEST(PollReadingTest, APageForPeopleIsAProtocolErrorWhateverItHolds) {
  for (const char* type : {"text/html", "text/html; charset=utf-8", "application/xhtml+xml"}) {
    const PollFailure failure = FailureOf(Response(200, R"({"status": "running"})", type));

    EXPECT_EQ(failure.kind, Kind::kProtocol) << type;
    EXPECT_EQ(failure.message,
              "status of run tr-17: HTTP 200, but the answer is a page for people");
    EXPECT_EQ(failure.http_status, 200);
  }
}

TEST(PollReadingTest, OtherTypesAreJudgedByTheirBytes) {
  for (const char* type : {"", "application/json; charset=utf-8", "text/plain"}) {
    const PollReading reading = Read(Response(200, R"({"status": "running"})", type));
    EXPECT_TRUE(std::holds_alternative<PollAnswer>(reading.result)) << type;
  }
}

TEST(PollReadingTest, NonsenseIsAProtocolErrorAndNotQuoted) {
  const PollFailure failure = FailureOf(Response(200, "secret nonsense"));

  EXPECT_EQ(failure.kind, Kind::kProtocol);
  EXPECT_EQ(failure.message, "status of run tr-17: HTTP 200, but the answer is not JSON");
}

TEST(PollReadingTest, AnotherRunsAnswerIsAProtocolError) {
  EXPECT_EQ(FailureOf(Response(200, R"({"_id": "tr-18", "status": "running"})")).kind,
            Kind::kProtocol);
}

struct CauseCase {
  absl::StatusOr<http::HttpResponse> exchange;
  telemetry::UpstreamFailure cause;
};

TEST(PollReadingTest, EachFailureSaysWhatWasWrong) {
  using Cause = telemetry::UpstreamFailure;
  const std::string deep(100, '[');
  const CauseCase cases[] = {
      {absl::UnavailableError("reset"), Cause::kConnection},
      {absl::DeadlineExceededError("slow"), Cause::kTimeout},
      {absl::FailedPreconditionError("expired"), Cause::kTls},
      {absl::PermissionDeniedError("inner"), Cause::kAddress},
      {absl::DataLossError("gzip"), Cause::kEncoding},
      {absl::ResourceExhaustedError("large"), Cause::kTooLarge},
      {Response(503, "busy"), Cause::kPlatformError},
      {Response(302, ""), Cause::kPlatformError},
      {Response(200, R"({"errors": [{"msg": "odd"}]})"), Cause::kPlatformError},
      {Response(200, "<html>", "text/html"), Cause::kMarkup},
      {Response(200, ""), Cause::kEmpty},
      {Response(200, "nonsense"), Cause::kSyntax},
      {Response(200, "{\"status\": \"\xff\"}"), Cause::kSyntax},
      {Response(200, R"({"result": )" + deep), Cause::kNesting},
      {Response(200, "[]"), Cause::kShape},
      {Response(200, R"({"hello": 1})"), Cause::kShape},
      {Response(200, R"({"status": "running", "status": "failed"})"), Cause::kShape},
      {Response(200, R"({"_id": "tr-18", "status": "running"})"), Cause::kOtherRun},
  };

  for (const CauseCase& each : cases) {
    const PollFailure failure = FailureOf(each.exchange);
    EXPECT_STREQ(telemetry::UpstreamFailureName(failure.cause),
                 telemetry::UpstreamFailureName(each.cause))
        << failure.message;
  }
}

TEST(PollReadingTest, ErrorsInAnHttp200GoThroughTheErrorTable) {
  const PollFailure failure =
      FailureOf(Response(200, R"({"status": "running", "errors": [{"msg": "Test Suite not found",
                        "code": 400}]})"));

  EXPECT_EQ(failure.kind, Kind::kSuiteNotFound);
}

TEST(PollReadingTest, ARefusalByRateMayComeAsPlainWords) {
  for (const int status : {200, 400, 403, 503}) {
    EXPECT_EQ(
        FailureOf(Response(status, "You've exceeded the hourly rate limit.", "text/plain")).kind,
        Kind::kThrottledHour);
  }
  EXPECT_EQ(FailureOf(Response(200, "<p>Rate limit reached</p>", "text/html")).kind,
            Kind::kThrottled);
}

TEST(PollReadingTest, OtherPlainWordsOfAnHttp200AreNotBelieved) {
  EXPECT_EQ(FailureOf(Response(200, "Test Suite not found", "text/plain")).kind, Kind::kProtocol);
}

TEST(PollReadingTest, ErrorsAreReadFromTheEnvelope) {
  const PollFailure failure =
      FailureOf(Response(400, R"({"errors": [{"msg": "Test Result not found.", "code": 400}]})"));

  EXPECT_EQ(failure.kind, Kind::kRunNotFound);
  EXPECT_EQ(failure.message, "status of run tr-17: HTTP 400: Test Result not found. (code 400)");
  EXPECT_EQ(failure.http_status, 400);
}

TEST(PollReadingTest, BodiesOfProxiesAreNeverQuoted) {
  for (const char* body : {"", "<html>Bad Gateway at 10.0.0.1</html>", "{\"errors\": 5", "\xFF\xFE",
                           "{\"detail\": \"10.0.0.1\"}"}) {
    const PollFailure failure = FailureOf(Response(502, body, "text/html"));
    EXPECT_EQ(failure.kind, Kind::kUnavailable);
    EXPECT_EQ(failure.message, "status of run tr-17: HTTP 502");
  }
}

TEST(PollReadingTest, AReplayAsksForAFreshToken) {
  EXPECT_EQ(Read(Response(401, R"({"errors": [{"msg": "error verifying the jwt: possibly a replay",
                             "code": 401}]})"))
                .remedy,
            Remedy::kFreshToken);
}

TEST(PollReadingTest, RetryAfterDatesAreMeasuredByThePlatformsOwnClock) {
  http::HttpResponse response = Response(429, "");
  response.retry_after = "Sun, 06 Nov 1994 10:00:30 GMT";
  EXPECT_EQ(FailureOf(response).retry_after,
            absl::Hours(1) + absl::Minutes(10) + absl::Seconds(53));

  response.date = "Sun, 06 Nov 1994 10:00:00 GMT";
  EXPECT_EQ(FailureOf(response).retry_after, absl::Seconds(30));
}

TEST(PollReadingTest, NoAnswerIsExplainedByItsStatus) {
  EXPECT_EQ(FailureOf(absl::DeadlineExceededError("GET from x: timed out")).kind,
            Kind::kUnavailable);
  EXPECT_EQ(FailureOf(absl::ResourceExhaustedError("GET from x: too large")).kind, Kind::kProtocol);
}

TEST(PollReadingTest, TheReportLinkIsInNoFailure) {
  const std::string cut = std::string(kCompletedDocument).substr(0, 1900);
  for (const int status : {200, 400, 500}) {
    const PollFailure failure = FailureOf(Response(status, cut));
    EXPECT_THAT(failure.message, Not(HasSubstr("getMediaStream")));
    EXPECT_THAT(failure.message, Not(HasSubstr("QUJD")));
  }
}

}  // namespace
}  // namespace runcast::upstream
