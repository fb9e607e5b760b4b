// Times that many streams share are spread by ±10 %, so that what began together does not end, or
// speak, together. Source: the contract, "WatchRun", 5 and 8.

#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;

constexpr int kStreams = 50;
constexpr absl::Duration kTime = absl::Seconds(4);
// Of fifty in a range of 800 ms, all within half of it: no chance. Without spread they are at most
// a tick of 50 ms apart.
constexpr absl::Duration kLeastSpread = absl::Milliseconds(400);
// What a busy machine may add.
constexpr absl::Duration kSlack = absl::Milliseconds(500);

class SpreadTest : public RpcTest {
 protected:
  SpreadTest() {
    options_.loops = 1;
    options_.limits.least_heartbeat_interval = absl::Milliseconds(10);
  }

  // Opens many streams and waits for each until `wait` comes back, which it must do after kTime,
  // spread by ±10 %. The server began to count between the call and its first status.
  void ExpectSpread(const v1::WatchRunRequest& request, const std::function<void(Watch&)>& wait) {
    hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
    std::vector<absl::Duration> times(kStreams);
    std::vector<std::thread> threads;
    for (absl::Duration& time : times) {
      threads.emplace_back([&] {
        const base::MonotonicTime called = clock_.Now();
        Watch watch(stub(), request);
        EXPECT_EQ(watch.NextSequence(), 1);
        const base::MonotonicTime start = clock_.Now();
        wait(watch);
        EXPECT_GE(clock_.Now() - called, 0.9 * kTime - options_.limits.tick);
        time = clock_.Now() - start;
        EXPECT_LE(time, 1.1 * kTime + kSlack);
      });
    }
    for (std::thread& thread : threads) thread.join();
    const auto [least, most] = std::minmax_element(times.begin(), times.end());
    EXPECT_GT(*most - *least, kLeastSpread);
  }
};

TEST_F(SpreadTest, StreamsOfOneAgeDoNotEndTogether) {
  options_.limits.max_age = kTime;
  StartServer();
  stub();  // Made before threads share it.

  ExpectSpread(WatchRequest(), [](Watch& watch) {
    while (watch.Next().has_value()) {
    }
    EXPECT_EQ(ReasonOf(watch.End()), "STREAM_MAX_AGE");
  });
}

TEST_F(SpreadTest, HeartbeatsOfOneIntervalDoNotComeTogether) {
  StartServer();
  stub();

  ExpectSpread(WithHeartbeat(kTime), [](Watch& watch) {
    const auto message = watch.Next();
    ASSERT_TRUE(message.has_value());
    EXPECT_TRUE(message->has_heartbeat());
  });
}

TEST_F(SpreadTest, WithoutASettingAccessIsCheckedEachTwentySeconds) {
  EXPECT_EQ(GrpcServer::Options().limits.access_recheck, absl::Seconds(20));
}

}  // namespace
}  // namespace runcast::rpc
