#include "client/cli/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cli/printable_text.h"
#include "client/cli/progress_estimate.h"

namespace runcast::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr LineStyle kAscii = {.columns = 80, .color = false, .unicode = false};

ProgressView HalfDone() {
  return {.run = "tr-17",
          .state = "running",
          .percent = 50,
          .done = 20,
          .total = 40,
          .per_second = 2.14,
          .remaining = absl::Seconds(9.4)};
}

TEST(ProgressBarTest, ShowsBarPercentCountsRateAndRemainingTime) {
  EXPECT_EQ(RenderProgressBar(HalfDone(), {.columns = 62, .unicode = false}),
            "tr-17  [###########------------]   50 %  20/40  2.1/s  9s left");
}

TEST(ProgressBarTest, DrawsEighthsOfABlockWhereUnicodeIsSpoken) {
  EXPECT_EQ(RenderProgressBar({.run = "r", .percent = 50}, {.columns = 19}), "r  ████▌░░░░   50 %");
}

TEST(ProgressBarTest, IsEmptyAtTheStartAndFullAtTheEnd) {
  ProgressView view = {.run = "r", .percent = 0};
  EXPECT_EQ(RenderProgressBar(view, {.columns = 19, .unicode = false}), "r  [-------]    0 %");
  view.percent = 100;
  EXPECT_EQ(RenderProgressBar(view, {.columns = 19, .unicode = false}), "r  [#######]  100 %");
}

TEST(ProgressBarTest, NeverShowsHundredBeforeTheEnd) {
  EXPECT_THAT(RenderProgressBar({.run = "r", .percent = 99.97}, kAscii), HasSubstr(" 99 %"));
}

TEST(ProgressBarTest, PercentOutsideItsRangeIsClamped) {
  EXPECT_THAT(RenderProgressBar({.run = "r", .percent = 250}, kAscii), HasSubstr("100 %"));
  EXPECT_THAT(RenderProgressBar({.run = "r", .percent = -3}, kAscii), HasSubstr("  0 %"));
}

TEST(ProgressBarTest, WithoutPercentItShowsTheState) {
  EXPECT_EQ(RenderProgressBar({.run = "tr-17", .state = "running"}, kAscii), "tr-17  running");
}

TEST(ProgressBarTest, FitsEveryWidth) {
  ProgressView view = HalfDone();
  view.trouble = "stale since 2030-01-02 03:04:05 UTC: UPSTREAM_UNAVAILABLE";
  for (int columns = 1; columns <= 200; ++columns) {
    for (const bool unicode : {false, true}) {
      const std::string line = RenderProgressBar(view, {.columns = columns, .unicode = unicode});
      EXPECT_LE(DisplayWidth(line), columns) << line;
      EXPECT_NE(line, "");
    }
  }
}

TEST(ProgressBarTest, ANarrowTerminalKeepsThePercentLongest) {
  EXPECT_EQ(RenderProgressBar(HalfDone(), {.columns = 6, .unicode = false}), " 50 %");
  EXPECT_EQ(RenderProgressBar(HalfDone(), {.columns = 13, .unicode = false}), "tr-17   50 %");
  EXPECT_EQ(RenderProgressBar(HalfDone(), {.columns = 24, .unicode = false}),
            "tr-17  [####----]   50 %");
}

constexpr char kLongRun[] = "tr-f099d83f-8528-4297-a4c6-f6ccc9d724b9";

TEST(ProgressBarTest, ALongRunIdTakesAThirdOfTheTerminal) {
  ProgressView view = HalfDone();
  view.run = kLongRun;

  EXPECT_EQ(RenderProgressBar(view, {.columns = 39, .unicode = false}),
            "tr-f099d83...  [###---]   50 %  9s left");
  EXPECT_EQ(RenderProgressBar(view, {.columns = 79, .unicode = false}),
            "tr-f099d83f-8528-4297-a...  [#########----------]   50 %  20/40  2.1/s  9s left");
  EXPECT_THAT(RenderProgressBar(view, {.columns = 119, .unicode = false}), StartsWith(kLongRun));
}

TEST(ProgressBarTest, TroubleIsCutBeforeItIsLeftOut) {
  ProgressView view = HalfDone();
  view.run = kLongRun;
  view.trouble = "lost the gateway (attempt 3: Connection refused)";

  EXPECT_EQ(RenderProgressBar(view, {.columns = 39, .unicode = false}),
            "tr-f099d83...   50 %  lost the gatew...");
  EXPECT_EQ(RenderProgressBar(view, {.columns = 20, .unicode = false}), " 50 %  lost the g...");
  EXPECT_EQ(RenderProgressBar(view, {.columns = 14, .unicode = false}), " 50 %");
}

TEST(ProgressBarTest, WithoutPercentTheStateIsCut) {
  EXPECT_EQ(RenderProgressBar({.run = kLongRun, .state = "connecting to gateway.example:8443"},
                              {.columns = 39, .unicode = false}),
            "tr-f099d83...  connecting to gateway...");
}

