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
constexpr absl::Duration kTime = absl::Seconds(2);
// Of fifty in a range of 400 ms, all within half of it: no chance. Without spread they are at most
// a tick of 50 ms apart.
constexpr absl::Duration kLeastSpread = absl::Milliseconds(200);

class SpreadTest : public RpcTest {
 protected:
  SpreadTest() {
    options_.loops = 1;
    options_.limits.least_heartbeat_interval = absl::Milliseconds(10);
  }

  // How long each of many streams takes from its first status on until `wait` comes back.
  std::vector<absl::Duration> TimesOf(const v1::WatchRunRequest& request,
                                      const std::function<void(Watch&)>& wait) {
    hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
    std::vector<absl::Duration> times(kStreams);
    std::vector<std::thread> threads;
    for (absl::Duration& time : times) {
      threads.emplace_back([&] {
        Watch watch(stub(), request);
        EXPECT_EQ(watch.NextSequence(), 1);
        const base::MonotonicTime start = clock_.Now();
        wait(watch);
        time = clock_.Now() - start;
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::sort(times.begin(), times.end());
    return times;
  }
};

TEST_F(SpreadTest, StreamsOfOneAgeDoNotEndTogether) {
  options_.limits.max_age = kTime;
  StartServer();
  stub();  // Made before threads share it.

  const auto ages = TimesOf(WatchRequest(), [](Watch& watch) {
    while (watch.Next().has_value()) {
    }
    EXPECT_EQ(ReasonOf(watch.End()), "STREAM_MAX_AGE");
  });

  EXPECT_GT(ages.back() - ages.front(), kLeastSpread);
  EXPECT_GE(ages.front(), kTime / 2);
}

TEST_F(SpreadTest, HeartbeatsOfOneIntervalDoNotComeTogether) {
  StartServer();
  stub();
  v1::WatchRunRequest request = WatchRequest();
  request.mutable_heartbeat_interval()->set_seconds(absl::ToInt64Seconds(kTime));

  const auto silences = TimesOf(request, [](Watch& watch) {
    const auto message = watch.Next();
    ASSERT_TRUE(message.has_value());
    EXPECT_TRUE(message->has_heartbeat());
  });

  EXPECT_GT(silences.back() - silences.front(), kLeastSpread);
  EXPECT_GE(silences.front(), kTime / 2);
}

TEST_F(SpreadTest, WithoutASettingAccessIsCheckedEachTwentySeconds) {
  EXPECT_EQ(GrpcServer::Options().limits.access_recheck, absl::Seconds(20));
}

}  // namespace
}  // namespace runcast::rpc
