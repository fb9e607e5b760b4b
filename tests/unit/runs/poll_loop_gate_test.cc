// What the platform as a whole may be asked, and that nobody is left behind at its gate.

#include <set>

#include "absl/strings/str_cat.h"
#include "tests/fakes/recorded_log.h"
#include "tests/unit/runs/poll_loop_fixture.h"

namespace runcast::runs {
namespace {

using testing::Ge;
using upstream::PollFailureKind;

base::RunKey RunOf(const std::string& stream_id, const std::string& run_id) {
  return {stream_id, "smoke", run_id, ""};
}

TEST_F(PollLoopTest, PollsThatFallDueCloseTogetherShareAWakeUp) {
  AnswerAll(RunningAnswer(1));
  for (int i = 0; i < 50; ++i) {
    Follow(KeyOf(absl::StrCat("tr-", i)), /*resumed=*/true);
    loop_.AdvanceBy(absl::Microseconds(700));
  }
  const size_t first_polls = client_->sends().size();
  loop_.AdvanceBy(absl::Seconds(20));

  std::set<absl::Duration> moments;
  const auto& sends = client_->sends();
  for (size_t i = first_polls; i < sends.size(); ++i) {
    const absl::Duration at = sends[i].at - base::MonotonicTime::FromOrigin(absl::ZeroDuration());
    EXPECT_EQ(at % absl::Milliseconds(5), absl::ZeroDuration()) << at;
    moments.insert(at);
  }
  ASSERT_THAT(sends.size() - first_polls, Ge(450u));
  // Runs of one beginning drift apart by their jitter, so not all of them stay together.
  EXPECT_LT(moments.size(), (sends.size() - first_polls) * 3 / 4);
}

TEST_F(PollLoopTest, OneTenantWhosePollsHangSlowsNobodyElseDown) {
  options_.gate.max_polls_in_flight = 8;
  Restart();
  client_->AnswerAllBy(
      [](const base::RunKey& run) -> upstream::PollResult {
        if (run.stream_id == "st-good") return RunningAnswer(1);
        return FailureOf(PollFailureKind::kUnavailable);
      },
      absl::Seconds(10));
  for (int i = 0; i < 20; ++i) {
    poll_loop_->Follow(&follower_, {RunOf("st-bad", absl::StrCat("tr-bad-", i)), "caller", true});
  }
  loop_.AdvanceBy(absl::Seconds(3));
  poll_loop_->Follow(&follower_, {RunOf("st-good", "tr-good"), "caller", true});
  poll_loop_->Read(&follower_, 999,
                   {RunOf("st-good", "tr-read"), "caller", absl::Seconds(5), false});
  loop_.AdvanceBy(absl::Minutes(10));

  EXPECT_TRUE(follower_.HasAnswer(999));
  // Each poll takes 10 s here.
  EXPECT_THAT(client_->sends_for("tr-good"), Ge(45));
}

TEST_F(PollLoopTest, TheRunsOfOneTenantTakeTurns) {
  options_.gate.max_polls_in_flight = 2;
  Restart();
  client_->AnswerAllBy([](const base::RunKey&) { return RunningAnswer(1); }, absl::Seconds(1));
  for (int i = 0; i < 20; ++i) {
    poll_loop_->Follow(&follower_, {RunOf("st-1", absl::StrCat("tr-", i)), "caller", true});
  }
  loop_.AdvanceBy(absl::Seconds(100));

  for (int i = 0; i < 20; ++i) {
    EXPECT_NEAR(client_->sends_for(absl::StrCat("tr-", i)), 10, 1) << i;
  }
}

TEST_F(PollLoopTest, BehindAnOpenBreakerWatchesEndAfterTheOutageLimitToo) {
  constexpr int kRuns = 500;
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  for (int i = 0; i < kRuns; ++i) {
    poll_loop_->Follow(&follower_,
                       {RunOf(absl::StrCat("st-", i % 5), absl::StrCat("tr-", i)), "caller", true});
    loop_.AdvanceBy(absl::Milliseconds(20));
  }
  loop_.AdvanceBy(absl::Minutes(16));

  for (int i = 0; i < kRuns; ++i) {
    EXPECT_THAT(follower_.Ends(absl::StrCat("tr-", i)), testing::SizeIs(1)) << i;
  }
}

TEST_F(PollLoopTest, BehindAnOpenBreakerEveryRunGetsItsProbe) {
  constexpr int kRuns = 50;
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  for (int i = 0; i < kRuns; ++i) {
    poll_loop_->Follow(&follower_,
                       {RunOf(absl::StrCat("st-", i % 5), absl::StrCat("tr-", i)), "caller", true});
    loop_.AdvanceBy(absl::Milliseconds(20));
  }
  loop_.AdvanceBy(absl::Seconds(2 * kRuns));

  for (int i = 0; i < kRuns; ++i) {
    EXPECT_THAT(client_->sends_for(absl::StrCat("tr-", i)), Ge(1)) << i;
  }
}

TEST_F(PollLoopTest, TheBreakersOpeningAndClosingAreLogged) {
  const fakes::RecordedLog log;
  AnswerAll(FailureOf(PollFailureKind::kUnavailable));
  for (int i = 0; i < 10; ++i) {
    poll_loop_->Follow(&follower_,
                       {RunOf(absl::StrCat("st-", i % 2), absl::StrCat("tr-", i)), "caller", true});
  }
  loop_.AdvanceBy(absl::Seconds(30));
  EXPECT_THAT(log.Names(), testing::ElementsAre("breaker.opened"));

  AnswerAll(RunningAnswer(1));
  loop_.AdvanceBy(absl::Seconds(10));

  ASSERT_THAT(log.Names(), testing::ElementsAre("breaker.opened", "breaker.closed"));
  EXPECT_EQ(log.All()[0].severity, telemetry::Severity::kWarning);
  EXPECT_EQ(log.All()[1].severity, telemetry::Severity::kInfo);
  EXPECT_NEAR(std::stod(log.All()[1].fields.at("seconds")), 30, 2);
}

// The platform has failed for half a minute, for more runs than get a probe in one.
class OpenBreakerTest : public PollLoopTest {
 protected:
  void SetUp() override {
    AnswerAll(FailureOf(PollFailureKind::kUnavailable));
    for (int i = 0; i < 50; ++i) {
      poll_loop_->Follow(
          &follower_, {RunOf(absl::StrCat("st-", i % 2), absl::StrCat("tr-", i)), "caller", true});
    }
    loop_.AdvanceBy(absl::Seconds(30));
    ASSERT_EQ(metrics_.breaker_open.value(), 1);
  }
};

TEST_F(OpenBreakerTest, ARefusalOfThePlatformClosesIt) {
  AnswerAll(fakes::Failure(PollFailureKind::kCredentials));
  loop_.AdvanceBy(absl::Seconds(2));

  EXPECT_EQ(metrics_.breaker_open.value(), 0);
}

class UnsentPollTest : public OpenBreakerTest,
                       public testing::WithParamInterface<PollFailureKind> {};

TEST_P(UnsentPollTest, LeavesTheBreakerOpen) {
  AnswerAll(FailureOf(GetParam()));
  const size_t before = client_->sends().size();
  loop_.AdvanceBy(absl::Seconds(10));

  EXPECT_EQ(metrics_.breaker_open.value(), 1);
  EXPECT_NEAR(static_cast<double>(client_->sends().size() - before), 10, 1);
}

// Not paid for; no token; nothing that fits a header.
INSTANTIATE_TEST_SUITE_P(Kinds, UnsentPollTest,
                         testing::Values(PollFailureKind::kSendRefused,
                                         PollFailureKind::kCredentials,
                                         PollFailureKind::kRejected));

TEST_F(OpenBreakerTest, ReadersOfAllVariantsAreToldWhy) {
  Follow(KeyOf("tr-variants", "de"));
  Follow(KeyOf("tr-variants", "fr"));

  // One of the two is next, and stands in line.
  const uint64_t reads[] = {Read(KeyOf("tr-variants", "de")), Read(KeyOf("tr-variants", "fr"))};
  loop_.AdvanceBy(absl::Seconds(10));

  for (const uint64_t read : reads) {
    ASSERT_TRUE(follower_.HasAnswer(read));
    EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kUpstreamUnavailable);
  }
}

TEST_F(PollLoopTest, WhileThePlatformIsBusyNoReaderWaitsLongerBehindAnotherVariant) {
  options_.gate.max_polls_in_flight = 1;
  Restart();
  Read(KeyOf("tr-1"));  // Is never answered.
  const uint64_t read = Read(KeyOf("tr-2", "de"));
  Follow(KeyOf("tr-2", "fr"));  // Is next from now on.
  loop_.AdvanceBy(absl::Seconds(11));

  ASSERT_TRUE(follower_.HasAnswer(read));
  EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kUpstreamUnavailable);
}

