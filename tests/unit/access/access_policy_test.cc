#include "gateway/access/access_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/access/policy_parser.h"
#include "tests/unit/access/fake_headers.h"

namespace runcast::access {
namespace {

constexpr absl::string_view kWatch = "/runcast.v1.RunStatusService/WatchRun";
constexpr absl::string_view kGet = "/runcast.v1.RunStatusService/GetStatus";

// A request for run tr-1 of suite `Nightly` of st-1, by somebody unknown, without headers.
class AccessPolicyTest : public testing::Test {
 protected:
  AccessPolicyTest() { request_.headers = &no_headers_; }

  // `rules` is what stands between the braces, without the name.
  void UsePolicy(absl::string_view rules) {
    ParsedPolicy parsed = ParseAccessPolicy(absl::StrCat(R"({"name": "p", )", rules, "}"));
    ASSERT_TRUE(parsed.policy != nullptr) << DescribeFaults(parsed.faults);
    policy_ = std::move(parsed.policy);
  }

  AccessPolicy::Decision Decide() const { return policy_->Decide(request_); }

  void ComesFrom(std::string principal) { caller_.principals = {std::move(principal)}; }

  const FakeHeaders no_headers_{};
  Caller caller_{.name = "10.0.0.1", .principals = {}};
  base::RunKey run_{"st-1", "Nightly", "tr-1", ""};
  AccessRequest request_{.caller = &caller_, .method = kWatch, .run = &run_};
  std::shared_ptr<const AccessPolicy> policy_;
};

TEST_F(AccessPolicyTest, WithoutAMatchingRuleTheAnswerIsNo) {
  UsePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": ["spiffe://td/a"]}}])");
  ComesFrom("spiffe://td/b");

  EXPECT_FALSE(Decide().allowed);
  EXPECT_EQ(Decide().rule, "");
}

TEST_F(AccessPolicyTest, ARuleWithoutConditionsMatchesEverything) {
  UsePolicy(R"("allow_rules": [{"name": "all"}])");

  EXPECT_TRUE(Decide().allowed);
  EXPECT_EQ(Decide().rule, "all");
}

TEST_F(AccessPolicyTest, DenyRulesComeBeforeAllowRules) {
  UsePolicy(R"("allow_rules": [{"name": "all"}],
               "deny_rules": [{"name": "no b", "source": {"principals": ["spiffe://td/b"]}}])");

  ComesFrom("spiffe://td/b");
  EXPECT_FALSE(Decide().allowed);
  EXPECT_EQ(Decide().rule, "no b");

  ComesFrom("spiffe://td/a");
  EXPECT_TRUE(Decide().allowed);
}

TEST_F(AccessPolicyTest, NamesThatWereLeftOutMayBeThoseOfADenyRule) {
  UsePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": ["a"]}}],
               "deny_rules": [{"name": "no b", "source": {"principals": ["", "b*"]}}])");
  ComesFrom("a");
  EXPECT_TRUE(Decide().allowed);

  caller_.names_left_out = true;
  EXPECT_FALSE(Decide().allowed);
  EXPECT_EQ(Decide().rule, "no b");
}

TEST_F(AccessPolicyTest, NamesThatWereLeftOutNeitherAllowNorMeanNobody) {
  UsePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": ["a"]}}],
               "deny_rules": [{"name": "nobody", "source": {"principals": [""]}}])");
  caller_.names_left_out = true;

  ComesFrom("a");
  EXPECT_TRUE(Decide().allowed);

  ComesFrom("c");
  EXPECT_FALSE(Decide().allowed);
  EXPECT_EQ(Decide().rule, "");
}

TEST_F(AccessPolicyTest, ADenyRuleWithoutConditionsDeniesEverything) {
  UsePolicy(R"("allow_rules": [{"name": "all"}], "deny_rules": [{"name": "nobody"}])");

  EXPECT_FALSE(Decide().allowed);
  EXPECT_EQ(Decide().rule, "nobody");
}

TEST_F(AccessPolicyTest, AnyPrincipalOfTheCallerMayMatch) {
  UsePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": ["x", "*.billing"]}}])");

  caller_.principals = {"spiffe://td/a", "www.billing"};
  EXPECT_TRUE(Decide().allowed);

  caller_.principals = {"spiffe://td/a", "billing.www"};
  EXPECT_FALSE(Decide().allowed);
}

TEST_F(AccessPolicyTest, PresenceMeansAnybodyWhoProvedSomething) {
  UsePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": ["*"]}}])");

  EXPECT_FALSE(Decide().allowed);
  ComesFrom("spiffe://td/a");
  EXPECT_TRUE(Decide().allowed);
}

TEST_F(AccessPolicyTest, TheEmptyPrincipalMeansWhoProvedNothing) {
  UsePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": [""]}}])");

  EXPECT_TRUE(Decide().allowed);
  request_.caller = nullptr;
  EXPECT_TRUE(Decide().allowed);

  request_.caller = &caller_;
  ComesFrom("spiffe://td/a");
  EXPECT_FALSE(Decide().allowed);
}

