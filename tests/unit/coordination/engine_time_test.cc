#include "gateway/coordination/engine_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runcast::coordination {
namespace {

using base::MonotonicTime;
using testing::ElementsAre;

const MonotonicTime kNow = MonotonicTime::FromOrigin(absl::Hours(5) + absl::Nanoseconds(123'456));
constexpr int64_t kEngineNow = 1'900'000'000'123;

EngineTime Known() {
  EngineTime time;
  time.OnReading(kEngineNow, kNow, kNow);
  return time;
}

TEST(EngineTimeTest, TheReadingWasMadeHalfWayBetweenQuestionAndAnswer) {
  EngineTime time;
  EXPECT_FALSE(time.is_known());
  time.OnReading(kEngineNow, kNow, kNow + absl::Milliseconds(10));

  EXPECT_TRUE(time.is_known());
  EXPECT_EQ(time.ToEngine(kNow + absl::Milliseconds(5)), kEngineNow);
  EXPECT_EQ(time.FromEngine(kEngineNow), kNow + absl::Milliseconds(5));
}

TEST(EngineTimeTest, ATimeThatWasGivenComesBackAsTheSameMillisecond) {
  const EngineTime here = Known();
  EngineTime there;
  there.OnReading(kEngineNow, kNow - absl::Hours(3) + absl::Nanoseconds(777),
                  kNow - absl::Hours(3));
  for (int i = 0; i < 1000; ++i) {
    const MonotonicTime send = kNow - absl::Nanoseconds(2'100'000'321) * i;
    const std::string bytes = here.Pack({send});

    EXPECT_EQ(here.Pack(here.Unpack(bytes, kNow)), bytes);
    EXPECT_EQ(there.Pack(there.Unpack(bytes, kNow - absl::Hours(3))), bytes);
  }
}

TEST(EngineTimeTest, FourBytesCarryWhatLiesDaysAwayAndAhead) {
  const EngineTime time = Known();
  const MonotonicTime old = time.FromEngine(kEngineNow - 20LL * 86'400'000);
  const MonotonicTime ahead = time.FromEngine(kEngineNow + 10'000);
  const std::string bytes = time.Pack({old, ahead});

  EXPECT_EQ(bytes.size(), 8u);
  EXPECT_THAT(time.Unpack(bytes, kNow), ElementsAre(old, ahead));
  EXPECT_THAT(time.Unpack(bytes + "abc", kNow), ElementsAre(old, ahead)) << "half a time is none";
}

TEST(EngineTimeTest, SmallDifferencesOfReadingsChangeNothingAndDriftDoes) {
  EngineTime time = Known();
  time.OnReading(kEngineNow + 1050, kNow + absl::Seconds(1), kNow + absl::Seconds(1));
  EXPECT_EQ(time.FromEngine(kEngineNow), kNow);
  time.OnReading(kEngineNow + 2200, kNow + absl::Seconds(2), kNow + absl::Seconds(2));

  EXPECT_EQ(time.FromEngine(kEngineNow + 2200), kNow + absl::Seconds(2));
}

TEST(EngineTimeTest, AReadingThatTookLongCountsForLittle) {
  EngineTime time = Known();
  time.OnReading(kEngineNow + 1300, kNow + absl::Seconds(1), kNow + absl::Seconds(1.5));

  EXPECT_EQ(time.FromEngine(kEngineNow), kNow);
}

}  // namespace
}  // namespace runcast::coordination
