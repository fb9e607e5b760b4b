#include "gateway/access/policy_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace runcast::access {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> FaultyPaths(absl::string_view text) {
  std::vector<std::string> paths;
  for (const PolicyFault& fault : ParseAccessPolicy(text).faults) paths.push_back(fault.path);
  return paths;
}

// The example of gRFC A43, word for word but for white space.
constexpr absl::string_view kExampleOfA43 = R"({
  "name": "example-policy",
  "allow_rules": [
    {
      "name": "admin-access",
      "source": {"principals": ["spiffe://foo.com/sa/admin1", "spiffe://foo.com/sa/admin2"]},
      "request": {"paths": ["/pkg.service/*"]}
    },
    {
      "name": "dev-access",
      "source": {"principals": ["*", ""]},
      "request": {
        "paths": ["/pkg.service/foo", "/pkg.service/bar"],
        "headers": [{"key": "dev-path", "values": ["/dev/path/*"]}]
      }
    }
  ],
  "deny_rules": [{"name": "deny-access", "request": {"paths": ["*/secret"]}}]
})";

TEST(PolicyParserTest, ReadsTheExampleOfA43) {
  const ParsedPolicy parsed = ParseAccessPolicy(kExampleOfA43);

  ASSERT_TRUE(parsed.policy != nullptr) << DescribeFaults(parsed.faults);
  EXPECT_EQ(parsed.policy->name(), "example-policy");
  ASSERT_THAT(parsed.policy->deny_rules(), SizeIs(1));
  ASSERT_THAT(parsed.policy->allow_rules(), SizeIs(2));
  EXPECT_THAT(parsed.policy->allow_rules()[0].principals, SizeIs(2));
  EXPECT_THAT(parsed.policy->allow_rules()[1].headers, SizeIs(1));
  EXPECT_FALSE(parsed.policy->allow_rules()[1].report_links);
}

TEST(PolicyParserTest, ReadsOurExtension) {
  const ParsedPolicy parsed = ParseAccessPolicy(R"({"name": "p", "allow_rules": [
      {"name": "a", "runs": [{"stream_ids": ["st-1", "st-2*"], "suite_names": ["*"]},
                             {"suite_names": ["Public"]}], "report_links": true}]})");

  ASSERT_TRUE(parsed.policy != nullptr) << DescribeFaults(parsed.faults);
  const PolicyRule& rule = parsed.policy->allow_rules()[0];
  ASSERT_THAT(rule.runs, SizeIs(2));
  EXPECT_THAT(rule.runs[0].stream_ids, SizeIs(2));
  EXPECT_THAT(rule.runs[1].stream_ids, IsEmpty());
  EXPECT_TRUE(rule.report_links);
}

TEST(PolicyParserTest, CommentsAreAllowed) {
  EXPECT_TRUE(
      ParseAccessPolicy("{\"name\": \"p\", // who\n\"allow_rules\": [{\"name\": \"a\"}]}").policy !=
      nullptr);
}

TEST(PolicyParserTest, NamesOfRulesAreUniqueInTheirListOnly) {
  EXPECT_TRUE(ParseAccessPolicy(R"({"name": "a", "deny_rules": [{"name": "a", "source":
      {"principals": ["b"]}}], "allow_rules": [{"name": "a"}]})")
                  .policy != nullptr);
}

TEST(PolicyParserTest, TextThatIsNotJsonHasOneFaultThatSaysWhere) {
  const ParsedPolicy parsed = ParseAccessPolicy("{\"name\": \"p\",\n oops}");

  EXPECT_TRUE(parsed.policy == nullptr);
  EXPECT_THAT(parsed.faults, ElementsAre(Field(&PolicyFault::what, HasSubstr("line 2"))));
}

struct FaultCase {
  const char* what_is_wrong;
  std::string text;
  std::vector<std::string> paths;
};

