#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "gateway/access/policy_parser.h"

namespace runcast::access {
namespace {

// People paste it.
TEST(ReadmeExampleTest, IsAPolicyThatDoesWhatItSays) {
  std::ifstream file(RUNCAST_ACCESS_README);
  const std::string readme{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const size_t begin = readme.find("```jsonc\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string example = readme.substr(begin + 9, readme.find("```", begin + 9) - begin - 9);

  const ParsedPolicy parsed = ParseAccessPolicy(example);

  ASSERT_TRUE(parsed.policy != nullptr) << DescribeFaults(parsed.faults);
  const Caller billing{.name = "b", .principals = {"ci.billing.example.org"}};
  const Caller sandbox{
      .name = "s",
      .principals = {"spiffe://example.org/ns/sandbox/sa/x", "ci.billing.example.org"}};
  const base::RunKey run{"st-1111", "Smoke tests", "tr-1", ""};
  AccessRequest request{.caller = &billing, .method = "/a/B", .run = &run, .report_link = true};
  EXPECT_EQ(parsed.policy->Decide(request).rule, "billing-sees-its-runs");
  request.caller = &sandbox;
  EXPECT_EQ(parsed.policy->Decide(request).rule, "no-sandbox");
}

}  // namespace
}  // namespace runcast::access