TEST_F(AccessPolicyTest, AnEmptyNameInACertificateIsNobody) {
  UsePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": ["*", ""]}}])");
  caller_.principals = {""};

  EXPECT_FALSE(Decide().allowed);
}

TEST_F(AccessPolicyTest, TheNameOfACallerIsNoPrincipal) {
  UsePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": ["10.0.0.1"]}}])");

  EXPECT_FALSE(Decide().allowed);
}

TEST_F(AccessPolicyTest, OneOfThePathsMustMatch) {
  UsePolicy(absl::StrCat(R"("allow_rules": [{"name": "a", "request": {"paths": ["/x.Y/Z", ")", kGet,
                         R"("]}}])"));

  EXPECT_FALSE(Decide().allowed);
  request_.method = kGet;
  EXPECT_TRUE(Decide().allowed);
}

TEST_F(AccessPolicyTest, AllHeadersAndOneValueOfEachMustMatch) {
  UsePolicy(R"("allow_rules": [{"name": "a", "request": {"headers": [
                 {"key": "x-team", "values": ["blue", "green"]},
                 {"key": "x-stage", "values": ["prod*"]}]}}])");
  const FakeHeaders both{{"x-team", "green"}, {"x-stage", "production"}};
  const FakeHeaders one{{"x-team", "green"}};
  const FakeHeaders wrong{{"x-team", "red"}, {"x-stage", "production"}};

  request_.headers = &both;
  EXPECT_TRUE(Decide().allowed);
  request_.headers = &one;
  EXPECT_FALSE(Decide().allowed);
  request_.headers = &wrong;
  EXPECT_FALSE(Decide().allowed);
}

TEST_F(AccessPolicyTest, KeysOfHeadersHaveNoCase) {
  UsePolicy(R"("allow_rules": [{"name": "a", "request": {"headers": [
                 {"key": "X-Team", "values": ["blue"]}]}}])");
  const FakeHeaders headers{{"x-team", "blue"}};
  request_.headers = &headers;

  EXPECT_TRUE(Decide().allowed);
}

TEST_F(AccessPolicyTest, PresenceOfAHeaderNeedsAValue) {
  UsePolicy(R"("allow_rules": [{"name": "a", "request": {"headers": [
                 {"key": "x-team", "values": ["*"]}]}}])");
  const FakeHeaders empty{{"x-team", ""}};
  const FakeHeaders full{{"x-team", "a"}};

  request_.headers = &empty;
  EXPECT_FALSE(Decide().allowed);
  request_.headers = &full;
  EXPECT_TRUE(Decide().allowed);
}

TEST_F(AccessPolicyTest, AMissingHeaderMatchesNotEvenTheEmptyPattern) {
  UsePolicy(R"("allow_rules": [{"name": "a", "request": {"headers": [
                 {"key": "x-team", "values": [""]}]}}])");

  EXPECT_FALSE(Decide().allowed);
}

TEST_F(AccessPolicyTest, AnAllowedHeaderSentTwiceIsOneValueWithAComma) {
  UsePolicy(R"("allow_rules": [{"name": "a", "request": {"headers": [
                 {"key": "x-team", "values": ["blue"]}]}}])");
  const FakeHeaders twice{{"x-team", "red"}, {"x-team", "blue"}};
  request_.headers = &twice;

  EXPECT_FALSE(Decide().allowed);

  UsePolicy(R"("allow_rules": [{"name": "a", "request": {"headers": [
                 {"key": "x-team", "values": ["red,blue"]}]}}])");
  EXPECT_TRUE(Decide().allowed);
}

TEST_F(AccessPolicyTest, SendingADeniedHeaderTwiceDoesNotGetAroundTheRule) {
  UsePolicy(R"("allow_rules": [{"name": "all"}],
               "deny_rules": [{"name": "no robots", "request": {"headers": [
                 {"key": "x-agent", "values": ["robot"]}]}}])");
  const FakeHeaders twice{{"x-agent", "robot"}, {"x-agent", "robot"}};
  const FakeHeaders among{{"x-agent", "a"}, {"x-agent", "robot"}, {"x-agent", "b"}};
  const FakeHeaders in_one_line{{"x-agent", "human , robot"}};
  const FakeHeaders other{{"x-agent", "human"}};

  request_.headers = &twice;
  EXPECT_FALSE(Decide().allowed);
  request_.headers = &among;
  EXPECT_FALSE(Decide().allowed);
  request_.headers = &in_one_line;
  EXPECT_FALSE(Decide().allowed);
  request_.headers = &other;
  EXPECT_TRUE(Decide().allowed);
}

TEST_F(AccessPolicyTest, UnknownHeadersCountAgainstTheCaller) {
  request_.headers = nullptr;
  UsePolicy(R"("allow_rules": [{"name": "a", "request": {"headers": [
                 {"key": "x-team", "values": ["*"]}]}}])");
  EXPECT_FALSE(Decide().allowed);

  UsePolicy(R"("allow_rules": [{"name": "all"}],
               "deny_rules": [{"name": "d", "request": {"headers": [
                 {"key": "x-agent", "values": ["robot"]}]}}])");
  EXPECT_FALSE(Decide().allowed);
  EXPECT_EQ(Decide().rule, "d");
}

