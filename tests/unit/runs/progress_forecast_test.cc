#include "gateway/runs/progress_forecast.h"

#include <gtest/gtest.h>

#include <optional>

namespace runcast::runs {
namespace {

using base::MonotonicTime;

const MonotonicTime kStart = MonotonicTime::FromOrigin(absl::Hours(1));

MonotonicTime At(double seconds) { return kStart + absl::Seconds(seconds); }

TEST(ProgressForecastTest, SaysNothingBeforeTwoStepsWereSeen) {
  ProgressForecast forecast;
  EXPECT_EQ(forecast.Window(At(0)), std::nullopt);
  forecast.OnProgress(At(0), 10);
  forecast.OnProgress(At(2), 11);
  EXPECT_EQ(forecast.Window(At(2)), std::nullopt);
}

TEST(ProgressForecastTest, TheWindowOfASteadyRunHoldsItsEnd) {
  ProgressForecast forecast;
  // 1 % in 2 s, polled every 2.1 s: the end comes at 200 s.
  for (double at = 0; at < 180; at += 2.1) forecast.OnProgress(At(at), static_cast<int>(at / 2));

  const std::optional<EndWindow> window = forecast.Window(At(180));

  ASSERT_TRUE(window.has_value());
  EXPECT_LE(window->earliest, At(200));
  EXPECT_GE(window->latest, At(200));
  EXPECT_LT(window->latest - window->earliest, absl::Seconds(15));
}

TEST(ProgressForecastTest, UnevenStepsMakeTheWindowWider) {
  ProgressForecast steady;
  ProgressForecast uneven;
  // Polled every 2 s; each 10 % take 20 s, or 5 s and 35 s in turn.
  for (int at = 0; at <= 160; at += 2) {
    steady.OnProgress(At(at), at / 20 * 10);
    uneven.OnProgress(At(at), at / 40 * 20 + (at % 40 >= 5 ? 10 : 0));
  }

  const auto width = [](const EndWindow& window) { return window.latest - window.earliest; };
  EXPECT_GT(width(*uneven.Window(At(160))), 2 * width(*steady.Window(At(160))));
}

TEST(ProgressForecastTest, AnOverdueEndIsLookedForFartherAndFarther) {
  ProgressForecast forecast;
  for (int step = 0; step <= 9; ++step) forecast.OnProgress(At(10 * step), 10 * step);

  const std::optional<EndWindow> soon = forecast.Window(At(110));
  const std::optional<EndWindow> later = forecast.Window(At(130));

  ASSERT_TRUE(soon.has_value());
  ASSERT_TRUE(later.has_value());
  EXPECT_GT(later->latest, At(130));
  EXPECT_GT(later->latest - later->earliest, soon->latest - soon->earliest);
}

TEST(ProgressForecastTest, ABarThatStandsStillIsNotBelievedForEver) {
  ProgressForecast forecast;
  for (int step = 0; step <= 9; ++step) forecast.OnProgress(At(10 * step), 10 * step);

  EXPECT_EQ(forecast.Window(At(1000)), std::nullopt);
}

TEST(ProgressForecastTest, ABarThatJumpsToItsEndGivesAWindowThatIsNotBeforeIt) {
  ProgressForecast forecast;
  forecast.OnProgress(At(0), 0);
  forecast.OnProgress(At(2), 50);
  forecast.OnProgress(At(4), 99);
  forecast.OnProgress(At(6), 100);

  const std::optional<EndWindow> window = forecast.Window(At(6));

  ASSERT_TRUE(window.has_value());
  EXPECT_LE(window->earliest, At(6));
  EXPECT_GE(window->latest, At(6) - absl::Seconds(2));
}

}  // namespace
}  // namespace runcast::runs
