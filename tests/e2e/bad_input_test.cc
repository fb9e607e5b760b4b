// Requests that make no sense, or look dangerous: refused with the field named, or passed on in a
// form that cannot be taken for anything else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/component/rpc/raw_client.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/error_details.h"
#include "tests/e2e/quick_polling.h"

namespace runcast::e2e {
namespace {

using grpc::StatusCode;
using testing::ElementsAre;

constexpr char kGetStatus[] = "/runcast.v1.RunStatusService/GetStatus";
constexpr char kWatchRun[] = "/runcast.v1.RunStatusService/WatchRun";

// One gateway for all tests: whatever one of them sends, it serves the next.
class BadInputTest : public testing::Test {
 public:
  static void SetUpTestSuite() {
    deployment_ = new Deployment(QuickPolling({{"streams", {{"request_timeout", "300ms"}}}}));
    caller_ = new Caller(deployment_->grpc_address());
    deployment_->StartRun({{"run_id", "tr-good"}, {"duration_ms", 600'000}, {"ran", 10}});
  }
  static void TearDownTestSuite() {
    EXPECT_TRUE(caller_->GetStatus(deployment_->Reference("tr-good")).ok());
    EXPECT_FALSE(deployment_->gateway().WaitForExit(absl::ZeroDuration()).has_value());
    delete caller_;
    delete deployment_;
  }

 protected:
  static int CallsSoFar() { return deployment_->Counts().at("requests").get<int>(); }

  // How both calls end; the platform hears of neither.
  static std::vector<grpc::Status> EndsWithoutThePlatform(const v1::RunReference& run) {
    const int before = CallsSoFar();
    std::vector<grpc::Status> ends = {caller_->GetNewStatus(run).end.status};
    const auto watch = caller_->Watch(run);
    const auto end = watch->WaitForEnd();
    EXPECT_TRUE(end.has_value());
    if (end.has_value()) ends.push_back(end->status);
    EXPECT_TRUE(watch->messages().empty());
    EXPECT_EQ(CallsSoFar(), before);
    return ends;
  }
  static void ExpectRefused(const v1::RunReference& run, const std::string& field) {
    for (const grpc::Status& end : EndsWithoutThePlatform(run)) {
      EXPECT_EQ(end.error_code(), StatusCode::INVALID_ARGUMENT) << end.error_message();
      EXPECT_EQ(ReasonOf(end), "INVALID_FIELD");
      EXPECT_THAT(WrongFieldsOf(end), ElementsAre(field));
      EXPECT_THAT(end.error_message(), testing::HasSubstr(field));
    }
  }

  static Deployment* deployment_;
  static Caller* caller_;
};

Deployment* BadInputTest::deployment_ = nullptr;
Caller* BadInputTest::caller_ = nullptr;

void SetText(v1::RunReference& run, const std::string& field, const std::string& text) {
  run.GetReflection()->SetString(&run, run.GetDescriptor()->FindFieldByName(field), text);
}

struct Text {
  const char* name;
  std::string text;
};
void PrintTo(const Text& each, std::ostream* out) { *out << each.name; }

constexpr const char* kFields[] = {"stream_id", "suite_name", "run_id", "language"};

class IllegalTextTest : public BadInputTest, public testing::WithParamInterface<Text> {};

TEST_P(IllegalTextTest, IsRefusedInEachFieldByItsName) {
  for (const std::string field : kFields) {
    if (GetParam().text.empty() && field == "language") continue;  // Means: any.
    SCOPED_TRACE(field);
    v1::RunReference run = deployment_->Reference("tr-good");
    SetText(run, field, GetParam().text);

    ExpectRefused(run, absl::StrCat("run.", field));
  }
}

INSTANTIATE_TEST_SUITE_P(Texts, IllegalTextTest,
                         testing::Values(Text{"Empty", ""},
                                         Text{"TenKilobytes", std::string(10'240, 'x')},
                                         Text{"JustTooLong", std::string(513, 'x')},
                                         Text{"Newline", "tr-1\r\nauth: stolen"},
                                         Text{"Nul", std::string("a\0b", 3)},
                                         Text{"Tabulator", "a\tb"}, Text{"Delete", "a\x7F"},
                                         Text{"C1",
                                              "a\xC2\x85"
                                              "b"}),
                         [](const auto& text) { return std::string(text.param.name); });

struct Encoded {
  const char* name;
  std::string text;
  std::string on_the_wire;
};
void PrintTo(const Encoded& each, std::ostream* out) { *out << each.name; }

class OddTextTest : public BadInputTest, public testing::WithParamInterface<Encoded> {
 protected:
  // The path that the platform was asked for.
  static std::string PathFor(const v1::RunReference& run) {
    const int64_t since = deployment_->simulator()
                              .Control("GET", "/requests?newest=1&limit=1")
                              .at("next_since")
                              .get<int64_t>();
    caller_->GetNewStatus(run);
    const auto requests = deployment_->simulator().Requests(absl::StrCat("since=", since));
    if (requests.size() != 1) return absl::StrCat(requests.size(), " requests");
    return requests.at(0).at("path");
  }
};

TEST_P(OddTextTest, TravelsAsOneSegmentOfThePath) {
  const auto& [name, text, on_the_wire] = GetParam();
  v1::RunReference run;
  run.set_suite_name("smoke");
  run.set_run_id(absl::StrCat("tr-", name));
  run.set_stream_id(text);
  EXPECT_EQ(PathFor(run), absl::StrCat("/api/public/stream/", on_the_wire, "/testsuite/smoke/tr-",
                                       name, "/status"));

  run.set_stream_id("st-e2e");
  run.set_suite_name(text);
  EXPECT_EQ(PathFor(run), absl::StrCat("/api/public/stream/st-e2e/testsuite/", on_the_wire, "/tr-",
                                       name, "/status"));

  run.set_suite_name("smoke");
  run.set_run_id(text);
  EXPECT_EQ(PathFor(run),
            absl::StrCat("/api/public/stream/st-e2e/testsuite/smoke/", on_the_wire, "/status"));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, OddTextTest,
    testing::Values(Encoded{"Parent", "..", "%2E%2E"}, Encoded{"Self", ".", "%2E"},
                    Encoded{"Slash", "a/b", "a%2Fb"},
                    Encoded{"Traversal", "../../run", "..%2F..%2Frun"},
                    Encoded{"EncodedSlash", "a%2Fb", "a%252Fb"},
                    Encoded{"EncodedParent", "%2e%2e", "%252e%252e"},
                    Encoded{"Backslash", "a\\b", "a%5Cb"},
                    Encoded{"Query", "a?b=c#d&e;f", "a%3Fb%3Dc%23d%26e%3Bf"},
                    Encoded{"Blank", " a b ", "%20a%20b%20"}, Encoded{"OnlyABlank", " ", "%20"},
                    Encoded{"Plus", "a+b", "a%2Bb"},
                    Encoded{"Unicode", "täglich 日本", "t%C3%A4glich%20%E6%97%A5%E6%9C%AC"},
                    Encoded{"Emoji", "🚀", "%F0%9F%9A%80"},
                    Encoded{"Url", "http://evil@host:1", "http%3A%2F%2Fevil%40host%3A1"},
                    Encoded{"Unreserved", "AZaz09-._~", "AZaz09-._~"},
                    Encoded{"LongestLegal", std::string(512, 'x'), std::string(512, 'x')}),
    [](const auto& text) { return std::string(text.param.name); });

TEST_F(BadInputTest, ASuiteWithBlanksSlashesAndUnicodeIsFound) {
  deployment_->StartRun({{"suite", "a/b c%2F täglich/.."}, {"run_id", "tr-odd-suite"}, {"ran", 3}});
  v1::RunReference run = deployment_->Reference("tr-odd-suite");
  run.set_suite_name("a/b c%2F täglich/..");

  const StatusAnswer answer = caller_->GetStatus(run);

  ASSERT_TRUE(answer.ok()) << answer.end.status.error_message();
  EXPECT_EQ(answer.status().progress().utterances_done(), 3);
  EXPECT_EQ(answer.status().run().suite_name(), run.suite_name());
}

TEST_F(BadInputTest, ALanguageIsAHeaderAndNothingElse) {
  v1::RunReference run = deployment_->Reference("tr-good");
  run.set_language("pt-BR;q=1,\"x\"");
  const StatusAnswer answer = caller_->GetNewStatus(run);

  ASSERT_TRUE(answer.ok()) << answer.end.status.error_message();
  const auto requests = deployment_->simulator().Requests("run=tr-good&newest=1&limit=1");
  EXPECT_EQ(requests.at(0).at("headers").at("bot-language"), run.language());
}

TEST_F(BadInputTest, ALanguageThatNoHeaderCarriesIsRefused) {
  for (const char* language : {"français", "en us", " en"}) {
    v1::RunReference run = deployment_->Reference("tr-good");
    run.set_language(language);
    ExpectRefused(run, "run.language");
  }
}

TEST_F(BadInputTest, TextThatIsNotUtf8IsRefused) {
  const int before = CallsSoFar();
  for (const char* path : {kGetStatus, kWatchRun}) {
    const std::string message("\x0A\x03\x0A\x01\xFF", 5);  // run { stream_id: "\xFF" }
    const auto end = rpc::MakeRawCall(caller_->channel(), {.path = path, .message = message});
    EXPECT_EQ(end.status.error_code(), StatusCode::INVALID_ARGUMENT);
  }
  EXPECT_EQ(CallsSoFar(), before);
}

TEST_F(BadInputTest, AKindThatNobodyKnowsIsRefused) {
  v1::RunReference run = deployment_->Reference("tr-good");
  run.set_kind(static_cast<v1::RunKind>(77));
  ExpectRefused(run, "run.kind");
}

TEST_F(BadInputTest, ARequestForNothingNamesTheRun) {
  v1::GetStatusRequest request;
  EXPECT_THAT(WrongFieldsOf(caller_->GetStatus(request).end.status), ElementsAre("run"));
}

TEST_F(BadInputTest, AbsurdDurationsAreRefusedByName) {
  struct Absurd {
    int64_t seconds;
    int32_t nanos;
  };
  const int before = CallsSoFar();
  for (const auto& [seconds, nanos] :
       {Absurd{-1, 0}, Absurd{0, -1}, Absurd{3601, 0}, Absurd{INT64_MAX, INT32_MAX},
        Absurd{INT64_MIN, INT32_MIN}, Absurd{1, 1'000'000'000}, Absurd{1, -1}}) {
    SCOPED_TRACE(absl::StrCat(seconds, " s ", nanos, " ns"));
    v1::GetStatusRequest read;
    *read.mutable_run() = deployment_->Reference("tr-good");
    read.mutable_max_staleness()->set_seconds(seconds);
    read.mutable_max_staleness()->set_nanos(nanos);
    v1::WatchRunRequest watch;
    *watch.mutable_run() = read.run();
    *watch.mutable_heartbeat_interval() = read.max_staleness();

    const grpc::Status read_end = caller_->GetStatus(read).end.status;
    EXPECT_EQ(read_end.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(WrongFieldsOf(read_end), ElementsAre("max_staleness"));
    const auto watch_end = caller_->Watch(watch)->WaitForEnd();
    ASSERT_TRUE(watch_end.has_value());
    EXPECT_EQ(watch_end->status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(WrongFieldsOf(watch_end->status), ElementsAre("heartbeat_interval"));
  }
  EXPECT_EQ(CallsSoFar(), before);
}

TEST_F(BadInputTest, AResumeTokenOfRandomBytesCountsAsNone) {
  for (const std::string& token : {std::string("\x01random"), std::string(46, '\xFF'),
                                   std::string(46, '\x01'), std::string(60'000, 'x')}) {
    const auto watch = caller_->Watch(deployment_->Reference("tr-good"), token);
    const auto first = watch->WaitFor([](const v1::WatchRunResponse&) { return true; });
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->status().progress().utterances_done(), 10);
  }
}

class BadMessageTest : public BadInputTest, public testing::WithParamInterface<const char*> {
 protected:
  static grpc::Status EndOf(std::optional<std::string> message, bool half_close = true) {
    const int before = CallsSoFar();
    const auto end = rpc::MakeRawCall(
        caller_->channel(),
        {.path = GetParam(), .message = std::move(message), .half_close = half_close});
    EXPECT_TRUE(end.messages.empty());
    EXPECT_EQ(CallsSoFar(), before);
    return end.status;
  }
  static void ExpectInvalid(const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << status.error_message();
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
    EXPECT_THAT(WrongFieldsOf(status), ElementsAre("run"));
  }
};

TEST_P(BadMessageTest, HeadersAlone) { ExpectInvalid(EndOf(std::nullopt, false)); }

TEST_P(BadMessageTest, HeadersAndTheEnd) { ExpectInvalid(EndOf(std::nullopt)); }

TEST_P(BadMessageTest, HalfAMessage) {
  v1::GetStatusRequest request;
  *request.mutable_run() = deployment_->Reference("tr-good");
  const std::string whole = request.SerializeAsString();
  ExpectInvalid(EndOf(whole.substr(0, whole.size() / 2)));
}

TEST_P(BadMessageTest, Garbage) {
  ExpectInvalid(EndOf("\xFF\xFF\xFF\xFF"));
  ExpectInvalid(EndOf(std::string(60'000, '\x0A')));
}

TEST_P(BadMessageTest, FiveMegabytes) {
  EXPECT_EQ(EndOf(std::string(5 << 20, 'x')).error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

INSTANTIATE_TEST_SUITE_P(Methods, BadMessageTest, testing::Values(kGetStatus, kWatchRun),
                         [](const auto& path) {
                           const std::string name = path.param;
                           return name.substr(name.rfind('/') + 1);
                         });

}  // namespace
}  // namespace runcast::e2e
