#include "gateway/upstream/platform_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/fake_http_client.h"
#include "tests/fakes/fake_token_source.h"
#include "tests/fakes/recorded_log.h"
#include "tests/unit/upstream/status_answers.h"

namespace runcast::upstream {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using Kind = PollFailureKind;

constexpr char kRunning[] = R"({"_id": "tr-17", "status": "running", "percentage": 25})";
constexpr char kReplay[] =
    R"({"errors": [{"msg": "error verifying the jwt: possibly a replay", "code": 401}]})";
constexpr char kRefused[] = R"({"errors": [{"msg": "Invalid SDK credentials", "code": 4002}]})";

class PlatformClientTest : public ::testing::Test {
 protected:
  void SetUp() override { credentials_.Use(source_); }

  // Tokens for one request each.
  void UseSingleUseTokens() { credentials_.Use(single_use_source_); }

  void StartPoll(const base::RunKey& key = kKey) {
    result_.reset();
    client_->Poll(
        key, trace_, [this] { return ++charges_ <= allowed_charges_; },
        [this](PollResult result) {
          ++answers_;
          result_ = std::move(result);
        });
  }
  // The result of one poll, run to its end.
  PollResult Poll(const base::RunKey& key = kKey) {
    StartPoll(key);
    loop_.RunUntilIdle();
    EXPECT_TRUE(result_.has_value()) << "the poll has not ended";
    return result_.value_or(PollFailure());
  }
  PollFailure FailedPoll(const base::RunKey& key = kKey) {
    const PollResult result = Poll(key);
    const auto* failure = std::get_if<PollFailure>(&result);
    EXPECT_NE(failure, nullptr) << "the poll went well";
    return failure == nullptr ? PollFailure() : *failure;
  }

  std::vector<std::string> TokensSent() const {
    std::vector<std::string> tokens;
    for (const http::HttpRequest& request : http_->requests()) {
      tokens.push_back(request.secret_header_value.Reveal());
    }
    return tokens;
  }

  // A request on a kept connection that turns out dead and is then answered.
  void ScriptDeadConnection(int status, std::string body) {
    http_->Script(
        {.response = fakes::JsonResponse(status, std::move(body)), .sends = 2, .delay = {}});
  }

