// Times that many streams share are spread by ±10 %, so that what began together does not end, or
// speak, together. Source: the contract, "WatchRun", 5 and 8.

#include <cstddef>
#include <memory>
#include <vector>

#include "tests/component/rpc/rpc_fixture.h"
#include "tests/fakes/fake_clock.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Published;

constexpr size_t kStreams = 50;
constexpr absl::Duration kTime = absl::Seconds(4);
constexpr absl::Duration kLeast = absl::Milliseconds(3600);
constexpr absl::Duration kMost = absl::Milliseconds(4400);
// Of fifty, half are due at kTime; so few of them, or so few others, are no chance (1 in 10^9).
constexpr size_t kFew = 5;

// Time stands still but for what a test lets pass, so all streams begin at one moment, and no
// range needs room for what a busy machine adds.
class SpreadTest : public RpcTest {
 protected:
  SpreadTest() {
    server_clock_ = time_;
    options_.loops = 1;
    options_.limits.least_heartbeat_interval = absl::Milliseconds(10);
    // What was sent may still be on its way when time leaps.
    options_.limits.stall_timeout = absl::Hours(1);
  }

  void OpenStreams(const v1::WatchRunRequest& request) {
    StartServer();
    hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
    for (size_t i = 0; i < kStreams; ++i) {
      streams_.push_back(std::make_unique<Watch>(stub(), request));
      ASSERT_EQ(streams_.back()->NextSequence(), 1);
    }
  }

  // Returns once all that became due by then has been done.
  void LetPass(absl::Duration time) {
    // A stream whose last message is not out yet gets no heartbeat.
    TurnLoop();
    time_->Advance(time);
    TurnLoop();
  }

  // The loop looks at the clock with each event, and at its timers after it: with the second call
  // it is through with both.
  void TurnLoop() {
    for (int i = 0; i < 2; ++i) ASSERT_EQ(ReasonOf(GetStatus({})), "INVALID_FIELD");
  }

  // Whatever is still open has this next, after what became due before.
  void Say(int sequence) { hub_.Say(Key(), Published{Frozen(Running(sequence, sequence))}); }

  const std::shared_ptr<fakes::FakeClock> time_ = std::make_shared<fakes::FakeClock>();
  std::vector<std::unique_ptr<Watch>> streams_;
};

TEST_F(SpreadTest, StreamsOfOneAgeDoNotEndTogether) {
  options_.limits.max_age = kTime;
  OpenStreams(WatchRequest());

  LetPass(kLeast - options_.limits.tick);
  Say(2);
  for (const auto& stream : streams_) ASSERT_EQ(stream->NextSequence(), 2);

  LetPass(kTime - kLeast + options_.limits.tick);
  Say(3);
  std::vector<Watch*> open;
  std::vector<Watch*> ended;
  for (const auto& stream : streams_) {
    (stream->NextSequence() == 3 ? open : ended).push_back(stream.get());
  }
  EXPECT_GT(open.size(), kFew);
  EXPECT_GT(ended.size(), kFew);

  LetPass(kMost - kTime);
  for (Watch* stream : open) EXPECT_FALSE(stream->Next().has_value());
  for (const auto& stream : streams_) EXPECT_EQ(ReasonOf(stream->End()), "STREAM_MAX_AGE");
}

TEST_F(SpreadTest, HeartbeatsOfOneIntervalDoNotComeTogether) {
  OpenStreams(WithHeartbeat(kTime));

  LetPass(kLeast - options_.limits.tick);
  Say(2);
  for (const auto& stream : streams_) ASSERT_EQ(stream->NextSequence(), 2);

  // Each status begins the silence anew.
  LetPass(kTime);
  Say(3);
  size_t heartbeats = 0;
  for (const auto& stream : streams_) {
    auto message = stream->Next();
    if (message && message->has_heartbeat()) {
      ++heartbeats;
      message = stream->Next();
    }
    ASSERT_TRUE(message && message->has_status());
    EXPECT_EQ(message->status().sequence(), 3);
  }
  EXPECT_GT(heartbeats, kFew);
  EXPECT_LT(heartbeats, kStreams - kFew);

  LetPass(kMost);
  for (const auto& stream : streams_) {
    const auto message = stream->Next();
    EXPECT_TRUE(message && message->has_heartbeat());
  }
}

TEST_F(SpreadTest, WithoutASettingAccessIsCheckedEachTwentySeconds) {
  EXPECT_EQ(GrpcServer::Options().limits.access_recheck, absl::Seconds(20));
}

}  // namespace
}  // namespace runcast::rpc
