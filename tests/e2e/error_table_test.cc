// Every error of the platform, from its answer on the wire to what callers see of it: with
// nothing known of the run, and after it was seen. Source: upstream reference, section 5; what
// callers see: the contract, "Errors".

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/platform_errors.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;
using nlohmann::ordered_json;

// What becomes of a watch.
enum class Fate {
  kOpen,      // Stays open; heartbeats tell the reason.
  kNotFound,  // Ends: the run is not there, or not any more.
};

struct Row {
  const char* name;
  ordered_json fault;  // As the simulator takes it, tests/simulator/README.md.
  StatusCode code;
  const char* reason;
  Fate fate = Fate::kOpen;
  const char* words = "";  // Of the platform, to be found in the text.
  int retry_seconds = 0;   // 0: some hint, however long.
  // Where a run that was seen is another matter: the reason then. Its watch stays open.
  const char* reason_when_seen = nullptr;
};

const char* ReasonWhenSeen(const Row& row) {
  return row.reason_when_seen != nullptr ? row.reason_when_seen : row.reason;
}
Fate FateWhenSeen(const Row& row) {
  return row.reason_when_seen != nullptr ? Fate::kOpen : row.fate;
}

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

constexpr char kCredentials[] = "UPSTREAM_CREDENTIALS";
constexpr char kScope[] = "UPSTREAM_SCOPE";
constexpr char kDown[] = "UPSTREAM_UNAVAILABLE";
constexpr char kProtocol[] = "UPSTREAM_PROTOCOL";
constexpr char kBudget[] = "RUN_BUDGET_SPENT";
constexpr char kRunNotFound[] = "RUN_NOT_FOUND";
constexpr char kSuiteNotFound[] = "SUITE_NOT_FOUND";