TEST_F(PollLoopTest, AReaderIsToldWhyWhenThePlatformKeepsAllPlacesBusy) {
  options_.gate.max_polls_in_flight = 1;
  Restart();
  Read(KeyOf("tr-1"));  // Is never answered.
  const uint64_t read = Read(KeyOf("tr-2"));
  loop_.AdvanceBy(absl::Seconds(11));

  ASSERT_TRUE(follower_.HasAnswer(read));
  EXPECT_EQ(follower_.Answer(read).error.reason, Reason::kUpstreamUnavailable);
  EXPECT_TRUE(follower_.Answer(read).error.after_upstream);
}

TEST_F(PollLoopTest, HowLongAPollTookIsCounted) {
  client_->AnswerAllBy([](const base::RunKey&) { return RunningAnswer(1); },
                       absl::Milliseconds(70));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Milliseconds(500));

  // Between 50 and 100 ms.
  EXPECT_EQ(metrics_.poll_seconds.count(6), 1u);
  EXPECT_NEAR(metrics_.poll_seconds.sum(), 0.07, 1e-9);
}

TEST_F(PollLoopTest, ARunThatIsNotFoundYetSaysSoAlsoAtASlowPace) {
  options_.expected_pollers = 6;
  Restart();
  AnswerAll(FailureOf(PollFailureKind::kRunNotFound));
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(2));

  EXPECT_EQ(StaleReason(), "RUN_NOT_FOUND");
}

}  // namespace
}  // namespace runcast::runs
