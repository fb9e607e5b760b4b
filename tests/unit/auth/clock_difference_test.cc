#include "gateway/auth/clock_difference.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace runcast::auth {
namespace {

class ClockDifferenceTest : public testing::Test {
 protected:
  // The platform's clock is `ahead` of ours.
  void Say(absl::Duration ahead) { difference_.Add(clock_.WallNow() + ahead, clock_.Now()); }
  // By how much tokens are dated ahead of our wall clock.
  absl::Duration Applied() const {
    return difference_.PlatformTime(clock_.Now(), clock_.WallNow()) - clock_.WallNow();
  }

  fakes::FakeClock clock_;
  ClockDifference difference_;
};

TEST_F(ClockDifferenceTest, BeforeThreeAnswersOurClockIsBelieved) {
  EXPECT_EQ(Applied(), absl::ZeroDuration());
  Say(absl::Hours(1));
  Say(absl::Hours(1));

  EXPECT_EQ(Applied(), absl::ZeroDuration());
}

TEST_F(ClockDifferenceTest, TheMedianOfThreeCounts) {
  Say(absl::Seconds(20));
  Say(absl::Hours(50));  // One odd proxy.
  Say(absl::Seconds(30));

  EXPECT_EQ(Applied(), absl::Seconds(30));
}

TEST_F(ClockDifferenceTest, APlatformBehindUsCountsAsWell) {
  for (int i = 0; i < 3; ++i) Say(-absl::Minutes(10));

  EXPECT_EQ(Applied(), -absl::Minutes(10));
}

TEST_F(ClockDifferenceTest, UpToFiveSecondsAreIgnored) {
  for (int i = 0; i < 3; ++i) Say(absl::Seconds(5));
  EXPECT_EQ(Applied(), absl::ZeroDuration());

  for (int i = 0; i < 3; ++i) Say(absl::Milliseconds(5001));
  EXPECT_EQ(Applied(), absl::Milliseconds(5001));
}

TEST_F(ClockDifferenceTest, OnlyTheLastThreeAnswersCount) {
  for (int i = 0; i < 3; ++i) Say(absl::Minutes(10));
  for (int i = 0; i < 2; ++i) Say(absl::ZeroDuration());

  EXPECT_EQ(Applied(), absl::ZeroDuration());
}

TEST_F(ClockDifferenceTest, TimeGoesOnBetweenAnswers) {
  for (int i = 0; i < 3; ++i) Say(absl::Minutes(10));

  clock_.Advance(absl::Hours(3));

  EXPECT_EQ(Applied(), absl::Minutes(10));
}

TEST_F(ClockDifferenceTest, AJumpOfOurWallClockChangesNothingForThePlatform) {
  for (int i = 0; i < 3; ++i) Say(absl::ZeroDuration());
  const absl::Time before = difference_.PlatformTime(clock_.Now(), clock_.WallNow());

  clock_.JumpWall(absl::Hours(1));
  EXPECT_EQ(difference_.PlatformTime(clock_.Now(), clock_.WallNow()), before);
  clock_.JumpWall(-absl::Hours(2));

  EXPECT_EQ(difference_.PlatformTime(clock_.Now(), clock_.WallNow()), before);
}

}  // namespace
}  // namespace runcast::auth
