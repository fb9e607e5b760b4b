#include "gateway/rpc/timer_wheel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace runcast::rpc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Named : WheelEntry {
  explicit Named(int given) : name(given) {}
  int name;
};

std::vector<int> Fired(TimerWheel& wheel, Tick now) {
  std::vector<int> names;
  wheel.Advance(now, [&](WheelEntry& entry) { names.push_back(static_cast<Named&>(entry).name); });
  return names;
}

TEST(TimerWheelTest, ATimerFiresAtItsTickAndOnce) {
  TimerWheel wheel(100);
  Named one(1);
  wheel.Schedule(one, 103);

  EXPECT_THAT(Fired(wheel, 102), IsEmpty());
  EXPECT_THAT(Fired(wheel, 103), ElementsAre(1));
  EXPECT_FALSE(one.scheduled());
  EXPECT_THAT(Fired(wheel, 5000), IsEmpty());
}

TEST(TimerWheelTest, OneThatIsDueAlreadyFiresAtTheNextTick) {
  TimerWheel wheel(100);
  Named one(1);
  wheel.Schedule(one, 7);

  EXPECT_THAT(Fired(wheel, 100), IsEmpty());
  EXPECT_THAT(Fired(wheel, 101), ElementsAre(1));
}

TEST(TimerWheelTest, AJumpOverManyRoundsFiresEverythingThatBecameDue) {
  TimerWheel wheel(0);
  Named near(1), far(2), beyond(3);
  wheel.Schedule(near, 5);
  wheel.Schedule(far, 5000);
  wheel.Schedule(beyond, 100000);

  EXPECT_THAT(Fired(wheel, 60000), testing::UnorderedElementsAre(1, 2));
  EXPECT_TRUE(beyond.scheduled());
}

TEST(TimerWheelTest, ATimerFarAheadOutlivesTheRoundsBefore) {
  TimerWheel wheel(0);
  Named far(1);
  wheel.Schedule(far, 5000);

  for (Tick now = 1; now < 5000; ++now) ASSERT_THAT(Fired(wheel, now), IsEmpty()) << now;
  EXPECT_THAT(Fired(wheel, 5000), ElementsAre(1));
}

TEST(TimerWheelTest, MovingATimerForgetsItsOldTick) {
  TimerWheel wheel(0);
  Named one(1);
  wheel.Schedule(one, 10);
  wheel.Schedule(one, 20);

  EXPECT_THAT(Fired(wheel, 19), IsEmpty());
  EXPECT_THAT(Fired(wheel, 20), ElementsAre(1));
}

TEST(TimerWheelTest, ScheduleNoLaterOnlyBringsATimerForward) {
  TimerWheel wheel(0);
  Named one(1);
  wheel.ScheduleNoLater(one, 10);
  wheel.ScheduleNoLater(one, 20);
  EXPECT_EQ(one.due(), 10u);

  wheel.ScheduleNoLater(one, 4);
  EXPECT_EQ(one.due(), 4u);
}

TEST(TimerWheelTest, ADestroyedTimerIsOutOfTheWheel) {
  TimerWheel wheel(0);
  auto gone = std::make_unique<Named>(1);
  Named stays(2);
  wheel.Schedule(*gone, 10);
  wheel.Schedule(stays, 10);
  gone = nullptr;

  EXPECT_THAT(Fired(wheel, 10), ElementsAre(2));
}

TEST(TimerWheelTest, FiringMaySetMoveAndDestroyOthersThatAreDueToo) {
  TimerWheel wheel(0);
  Named first(1), moved(2);
  auto destroyed = std::make_unique<Named>(3);
  for (Named* each : {&first, &moved, destroyed.get()}) wheel.Schedule(*each, 10);

  std::vector<int> names;
  wheel.Advance(10, [&](WheelEntry& entry) {
    names.push_back(static_cast<Named&>(entry).name);
    wheel.Schedule(first, 11);
    wheel.Schedule(moved, 12);
    destroyed = nullptr;
  });

  EXPECT_THAT(names, ElementsAre(1));
  EXPECT_THAT(Fired(wheel, 11), ElementsAre(1));
  EXPECT_THAT(Fired(wheel, 12), ElementsAre(2));
}

TEST(TimerWheelTest, NextCheckIsNeverAfterTheFirstTimer) {
  TimerWheel wheel(1000);
  EXPECT_FALSE(wheel.NextCheck().has_value());
  Named far(2);
  auto near = std::make_unique<Named>(1);
  wheel.Schedule(far, 9999);
  ASSERT_TRUE(wheel.NextCheck().has_value());
  EXPECT_LE(*wheel.NextCheck(), 9999u);

  wheel.Schedule(*near, 1003);
  EXPECT_EQ(wheel.NextCheck(), 1003u);

  near = nullptr;
  EXPECT_THAT(Fired(wheel, 9999), ElementsAre(2));
  EXPECT_FALSE(wheel.NextCheck().has_value());
}

TEST(TimerWheelTest, FollowingNextCheckFiresEachTimerExactlyAtItsTick) {
  std::mt19937 random(4711);
  TimerWheel wheel(0);
  std::deque<Named> timers;
  for (int i = 0; i < 2000; ++i) {
    wheel.Schedule(timers.emplace_back(i), 1 + random() % 20000);
  }

  int fired = 0;
  while (const std::optional<Tick> next = wheel.NextCheck()) {
    wheel.Advance(*next, [&](WheelEntry& entry) {
      EXPECT_EQ(entry.due(), *next);
      ++fired;
    });
  }

  EXPECT_EQ(fired, 2000);
}

TEST(TimerWheelTest, AWheelThatGoesLeavesItsTimersUsable) {
  Named one(1);
  {
    TimerWheel wheel(0);
    wheel.Schedule(one, 10);
  }
  EXPECT_FALSE(one.scheduled());
}

}  // namespace
}  // namespace runcast::rpc
