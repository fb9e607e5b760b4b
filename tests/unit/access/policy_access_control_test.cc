#include "gateway/access/policy_access_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/access/policy_parser.h"
#include "gateway/telemetry/log.h"
#include "tests/fakes/fake_clock.h"
#include "tests/unit/access/allocation_count.h"
#include "tests/unit/access/fake_headers.h"

namespace runcast::access {
namespace {

std::shared_ptr<const AccessPolicy> MakePolicy(absl::string_view rules) {
  ParsedPolicy parsed = ParseAccessPolicy(absl::StrCat(R"({"name": "p", )", rules, "}"));
  EXPECT_TRUE(parsed.policy != nullptr) << DescribeFaults(parsed.faults);
  return parsed.policy;
}

class PolicyAccessControlTest : public testing::Test {
 protected:
  std::unique_ptr<PolicyAccessControl> MakeControl(bool require_identity) {
    return std::make_unique<PolicyAccessControl>(
        PolicyAccessControl::Options{.require_identity = require_identity},
        [](absl::string_view stream_id) { return stream_id == "st-1"; }, clock_);
  }

  fakes::FakeClock clock_;
  const Caller nobody_{.name = "10.0.0.1", .principals = {}};
  const Caller somebody_{.name = "spiffe://td/a", .principals = {"spiffe://td/a"}};
  const base::RunKey served_{"st-1", "Nightly", "tr-1", ""};
  const base::RunKey not_served_{"st-2", "Nightly", "tr-1", ""};
};

TEST_F(PolicyAccessControlTest, WithoutAPolicyEverythingServedMayBeSeen) {
  const auto control = MakeControl(false);

  EXPECT_EQ(control->Check({.caller = &nobody_, .method = "/a", .run = &served_}),
            Verdict::kAllowed);
  EXPECT_EQ(
      control->Check({.caller = &nobody_, .method = "/a", .run = &served_, .report_link = true}),
      Verdict::kAllowed);
  EXPECT_EQ(control->Check({.caller = &nobody_, .method = "/a", .run = &not_served_}),
            Verdict::kStreamNotServed);
}

TEST_F(PolicyAccessControlTest, ACallAboutNoRunNeedsNoStream) {
  const auto control = MakeControl(false);

  EXPECT_EQ(control->Check({.caller = &nobody_, .method = "/a"}), Verdict::kAllowed);
}

TEST_F(PolicyAccessControlTest, IdentityComesBeforeEverything) {
  const auto control = MakeControl(true);
  control->SetPolicy(
      MakePolicy(R"("deny_rules": [{"name": "d"}], "allow_rules": [{"name": "a"}])"));

  EXPECT_EQ(control->Check({.caller = &nobody_, .method = "/a", .run = &not_served_}),
            Verdict::kIdentityRequired);
  EXPECT_EQ(control->Check({.caller = nullptr, .method = "/a", .run = &served_}),
            Verdict::kIdentityRequired);
}

TEST_F(PolicyAccessControlTest, AnEmptyPrincipalIsNoIdentity) {
  const auto control = MakeControl(true);
  const Caller hollow{.name = "x", .principals = {""}};

  EXPECT_EQ(control->Check({.caller = &hollow, .method = "/a", .run = &served_}),
            Verdict::kIdentityRequired);
  EXPECT_EQ(control->Check({.caller = &somebody_, .method = "/a", .run = &served_}),
            Verdict::kAllowed);
}

TEST_F(PolicyAccessControlTest, WhatIsServedComesBeforeThePolicy) {
  const auto control = MakeControl(false);
  control->SetPolicy(
      MakePolicy(R"("allow_rules": [{"name": "a", "runs": [{"stream_ids": ["st-2"]}]}])"));

  EXPECT_EQ(control->Check({.caller = &nobody_, .method = "/a", .run = &not_served_}),
            Verdict::kStreamNotServed);
  EXPECT_EQ(control->Check({.caller = &nobody_, .method = "/a", .run = &served_}),
            Verdict::kAccessDenied);
}

TEST_F(PolicyAccessControlTest, EveryCheckAfterSetPolicyUsesIt) {
  const auto control = MakeControl(false);
  const AccessRequest request{.caller = &nobody_, .method = "/a", .run = &served_};

  control->SetPolicy(
      MakePolicy(R"("allow_rules": [{"name": "a", "source": {"principals": ["*"]}}])"));
  EXPECT_EQ(control->Check(request), Verdict::kAccessDenied);

  control->SetPolicy(MakePolicy(R"("allow_rules": [{"name": "a"}])"));
  EXPECT_EQ(control->Check(request), Verdict::kAllowed);

  control->SetPolicy(nullptr);
  EXPECT_EQ(control->Check(request), Verdict::kAllowed);
  EXPECT_TRUE(control->policy() == nullptr);
}

TEST_F(PolicyAccessControlTest, EveryChangeRaisesTheGeneration) {
  const auto control = MakeControl(false);
  const uint64_t at_start = control->generation();

  control->SetPolicy(MakePolicy(R"("allow_rules": [{"name": "a"}])"));
  const uint64_t with_policy = control->generation();
  control->SetPolicy(nullptr);

  EXPECT_GT(with_policy, at_start);
  EXPECT_GT(control->generation(), with_policy);
}

TEST_F(PolicyAccessControlTest, HeadersReachThePolicy) {
  const auto control = MakeControl(false);
  control->SetPolicy(MakePolicy(R"("allow_rules": [{"name": "a", "request": {"headers": [
      {"key": "x-team", "values": ["blue"]}]}}])"));
  const FakeHeaders blue{{"x-team", "blue"}};

  EXPECT_EQ(control->Check({.caller = &nobody_, .method = "/a", .run = &served_, .headers = &blue}),
            Verdict::kAllowed);
  EXPECT_EQ(control->Check({.caller = &nobody_, .method = "/a", .run = &served_}),
            Verdict::kAccessDenied);
}

