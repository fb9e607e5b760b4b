#include "gateway/upstream/error_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace runcast::upstream {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = PollFailureKind;

const absl::Time kNow = absl::FromUnixSeconds(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT

BadNews Explain(int http, const std::vector<PlatformError>& errors) {
  return ExplainAnswer("tr-17", http, errors, "", kNow);
}
BadNews Explain(int http, const std::string& text, const std::string& code = "") {
  return Explain(http, {{text, code}});
}
BadNews ExplainBare(int http) { return Explain(http, {{"", "", /*from_envelope=*/false}}); }

// --- Sections 5 and 7 of the reference, line by line.

struct DocumentedCase {
  int http;
  const char* code;
  const char* text;
  Kind kind;
  Remedy remedy = Remedy::kNone;
};
class DocumentedErrors : public ::testing::TestWithParam<DocumentedCase> {};

TEST_P(DocumentedErrors, AreUnderstood) {
  const DocumentedCase& c = GetParam();

  const BadNews news = Explain(c.http, c.text, c.code);

  EXPECT_EQ(news.failure.kind, c.kind);
  EXPECT_EQ(news.remedy, c.remedy);
  EXPECT_EQ(news.failure.http_status, c.http);
  EXPECT_THAT(news.failure.message, HasSubstr(c.text));
  EXPECT_THAT(news.failure.message, HasSubstr(absl::StrCat("(code ", c.code, ")")));
}

INSTANTIATE_TEST_SUITE_P(
    Section5, DocumentedErrors,
    ::testing::Values(
        DocumentedCase{401, "4002", "Invalid SDK credentials", Kind::kCredentials,
                       Remedy::kNewSecret},
        DocumentedCase{401, "4002", "Invalid JWT token", Kind::kCredentials, Remedy::kNewSecret},
        DocumentedCase{401, "4002", "Permission denied. Scope is incorrect!", Kind::kScope},
        DocumentedCase{401, "401",
                       "error verifying the jwt: if \"jti\" claim \"exp\" must be <= 1 hour(s)",
                       Kind::kCredentials, Remedy::kNewSecret},
        DocumentedCase{401, "401", "error verifying the jwt: possibly a replay", Kind::kCredentials,
                       Remedy::kFreshToken},
        DocumentedCase{400, "400", "Test Suite not found", Kind::kSuiteNotFound},
        DocumentedCase{400, "400", "Test Result not found.", Kind::kRunNotFound},
        DocumentedCase{400, "400", "Invalid request ID", Kind::kRunNotFound},
        DocumentedCase{400, "400", "Invalid StreamId", Kind::kRejected},
        DocumentedCase{405, "405", "Method Not Allowed", Kind::kRejected},
        DocumentedCase{412, "412", "Validation errors/ Invalid arguments", Kind::kRejected},
        DocumentedCase{500, "500", "Internal Server Error", Kind::kUnavailable}));

// No documented status: each text counts with every one.
class RateTexts : public ::testing::TestWithParam<int> {};

TEST_P(RateTexts, AreRecognisedAtAnyHttpStatus) {
  const int http = GetParam();

  EXPECT_EQ(
      Explain(http, "You've exceeded the per-minute rate limit. Please wait.", "1").failure.kind,
      Kind::kThrottledMinute);
  EXPECT_EQ(Explain(http, "You've exceeded the hourly rate limit. Please wait.").failure.kind,
            Kind::kThrottledHour);
  EXPECT_EQ(
      Explain(http, "Rate limit for this API has been reached. Please try again after some time.")
          .failure.kind,
      Kind::kThrottled);
  EXPECT_EQ(
      Explain(http, "RATE LIMIT for this API has been reached. Please try again later", "4002")
          .failure.kind,
      Kind::kThrottled);
}

INSTANTIATE_TEST_SUITE_P(All, RateTexts,
                         ::testing::Values(200, 302, 400, 401, 403, 404, 412, 429, 500, 503));

struct BareCase {
  int http;
  Kind kind;
};
class BareStatuses : public ::testing::TestWithParam<BareCase> {};

TEST_P(BareStatuses, MeanWhatHttpSays) {
  const BadNews news = ExplainBare(GetParam().http);

  EXPECT_EQ(news.failure.kind, GetParam().kind);
  EXPECT_THAT(news.failure.message,
              ::testing::StartsWith(absl::StrCat("status of run tr-17: HTTP ", GetParam().http)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BareStatuses,
    ::testing::Values(BareCase{401, Kind::kCredentials}, BareCase{403, Kind::kScope},
                      BareCase{404, Kind::kPathNotFound}, BareCase{408, Kind::kUnavailable},
                      BareCase{429, Kind::kThrottled}, BareCase{502, Kind::kUnavailable},
                      BareCase{503, Kind::kUnavailable}, BareCase{504, Kind::kUnavailable},
                      BareCase{500, Kind::kUnavailable}, BareCase{599, Kind::kUnavailable},
                      BareCase{400, Kind::kRejected}, BareCase{405, Kind::kRejected},
                      BareCase{412, Kind::kRejected}, BareCase{418, Kind::kRejected},
                      BareCase{499, Kind::kRejected}, BareCase{204, Kind::kProtocol},
                      BareCase{302, Kind::kProtocol}, BareCase{100, Kind::kProtocol},
                      BareCase{600, Kind::kProtocol}));

// --- The table itself.

class EveryRow : public ::testing::TestWithParam<ErrorRow> {};

TEST_P(EveryRow, IsReachable) {
  const ErrorRow& row = GetParam();
  const int http = row.http == 0 ? 302 : row.http < 10 ? row.http * 100 + 98 : row.http;
  const std::string text = absl::StrCat("Some ", absl::AsciiStrToUpper(row.text), " words");

  const BadNews news = Explain(http, text, row.code);

  EXPECT_EQ(news.failure.kind, row.kind);
  EXPECT_EQ(news.remedy, row.remedy);
}

TEST_P(EveryRow, HasItsTextInLowerCase) {
  EXPECT_EQ(GetParam().text, absl::AsciiStrToLower(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(All, EveryRow, ::testing::ValuesIn(ErrorRows()));

class EveryExchangeRow : public ::testing::TestWithParam<ExchangeErrorRow> {};

TEST_P(EveryExchangeRow, IsFollowed) {
  const PollFailure failure =
      ExplainExchange("tr-17", absl::Status(GetParam().code, "GET from platform: went wrong"));

  EXPECT_EQ(failure.kind, GetParam().kind);
  EXPECT_EQ(failure.cause, GetParam().cause);
  EXPECT_EQ(failure.http_status, 0);
  EXPECT_EQ(failure.message, "status of run tr-17: GET from platform: went wrong");
}

INSTANTIATE_TEST_SUITE_P(All, EveryExchangeRow, ::testing::ValuesIn(ExchangeErrorRows()));

TEST(ErrorTableTest, AnExchangeErrorNobodyNamedIsUnavailable) {
  EXPECT_EQ(ExplainExchange("tr-17", absl::InternalError("x")).kind, Kind::kUnavailable);
}

// --- Refinements.

TEST(ErrorTableTest, SuiteAndRunAreToldApartByText) {
  for (const int http : {400, 404}) {
    EXPECT_EQ(Explain(http, "Test Suite not found").failure.kind, Kind::kSuiteNotFound);
    EXPECT_EQ(Explain(http, "test result NOT FOUND.").failure.kind, Kind::kRunNotFound);
  }
}

TEST(ErrorTableTest, ANotFoundInUnknownWordsSaysThatThePathMayBeWrong) {
  for (const BadNews& news : {ExplainBare(404), Explain(404, "Cannot GET /v2/stream", "404")}) {
    EXPECT_TRUE(news.failure.unexplained);
    EXPECT_THAT(news.failure.message, ::testing::HasSubstr("a wrong path"));
  }
  EXPECT_FALSE(Explain(404, "Test Result not found.").failure.unexplained);
  EXPECT_FALSE(Explain(400, "Invalid request ID").failure.unexplained);
}

TEST(ErrorTableTest, OnlyThePlatformSaysThatARunIsNotThere) {
  EXPECT_EQ(Explain(404, "No such thing", "404").failure.kind, Kind::kRunNotFound);
  EXPECT_EQ(ExplainBare(404).failure.kind, Kind::kPathNotFound);
  const BadNews page = ExplainAnswer("tr-17", 404, ReadErrors("default backend - 404"), "", kNow);
  EXPECT_EQ(page.failure.kind, Kind::kPathNotFound);
}

TEST(ErrorTableTest, StatusComesBeforeText) {
  EXPECT_EQ(Explain(500, "Test Suite not found", "400").failure.kind, Kind::kUnavailable);
  EXPECT_EQ(Explain(503, "Invalid SDK credentials", "4002").failure.kind, Kind::kUnavailable);
}

TEST(ErrorTableTest, TheCodeOfRefusedCredentialsCountsWithOtherStatusesOfItsClass) {
  EXPECT_EQ(Explain(400, "new words", "4002").failure.kind, Kind::kCredentials);
}

TEST(ErrorTableTest, ErrorsInAnHttp200AreReadByTheirCode) {
  EXPECT_EQ(Explain(200, "Invalid SDK credentials", "4002").failure.kind, Kind::kCredentials);
  EXPECT_EQ(Explain(200, "Permission denied. Scope is incorrect!", "4002").failure.kind,
            Kind::kScope);
  EXPECT_EQ(Explain(200, "Test Suite not found", "400").failure.kind, Kind::kSuiteNotFound);
  EXPECT_EQ(Explain(200, "Internal Server Error", "500").failure.kind, Kind::kUnavailable);
  EXPECT_EQ(Explain(200, "slow down", "429").failure.kind, Kind::kThrottled);
}

TEST(ErrorTableTest, ErrorsInAnHttp200WithoutACodeAreReadByTheirWords) {
  EXPECT_EQ(Explain(200, "Test Suite not found").failure.kind, Kind::kSuiteNotFound);
  EXPECT_EQ(Explain(200, "Test Result not found.", "17").failure.kind, Kind::kRunNotFound);
  EXPECT_EQ(Explain(200, "Invalid JWT token").failure.kind, Kind::kCredentials);
}

TEST(ErrorTableTest, UnknownErrorsInAnHttp200AreAProtocolError) {
  const BadNews news = Explain(200, "strange", "17");

  EXPECT_EQ(news.failure.kind, Kind::kProtocol);
  EXPECT_EQ(news.failure.message, "status of run tr-17: HTTP 200 with an error: strange (code 17)");
  EXPECT_EQ(Explain(200, std::vector<PlatformError>{}).failure.kind, Kind::kProtocol);
}

TEST(ErrorTableTest, OfSeveralEntriesTheOneThatSaysMostCounts) {
  const BadNews news = Explain(400, {{"Something", "1"}, {"Test Suite not found", "2"}});

  EXPECT_EQ(news.failure.kind, Kind::kSuiteNotFound);
  EXPECT_EQ(news.failure.message, "status of run tr-17: HTTP 400: Test Suite not found (code 2)");
  EXPECT_EQ(
      Explain(401, {{"Invalid SDK credentials", "4002"}, {"hourly rate limit", ""}}).failure.kind,
      Kind::kThrottledHour);
}

TEST(ErrorTableTest, WordsOutsideAnEnvelopeCountButAreNotShown) {
  const BadNews news =
      Explain(400, {{"<html>Test Suite not found</html>", "", /*from_envelope=*/false}});

  EXPECT_EQ(news.failure.kind, Kind::kSuiteNotFound);
  EXPECT_EQ(news.failure.message, "status of run tr-17: HTTP 400");
}

TEST(ErrorTableTest, RetryAfterIsReadAsSecondsAndAsADate) {
  const auto wait = [](absl::string_view header) {
    return ExplainAnswer("tr-17", 429, {}, header, kNow).failure.retry_after;
  };

  EXPECT_EQ(wait("7"), absl::Seconds(7));
  EXPECT_EQ(wait("Sun, 06 Nov 1994 08:50:37 GMT"), absl::Minutes(1));
  EXPECT_EQ(wait(""), std::nullopt);
  EXPECT_EQ(wait("soon"), std::nullopt);
}

// --- Messages for people.

TEST(FailureMessageTest, SaysWhatWasTriedOnWhichRunAndWhatCameBack) {
  EXPECT_EQ(Explain(503, "Internal Server Error", "500").failure.message,
            "status of run tr-17: HTTP 503: Internal Server Error (code 500)");
}

TEST(FailureMessageTest, NeverHoldsATokenOrALink) {
  const std::string token =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHBJZCI6ImNzLTEifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
  const std::string link = "https://platform.example/f.csv?e=1893557106&s=QUJDREVGRw$$";
  for (const int http : {200, 400, 401, 500}) {
    for (const std::string& secret :
         {token, link, token.substr(0, 20), link + "\"", "auth:" + token, "(" + link + ")"}) {
      const std::string message =
          Explain(http, "refused " + secret + " today", secret).failure.message;
      EXPECT_THAT(message, Not(AnyOf(HasSubstr("eyJ"), HasSubstr("QUJD"), HasSubstr("c2ln"),
                                     HasSubstr("f.csv"))));
      EXPECT_THAT(message, HasSubstr("refused"));
      EXPECT_THAT(message, HasSubstr("today"));
    }
  }
}

TEST(FailureMessageTest, IsOneLineOfAtMost300Bytes) {
  const std::string text = "line\r\n\x1b[31m\x07" + std::string(20, 'x') + " ";
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += text + "ü";

  const std::string message =
      ExplainAnswer(std::string(500, 'r'), 500, {{long_text, long_text}}, "", kNow).failure.message;

  EXPECT_LE(message.size(), 300u);
  for (const char c : message) EXPECT_FALSE(absl::ascii_iscntrl(static_cast<unsigned char>(c)));
  EXPECT_THAT(message, HasSubstr("HTTP 500: line [31m"));
}

TEST(FailureMessageTest, ExchangeErrorsAreCutToo) {
  EXPECT_LE(ExplainExchange("tr-17", absl::UnavailableError(std::string(1000, 'x'))).message.size(),
            300u);
}

}  // namespace
}  // namespace runcast::upstream
