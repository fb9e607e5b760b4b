// Made-up histories, good and bad: a checker that finds nothing wrong proves nothing.

#include "tests/history/watch_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runcast::history {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kUnavailable = 14;

v1::WatchRunResponse Status(uint64_t epoch, uint64_t sequence, int done, bool terminal = false) {
  v1::WatchRunResponse message;
  message.set_resume_token("token");
  v1::RunStatus& status = *message.mutable_status();
  status.set_epoch(epoch);
  status.set_sequence(sequence);
  status.set_terminal(terminal);
  status.mutable_progress()->set_utterances_done(done);
  status.mutable_freshness()->set_state(v1::Freshness::STATE_FRESH);
  return message;
}

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() { history_.OnOpened(at_); }
  void Message(v1::WatchRunResponse message) { history_.OnMessage(at_, std::move(message)); }
  void End(int code) { history_.OnEnded(at_, {code, ""}); }
  void Reopen() {
    End(kUnavailable);
    history_.OnOpened(at_);
  }

  const absl::Time at_ = absl::FromUnixSeconds(1);
  WatchHistory history_;
};

TEST_F(HistoryTest, AWatchToTheEndIsClean) {
  Message(Status(1, 1, 0));
  v1::WatchRunResponse heartbeat;
  heartbeat.set_resume_token("token");
  heartbeat.mutable_heartbeat();
  Message(heartbeat);
  Message(Status(1, 3, 10));
  Message(Status(1, 4, 40, true));
  End(0);

  EXPECT_THAT(history_.Faults(), IsEmpty());
  EXPECT_EQ(history_.statuses(), 3);
  EXPECT_EQ(history_.heartbeats(), 1);
}

TEST_F(HistoryTest, ARestartedGatewayMayNumberAnew) {
  Message(Status(1, 7, 5));
  Reopen();
  Message(Status(2, 1, 6));
  Message(Status(2, 2, 40, true));
  End(0);

  EXPECT_THAT(history_.Faults(), IsEmpty());
}

TEST_F(HistoryTest, FindsALostEnd) {
  Message(Status(1, 1, 0));

  EXPECT_THAT(history_.Faults(), ElementsAre("lost: no terminal status"));
}

TEST_F(HistoryTest, FindsADuplicate) {
  Message(Status(1, 1, 0));
  Message(Status(1, 1, 0));
  Message(Status(1, 2, 0, true));

  EXPECT_THAT(history_.Faults(), ElementsAre(HasSubstr("sequence 1 twice")));
}

TEST_F(HistoryTest, FindsTheSameFactsAgainAfterAResume) {
  Message(Status(1, 1, 3));
  Reopen();
  Message(Status(2, 1, 3));
  Message(Status(2, 2, 3, true));

  EXPECT_THAT(history_.Faults(), ElementsAre(HasSubstr("same facts again")));
}

TEST_F(HistoryTest, FindsAReorderedSequence) {
  Message(Status(1, 5, 0));
  Message(Status(1, 4, 0));
  Message(Status(1, 6, 0, true));

  EXPECT_THAT(history_.Faults(), ElementsAre(HasSubstr("sequence 4 after 5")));
}

TEST_F(HistoryTest, FindsProgressThatFallsAlsoAcrossARestart) {
  Message(Status(1, 5, 10));
  Reopen();
  Message(Status(2, 1, 9));
  Message(Status(2, 2, 40, true));

  EXPECT_THAT(history_.Faults(), ElementsAre(HasSubstr("utterances fall from 10 to 9")));
}

TEST_F(HistoryTest, FindsAMessageAfterTheEnd) {
  Message(Status(1, 1, 40, true));
  Message(Status(1, 2, 40, true));

  EXPECT_THAT(history_.Faults(), Contains(HasSubstr("a message after the terminal status")));
}

TEST_F(HistoryTest, FindsAnOkEndThatComesTooSoon) {
  Message(Status(1, 1, 4));
  End(0);

  EXPECT_THAT(history_.Faults(), Contains(HasSubstr("ended OK before the terminal status")));
}

TEST_F(HistoryTest, FindsAnErrorAfterTheTerminalStatus) {
  Message(Status(1, 1, 4, true));
  End(kUnavailable);

  EXPECT_THAT(history_.Faults(), ElementsAre(HasSubstr("ended with code 14 after")));
}

TEST_F(HistoryTest, FindsAMessageWithoutAToken) {
  v1::WatchRunResponse message = Status(1, 1, 40, true);
  message.clear_resume_token();
  Message(message);

  EXPECT_THAT(history_.Faults(), ElementsAre(HasSubstr("without a resume token")));
}

}  // namespace
}  // namespace runcast::history
