#include "client/src/channel_pool.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace runcast::client {
namespace {

using Lease = std::unique_ptr<ChannelPool::Lease>;

// The pool only counts; channels are told apart by their number here.
class ChannelPoolTest : public ::testing::Test {
 protected:
  std::vector<Lease> Acquire(int count) {
    std::vector<Lease> leases;
    for (int i = 0; i < count; ++i) leases.push_back(pool_->Acquire());
    return leases;
  }

  int made_ = 0;
  std::shared_ptr<ChannelPool> pool_ = std::make_shared<ChannelPool>(
      ChannelPool::Options{.max_streams_per_channel = 3, .failures_before_new_channel = 2},
      [this](int) {
        ++made_;
        return nullptr;
      });
};

TEST_F(ChannelPoolTest, MakesNoChannelBeforeTheFirstCall) { EXPECT_EQ(made_, 0); }

TEST_F(ChannelPoolTest, FillsAChannelBeforeItMakesAnother) {
  const auto leases = Acquire(3);
  EXPECT_EQ(made_, 1);

  const Lease fourth = pool_->Acquire();
  EXPECT_EQ(made_, 2);
}

TEST_F(ChannelPoolTest, APlaceThatWasGivenBackIsUsedAgain) {
  auto leases = Acquire(3);
  leases.pop_back();

  leases.push_back(pool_->Acquire());

  EXPECT_EQ(made_, 1);
}

TEST_F(ChannelPoolTest, TheLastChannelStaysWhenNobodyUsesIt) {
  Acquire(1).clear();
  EXPECT_EQ(pool_->size(), 1);

  const Lease next = pool_->Acquire();
  EXPECT_EQ(made_, 1);
}

TEST_F(ChannelPoolTest, ASurplusChannelGoesWithItsLastCall) {
  auto leases = Acquire(4);
  EXPECT_EQ(pool_->size(), 2);

  leases.pop_back();

  EXPECT_EQ(pool_->size(), 1);
}

TEST_F(ChannelPoolTest, FailuresInARowRetireAChannel) {
  pool_->Acquire()->ReportFailure();
  pool_->Acquire()->ReportFailure();

  const Lease next = pool_->Acquire();

  EXPECT_EQ(made_, 2);
}

TEST_F(ChannelPoolTest, AnAnswerForgivesFailures) {
  pool_->Acquire()->ReportFailure();
  pool_->Acquire()->ReportAnswer();
  pool_->Acquire()->ReportFailure();

  const Lease next = pool_->Acquire();

  EXPECT_EQ(made_, 1);
}

TEST_F(ChannelPoolTest, AHangingStreamShowsHowManyStreamsAChannelHolds) {
  auto leases = Acquire(2);
  leases[1]->ReportHanging();
  leases[1] = pool_->Acquire();
  EXPECT_EQ(made_, 2);

  // One on each now; the first channel has no room, the second has two places.
  const auto more = Acquire(2);
  EXPECT_EQ(made_, 2);
  const Lease over = pool_->Acquire();
  EXPECT_EQ(made_, 3);
}

TEST_F(ChannelPoolTest, AStreamThatHangsAloneRetiresItsChannel) {
  Lease lease = pool_->Acquire();
  lease->ReportHanging();

  const Lease next = pool_->Acquire();
  EXPECT_EQ(made_, 2);
  lease.reset();
  EXPECT_EQ(pool_->size(), 1);
}

TEST_F(ChannelPoolTest, LeasesMayOutliveThePoolsOwner) {
  const Lease lease = pool_->Acquire();

  pool_.reset();

  lease->ReportAnswer();
}

}  // namespace
}  // namespace runcast::client