  fakes::FakeEventLoop loop_;
  std::unique_ptr<fakes::FakeHttpClient> http_ = std::make_unique<fakes::FakeHttpClient>(loop_);
  fakes::FakeTokenSource source_{"main"};
  fakes::FakeTokenSource single_use_source_{"main", /*single_use=*/true};
  fakes::FakeCredentials credentials_{{"st-1"}};
  telemetry::Metrics metrics_;
  std::unique_ptr<PlatformClient> client_ = std::make_unique<PlatformClient>(
      loop_, *http_, credentials_, metrics_,
      PlatformClient::Options{.url = {.base_url = "https://platform.example"},
                              .state_words = {{"wound up", WordMeaning::kCancelled}}});
  base::TraceContext trace_;
  int charges_ = 0;          // How often `on_send` was asked.
  int allowed_charges_ = 9;  // How often it agrees.
  int answers_ = 0;
  std::optional<PollResult> result_;
};

TEST_F(PlatformClientTest, SendsTheTokenBareAndTheDocumentedHeaders) {
  http_->Script(200, kRunning);

  const PollResult result = Poll();

  ASSERT_TRUE(std::holds_alternative<PollAnswer>(result));
  EXPECT_EQ(std::get<PollAnswer>(result).status.progress().percent(), 25);
  ASSERT_THAT(http_->requests(), SizeIs(1));
  const http::HttpRequest& request = http_->requests().front();
  EXPECT_EQ(request.url,
            "https://platform.example/api/public/stream/st-1/testsuite/smoke/tr-17/status");
  EXPECT_EQ(request.secret_header_name, "auth");
  EXPECT_EQ(request.secret_header_value.Reveal(), "token-1");
  EXPECT_THAT(request.headers, ElementsAre(Pair("Content-Type", "application/json"),
                                           Pair("Accept", "application/json"), Key("traceparent")));
  EXPECT_FALSE(request.fresh_connection);
}

TEST_F(PlatformClientTest, SendsTheLanguageOnlyWhenGiven) {
  http_->Script(200, kRunning);
  http_->Script(200, kRunning);

  Poll({"st-1", "smoke", "tr-17", ""});
  Poll({"st-1", "smoke", "tr-17", "en"});

  EXPECT_THAT(http_->requests()[0].headers, Not(Contains(Key("bot-language"))));
  EXPECT_THAT(http_->requests()[1].headers, Contains(Pair("bot-language", "en")));
}

TEST_F(PlatformClientTest, APollForOneCallGoesOnWithItsTrace) {
  http_->Script(200, kRunning);
  trace_.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  trace_.Add("x-request-id", "req-1");

  Poll();

  EXPECT_THAT(http_->requests()[0].headers,
              testing::IsSupersetOf(
                  {Pair("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                   Pair("x-request-id", "req-1")}));
}

TEST_F(PlatformClientTest, EveryPollForSeveralStartsATraceOfItsOwn) {
  http_->Script(200, kRunning);
  http_->Script(200, kRunning);

  Poll();
  Poll();

  const auto& first = http_->requests()[0].headers.back();
  const auto& second = http_->requests()[1].headers.back();
  EXPECT_THAT(first.second, testing::MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-00"));
  EXPECT_NE(first.second, second.second);
}

TEST_F(PlatformClientTest, ALanguageThatIsNoHeaderIsRejectedUnsent) {
  for (const char* language : {"en\r\nauth: x", "d e", "dé", "\x01"}) {
    const PollFailure failure = FailedPoll({"st-1", "smoke", "tr-17", language});
    EXPECT_EQ(failure.kind, Kind::kRejected);
  }
  EXPECT_THAT(http_->requests(), IsEmpty());
}

TEST_F(PlatformClientTest, ConfiguredStateWordsCount) {
  http_->Script(200, R"({"_id": "tr-17", "status": "wound-up"})");

  const PollResult result = Poll();

  EXPECT_EQ(std::get<PollAnswer>(result).status.state(), v1::RUN_STATE_CANCELLED);
}

TEST_F(PlatformClientTest, EverySendIsChargedAndCounted) {
  http_->Script(200, kRunning);

  Poll();

  EXPECT_EQ(charges_, 1);
  EXPECT_EQ(metrics_.upstream_sends.value(), 1u);
  EXPECT_EQ(metrics_.upstream_repeats.value(), 0u);
}

TEST_F(PlatformClientTest, NothingIsCalledBeforePollReturned) {
  StartPoll();
  EXPECT_EQ(charges_, 0);
  StartPoll({"st-unknown", "smoke", "tr-17", ""});
  EXPECT_EQ(answers_, 0);
}

TEST_F(PlatformClientTest, ARefusedFirstSendEndsThePollUnsent) {
  allowed_charges_ = 0;
  http_->Script(200, kRunning);

  EXPECT_EQ(FailedPoll().kind, Kind::kSendRefused);
  EXPECT_EQ(metrics_.upstream_sends.value(), 0u);
}

TEST_F(PlatformClientTest, AStreamIdWithoutACredentialIsAskedNothing) {
  const PollFailure failure = FailedPoll({"st-2", "smoke", "tr-17", ""});

  EXPECT_EQ(failure.kind, Kind::kCredentials);
  EXPECT_EQ(failure.message, "status of run tr-17: no credential serves stream id st-2");
  EXPECT_THAT(http_->requests(), IsEmpty());
  EXPECT_EQ(charges_, 0);
}

TEST_F(PlatformClientTest, WithoutAUsableSecretNothingIsSent) {
  source_.FailWith(absl::FailedPreconditionError("the file is empty"));

  const PollFailure failure = FailedPoll();

  EXPECT_EQ(failure.kind, Kind::kCredentials);
  EXPECT_EQ(failure.message,
            "status of run tr-17: no token from credential main: the file is empty");
  EXPECT_EQ(charges_, 0);
}

TEST_F(PlatformClientTest, ThePlatformsDateIsPassedOn) {
  http::HttpResponse response = fakes::JsonResponse(503, "");
  response.date = "Sun, 06 Nov 1994 08:49:37 GMT";
  http_->Script({.response = response, .sends = 1, .delay = {}});
  response.date = "nonsense";
  http_->Script({.response = response, .sends = 1, .delay = {}});

  FailedPoll();
  FailedPoll();

  EXPECT_THAT(credentials_.dates(), ElementsAre(absl::FromUnixSeconds(784111777)));
}

TEST_F(PlatformClientTest, UnreadableFieldsAreCounted) {
  http_->Script(200, R"({"status": "running", "percentage": "x", "utterance_ran": -1})");

  Poll();

  EXPECT_EQ(metrics_.unreadable_fields.value(), 2u);
}

TEST_F(PlatformClientTest, TheSameBytesMeanTheSameAgain) {
  for (int i = 0; i < 3; ++i) {
    http_->Script(200, R"({"status": "running", "percentage": "x", "utterance_ran": 7})");
  }

  for (int i = 0; i < 3; ++i) {
    const PollResult result = Poll();
    ASSERT_TRUE(std::holds_alternative<PollAnswer>(result));
    EXPECT_EQ(std::get<PollAnswer>(result).status.progress().utterances_done(), 7);
  }

  EXPECT_EQ(metrics_.unreadable_fields.value(), 3u);
}

TEST_F(PlatformClientTest, AFailedPollIsNotRepeated) {
  for (const int status : {400, 403, 404, 408, 429, 500, 503}) http_->Script(status, "");
  for (int i = 0; i < 7; ++i) FailedPoll();
  http_->Script({.response = absl::UnavailableError("reset"), .sends = 1, .delay = {}});
  http_->Script({.response = absl::DeadlineExceededError("slow"), .sends = 1, .delay = {}});
  FailedPoll();
  FailedPoll();

  EXPECT_EQ(http_->sends(), 9);
  EXPECT_EQ(source_.refusals(), 0);
}

TEST_F(PlatformClientTest, FailuresAreCountedByWhatWasWrongAndRefusalsAreNot) {
  const auto count = [&](telemetry::UpstreamFailure failure) {
    return metrics_.upstream_failures[static_cast<size_t>(failure)].value();
  };
  for (const int status : {401, 403, 404, 429, 503}) http_->Script(status, "");
  for (int i = 0; i < 5; ++i) FailedPoll();
  http_->Script({.response = absl::FailedPreconditionError("expired"), .sends = 1, .delay = {}});
  FailedPoll();
  http_->Script(200, "");
  FailedPoll();
  http_->Script(200, kRunning);
  Poll();
  allowed_charges_ = charges_ + 1;
  ScriptDeadConnection(200, kRunning);
  FailedPoll();

  EXPECT_EQ(count(telemetry::UpstreamFailure::kPlatformError), 1u);
  EXPECT_EQ(count(telemetry::UpstreamFailure::kTls), 1u);
  EXPECT_EQ(count(telemetry::UpstreamFailure::kEmpty), 1u);
  EXPECT_EQ(count(telemetry::UpstreamFailure::kConnection), 1u);
  uint64_t all = 0;
  for (const telemetry::Counter& each : metrics_.upstream_failures) all += each.value();
  EXPECT_EQ(all, 4u);
}

TEST_F(PlatformClientTest, UnreadableFieldsAreToldOfWithTheirNamesOnceAMinuteAndNeverTheirValues) {
  const fakes::RecordedLog log;
  constexpr char kOdd[] = R"({"status": "running", "percentage": "secret-value"})";
  constexpr char kOdder[] =
      R"({"status": "running", "percentage": "secret-value", "utterance_ran": -1})";
  for (const char* body : {kOdd, kOdd, kOdder, kOdd}) http_->Script(200, body);

  for (int i = 0; i < 3; ++i) Poll();  // The second one is the same bytes again.
  loop_.AdvanceBy(absl::Minutes(1));
  Poll();

  const auto events = log.All("platform.field_unreadable");
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[0].severity, telemetry::Severity::kWarning);
  EXPECT_EQ(events[0].fields.at("credential"), "main");
  EXPECT_EQ(events[0].fields.at("stream"), "st-1");
  EXPECT_EQ(events[0].fields.at("run"), "tr-17");
  EXPECT_EQ(events[0].fields.at("fields"), "percentage");
  EXPECT_EQ(events[1].fields.at("fields"), "utterance_ran") << "not hidden by the first";
  EXPECT_EQ(events[2].fields.at("fields"), "percentage");
  EXPECT_EQ(events[2].fields.at("suppressed"), "2");
  for (const auto& event : events) {
    for (const auto& [name, value] : event.fields) EXPECT_THAT(value, Not(HasSubstr("secret")));
  }
}

TEST_F(PlatformClientTest, ARefusalIsToldWithTheDifferenceOfTheClocks) {
  const fakes::RecordedLog log;
  http::HttpResponse response = fakes::JsonResponse(401, kRefused);
  response.date =
      absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", loop_.clock().WallNow() - absl::Seconds(90),
                       absl::UTCTimeZone());
  http_->Script({.response = response, .sends = 1, .delay = {}});

  FailedPoll();

  const auto events = log.All("credentials.refused");
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].fields.at("clock_difference_seconds"), "-90");
}

// --- The time of a poll.

TEST_F(PlatformClientTest, ARepetitionHasOnlyWhatTheFirstSendLeftOfThePollsTime) {
  UseSingleUseTokens();
  http_->Script({.response = fakes::JsonResponse(401, kReplay),
                 .sends = 1,
                 .delay = absl::Seconds(9)});  // And then a server that hangs.
  StartPoll();

  loop_.AdvanceBy(absl::Milliseconds(9'900));
  EXPECT_THAT(http_->requests(), SizeIs(2));
  EXPECT_EQ(answers_, 0);
  loop_.AdvanceBy(absl::Milliseconds(100));

  ASSERT_TRUE(result_.has_value()) << "the poll goes on after its time";
  EXPECT_EQ(std::get<PollFailure>(*result_).kind, Kind::kUnavailable);
  EXPECT_EQ(http_->waiting(), 0u);
}

TEST_F(PlatformClientTest, ARepetitionAfterADeadConnectionHasTheRestOfTheTimeToo) {
  UseSingleUseTokens();
  ScriptDeadConnection(200, kRunning);
  StartPoll();
  const base::MonotonicTime end = loop_.clock().Now() + absl::Seconds(10);

  loop_.AdvanceBy(absl::Seconds(3));

  ASSERT_THAT(http_->requests(), SizeIs(2));
  EXPECT_EQ(http_->requests()[0].deadline, end);
  EXPECT_EQ(http_->requests()[1].deadline, end);
}

TEST_F(PlatformClientTest, WithoutTimeLeftNothingIsRepeated) {
  UseSingleUseTokens();
  http_->Script(
      {.response = fakes::JsonResponse(401, kReplay), .sends = 1, .delay = absl::Seconds(10)});
  StartPoll();

  loop_.AdvanceBy(absl::Seconds(10));

  ASSERT_TRUE(result_.has_value());
  EXPECT_EQ(std::get<PollFailure>(*result_).kind, Kind::kCredentials);
  EXPECT_EQ(charges_, 1);
}

// --- A dead kept connection.

TEST_F(PlatformClientTest, ASharedTokenGoesOutTwiceAfterADeadConnection) {
  ScriptDeadConnection(200, kRunning);

  EXPECT_TRUE(std::holds_alternative<PollAnswer>(Poll()));
  EXPECT_THAT(TokensSent(), ElementsAre("token-1"));
  EXPECT_EQ(charges_, 2);
  EXPECT_EQ(metrics_.upstream_sends.value(), 2u);
  EXPECT_EQ(metrics_.upstream_repeats.value(), 1u);
}

TEST_F(PlatformClientTest, ASecondSendThatIsNotAllowedEndsThePollWithTheLostConnection) {
  allowed_charges_ = 1;
  ScriptDeadConnection(200, kRunning);

  const PollFailure failure = FailedPoll();

  EXPECT_EQ(failure.kind, Kind::kUnavailable);
  EXPECT_EQ(failure.message,
            "status of run tr-17: the connection was closed before an answer came");
  EXPECT_EQ(metrics_.upstream_sends.value(), 1u);
}

TEST_F(PlatformClientTest, ASingleUseTokenIsReplacedAfterADeadConnection) {
  UseSingleUseTokens();
  ScriptDeadConnection(200, kRunning);
  http_->Script(200, kRunning);

  EXPECT_TRUE(std::holds_alternative<PollAnswer>(Poll()));
  EXPECT_THAT(TokensSent(), ElementsAre("token-1", "token-2"));
  EXPECT_TRUE(http_->requests()[1].fresh_connection);
  EXPECT_EQ(charges_, 2);
  EXPECT_EQ(http_->sends(), 2);
  EXPECT_EQ(metrics_.upstream_repeats.value(), 1u);
}

TEST_F(PlatformClientTest, ASecondDeadConnectionEndsThePoll) {
  UseSingleUseTokens();
  ScriptDeadConnection(200, kRunning);
  ScriptDeadConnection(200, kRunning);

  EXPECT_EQ(FailedPoll().kind, Kind::kUnavailable);
  EXPECT_THAT(TokensSent(), ElementsAre("token-1", "token-2"));
  EXPECT_EQ(http_->sends(), 2);
}

TEST_F(PlatformClientTest, ARepetitionThatTheBudgetRefusesEndsWithTheLostConnection) {
  UseSingleUseTokens();
  allowed_charges_ = 1;
  ScriptDeadConnection(200, kRunning);
  http_->Script(200, kRunning);

  EXPECT_EQ(FailedPoll().kind, Kind::kUnavailable);
  EXPECT_EQ(http_->sends(), 1);
}

// --- Refusals.

TEST_F(PlatformClientTest, AReplayIsRepeatedOnceWithAFreshToken) {
  UseSingleUseTokens();
  http_->Script(401, kReplay);
  http_->Script(200, kRunning);

  EXPECT_TRUE(std::holds_alternative<PollAnswer>(Poll()));
  EXPECT_THAT(TokensSent(), ElementsAre("token-1", "token-2"));
  EXPECT_EQ(single_use_source_.refusals(), 0);
  EXPECT_EQ(charges_, 2);
  EXPECT_EQ(metrics_.upstream_repeats.value(), 1u);
}

TEST_F(PlatformClientTest, ASecondReplayEndsThePoll) {
  UseSingleUseTokens();
  http_->Script(401, kReplay);
  http_->Script(401, kReplay);

  EXPECT_EQ(FailedPoll().kind, Kind::kCredentials);
  EXPECT_EQ(http_->sends(), 2);
}

TEST_F(PlatformClientTest, AReplayOfASharedTokenDropsIt) {
  http_->Script(401, kReplay);
  http_->Script(200, kRunning);

  EXPECT_TRUE(std::holds_alternative<PollAnswer>(Poll()));
  EXPECT_THAT(TokensSent(), ElementsAre("token-1", "token-2"));
}

TEST_F(PlatformClientTest, ARefusedTokenIsReportedAndNotRepeatedWithTheSameSecret) {
  http_->Script(401, kRefused);

  const PollFailure failure = FailedPoll();

  EXPECT_EQ(failure.kind, Kind::kCredentials);
  EXPECT_EQ(failure.http_status, 401);
  EXPECT_EQ(source_.refusals(), 1);
  EXPECT_EQ(http_->sends(), 1);
}

TEST_F(PlatformClientTest, ARefusedTokenIsRepeatedOnceWhenTheSecretHadChanged) {
  source_.ChangeSecret();
  http_->Script(401, kRefused);
  http_->Script(200, kRunning);

  EXPECT_TRUE(std::holds_alternative<PollAnswer>(Poll()));
  EXPECT_THAT(TokensSent(), ElementsAre("token-1", "token-2"));
  EXPECT_EQ(charges_, 2);
}

TEST_F(PlatformClientTest, ASecondRefusalIsReportedAndEndsThePoll) {
  source_.ChangeSecret();
  http_->Script(401, kRefused);
  http_->Script(401, kRefused);

  EXPECT_EQ(FailedPoll().kind, Kind::kCredentials);
  EXPECT_EQ(source_.refusals(), 2);
  EXPECT_EQ(http_->sends(), 2);
}

TEST_F(PlatformClientTest, ARefusalAfterARepeatedSendIsReportedAndNotRepeated) {
  source_.ChangeSecret();
  ScriptDeadConnection(401, kRefused);
  http_->Script(200, kRunning);

  EXPECT_EQ(FailedPoll().kind, Kind::kCredentials);
  EXPECT_EQ(source_.refusals(), 1);
  EXPECT_EQ(http_->sends(), 2);
}

TEST_F(PlatformClientTest, AMissingScopeIsNoRefusalOfTheToken) {
  http_->Script(401,
                R"({"errors": [{"msg": "Permission denied. Scope is incorrect!", "code": 4002}]})");

  EXPECT_EQ(FailedPoll().kind, Kind::kScope);
  EXPECT_EQ(source_.refusals(), 0);
}

TEST_F(PlatformClientTest, ARepetitionThatTheBudgetRefusesEndsWithTheFirstAnswer) {
  allowed_charges_ = 1;
  source_.ChangeSecret();
  http_->Script(401, kRefused);
  http_->Script(200, kRunning);

  const PollFailure failure = FailedPoll();

  EXPECT_EQ(failure.kind, Kind::kCredentials);
  EXPECT_EQ(failure.http_status, 401);
  EXPECT_EQ(http_->sends(), 1);
}

TEST_F(PlatformClientTest, ARepetitionOnADeadConnectionNeverBecomesAThirdSend) {
  source_.ChangeSecret();
  http_->Script(401, kRefused);
  ScriptDeadConnection(200, kRunning);

  EXPECT_EQ(FailedPoll().kind, Kind::kCredentials);
  EXPECT_EQ(http_->sends(), 2);
  EXPECT_EQ(charges_, 2);
}

// --- Lifetime.

TEST_F(PlatformClientTest, DestroyingTheClientDropsItsPolls) {
  StartPoll();
  StartPoll({"st-2", "smoke", "tr-17", ""});
  loop_.RunUntilIdle();
  const int answers_before = answers_;
  StartPoll();
  StartPoll({"st-2", "smoke", "tr-17", ""});

  client_.reset();
  loop_.RunUntilIdle();
  http_->AnswerOldest(fakes::JsonResponse(200, kRunning));
  loop_.RunUntilIdle();

  EXPECT_EQ(answers_before, 1);
  EXPECT_EQ(answers_, answers_before);
  EXPECT_EQ(charges_, 1);
}

TEST_F(PlatformClientTest, DoneMayPollAgainAndMayDestroyTheClient) {
  bool ended = false;
  http_->Script(200, kRunning);
  http_->Script(200, kRunning);
  client_->Poll(
      kKey, trace_, [] { return true; },
      [&](const PollResult&) {
        client_->Poll(
            kKey, trace_, [] { return true; },
            [&](const PollResult&) {
              client_.reset();
              ended = true;
            });
      });

  loop_.RunUntilIdle();

  EXPECT_TRUE(ended);
}

TEST_F(PlatformClientTest, NoMessageHoldsTheToken) {
  http_->Script(
      401,
      R"({"errors": [{"msg": "bad token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHBJZCI6ImNzLTEifQ.c2lnbmF0dXJl", "code": 4002}]})");

  const PollFailure failure = FailedPoll();

  EXPECT_EQ(failure.message, "status of run tr-17: HTTP 401: bad token [hidden] (code 4002)");
}

}  // namespace
}  // namespace runcast::upstream