std::string WithAllowRule(absl::string_view members) {
  return absl::StrCat(R"({"name": "p", "allow_rules": [{"name": "a")", members.empty() ? "" : ", ",
                      members, "}]}");
}
std::string WithDenyRule(absl::string_view members) {
  return absl::StrCat(
      R"({"name": "p", "allow_rules": [{"name": "a"}], "deny_rules": [{"name": "d")",
      members.empty() ? "" : ", ", members, "}]}");
}
std::string WithPrincipals(absl::string_view list) {
  return WithAllowRule(absl::StrCat(R"("source": {"principals": )", list, "}"));
}
std::string WithPaths(absl::string_view list) {
  return WithAllowRule(absl::StrCat(R"("request": {"paths": )", list, "}"));
}
std::string WithHeaders(absl::string_view list) {
  return WithAllowRule(absl::StrCat(R"("request": {"headers": )", list, "}"));
}
std::string WithHeaderKey(absl::string_view key) {
  return WithHeaders(absl::StrCat(R"([{"key": ")", key, R"(", "values": ["*"]}])"));
}
std::string WithRuns(absl::string_view list) {
  return WithAllowRule(absl::StrCat(R"("runs": )", list));
}

class PolicyFaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(PolicyFaultTest, IsReportedWithItsPath) {
  EXPECT_EQ(FaultyPaths(GetParam().text), GetParam().paths) << GetParam().text;
  EXPECT_TRUE(ParseAccessPolicy(GetParam().text).policy == nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Shape, PolicyFaultTest,
    testing::Values(
        FaultCase{"no object", "[]", {"policy"}}, FaultCase{"null", "null", {"policy"}},
        FaultCase{"nothing in it", "{}", {"name", "allow_rules"}},
        FaultCase{"no name", R"({"allow_rules": [{"name": "a"}]})", {"name"}},
        FaultCase{"empty name", R"({"name": "", "allow_rules": [{"name": "a"}]})", {"name"}},
        FaultCase{"name no string", R"({"name": 1, "allow_rules": [{"name": "a"}]})", {"name"}},
        FaultCase{"no allow rules", R"({"name": "p"})", {"allow_rules"}},
        FaultCase{"null allow rules", R"({"name": "p", "allow_rules": null})", {"allow_rules"}},
        FaultCase{"empty allow rules", R"({"name": "p", "allow_rules": []})", {"allow_rules"}},
        FaultCase{"empty deny rules",
                  R"({"name": "p", "allow_rules": [{"name": "a"}], "deny_rules": []})",
                  {"deny_rules"}},
        FaultCase{
            "rules no array", R"({"name": "p", "allow_rules": {"name": "a"}})", {"allow_rules"}},
        FaultCase{"rule no object", R"({"name": "p", "allow_rules": ["a"]})", {"allow_rules[0]"}},
        FaultCase{
            "rule without name", R"({"name": "p", "allow_rules": [{}]})", {"allow_rules[0].name"}},
        FaultCase{"rule name twice",
                  R"({"name": "p", "allow_rules": [{"name": "a"}, {"name": "b"},
                  {"name": "a"}]})",
                  {"allow_rules[2].name"}},
        FaultCase{"later field of A43's family",
                  R"({"name": "p", "allow_rules": [{"name": "a"}], "audit_logging_options": {}})",
                  {"audit_logging_options"}},
        FaultCase{"typo",
                  R"({"name": "p", "allow_rules": [{"name": "a"}], "deny_rule": []})",
                  {"deny_rule"}},
        FaultCase{"other case",
                  R"({"name": "p", "allow_rules": [{"name": "a"}], "Deny_rules": []})",
                  {"Deny_rules"}},
        FaultCase{"unknown in rule", WithAllowRule(R"("sources": {})"), {"allow_rules[0].sources"}},
        FaultCase{"runs in deny rule",
                  WithDenyRule(R"("runs": [{"stream_ids": ["a"]}])"),
                  {"deny_rules[0].runs"}},
        FaultCase{"report_links in deny rule",
                  WithDenyRule(R"("report_links": true)"),
                  {"deny_rules[0].report_links"}},
        FaultCase{"report_links no bool",
                  WithAllowRule(R"("report_links": "true")"),
                  {"allow_rules[0].report_links"}},
        FaultCase{"key twice",
                  R"({"name": "p", "allow_rules": [{"name": "a",
                  "source": {"principals": ["a"], "principals": ["*"]}}]})",
                  {"allow_rules[0].source.principals"}}));
