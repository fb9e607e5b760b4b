#include "client/cli/result_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/cli/status_words.h"
#include "client/src/status_translation.h"
#include "runcast/details/v1/error_details.pb.h"

namespace runcast::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

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

absl::Status RunNotFound(const std::string& text) {
  details::v1::ErrorInfo info;
  info.set_reason("RUN_NOT_FOUND");
  absl::Status status = absl::NotFoundError(text);
  status.SetPayload(client::kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

TEST(StatusWordsTest, AnUnknownRunThatMayBeAWrongPathNamesTheSetting) {
  EXPECT_THAT(ErrorWords(RunNotFound("status of run tr-17: HTTP 404")),
              HasSubstr("`upstream.path_prefix`"));
  EXPECT_THAT(ErrorWords(RunNotFound("status of run tr-17: HTTP 400: Test Result not found.")),
              AllOf(HasSubstr("\n  hint: check the run id"), Not(HasSubstr("path_prefix"))));
}

TEST(StatusWordsTest, WhereThereIsRoomTroubleComesWithWordsAndAHint) {
  v1::Freshness freshness;
  freshness.set_state(v1::Freshness::STATE_NEVER_SEEN);
  freshness.set_reason("UPSTREAM_CREDENTIALS");
  freshness.set_message("status of run tr-17: HTTP 401");

  EXPECT_EQ(FreshnessWords(freshness), "no status yet: UPSTREAM_CREDENTIALS");
  EXPECT_THAT(
      FreshnessDetail(freshness),
      AllOf(StartsWith("\n  status of run tr-17: HTTP 401\n  hint: "), HasSubstr("credential")));
  EXPECT_EQ(FreshnessDetail(v1::Freshness()), "");
}

TEST(StatusWordsTest, ABarTellsForHowLongAStatusIsStale) {
  v1::Freshness freshness;
  freshness.set_state(v1::Freshness::STATE_STALE);
  freshness.mutable_stale_since()->set_seconds(1000);
  freshness.set_reason("UPSTREAM_UNAVAILABLE");

  EXPECT_EQ(BriefFreshness(freshness, absl::FromUnixSeconds(1012)),
            "stale for 12s: UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(BriefFreshness(freshness, absl::FromUnixSeconds(990)),
            "stale for 0s: UPSTREAM_UNAVAILABLE");
}

TEST(StatusWordsTest, TheHintFitsToWhyTheConnectionFailed) {
  const auto hint = [](const char* text) { return ErrorWords(absl::UnavailableError(text)); };

  EXPECT_THAT(hint("connect to h:1: Trying to connect an http1.x server"), HasSubstr("admin port"));
  EXPECT_THAT(hint("connect to h:1: Ssl handshake failed: SSL routines::wrong version number"),
              HasSubstr("leave out --tls"));
  EXPECT_THAT(hint("connect to h:1: Ssl handshake failed: certificate verify failed"),
              HasSubstr("--tls-ca"));
  EXPECT_THAT(hint("connect to h:1: Peer name h is not in peer certificate"),
              HasSubstr("--tls-server-name"));
  EXPECT_THAT(hint("status of run tr-1: connect to h:1: Socket closed"),
              AllOf(HasSubstr("--tls-cert"), HasSubstr("server.tls_client_ca_file")));
  EXPECT_THAT(hint("Socket closed"), Not(HasSubstr("--tls-cert"))) << "later, it was open before";
}

TEST(StatusWordsTest, AnErrorWithoutAHintIsOneLine) {
  EXPECT_EQ(ErrorWords(absl::InternalError("broken")), "broken");
}

}  // namespace
}  // namespace runcast::cli
