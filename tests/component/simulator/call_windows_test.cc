#include "tests/simulator/call_windows.h"

#include <gtest/gtest.h>

namespace runcast::simulator {
namespace {

constexpr CallWindows::Limits kLimits{3, 1'000, 5, 10'000};

TEST(CallWindowsTest, AsManyCallsAsTheLimitAreWithin) {
  CallWindows windows;

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(windows.Count(i, kLimits), CallWindows::Verdict::kWithin);
  }
  EXPECT_EQ(windows.Count(3, kLimits), CallWindows::Verdict::kMinuteExceeded);
  EXPECT_EQ(windows.violations, 1u);
}

TEST(CallWindowsTest, ACallLeavesTheWindowAfterExactlyItsLength) {
  CallWindows windows;
  for (int i = 0; i < 3; ++i) windows.Count(0, kLimits);

  EXPECT_EQ(windows.Count(999, kLimits), CallWindows::Verdict::kMinuteExceeded);
  EXPECT_EQ(windows.Count(1'000, kLimits), CallWindows::Verdict::kWithin);
  EXPECT_EQ(windows.in_minute(), 2u);
}

TEST(CallWindowsTest, RefusedCallsCountToo) {
  CallWindows windows;
  for (int i = 0; i < 4; ++i) windows.Count(0, kLimits);

  windows.Count(500, kLimits);

  EXPECT_EQ(windows.total, 5u);
  EXPECT_EQ(windows.peak_minute, 5u);
}

TEST(CallWindowsTest, TheHourIsSaidFirstWhenBothAreExceeded) {
  CallWindows windows;
  for (int i = 0; i < 5; ++i) windows.Count(0, kLimits);

  EXPECT_EQ(windows.Count(0, kLimits), CallWindows::Verdict::kHourExceeded);
}

TEST(CallWindowsTest, TheHourRefusesAtASlowPaceAsWell) {
  CallWindows windows;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(windows.Count(i * 1'500, kLimits), CallWindows::Verdict::kWithin);
  }

  EXPECT_EQ(windows.Count(7'500, kLimits), CallWindows::Verdict::kHourExceeded);
  EXPECT_EQ(windows.Count(11'500, kLimits), CallWindows::Verdict::kWithin);
}

TEST(CallWindowsTest, ALimitOfZeroRefusesNothing) {
  CallWindows windows;

  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(windows.Count(0, {0, 1'000, 0, 10'000}), CallWindows::Verdict::kWithin);
  }
  EXPECT_EQ(windows.peak_hour, 100u);
}

}  // namespace
}  // namespace runcast::simulator