INSTANTIATE_TEST_SUITE_P(
    Source, PolicyFaultTest,
    testing::Values(
        FaultCase{"empty source", WithAllowRule(R"("source": {})"), {"allow_rules[0].source"}},
        FaultCase{"source no object", WithAllowRule(R"("source": [])"), {"allow_rules[0].source"}},
        FaultCase{"unknown",
                  WithAllowRule(R"("source": {"principal": ["a"]})"),
                  {"allow_rules[0].source.principal"}},
        FaultCase{"empty principals", WithPrincipals("[]"), {"allow_rules[0].source.principals"}},
        FaultCase{
            "principals no array", WithPrincipals("\"a\""), {"allow_rules[0].source.principals"}},
        FaultCase{"principal no string",
                  WithPrincipals("[\"a\", 1, null]"),
                  {"allow_rules[0].source.principals[1]", "allow_rules[0].source.principals[2]"}},
        FaultCase{
            "star inside", WithPrincipals("[\"a*b\"]"), {"allow_rules[0].source.principals[0]"}}));
INSTANTIATE_TEST_SUITE_P(
    Request, PolicyFaultTest,
    testing::Values(
        FaultCase{"empty request", WithAllowRule(R"("request": {})"), {"allow_rules[0].request"}},
        FaultCase{"unknown",
                  WithAllowRule(R"("request": {"path": ["/a"]})"),
                  {"allow_rules[0].request.path"}},
        FaultCase{"empty paths", WithPaths("[]"), {"allow_rules[0].request.paths"}},
        FaultCase{"path without slash",
                  WithPaths(R"(["pkg.S/M", "", "pkg*", "*/M", "*", "/a"])"),
                  {"allow_rules[0].request.paths[0]", "allow_rules[0].request.paths[1]",
                   "allow_rules[0].request.paths[2]"}},
        FaultCase{"two stars", WithPaths(R"(["/a*", "*a*"])"), {"allow_rules[0].request.paths[1]"}},
        FaultCase{"empty headers", WithHeaders("[]"), {"allow_rules[0].request.headers"}},
        FaultCase{
            "header no object", WithHeaders("[\"a\"]"), {"allow_rules[0].request.headers[0]"}},
        FaultCase{
            "header without all",
            WithHeaders("[{}]"),
            {"allow_rules[0].request.headers[0].key", "allow_rules[0].request.headers[0].values"}},
        FaultCase{"empty values",
                  WithHeaders(R"([{"key": "a", "values": []}])"),
                  {"allow_rules[0].request.headers[0].values"}},
        FaultCase{"values no array",
                  WithHeaders(R"([{"key": "a", "values": "b"}])"),
                  {"allow_rules[0].request.headers[0].values"}},
        FaultCase{"unknown in header",
                  WithHeaders(R"([{"key": "a", "values": ["b"], "not": 1}])"),
                  {"allow_rules[0].request.headers[0].not"}},
        FaultCase{"key no string",
                  WithHeaders(R"([{"key": 5, "values": ["b"]}])"),
                  {"allow_rules[0].request.headers[0].key"}}));
