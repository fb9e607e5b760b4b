#include "gateway/runs/end_outlook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "gateway/runs/wire_time.h"

namespace runcast::runs {
namespace {

using base::MonotonicTime;
using testing::ElementsAre;
using testing::IsEmpty;
using v1::Freshness;

const base::RunKey kRun{"st-1", "smoke", "tr-1", ""};
const MonotonicTime kNow = MonotonicTime::FromOrigin(absl::Hours(1));
const absl::Time kWall = absl::FromUnixSeconds(1'800'000'000);

// Earlier runs of the suite took 60 s, 100 s and 110 s.
RunLengths KnownLengths() {
  RunLengths lengths;
  for (const int seconds : {100, 60, 110}) lengths.OnCompleted(kRun, absl::Seconds(seconds));
  return lengths;
}

// Active since `age`, without progress.
v1::RunStatus ActiveSince(absl::Duration age) {
  v1::RunStatus facts;
  facts.set_state(v1::RUN_STATE_RUNNING);
  *facts.mutable_start_time() = ToTimestamp(kWall - age);
  return facts;
}

TEST(RunLengthsTest, FewerThanThreeSayNothing) {
  RunLengths lengths;
  lengths.OnCompleted(kRun, absl::Seconds(60));
  lengths.OnCompleted(kRun, absl::Seconds(60));
  EXPECT_THAT(lengths.Of(kRun), IsEmpty());
}

TEST(RunLengthsTest, AreThoseOfTheSuiteWhateverTheRunAndItsLanguage) {
  EXPECT_THAT(KnownLengths().Of({"st-1", "smoke", "tr-9", "de"}),
              ElementsAre(absl::Seconds(60), absl::Seconds(100), absl::Seconds(110)));
  EXPECT_THAT(KnownLengths().Of({"st-1", "other", "tr-1", ""}), IsEmpty());
  EXPECT_THAT(KnownLengths().Of({"st-2", "smoke", "tr-1", ""}), IsEmpty());
}

TEST(RunLengthsTest, OnlyTheLastSixteenCount) {
  RunLengths lengths;
  lengths.OnCompleted(kRun, absl::Hours(9));
  for (size_t i = 0; i < RunLengths::kRemembered; ++i) lengths.OnCompleted(kRun, absl::Seconds(1));
  EXPECT_EQ(lengths.Of(kRun).size(), RunLengths::kRemembered);
  EXPECT_EQ(lengths.Of(kRun).back(), absl::Seconds(1));
}

TEST(RunLengthsTest, TheSuiteWithTheOldestEndMakesRoom) {
  RunLengths lengths(/*max_suites=*/2);
  const base::RunKey other{"st-1", "other", "tr-1", ""};
  const base::RunKey third{"st-1", "third", "tr-1", ""};
  for (int i = 0; i < 3; ++i) lengths.OnCompleted(kRun, absl::Seconds(1));
  for (int i = 0; i < 3; ++i) lengths.OnCompleted(other, absl::Seconds(2));
  lengths.OnCompleted(kRun, absl::Seconds(1));
  lengths.OnCompleted(third, absl::Seconds(3));

  EXPECT_THAT(lengths.Of(other), IsEmpty());
  EXPECT_EQ(lengths.Of(kRun).size(), 4u);
}

TEST(EndOutlookTest, WithoutProgressOrEarlierRunsThereIsNoHint) {
  EndOutlook outlook;
  outlook.OnActive(kRun, kNow, kWall, ActiveSince(absl::Seconds(10)), RunLengths());

  EXPECT_EQ(outlook.hint(), Freshness::END_HINT_NONE);
  EXPECT_EQ(outlook.Window(kNow), std::nullopt);
}

TEST(EndOutlookTest, EarlierRunsTellWhenTheEndIsToBeExpected) {
  EndOutlook outlook;
  outlook.OnActive(kRun, kNow, kWall, ActiveSince(absl::Seconds(10)), KnownLengths());

  EXPECT_EQ(outlook.hint(), Freshness::END_HINT_EARLIER_RUNS);
  const std::optional<EndWindow> window = outlook.Window(kNow);
  ASSERT_TRUE(window.has_value());
  EXPECT_LT(window->earliest, kNow + absl::Seconds(50));
  EXPECT_GT(window->earliest, kNow + absl::Seconds(45));
  EXPECT_GT(window->latest, kNow + absl::Seconds(100));
  EXPECT_LT(window->latest, kNow + absl::Seconds(106));
}

TEST(EndOutlookTest, LengthsThatTheRunHasPassedAreOutOfTheQuestion) {
  EndOutlook outlook;
  outlook.OnActive(kRun, kNow, kWall, ActiveSince(absl::Seconds(80)), KnownLengths());
  EXPECT_GT(outlook.Window(kNow)->earliest, kNow);

  EndOutlook long_run;
  long_run.OnActive(kRun, kNow, kWall, ActiveSince(absl::Minutes(5)), KnownLengths());
  EXPECT_EQ(long_run.Window(kNow), std::nullopt);
}

TEST(EndOutlookTest, ProgressCountsMoreThanEarlierRuns) {
  EndOutlook outlook;
  v1::RunStatus facts = ActiveSince(absl::Seconds(10));
  facts.mutable_progress()->set_percent(5);
  outlook.OnActive(kRun, kNow, kWall, facts, KnownLengths());

  EXPECT_EQ(outlook.hint(), Freshness::END_HINT_PROGRESS);
  EXPECT_EQ(outlook.Window(kNow), std::nullopt) << "one value of progress is no pace";
}

TEST(EndOutlookTest, WhatIsLearnedWhileARunGoesOnIsForTheNextOne) {
  EndOutlook outlook;
  outlook.OnActive(kRun, kNow, kWall, ActiveSince(absl::Seconds(10)), RunLengths());
  outlook.OnActive(kRun, kNow, kWall, ActiveSince(absl::Seconds(10)), KnownLengths());

  EXPECT_EQ(outlook.hint(), Freshness::END_HINT_NONE);
}

}  // namespace
}  // namespace runcast::runs