std::vector<Row> Rows() {
  const StatusCode down = StatusCode::UNAVAILABLE;
  const StatusCode not_found = StatusCode::NOT_FOUND;
  const StatusCode spent = StatusCode::RESOURCE_EXHAUSTED;
  return {
      // The documented ones.
      {"InvalidSdkCredentials", Refusal(401, 4002, "Invalid SDK credentials"), down, kCredentials,
       Fate::kOpen, "Invalid SDK credentials (code 4002)"},
      {"InvalidJwtToken", Refusal(401, 4002, "Invalid JWT token"), down, kCredentials, Fate::kOpen,
       "Invalid JWT token"},
      {"ScopeIncorrect", Refusal(401, 4002, "Permission denied. Scope is incorrect!"), down, kScope,
       Fate::kOpen, "Scope is incorrect!"},
      {"JtiLife",
       Refusal(401, 401, "error verifying the jwt: if \"jti\" claim \"exp\" must be <= 1 hour(s)"),
       down, kCredentials, Fate::kOpen, "must be <= 1 hour(s)"},
      {"ReplayForEver", Refusal(401, 401, "error verifying the jwt: possibly a replay"), down,
       kCredentials, Fate::kOpen, "possibly a replay"},
      {"SuiteNotFound", Refusal(400, 400, "Test Suite not found"), not_found, kSuiteNotFound,
       Fate::kNotFound, "Test Suite not found"},
      {"ResultNotFound", Refusal(400, 400, "Test Result not found."), not_found, kRunNotFound,
       Fate::kNotFound, "Test Result not found."},
      {"InvalidRequestId", Refusal(400, 400, "Invalid request ID"), not_found, kRunNotFound,
       Fate::kNotFound, "Invalid request ID"},
      {"InvalidStreamId", Refusal(400, 400, "Invalid StreamId"), down, kProtocol, Fate::kOpen,
       "Invalid StreamId"},
      {"MethodNotAllowed", Refusal(405, 405, "Method Not Allowed"), down, kProtocol, Fate::kOpen,
       "Method Not Allowed"},
      {"InvalidArguments", Refusal(412, 412, "Validation errors/ Invalid arguments"), down,
       kProtocol, Fate::kOpen, "Validation errors/ Invalid arguments"},
      {"InternalServerError", Refusal(500, 500, "Internal Server Error"), down, kDown, Fate::kOpen,
       "HTTP 500: Internal Server Error (code 500)"},

      // Refusals by rate: by their text as well as by the status.
      {"Rate429", Refusal(429, 429, kSomeTime), spent, kBudget, Fate::kOpen, kSomeTime, 60},
      {"Rate429WithoutWords", Bare(429), spent, kBudget, Fate::kOpen, "HTTP 429", 60},
      {"RateMinute", Refusal(429, 429, kMinute), spent, kBudget, Fate::kOpen,
       "per-minute rate limit", 60},
      {"RateHour", Refusal(429, 429, kHour), spent, kBudget, Fate::kOpen, "hourly rate limit", 300},
      {"RateBy400", Refusal(400, 400, kSomeTime), spent, kBudget, Fate::kOpen, kSomeTime, 60},
      {"RateBy403", Refusal(403, 403, "RATE LIMIT reached"), spent, kBudget, Fate::kOpen,
       "RATE LIMIT", 60},
      {"RateBy401", Refusal(401, 4002, kMinute), spent, kBudget, Fate::kOpen, "rate limit", 60},
      {"RateBy503", Refusal(503, 503, kHour), spent, kBudget, Fate::kOpen, "hourly", 300},
      {"RateBy200",
       {{"kind", "errors"}, {"msg", kMinute}, {"code", 429}},
       spent,
       kBudget,
       Fate::kOpen,
       "per-minute rate limit",
       60},
      {"RateInPlainWords", Bare(429, "You've exceeded the hourly rate limit."), spent, kBudget,
       Fate::kOpen, "HTTP 429", 300},
      {"RateRetryAfterSeconds", With(Refusal(429, 429, kSomeTime), "retry_after", "25"), spent,
       kBudget, Fate::kOpen, kSomeTime, 25},

      // By the meaning that HTTP gives them.
      {"Unauthorized", Bare(401), down, kCredentials, Fate::kOpen, "HTTP 401"},
      {"Forbidden", Bare(403), down, kScope, Fate::kOpen, "HTTP 403"},
      // Perhaps of a proxy that does not find the platform.
      {"NotFound", Bare(404, "<html>nothing here</html>"), not_found, kRunNotFound, Fate::kNotFound,
       "HTTP 404", 0, kProtocol},
      {"NotFoundInOtherWords", Refusal(404, 404, "No such thing"), not_found, kRunNotFound,
       Fate::kNotFound, "No such thing (code 404)"},
      {"RequestTimeout", Bare(408), down, kDown, Fate::kOpen, "HTTP 408"},
      {"BadGateway", Bare(502, "<html>Bad Gateway</html>"), down, kDown, Fate::kOpen, "HTTP 502"},
      {"ServiceUnavailable", Bare(503), down, kDown, Fate::kOpen, "HTTP 503"},
      {"UnavailableRetryAfter", With(Bare(503), "retry_after", "25"), down, kDown, Fate::kOpen,
       "HTTP 503", 25},
      {"GatewayTimeout", Bare(504), down, kDown, Fate::kOpen, "HTTP 504"},
      {"OtherServerError", Bare(599), down, kDown, Fate::kOpen, "HTTP 599"},
      {"OtherClientError", Bare(418), down, kProtocol, Fate::kOpen, "HTTP 418"},

      // The envelope in its variants.
      {"CodeAsText", Refusal(400, "4002", "who are you"), down, kCredentials, Fate::kOpen,
       "who are you (code 4002)"},
      {"SecondEntryCounts",
       {{"kind", "http"},
        {"status", 400},
        {"body", {{"errors", {{{"msg", "odd"}, {"code", 1}}, {{"msg", "Test Suite not found"}}}}}}},
       not_found,
       kSuiteNotFound,
       Fate::kNotFound,
       "Test Suite not found"},
      {"ErrorInA200",
       {{"kind", "errors"}, {"msg", "Test Result not found."}, {"code", 400}},
       not_found,
       kRunNotFound,
       Fate::kNotFound,
       "Test Result not found."},
      {"CredentialsInA200",
       {{"kind", "errors"}, {"msg", "Invalid JWT token"}, {"code", 4002}},
       down,
       kCredentials,
       Fate::kOpen,
       "Invalid JWT token"},

      // No answer, or none that can be understood.
      {"Hangs", With(Kind("hang"), "at", "start"), down, kDown, Fate::kOpen},
      {"HangsInTheBody", With(Kind("hang"), "at", "body"), down, kDown, Fate::kOpen},
      {"ConnectionReset", With(Kind("cut"), "at", "start"), down, kDown, Fate::kOpen},
      {"CutInTheBody", With(Kind("cut"), "at", "body"), down, kDown, Fate::kOpen},
      {"Redirect", With(Kind("redirect"), "location", "https://login.example/"), down, kProtocol,
       Fate::kOpen, "HTTP 302"},
      {"Empty", Kind("empty"), down, kProtocol, Fate::kOpen},
      {"Garbage", Kind("garbage"), down, kProtocol, Fate::kOpen},
      {"Html", Kind("html"), down, kProtocol, Fate::kOpen},
      {"Truncated", Kind("truncated"), down, kProtocol, Fate::kOpen},
      {"NotAnObject", Kind("not_an_object"), down, kProtocol, Fate::kOpen},
      {"InvalidUtf8", Kind("invalid_utf8"), down, kProtocol, Fate::kOpen},
      {"DuplicateKeys", Kind("duplicate_keys"), down, kProtocol, Fate::kOpen},
      {"Deep", Kind("deep"), down, kProtocol, Fate::kOpen},
      // Small, as such things go: the platform has to make them anew for each poll.
      {"Oversized", With(Kind("oversized"), "size", 2 << 20), down, kProtocol, Fate::kOpen},
      {"GzipBomb", With(Kind("gzip_bomb"), "size", 8 << 20), down, kProtocol, Fate::kOpen},
      {"WrongId", Kind("wrong_id"), down, kProtocol, Fate::kOpen},
  };
}