TEST_F(AccessPolicyTest, SourceAndRequestMustBothMatch) {
  UsePolicy(absl::StrCat(R"("allow_rules": [{"name": "a", "source": {"principals": ["me"]},
                            "request": {"paths": [")",
                         kGet, R"("]}}])"));

  ComesFrom("me");
  EXPECT_FALSE(Decide().allowed);
  request_.method = kGet;
  EXPECT_TRUE(Decide().allowed);
  ComesFrom("you");
  EXPECT_FALSE(Decide().allowed);
}

TEST_F(AccessPolicyTest, ARunMatchesByStreamIdAndSuiteOfOneEntry) {
  UsePolicy(R"("allow_rules": [{"name": "a", "runs": [
                 {"stream_ids": ["st-1"], "suite_names": ["Nightly", "Smoke*"]},
                 {"stream_ids": ["st-2*"]},
                 {"suite_names": ["Public"]}]}])");
  const auto allowed = [&](std::string stream_id, std::string suite_name) {
    run_.stream_id = std::move(stream_id);
    run_.suite_name = std::move(suite_name);
    return Decide().allowed;
  };

  EXPECT_TRUE(allowed("st-1", "Nightly"));
  EXPECT_TRUE(allowed("st-1", "Smoke tests"));
  EXPECT_FALSE(allowed("st-1", "Other"));
  EXPECT_TRUE(allowed("st-2", "Other"));
  EXPECT_TRUE(allowed("st-22", "Other"));
  EXPECT_FALSE(allowed("st-3", "Nightly"));
  EXPECT_TRUE(allowed("st-3", "Public"));
}

TEST_F(AccessPolicyTest, SpellingARunDifferentlyDoesNotReachIt) {
  UsePolicy(R"("allow_rules": [{"name": "a", "runs": [
                 {"stream_ids": ["st-1"], "suite_names": ["Nightly"]}]}])");
  for (const char* stream_id : {"ST-1", "st-1/", "st-1 ", "st%2D1", "./st-1", "st-1\n", "st-1*"}) {
    run_.stream_id = stream_id;
    EXPECT_FALSE(Decide().allowed) << stream_id;
  }
  run_.stream_id = "st-1";
  for (const char* suite : {"nightly", "Nightly/", "Nightly ", "%4Eightly", "Night\u200bly"}) {
    run_.suite_name = suite;
    EXPECT_FALSE(Decide().allowed) << suite;
  }
}

TEST_F(AccessPolicyTest, ACallAboutNoRunMatchesNoRuns) {
  UsePolicy(R"("allow_rules": [{"name": "a", "runs": [{"stream_ids": ["*"]}]}])");
  request_.run = nullptr;

  EXPECT_FALSE(Decide().allowed);
}

TEST_F(AccessPolicyTest, ReportLinksNeedARuleThatGrantsThem) {
  UsePolicy(R"("allow_rules": [
                 {"name": "watch", "runs": [{"stream_ids": ["st-1", "st-2"]}]},
                 {"name": "links", "runs": [{"stream_ids": ["st-1"]}], "report_links": true},
                 {"name": "no links", "source": {"principals": ["*"]}, "report_links": false}])");
  request_.report_link = true;

  EXPECT_TRUE(Decide().allowed);
  EXPECT_EQ(Decide().rule, "links");

  run_.stream_id = "st-2";
  EXPECT_FALSE(Decide().allowed);
  ComesFrom("spiffe://td/a");
  EXPECT_FALSE(Decide().allowed);
  request_.report_link = false;
  EXPECT_TRUE(Decide().allowed);
}

TEST_F(AccessPolicyTest, DenyRulesHoldForReportLinksToo) {
  UsePolicy(R"("allow_rules": [{"name": "all", "report_links": true}],
               "deny_rules": [{"name": "no b", "source": {"principals": ["b"]}}])");
  request_.report_link = true;
  ComesFrom("b");

  EXPECT_FALSE(Decide().allowed);
}

TEST_F(AccessPolicyTest, MethodsSpelledDifferentlyDoNotMatch) {
  UsePolicy(
      absl::StrCat(R"("allow_rules": [{"name": "a", "request": {"paths": [")", kWatch, R"("]}}])"));
  for (const char* method :
       {"/runcast.v1.RunStatusService/WatchRun/", "/runcast.v1.RunStatusService/watchrun",
        "/runcast.v1.runstatusservice/WatchRun", "//runcast.v1.RunStatusService/WatchRun",
        "/runcast.v1.RunStatusService%2FWatchRun", "runcast.v1.RunStatusService/WatchRun", ""}) {
    request_.method = method;
    EXPECT_FALSE(Decide().allowed) << method;
  }
}

}  // namespace
}  // namespace runcast::access