INSTANTIATE_TEST_SUITE_P(
    Runs, PolicyFaultTest,
    testing::Values(
        FaultCase{"empty", WithRuns("[]"), {"allow_rules[0].runs"}},
        FaultCase{"no array", WithRuns(R"({"stream_ids": ["a"]})"), {"allow_rules[0].runs"}},
        FaultCase{"entry no object", WithRuns("[\"st-1\"]"), {"allow_rules[0].runs[0]"}},
        FaultCase{"entry of nothing", WithRuns("[{}]"), {"allow_rules[0].runs[0]"}},
        FaultCase{"empty lists",
                  WithRuns(R"([{"stream_ids": [], "suite_names": []}])"),
                  {"allow_rules[0].runs[0].stream_ids", "allow_rules[0].runs[0].suite_names"}},
        FaultCase{"empty id",
                  WithRuns(R"([{"stream_ids": ["a", ""]}])"),
                  {"allow_rules[0].runs[0].stream_ids[1]"}},
        FaultCase{"unknown",
                  WithRuns(R"([{"stream_ids": ["a"], "run_ids": ["b"]}])"),
                  {"allow_rules[0].runs[0].run_ids"}}));

class HeaderKeyTest : public testing::TestWithParam<const char*> {};

TEST_P(HeaderKeyTest, IsRefusedInAnyCase) {
  EXPECT_THAT(FaultyPaths(WithHeaderKey(GetParam())),
              ElementsAre("allow_rules[0].request.headers[0].key"));
}

INSTANTIATE_TEST_SUITE_P(Unsupported, HeaderKeyTest,
                         testing::Values(":path", ":authority", "grpc-timeout", "GRPC-Timeout",
                                         "grpc-", "host", "Host", "HOST", "connection",
                                         "Keep-Alive", "proxy-authenticate", "proxy-authorization",
                                         "proxy-connection", "te", "TE", "trailer",
                                         "transfer-encoding", "Upgrade", "trace-bin", "Trace-BIN",
                                         "", "a b", "a:b", "caf\u00e9", "a\\u0000", " a"));

TEST(PolicyParserTest, OrdinaryHeadersAreFine) {
  for (const char* key : {"x-team", "X-Team", "user-agent", "authorization", "x_y.z-1", "grpc"}) {
    EXPECT_THAT(FaultyPaths(WithHeaderKey(key)), IsEmpty()) << key;
  }
}

TEST(PolicyParserTest, AllFaultsComeAtOnceAndInOrder) {
  const absl::string_view text = R"({
    "name": "",
    "rules": [],
    "deny_rules": [{"name": "d", "source": {}, "source": {}}],
    "allow_rules": [
      {"source": {"principals": []}, "request": {"paths": ["x"], "headers": [{"key": ":path"}]}},
      {"name": "b", "runs": [{}], "report_links": 1}
    ]})";

  EXPECT_THAT(
      FaultyPaths(text),
      ElementsAre("deny_rules[0].source", "rules", "name", "deny_rules[0].source",
                  "allow_rules[0].name", "allow_rules[0].source.principals",
                  "allow_rules[0].request.paths[0]", "allow_rules[0].request.headers[0].key",
                  "allow_rules[0].request.headers[0].values", "allow_rules[1].runs[0]",
                  "allow_rules[1].report_links"));
}

TEST(PolicyParserTest, FaultsSayWhatWouldBeRight) {
  const std::string text = DescribeFaults(
      ParseAccessPolicy(R"({"name": "p", "allow_rule": [], "allow_rules": []})").faults);

  EXPECT_EQ(text,
            "allow_rule is not known; known are name, deny_rules, allow_rules\n"
            "allow_rules is empty; to deny everything, add a deny rule that has only a name");
}

TEST(PolicyParserTest, AFloodOfFaultsIsSummedUp) {
  std::string rules = "1";
  for (int i = 0; i < 999; ++i) rules += ",1";

  const std::string text = DescribeFaults(
      ParseAccessPolicy(absl::StrCat(R"({"name": "p", "allow_rules": [)", rules, "]}")).faults);

  EXPECT_THAT(text, HasSubstr("\nand 950 more"));
  EXPECT_THAT(absl::StrSplit(text, '\n'), testing::Truly([](const auto& lines) {
                return std::vector<std::string>(lines).size() == 51;
              }));
}

}  // namespace
}  // namespace runcast::access