// Whether the platform, as opposed to us or our credentials, is at fault.
bool IsOutage(const Row& row) {
  return row.reason == std::string(kDown) || row.reason == std::string(kProtocol);
}

// Everything is asked for at once, so that the waits of all rows are one.
class ErrorTableTest : public testing::TestWithParam<Row> {
 public:
  struct Exhibit {
    StatusAnswer read;
    std::unique_ptr<OpenWatch> watch;
  };

  static void SetUpTestSuite() {
    deployment_ = new Deployment(QuickPolling(
        {{"upstream", {{"poll_timeout", "3s"}}},
         {"polling",
          {{"base_interval", "500ms"}, {"not_found_memory", "1s"}, {"not_found_grace", "7s"}}}}));
    caller_ = new Caller(deployment_->grpc_address());
    std::vector<std::thread> readers;
    for (const Row& row : Rows()) {
      const v1::RunReference run = Start(row, "cold");
      Script(row, run.run_id());
      Exhibit& exhibit = cold_[row.name];
      readers.emplace_back([&exhibit, run] {
        exhibit.read = caller_->GetStatus(run);
        exhibit.watch = caller_->Watch(TalkativeWatch(run));
      });
    }
    for (const Row& row : Rows()) {
      seen_[row.name].watch = caller_->Watch(TalkativeWatch(Start(row, "seen")));
    }
    for (const Row& row : Rows()) {
      EXPECT_TRUE(seen_[row.name].watch->WaitForFreshness(v1::Freshness::STATE_FRESH).has_value());
      Script(row, Reference(row, "seen").run_id());
    }
    for (std::thread& reader : readers) reader.join();
  }
  static void TearDownTestSuite() {
    cold_.clear();
    seen_.clear();
    EXPECT_FALSE(deployment_->gateway().WaitForExit(absl::ZeroDuration()).has_value());
    delete caller_;
    delete deployment_;
  }

