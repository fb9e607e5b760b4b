#include "gateway/base/libevent_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace runcast::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LibeventLoopTest : public testing::Test {
 protected:
  // Until somebody stops the loop; false when nobody did within 20 s.
  bool Run() {
    bool timed_out = false;
    const std::unique_ptr<Timer> watchdog = loop_.NewTimer([&] {
      timed_out = true;
      loop_.Stop();
    });
    watchdog->Set(clock_.Now() + absl::Seconds(20));
    loop_.Run();
    return !timed_out;
  }

  SystemClock clock_;
  LibeventLoop loop_{clock_};
};

TEST_F(LibeventLoopTest, TasksRunInTheOrderOfPostingAndNotBeforePostReturns) {
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) {
    loop_.Post([&, i] { order.push_back(i); });
  }
  EXPECT_THAT(order, IsEmpty());
  loop_.Stop();

  ASSERT_TRUE(Run());

  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(LibeventLoopTest, ATaskPostedByATaskRunsAfterIt) {
  std::vector<int> order;
  loop_.Post([&] {
    loop_.Post([&] {
      order.push_back(2);
      loop_.Stop();
    });
    order.push_back(1);
  });

  ASSERT_TRUE(Run());

  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST_F(LibeventLoopTest, ATimerThatIsDueAtOnceRunsAfterReadyDescriptors) {
  constexpr size_t kPairs = 20;
  std::vector<std::array<int, 2>> pairs(kPairs);
  std::vector<std::unique_ptr<FdWatch>> watches;
  size_t ready = 0;
  size_t ready_before = 0;
  const std::unique_ptr<Timer> timer = loop_.NewTimer([&] {
    ready_before = ready;
    loop_.Stop();
  });
  for (auto& pair : pairs) {
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
    watches.push_back(loop_.WatchFd(pair[0], [&, fd = pair[0]](bool, bool) {
      char byte;
      EXPECT_EQ(read(fd, &byte, 1), 1);
      ++ready;
    }));
    watches.back()->SetInterest(true, false);
  }
  loop_.Post([&] {
    timer->Set(clock_.Now());
    for (const auto& pair : pairs) EXPECT_EQ(write(pair[1], "x", 1), 1);
  });

  ASSERT_TRUE(Run());

  EXPECT_EQ(ready_before, kPairs);
  watches.clear();
  for (const auto& [left, right] : pairs) {
    close(left);
    close(right);
  }
}

TEST_F(LibeventLoopTest, PostsOfManyThreadsAllRunEachThreadsInOrder) {
  constexpr int kThreads = 8;
  constexpr int kPosts = 2000;
  std::vector<std::vector<int>> seen(kThreads);
  int left = kThreads * kPosts;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop_.Post([&, t, i] {
          seen[t].push_back(i);
          if (--left == 0) loop_.Stop();
        });
      }
    });
  }

  const bool stopped = Run();
  for (std::thread& thread : threads) thread.join();

  ASSERT_TRUE(stopped);
  for (const std::vector<int>& of_thread : seen) {
    ASSERT_EQ(of_thread.size(), static_cast<size_t>(kPosts));
    EXPECT_TRUE(std::is_sorted(of_thread.begin(), of_thread.end()));
  }
}

TEST_F(LibeventLoopTest, TasksPostedAfterTheEndAreDestroyedUnrun) {
  const auto token = std::make_shared<int>(1);
  bool ran = false;
  {
    LibeventLoop loop(clock_);
    loop.Stop();
    loop.Run();
    loop.Post([token, &ran] { ran = true; });
    EXPECT_EQ(token.use_count(), 2);
  }

  EXPECT_EQ(token.use_count(), 1);
  EXPECT_FALSE(ran);
}

