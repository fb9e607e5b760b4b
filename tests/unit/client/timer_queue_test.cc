#include "client/src/timer_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace runcast::client {
namespace {

using ::testing::ElementsAre;

MonotonicTime At(int second) { return MonotonicTime(std::chrono::seconds(second)); }

class TimerQueueTest : public ::testing::Test {
 protected:
  Task Note(int number) {
    return [this, number] { ran_.push_back(number); };
  }
  void RunDue(MonotonicTime now) {
    while (Task task = queue_.TakeDue(now)) task();
  }

  TimerQueue queue_;
  std::vector<int> ran_;
};

TEST_F(TimerQueueTest, RunsByTimeAndThenByOrder) {
  queue_.Add(At(2), Note(3));
  queue_.Add(At(1), Note(1));
  queue_.Add(At(1), Note(2));

  RunDue(At(2));

  EXPECT_THAT(ran_, ElementsAre(1, 2, 3));
}

TEST_F(TimerQueueTest, LeavesWhatIsNotDue) {
  queue_.Add(At(2), Note(2));
  queue_.Add(At(1), Note(1));

  RunDue(At(1));

  EXPECT_THAT(ran_, ElementsAre(1));
  EXPECT_EQ(queue_.NextDue(), At(2));
}

TEST_F(TimerQueueTest, CancelTakesOneOutAndToleratesOneThatRan) {
  const TimerId first = queue_.Add(At(1), Note(1));
  const TimerId second = queue_.Add(At(1), Note(2));
  queue_.Cancel(first);
  RunDue(At(1));
  queue_.Cancel(second);
  queue_.Cancel(0);

  EXPECT_THAT(ran_, ElementsAre(2));
  EXPECT_EQ(queue_.NextDue(), std::nullopt);
}

TEST(AfterTest, AnInfiniteWaitDoesNotOverflow) {
  EXPECT_GT(After(At(1), absl::InfiniteDuration()), At(1000000000));
}

}  // namespace
}  // namespace runcast::client
