#include "client/src/run_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/src/status_translation.h"
#include "runcast/details/v1/error_details.pb.h"
#include "tests/unit/client/fake_stream_opener.h"
#include "tests/unit/client/fake_timers.h"

namespace runcast::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using State = ConnectionNews::State;

v1::RunStatus StatusOf(uint64_t sequence, int64_t done, bool terminal = false) {
  v1::RunStatus status;
  status.set_epoch(7);
  status.set_sequence(sequence);
  status.mutable_progress()->set_utterances_done(done);
  status.set_terminal(terminal);
  return status;
}

absl::Status Cut() { return absl::UnavailableError("cut"); }

absl::Status Refused() {
  details::v1::ErrorInfo info;
  info.set_reason("CALLER_LIMIT");
  absl::Status status = absl::ResourceExhaustedError("too many calls");
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

// A stream of run tr-17 with one subscriber. Back-off waits are the whole bound: 100 ms, 200 ms, …
class RunStreamTest : public ::testing::Test {
 protected:
  RunStreamTest() { Start({}); }

  void Start(RunStream::Options options) {
    v1::RunReference run;
    run.set_run_id("tr-17");
    stream_ = std::make_unique<RunStream>(
        run, options, [] { return 1.0; }, timers_, opener_,
        [this] {
          ended_ = true;
          stream_.reset();
        });
    stream_->Add(Subscribe());
  }

  std::shared_ptr<Subscription> Subscribe() {
    WatchCallbacks callbacks;
    callbacks.on_status = [this](const v1::RunStatus& status) {
      progress_.push_back(status.progress().utterances_done());
    };
    callbacks.on_connection = [this](const ConnectionNews& news) { news_.push_back(news); };
    callbacks.on_done = [this](const absl::Status& status) { done_.push_back(status); };
    return std::make_shared<Subscription>(std::move(callbacks));
  }

  // Ends each stream with `error` until the watch ends; returns the time that it has waited.
  absl::Duration EndWatchWith(const absl::Status& error) {
    absl::Duration waited;
    while (waited < absl::Minutes(1)) {
      opener_.End(error);
      if (!done_.empty()) break;
      waited += news_.back().retry_in;
      timers_.AdvanceBy(news_.back().retry_in);
    }
    return waited;
  }

  std::string LastToken() const { return opener_.requests.back().resume_token(); }
  size_t streams() const { return opener_.requests.size(); }

  FakeTimers timers_;
  FakeStreamOpener opener_;
  std::vector<int64_t> progress_;
  std::vector<ConnectionNews> news_;
  std::vector<absl::Status> done_;
  bool ended_ = false;
  std::unique_ptr<RunStream> stream_;
};

TEST_F(RunStreamTest, AsksForTheHeartbeatOfItsOptions) {
  EXPECT_EQ(opener_.requests[0].heartbeat_interval().seconds(), 20);
  EXPECT_EQ(opener_.requests[0].run().run_id(), "tr-17");
  EXPECT_EQ(LastToken(), "");
}

TEST_F(RunStreamTest, ThreeHeartbeatsOfSilenceOpenTheStreamAgain) {
  opener_.SendHeaders();
  opener_.SendStatus(StatusOf(1, 10), "a");

  timers_.AdvanceBy(absl::Seconds(60) - absl::Milliseconds(1));
  EXPECT_EQ(opener_.open, 1);
  timers_.AdvanceBy(absl::Milliseconds(1));
  EXPECT_EQ(opener_.open, 0);
  EXPECT_EQ(news_.back().state, State::kWaiting);
  timers_.AdvanceBy(absl::Milliseconds(100));

  EXPECT_EQ(streams(), 2u);
  EXPECT_EQ(LastToken(), "a");
  EXPECT_THAT(done_, IsEmpty());
}

TEST_F(RunStreamTest, EachMessageStartsTheSilenceAnew) {
  opener_.SendHeaders();
  for (int i = 0; i < 10; ++i) {
    timers_.AdvanceBy(absl::Seconds(59));
    opener_.SendHeartbeat("t");
  }

  EXPECT_EQ(streams(), 1u);
}

TEST_F(RunStreamTest, HeadersThatDoNotComeMoveTheStreamToAnotherConnectionAtOnce) {
  timers_.AdvanceBy(absl::Seconds(5));

  EXPECT_EQ(opener_.missing_headers, 1);
  EXPECT_EQ(streams(), 2u);
  EXPECT_EQ(opener_.open, 1);
}

TEST_F(RunStreamTest, WhenTheOtherConnectionHangsTooItBacksOff) {
  timers_.AdvanceBy(absl::Seconds(5));
  timers_.AdvanceBy(absl::Seconds(5));
  EXPECT_EQ(streams(), 2u);
  EXPECT_EQ(news_.back().state, State::kWaiting);

  timers_.AdvanceBy(absl::Milliseconds(100));
  EXPECT_EQ(streams(), 3u);
}

TEST_F(RunStreamTest, WithoutAConnectionItBacksOffInsteadOfOpeningAnother) {
  opener_.connected = false;

  timers_.AdvanceBy(absl::Seconds(5));

  EXPECT_EQ(streams(), 1u);
  EXPECT_EQ(news_.back().state, State::kWaiting);
}

TEST_F(RunStreamTest, WaitsLongerAfterEachFailureUpToTheMaximum) {
  std::vector<absl::Duration> waits;
  for (int i = 0; i < 7; ++i) {
    opener_.End(Cut());
    waits.push_back(news_.back().retry_in);
    timers_.AdvanceBy(news_.back().retry_in);
  }

  EXPECT_THAT(waits, ElementsAre(absl::Milliseconds(100), absl::Milliseconds(200),
                                 absl::Milliseconds(400), absl::Milliseconds(800),
                                 absl::Milliseconds(1600), absl::Seconds(2), absl::Seconds(2)));
}

TEST_F(RunStreamTest, AStreamThatLivedStartsTheBackOffAnew) {
  for (int i = 0; i < 5; ++i) {
    opener_.End(Cut());
    timers_.AdvanceBy(news_.back().retry_in);
  }
  opener_.SendHeaders();
  opener_.SendStatus(StatusOf(1, 10), "a");
  timers_.AdvanceBy(absl::Seconds(3));

  opener_.End(Cut());

  EXPECT_EQ(news_.back().retry_in, absl::Milliseconds(100));
}

TEST_F(RunStreamTest, AMessageAloneDoesNotStartTheBackOffAnew) {
  for (int i = 0; i < 5; ++i) {
    opener_.SendHeaders();
    opener_.SendHeartbeat("t");
    opener_.End(Cut());
    timers_.AdvanceBy(news_.back().retry_in);
  }

  EXPECT_EQ(news_[news_.size() - 2].retry_in, absl::Milliseconds(1600));
}

TEST_F(RunStreamTest, TheWaitTheGatewayAskedForComesOnTop) {
  opener_.End(Cut(), absl::Seconds(12));

  EXPECT_EQ(news_.back().retry_in, absl::Seconds(12) + absl::Milliseconds(100));
}

TEST_F(RunStreamTest, EndsAtTheOutageLimitWithTheLastError) {
  Start({.outage_limit = absl::Seconds(3)});

  EXPECT_EQ(EndWatchWith(Cut()), absl::Seconds(3));

  EXPECT_THAT(done_, ElementsAre(absl::UnavailableError(
                         "watch of run tr-17: nothing from the gateway for 3s: cut")));
  EXPECT_TRUE(ended_);
}

TEST_F(RunStreamTest, ARefusalAtTheOutageLimitIsNotCalledSilence) {
  Start({.outage_limit = absl::Seconds(3)});

  EXPECT_EQ(EndWatchWith(Refused()), absl::Seconds(3));

  ASSERT_THAT(done_, SizeIs(1));
  EXPECT_EQ(done_[0].message(),
            "watch of run tr-17: the gateway refuses; nothing else from it for 3s: too many calls");
}

TEST_F(RunStreamTest, TheTerminalStatusEndsTheWatchEvenIfTheStreamNeverDoes) {
  opener_.SendHeaders();
  opener_.SendStatus(StatusOf(1, 40, true), "a");
  EXPECT_THAT(done_, IsEmpty());

  timers_.AdvanceBy(absl::Seconds(2));

  EXPECT_THAT(done_, ElementsAre(absl::OkStatus()));
  EXPECT_EQ(opener_.open, 0);
  EXPECT_TRUE(timers_.empty());
}

TEST_F(RunStreamTest, NothingFollowsATerminalStatus) {
  opener_.SendHeaders();
  opener_.SendStatus(StatusOf(1, 40, true), "a");
  opener_.SendStatus(StatusOf(2, 41), "b");
  opener_.SendHeartbeat("b");
  opener_.End(absl::OkStatus());

  EXPECT_THAT(progress_, ElementsAre(40));
  EXPECT_THAT(done_, ElementsAre(absl::OkStatus()));
}

TEST_F(RunStreamTest, AMessageWithoutTokenKeepsTheTokenBefore) {
  opener_.SendHeaders();
  opener_.SendStatus(StatusOf(1, 10), "a");
  opener_.SendStatus(StatusOf(2, 11), "");
  opener_.End(Cut());
  timers_.AdvanceBy(absl::Seconds(1));

  EXPECT_EQ(LastToken(), "a");
}

TEST_F(RunStreamTest, TheTokenOfAStatusThatWasHeldBackIsNotUsed) {
  opener_.SendHeaders();
  opener_.SendStatus(StatusOf(1, 20), "at-20");
  v1::RunStatus behind = StatusOf(1, 10);
  behind.set_epoch(8);
  opener_.SendStatus(behind, "at-10");
  opener_.SendHeartbeat("at-10");
  opener_.End(Cut());
  timers_.AdvanceBy(absl::Seconds(1));

  EXPECT_EQ(LastToken(), "at-20");
  EXPECT_THAT(progress_, ElementsAre(20));
}

TEST_F(RunStreamTest, WhoJoinsWhileTheGatewayIsLostGetsTheNewestStatusAndTheTrouble) {
  opener_.SendHeaders();
  opener_.SendStatus(StatusOf(1, 10), "a");
  opener_.End(Cut());
  progress_.clear();
  news_.clear();

  stream_->Add(Subscribe());

  EXPECT_THAT(progress_, ElementsAre(10));
  ASSERT_THAT(news_, SizeIs(1));
  EXPECT_EQ(news_[0].state, State::kWaiting);
}

TEST_F(RunStreamTest, LeavesNoTimerBehind) {
  opener_.SendHeaders();
  opener_.SendStatus(StatusOf(1, 10), "a");

  stream_.reset();

  EXPECT_TRUE(timers_.empty());
  EXPECT_EQ(opener_.open, 0);
}

}  // namespace
}  // namespace runcast::client