TEST_F(PolicyAccessControlTest, WithoutAPolicyAnAllowedCheckAllocatesNothing) {
  const auto control = MakeControl(true);
  const AccessRequest request{.caller = &somebody_, .method = "/a", .run = &served_};

  const long before = AllocationCount();
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(control->Check(request), Verdict::kAllowed);

  EXPECT_EQ(AllocationCount() - before, 0);
}

TEST_F(PolicyAccessControlTest, APolicyWithoutHeaderRulesAllocatesNothingEither) {
  const auto control = MakeControl(false);
  control->SetPolicy(MakePolicy(R"("deny_rules": [{"name": "d", "source": {"principals": ["x*"]}}],
      "allow_rules": [{"name": "a", "source": {"principals": ["spiffe://*"]},
      "request": {"paths": ["/a"]}, "runs": [{"stream_ids": ["st-*"]}]}])"));
  const AccessRequest request{.caller = &somebody_, .method = "/a", .run = &served_};

  const long before = AllocationCount();
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(control->Check(request), Verdict::kAllowed);

  EXPECT_EQ(AllocationCount() - before, 0);
}

// A race that ThreadSanitizer would see; and each check must use one whole policy.
TEST_F(PolicyAccessControlTest, PoliciesMayBeExchangedWhileCallsAreChecked) {
  const auto control = MakeControl(false);
  const auto all = MakePolicy(R"("allow_rules": [{"name": "all"}])");
  const auto only_b =
      MakePolicy(R"("allow_rules": [{"name": "b", "source": {"principals": ["b"]}}])");
  control->SetPolicy(all);
  constexpr int kThreads = 3;
  constexpr int kChecks = 3000;
  std::atomic<int> running{kThreads};
  std::atomic<int> wrong{0};

  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const Caller b{.name = "b", .principals = {"b"}};
      uint64_t newest = 0;
      for (int check = 0; check < kChecks; ++check) {
        const uint64_t generation = control->generation();
        if (generation < newest) wrong.fetch_add(1);
        newest = generation;
        // Both policies let `b` in.
        const Verdict verdict = control->Check({.caller = &b, .method = "/a", .run = &served_});
        if (verdict != Verdict::kAllowed) wrong.fetch_add(1);
        control->Check({.caller = &nobody_, .method = "/a", .run = &served_});
      }
      running.fetch_sub(1);
    });
  }
  for (int i = 0; running.load() > 0; ++i) {
    control->SetPolicy(i % 3 == 0 ? all : i % 3 == 1 ? only_b : nullptr);
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(wrong.load(), 0);
}

TEST_F(PolicyAccessControlTest, WhoeverSeesANewGenerationSeesItsPolicy) {
  const auto control = MakeControl(false);
  const uint64_t old_generation = control->generation();
  const auto nobody =
      MakePolicy(R"("deny_rules": [{"name": "d"}], "allow_rules": [{"name": "a"}])");

  std::thread changer([&] { control->SetPolicy(nobody); });
  while (control->generation() == old_generation) std::this_thread::yield();
  const Verdict verdict = control->Check({.caller = &somebody_, .method = "/a", .run = &served_});
  changer.join();

  EXPECT_EQ(verdict, Verdict::kAccessDenied);
}

class DenialLogTest : public PolicyAccessControlTest {};

TEST_F(DenialLogTest, SaysWhoWhatAndWhichRule) {
  const auto control = MakeControl(false);
  control->SetPolicy(MakePolicy(R"("deny_rules": [{"name": "no a", "source": {"principals":
      ["spiffe://td/a"]}}], "allow_rules": [{"name": "all"}])"));

  testing::internal::CaptureStderr();
  control->Check({.caller = &somebody_, .method = "/runcast.v1.X/Y", .run = &served_});
  telemetry::FlushLogs();
  const std::string log = testing::internal::GetCapturedStderr();

  for (const char* word :
       {"access.denied", "no a", "spiffe://td/a", "/runcast.v1.X/Y", "st-1", "Nightly", "tr-1"}) {
    EXPECT_THAT(log, testing::HasSubstr(word));
  }
}

TEST_F(DenialLogTest, AFloodOfDenialsIsNotAFloodOfLines) {
  const auto control = MakeControl(false);

  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i) {
    control->Check({.caller = &somebody_, .method = "/a", .run = &not_served_});
  }
  telemetry::FlushLogs();
  const std::string log = testing::internal::GetCapturedStderr();

  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 10);
}

}  // namespace
}  // namespace runcast::access
