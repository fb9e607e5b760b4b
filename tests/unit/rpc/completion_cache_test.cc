#include "gateway/rpc/completion_cache.h"

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>
#include <gtest/gtest.h>

#include <array>

namespace runcast::rpc {
namespace {

// An alarm that is due is done while it is set.
class CompletionCacheTest : public testing::Test {
 protected:
  ~CompletionCacheTest() override {
    queue_.Shutdown();
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  void Start(size_t which) {
    alarms_[which].Set(&queue_, gpr_inf_past(GPR_CLOCK_MONOTONIC), &tags_[which]);
  }
  // The index of the tag that `cache_` or the queue has next; -1: none.
  int Kept() { return cache_.Next(&tag_, &ok_) ? IndexOfTag() : -1; }
  int Queued(absl::Duration limit) {
    const auto deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                     gpr_time_from_nanos(absl::ToInt64Nanoseconds(limit), GPR_TIMESPAN));
    return queue_.AsyncNext(&tag_, &ok_, deadline) == grpc::CompletionQueue::GOT_EVENT
               ? IndexOfTag()
               : -1;
  }
  int IndexOfTag() const { return static_cast<int>(static_cast<char*>(tag_) - tags_.data()); }

  grpc::CompletionQueue queue_;
  CompletionCache cache_{queue_};
  std::array<char, 3> tags_{};
  std::array<grpc::Alarm, 3> alarms_;
  void* tag_ = nullptr;
  bool ok_ = false;
};

TEST_F(CompletionCacheTest, WhatIsDoneAtOnceIsKeptInOrderAndNotQueued) {
  cache_.Collect(nullptr, [&] { Start(0); });
  cache_.Collect(nullptr, [&] { Start(1); });

  EXPECT_EQ(Kept(), 0);
  EXPECT_TRUE(ok_);
  // Handling one may start another one.
  cache_.Collect(nullptr, [&] { Start(2); });
  EXPECT_EQ(Kept(), 1);
  EXPECT_EQ(Kept(), 2);
  EXPECT_EQ(Kept(), -1);
  EXPECT_EQ(Queued(absl::ZeroDuration()), -1);
}

TEST_F(CompletionCacheTest, ASecondOneOfTheSameStartTakesTheQueue) {
  cache_.Collect(nullptr, [&] {
    Start(0);
    Start(1);
  });

  EXPECT_EQ(Kept(), 0);
  EXPECT_EQ(Kept(), -1);
  EXPECT_EQ(Queued(absl::Seconds(15)), 1);
}

TEST_F(CompletionCacheTest, OutsideOfItAllTakeTheQueue) {
  cache_.Collect(nullptr, [] {});
  Start(0);

  EXPECT_EQ(Kept(), -1);
  EXPECT_EQ(Queued(absl::Seconds(15)), 0);
}

TEST_F(CompletionCacheTest, WhatEndedBadlySaysSo) {
  alarms_[0].Set(&queue_, gpr_inf_future(GPR_CLOCK_MONOTONIC), &tags_[0]);
  cache_.Collect(nullptr, [&] { alarms_[0].Cancel(); });

  ASSERT_EQ(Kept(), 0);
  EXPECT_FALSE(ok_);
}

TEST_F(CompletionCacheTest, OnesOwnEndsThereAndThen) {
  EXPECT_TRUE(cache_.Collect(&tags_[0], [&] { Start(0); }));
  EXPECT_EQ(Kept(), -1);
  EXPECT_EQ(Queued(absl::ZeroDuration()), -1);

  EXPECT_FALSE(cache_.Collect(&tags_[1], [&] { Start(2); })) << "somebody else's";
  EXPECT_EQ(Kept(), 2);
  EXPECT_FALSE(cache_.Collect(&tags_[1], [] {})) << "not done yet";
}

TEST_F(CompletionCacheTest, OnesOwnBadEndIsKept) {
  alarms_[0].Set(&queue_, gpr_inf_future(GPR_CLOCK_MONOTONIC), &tags_[0]);
  EXPECT_FALSE(cache_.Collect(&tags_[0], [&] { alarms_[0].Cancel(); }));

  ASSERT_EQ(Kept(), 0);
  EXPECT_FALSE(ok_);
}

}  // namespace
}  // namespace runcast::rpc
