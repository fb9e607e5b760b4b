#include "gateway/runs/platform_reach.h"

#include <gtest/gtest.h>

namespace runcast::runs {
namespace {

const base::MonotonicTime kStart = base::MonotonicTime::FromOrigin(absl::Hours(5));

TEST(PlatformReachTest, ThreePollsWithoutAnAnswerOverTwoSecondsAreOutOfReach) {
  PlatformReach reach;
  reach.OnNoAnswer(kStart);
  reach.OnNoAnswer(kStart + absl::Seconds(1));
  reach.OnNoAnswer(kStart + absl::Seconds(1.9));
  EXPECT_FALSE(reach.IsLost(kStart + absl::Seconds(9))) << "not over two seconds";
  reach.OnNoAnswer(kStart + absl::Seconds(2));

  EXPECT_TRUE(reach.IsLost(kStart + absl::Seconds(2)));
}

TEST(PlatformReachTest, TwoAreTooFewHoweverFarApart) {
  PlatformReach reach;
  reach.OnNoAnswer(kStart);
  reach.OnNoAnswer(kStart + absl::Seconds(20));

  EXPECT_FALSE(reach.IsLost(kStart + absl::Seconds(20)));
}

TEST(PlatformReachTest, AnyAnswerEndsIt) {
  PlatformReach reach;
  for (int i = 0; i < 10; ++i) reach.OnNoAnswer(kStart + absl::Seconds(i));
  reach.OnAnswer();

  EXPECT_FALSE(reach.IsLost(kStart + absl::Seconds(10)));
}

TEST(PlatformReachTest, WhoTriesNoMoreIsGivenAnotherChanceAfterFiveMinutes) {
  PlatformReach reach;
  for (int i = 0; i < 10; ++i) reach.OnNoAnswer(kStart + absl::Seconds(i));

  EXPECT_TRUE(reach.IsLost(kStart + absl::Seconds(309)));
  EXPECT_FALSE(reach.IsLost(kStart + absl::Seconds(310)));
  reach.OnNoAnswer(kStart + absl::Seconds(320));
  EXPECT_FALSE(reach.IsLost(kStart + absl::Seconds(320))) << "counted from anew";
}

}  // namespace
}  // namespace runcast::runs