TEST_F(LibeventLoopTest, TimersFireInTheOrderOfTheirTimes) {
  std::vector<int> order;
  const MonotonicTime now = clock_.Now();
  const auto third = loop_.NewTimer([&] {
    order.push_back(3);
    loop_.Stop();
  });
  const auto first = loop_.NewTimer([&] { order.push_back(1); });
  const auto second = loop_.NewTimer([&] { order.push_back(2); });
  third->Set(now + absl::Milliseconds(30));
  second->Set(now + absl::Milliseconds(20));
  first->Set(now + absl::Milliseconds(10));

  ASSERT_TRUE(Run());

  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST_F(LibeventLoopTest, ATimerNeverFiresEarlyAlsoWhenSetLateInALongRound) {
  MonotonicTime due;
  MonotonicTime fired;
  const auto timer = loop_.NewTimer([&] {
    fired = clock_.Now();
    loop_.Stop();
  });
  loop_.Post([&] {
    // The round takes long before the timer is set.
    const MonotonicTime busy_until = clock_.Now() + absl::Milliseconds(30);
    while (clock_.Now() < busy_until) {
    }
    due = clock_.Now() + absl::Milliseconds(20);
    timer->Set(due);
  });

  ASSERT_TRUE(Run());

  EXPECT_GE(fired, due);
}

TEST_F(LibeventLoopTest, ATimerOfThePastFiresAtOnce) {
  const auto timer = loop_.NewTimer([&] { loop_.Stop(); });
  timer->Set(clock_.Now() - absl::Hours(1));

  EXPECT_TRUE(Run());
}

TEST_F(LibeventLoopTest, ATimerSetAgainFiresOnceAtTheNewTime) {
  int fired = 0;
  const auto timer = loop_.NewTimer([&] { ++fired; });
  const auto end = loop_.NewTimer([&] { loop_.Stop(); });
  timer->Set(clock_.Now() + absl::Hours(1));
  timer->Set(clock_.Now() + absl::Milliseconds(5));
  end->Set(clock_.Now() + absl::Milliseconds(50));

  ASSERT_TRUE(Run());

  EXPECT_EQ(fired, 1);
}

TEST_F(LibeventLoopTest, ACancelledTimerDoesNotFire) {
  bool fired = false;
  const auto timer = loop_.NewTimer([&] { fired = true; });
  const auto end = loop_.NewTimer([&] { loop_.Stop(); });
  timer->Set(clock_.Now() + absl::Milliseconds(5));
  end->Set(clock_.Now() + absl::Milliseconds(50));
  timer->Cancel();

  ASSERT_TRUE(Run());

  EXPECT_FALSE(fired);
}

TEST_F(LibeventLoopTest, ATimerMayDestroyItselfInsideItsTask) {
  const auto token = std::make_shared<int>(7);
  int seen = 0;
  std::unique_ptr<Timer> timer;
  timer = loop_.NewTimer([&, token] {
    timer.reset();
    seen = *token;
    loop_.Stop();
  });
  timer->Set(clock_.Now());

  ASSERT_TRUE(Run());

  EXPECT_EQ(seen, 7);
  EXPECT_EQ(timer, nullptr);
}

class LibeventFdWatchTest : public LibeventLoopTest {
 protected:
  LibeventFdWatchTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds_), 0);
  }
  ~LibeventFdWatchTest() override {
    close(fds_[0]);
    close(fds_[1]);
  }

  int fds_[2];
};

TEST_F(LibeventFdWatchTest, TellsWhatItWasAskedFor) {
  std::vector<std::pair<bool, bool>> events;
  std::unique_ptr<FdWatch> watch;
  watch = loop_.WatchFd(fds_[0], [&](bool readable, bool writable) {
    events.emplace_back(readable, writable);
    if (events.size() == 1) {
      ASSERT_EQ(write(fds_[1], "x", 1), 1);
      watch->SetInterest(true, false);
    } else {
      watch->SetInterest(false, false);
      loop_.Stop();
    }
  });
  watch->SetInterest(false, true);

  ASSERT_TRUE(Run());

  EXPECT_THAT(events, ElementsAre(std::make_pair(false, true), std::make_pair(true, false)));
}

TEST_F(LibeventFdWatchTest, WithoutInterestItIsSilent) {
  bool told = false;
  const auto watch = loop_.WatchFd(fds_[0], [&](bool, bool) { told = true; });
  const auto end = loop_.NewTimer([&] { loop_.Stop(); });
  watch->SetInterest(true, true);
  watch->SetInterest(false, false);
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  end->Set(clock_.Now() + absl::Milliseconds(30));

  ASSERT_TRUE(Run());

  EXPECT_FALSE(told);
}

TEST_F(LibeventFdWatchTest, MayBeDestroyedInsideItsCallback) {
  const auto token = std::make_shared<int>(7);
  int seen = 0;
  std::unique_ptr<FdWatch> watch;
  watch = loop_.WatchFd(fds_[0], [&, token](bool, bool) {
    watch.reset();
    seen = *token;
    loop_.Stop();
  });
  watch->SetInterest(false, true);

  ASSERT_TRUE(Run());

  EXPECT_EQ(seen, 7);
}

}  // namespace
}  // namespace runcast::base
