#include "client/cli/result_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cli/status_words.h"

namespace runcast::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::RunStatus Completed() {
  v1::RunStatus status;
  status.mutable_run()->set_run_id("tr-17");
  status.mutable_run()->set_suite_name("smoke tests");
  status.mutable_run()->set_stream_id("st-1");
  status.set_state(v1::RUN_STATE_COMPLETED);
  status.set_raw_state("completed");
  status.set_terminal(true);
  status.mutable_start_time()->set_seconds(1893553445);
  status.mutable_end_time()->set_seconds(1893553506);
  status.set_report_available(true);
  status.set_assertion_count(40);
  status.mutable_result()->set_succeeded(36);
  status.mutable_result()->set_failed(4);
  status.mutable_result()->set_trait_failures(0);
  status.mutable_result()->set_precision(0.97);
  status.mutable_result()->set_f1_score(0);
  return status;
}

TEST(ResultTableTest, AlignsCountsAndScores) {
  EXPECT_EQ(RenderResultTable(Completed(), ""),
            "run             tr-17\n"
            "suite           smoke tests\n"
            "stream          st-1\n"
            "state           completed\n"
            "started         2030-01-02 03:04:05 UTC\n"
            "ended           2030-01-02 03:05:06 UTC\n"
            "duration        1m 01s\n"
            "report          available\n"
            "\n"
            "assertions        40\n"
            "succeeded         36\n"
            "failed             4\n"
            "trait failures     0\n"
            "\n"
            "precision       0.97\n"
            "F1              0.00\n");
}

TEST(ResultTableTest, LeavesOutWhatIsNotGiven) {
  v1::RunStatus status = Completed();
  status.clear_result();
  status.clear_assertion_count();

  const std::string table = RenderResultTable(status, "");

  EXPECT_THAT(table, Not(HasSubstr("succeeded")));
  EXPECT_THAT(table, Not(HasSubstr("\n\n")));
}

TEST(ResultTableTest, PrintsTheReportLinkByteForByte) {
  const std::string link = "https://host/f.csv?e=1&n=2&s=QUJD$$&clientfilename=a.csv";

  EXPECT_THAT(RenderResultTable(Completed(), link), HasSubstr("\n\n" + link + "\n"));
}

TEST(ResultTableTest, ForeignTextCannotSteerTheTerminal) {
  v1::RunStatus status = Completed();
  status.mutable_run()->set_suite_name("a\x1b[2Jb");

  EXPECT_THAT(RenderResultTable(status, ""), HasSubstr("a?[2Jb"));
}

TEST(ResultTableTest, TellsOfARunThatGoesOn) {
  v1::RunStatus status;
  status.set_state(v1::RUN_STATE_RUNNING);
  status.set_raw_state("running");
  status.mutable_progress()->set_percent(25);
  status.mutable_freshness()->set_state(v1::Freshness::STATE_STALE);
  status.mutable_freshness()->mutable_stale_since()->set_seconds(1893553445);
  status.mutable_freshness()->set_reason("UPSTREAM_UNAVAILABLE");

  EXPECT_EQ(RenderResultTable(status, ""),
            "state      running\n"
            "progress   25 %\n"
            "freshness  stale since 2030-01-02 03:04:05 UTC: UPSTREAM_UNAVAILABLE\n");
}

TEST(StatusWordsTest, KeepThePlatformsWordWhereItDiffers) {
  v1::RunStatus status;
  status.set_state(v1::RUN_STATE_CANCELLED);
  status.set_raw_state("Stopped");
  EXPECT_EQ(StateWords(status), "cancelled (Stopped)");

  status.set_raw_state("Cancelled");
  EXPECT_EQ(StateWords(status), "cancelled");
}

TEST(StatusWordsTest, ALineSaysStateProgressRateAndRemainingTime) {
  v1::RunStatus status;
  status.mutable_run()->set_run_id("tr-17");
  status.set_state(v1::RUN_STATE_RUNNING);
  status.set_raw_state("running");
  status.mutable_progress()->set_percent(25);
  status.mutable_progress()->set_utterances_done(10);
  status.mutable_progress()->set_utterances_total(40);
  ProgressEstimate estimate;
  v1::Progress start;
  start.set_utterances_done(0);
  start.set_utterances_total(40);
  estimate.Add(absl::UnixEpoch(), start);
  estimate.Add(absl::UnixEpoch() + absl::Seconds(5), status.progress());

  EXPECT_EQ(StatusLine(status, estimate, absl::UnixEpoch() + absl::Seconds(5)),
            "tr-17 running, 25 %, 10 of 40, 2.0/s, 15s left");
}

TEST(StatusWordsTest, AnErrorOfTheConnectionSaysWhatToDo) {
  EXPECT_THAT(ErrorWords(absl::UnavailableError("status of run tr-17: refused")),
              HasSubstr("\n  hint: is the gateway running there"));
}

TEST(StatusWordsTest, AnErrorWithoutAHintIsOneLine) {
  EXPECT_EQ(ErrorWords(absl::InternalError("broken")), "broken");
}

}  // namespace
}  // namespace runcast::cli