 protected:
  // The platform as a whole is not down: outages are on one stream id, so that the circuit
  // breaker stays out of it. Credentials are judged for each stream id, so those have their own.
  static v1::RunReference Reference(const Row& row, const std::string& when) {
    return deployment_->Reference(
        absl::StrCat("tr-", when, "-", row.name),
        IsOutage(row) ? "st-outage" : absl::StrCat("st-", when, row.name));
  }
  static v1::RunReference Start(const Row& row, const std::string& when) {
    v1::RunReference run = Reference(row, when);
    deployment_->StartRun({{"stream", run.stream_id()},
                           {"run_id", run.run_id()},
                           {"ran", 10},
                           {"duration_ms", 600'000}});
    return run;
  }
  static void Script(const Row& row, const std::string& run_id) {
    ordered_json fault = row.fault;
    fault["run"] = run_id;
    deployment_->simulator().Control("POST", "/faults", fault);
  }

  static Deployment* deployment_;
  static Caller* caller_;
  static std::map<std::string, Exhibit> cold_;
  static std::map<std::string, Exhibit> seen_;
};

Deployment* ErrorTableTest::deployment_ = nullptr;
Caller* ErrorTableTest::caller_ = nullptr;
std::map<std::string, ErrorTableTest::Exhibit> ErrorTableTest::cold_;
std::map<std::string, ErrorTableTest::Exhibit> ErrorTableTest::seen_;

TEST_P(ErrorTableTest, AReaderIsToldWhenNothingIsKnown) {
  const Row& row = GetParam();
  const grpc::Status& status = cold_[row.name].read.end.status;

  EXPECT_EQ(status.error_code(), row.code) << status.error_message();
  EXPECT_EQ(ReasonOf(status), row.reason);
  EXPECT_THAT(status.error_message(), testing::HasSubstr(row.words));
  EXPECT_LE(status.error_message().size(), 512u);
  EXPECT_LE(status.error_details().size(), 2048u);
  const auto delay = RetryDelayOf(status);
  if (row.fate == Fate::kNotFound) {
    EXPECT_FALSE(delay.has_value()) << *delay;
    return;
  }
  ASSERT_TRUE(delay.has_value());
  if (row.retry_seconds > 0) {
    EXPECT_GE(*delay, absl::Seconds(row.retry_seconds) - absl::Seconds(1));
    EXPECT_LE(*delay, absl::Seconds(row.retry_seconds) * 1.1);
  }
}

TEST_P(ErrorTableTest, AWatchWaitsWhenNothingIsKnown) {
  const Row& row = GetParam();
  OpenWatch& watch = *cold_[row.name].watch;

  const auto freshness = watch.WaitForFreshness(v1::Freshness::STATE_NEVER_SEEN);
  ASSERT_TRUE(freshness.has_value()) << "ended instead";
  EXPECT_EQ(freshness->reason(), row.reason);
  // Somebody who comes while the platform wants no calls is told so in our own words.
  if (row.reason != std::string(kBudget)) {
    EXPECT_THAT(freshness->message(), testing::HasSubstr(row.words));
  }
  if (row.fate == Fate::kOpen) {
    EXPECT_TRUE(watch.is_open());
    return;
  }
  const auto end = watch.WaitForEnd();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->status.error_code(), row.code);
  EXPECT_EQ(ReasonOf(end->status), row.reason);
}

TEST_P(ErrorTableTest, AWatchThatHasSeenTheRunIsToldItIsStale) {
  const Row& row = GetParam();
  OpenWatch& watch = *seen_[row.name].watch;
  const auto stale = watch.WaitForStatus([](const v1::RunStatus& status) {
    return status.freshness().state() == v1::Freshness::STATE_STALE;
  });

  ASSERT_TRUE(stale.has_value());
  EXPECT_EQ(stale->progress().utterances_done(), 10) << "what is known stays";
  EXPECT_TRUE(stale->freshness().has_stale_since());
  EXPECT_EQ(stale->freshness().reason(), ReasonWhenSeen(row));
  if (FateWhenSeen(row) == Fate::kOpen) {
    EXPECT_TRUE(watch.is_open());
    return;
  }
  const auto end = watch.WaitForEnd();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->status.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(end->status), "RUN_DELETED");
}

TEST_P(ErrorTableTest, AReaderOfARunThatWasSeenGetsItMarkedStale) {
  const Row& row = GetParam();
  // Until it was deleted, which the end of the watch tells.
  if (FateWhenSeen(row) == Fate::kNotFound) {
    EXPECT_TRUE(seen_[row.name].watch->WaitForEnd().has_value());
  }
  const StatusAnswer answer = caller_->GetNewStatus(Reference(row, "seen"));

  if (FateWhenSeen(row) == Fate::kNotFound) {
    EXPECT_EQ(answer.end.status.error_code(), StatusCode::NOT_FOUND);
    return;
  }
  ASSERT_TRUE(answer.ok()) << answer.end.status.error_message();
  EXPECT_EQ(answer.status().freshness().state(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(answer.status().freshness().reason(), ReasonWhenSeen(row));
  EXPECT_EQ(answer.status().progress().utterances_done(), 10);
}

INSTANTIATE_TEST_SUITE_P(Rows, ErrorTableTest, testing::ValuesIn(Rows()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace runcast::e2e