TEST(ProgressBarTest, UsesColorOnlyWhenAsked) {
  EXPECT_THAT(RenderProgressBar(HalfDone(), kAscii), Not(HasSubstr("\x1b")));
  EXPECT_THAT(RenderProgressBar(HalfDone(), {.columns = 80, .color = true}), HasSubstr("\x1b[32m"));
}

TEST(ProgressBarTest, ALongRunIdLeavesRoomForTheRest) {
  ProgressView view = HalfDone();
  view.run = std::string(200, 'x');
  EXPECT_THAT(RenderProgressBar(view, kAscii), HasSubstr("50 %"));
}

TEST(ShortDurationTest, UsesAtMostTwoUnits) {
  EXPECT_EQ(ShortDuration(absl::Seconds(9.4)), "9s");
  EXPECT_EQ(ShortDuration(absl::Seconds(59.6)), "1m 00s");
  EXPECT_EQ(ShortDuration(absl::Seconds(65)), "1m 05s");
  EXPECT_EQ(ShortDuration(absl::Minutes(123)), "2h 03m");
}

v1::Progress Done(int64_t done, int64_t total = 40) {
  v1::Progress progress;
  progress.set_utterances_done(done);
  progress.set_utterances_total(total);
  return progress;
}

v1::Progress Percent(double percent) {
  v1::Progress progress;
  progress.set_percent(percent);
  return progress;
}

constexpr auto At = [](double seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); };

TEST(ProgressEstimateTest, KnowsNothingBeforeTwoCounts) {
  ProgressEstimate estimate;
  EXPECT_EQ(estimate.UtterancesPerSecond(), std::nullopt);
  estimate.Add(At(0), Done(10));
  EXPECT_EQ(estimate.UtterancesPerSecond(), std::nullopt);
  EXPECT_EQ(estimate.Remaining(At(1)), std::nullopt);
}

TEST(ProgressEstimateTest, TellsRateAndTheTimeThatIsLeftNow) {
  ProgressEstimate estimate;
  estimate.Add(At(0), Done(10));
  estimate.Add(At(5), Done(20));

  EXPECT_DOUBLE_EQ(*estimate.UtterancesPerSecond(), 2);
  EXPECT_EQ(estimate.Remaining(At(5)), absl::Seconds(10));
  EXPECT_EQ(estimate.Remaining(At(8)), absl::Seconds(7));
  EXPECT_EQ(estimate.Remaining(At(100)), absl::ZeroDuration());
}

TEST(ProgressEstimateTest, ForgetsThePaceOfLongAgo) {
  ProgressEstimate estimate;
  for (int i = 0; i <= 10; ++i) estimate.Add(At(i), Done(i * 100, 10000));
  for (int i = 11; i <= 100; ++i) estimate.Add(At(i), Done(1000 + (i - 10), 10000));

  EXPECT_NEAR(*estimate.UtterancesPerSecond(), 1, 0.01);
}

TEST(ProgressEstimateTest, WorksByPercentWhereThereAreNoCounts) {
  ProgressEstimate estimate;
  estimate.Add(At(0), Percent(10));
  estimate.Add(At(10), Percent(20));

  EXPECT_EQ(estimate.UtterancesPerSecond(), std::nullopt);
  EXPECT_EQ(estimate.Remaining(At(10)), absl::Seconds(80));
}

TEST(ProgressEstimateTest, IgnoresTimesAndCountsThatGoBack) {
  ProgressEstimate estimate;
  estimate.Add(At(0), Done(10));
  estimate.Add(At(5), Done(20));
  estimate.Add(At(4), Done(30));
  estimate.Add(At(6), Done(5));

  EXPECT_DOUBLE_EQ(*estimate.UtterancesPerSecond(), 2);
}

TEST(PrintableTextTest, TakesAwayWhatSteersATerminal) {
  EXPECT_EQ(PrintableText("a\x1b[31mb\n\x07"), "a?[31mb??");
  EXPECT_EQ(PrintableText("a\xff\xc3"), "a??");
  EXPECT_EQ(PrintableText("\u202Eabc\u0085"), "?abc?");
  EXPECT_EQ(PrintableText("Prüfung 試験"), "Prüfung 試験");
}

TEST(PrintableTextTest, MeasuresColumns) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("ü"), 1);
  EXPECT_EQ(DisplayWidth("u\u0308"), 1);
  EXPECT_EQ(DisplayWidth("試験"), 4);
}

TEST(PrintableTextTest, CutsByColumns) {
  EXPECT_EQ(FitToWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(FitToWidth("abcdef", 4), "abc…");
  EXPECT_EQ(FitToWidth("試験試験", 4), "試…");
  EXPECT_EQ(FitToWidth("abc", 0), "");
  EXPECT_THAT(FitToWidth("abc", 1), StartsWith("…"));
  EXPECT_EQ(FitToWidth("abcdef", 5, "..."), "ab...");
  EXPECT_EQ(FitToWidth("abcdef", 2, "..."), "..");
}

}  // namespace
}  // namespace runcast::cli
