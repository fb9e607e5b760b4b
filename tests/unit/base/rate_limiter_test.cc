#include "gateway/base/rate_limiter.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace runcast::base {
namespace {

class RateLimiterTest : public ::testing::Test {
 protected:
  int CountAllowed(RateLimiter& limiter, const std::string& key, int tries) {
    int allowed = 0;
    for (int i = 0; i < tries; ++i) allowed += limiter.Allow(key, clock_.Now());
    return allowed;
  }

  fakes::FakeClock clock_;
};

TEST_F(RateLimiterTest, ZeroRateMeansNoLimitAndRemembersNobody) {
  RateLimiter limiter({.per_second = 0});

  EXPECT_EQ(CountAllowed(limiter, "a", 1000), 1000);
  EXPECT_EQ(limiter.size(), 0u);
  EXPECT_EQ(limiter.RetryAfter("a", clock_.Now()), absl::ZeroDuration());
}

TEST_F(RateLimiterTest, NegativeAndUndefinedRatesMeanNoLimit) {
  RateLimiter negative({.per_second = -5});
  RateLimiter undefined({.per_second = std::numeric_limits<double>::quiet_NaN()});

  EXPECT_EQ(CountAllowed(negative, "a", 100), 100);
  EXPECT_EQ(CountAllowed(undefined, "a", 100), 100);
}

TEST_F(RateLimiterTest, BurstDefaultsToOneSecondsWorth) {
  RateLimiter limiter({.per_second = 10});

  EXPECT_EQ(CountAllowed(limiter, "a", 100), 10);
}

TEST_F(RateLimiterTest, RatesBelowOneASecondStillAllowOneAtOnce) {
  RateLimiter limiter({.per_second = 0.1});

  EXPECT_EQ(CountAllowed(limiter, "a", 5), 1);
  EXPECT_EQ(limiter.RetryAfter("a", clock_.Now()), absl::Seconds(10));
}

TEST_F(RateLimiterTest, TokensComeBackAtTheRate) {
  RateLimiter limiter({.per_second = 10, .burst = 3});
  ASSERT_EQ(CountAllowed(limiter, "a", 100), 3);

  clock_.Advance(absl::Milliseconds(99));
  EXPECT_EQ(CountAllowed(limiter, "a", 100), 0);

  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(CountAllowed(limiter, "a", 100), 1);
}

TEST_F(RateLimiterTest, SilenceNeverEarnsMoreThanTheBurst) {
  RateLimiter limiter({.per_second = 10, .burst = 3});
  ASSERT_EQ(CountAllowed(limiter, "a", 100), 3);

  clock_.Advance(absl::Hours(1));

  EXPECT_EQ(CountAllowed(limiter, "a", 100), 3);
}

TEST_F(RateLimiterTest, AnyStretchHoldsAtMostBurstPlusRate) {
  RateLimiter limiter({.per_second = 10, .burst = 3});

  int allowed = 0;
  for (int i = 0; i < 1000; ++i) {  // 10 s of asking every 10 ms.
    allowed += limiter.Allow("a", clock_.Now());
    clock_.Advance(absl::Milliseconds(10));
  }

  EXPECT_LE(allowed, 103);
  EXPECT_GE(allowed, 102);
}

TEST_F(RateLimiterTest, RetryAfterIsExactAndRefusalsDoNotPostponeIt) {
  RateLimiter limiter({.per_second = 2, .burst = 1});
  ASSERT_TRUE(limiter.Allow("a", clock_.Now()));
  EXPECT_EQ(limiter.RetryAfter("a", clock_.Now()), absl::Milliseconds(500));

  for (int i = 0; i < 100; ++i) EXPECT_FALSE(limiter.Allow("a", clock_.Now()));

  EXPECT_EQ(limiter.RetryAfter("a", clock_.Now()), absl::Milliseconds(500));
  clock_.Advance(absl::Milliseconds(500));
  EXPECT_EQ(limiter.RetryAfter("a", clock_.Now()), absl::ZeroDuration());
  EXPECT_TRUE(limiter.Allow("a", clock_.Now()));
}

TEST_F(RateLimiterTest, OneKeyDoesNotPayForAnother) {
  RateLimiter limiter({.per_second = 5});
  ASSERT_EQ(CountAllowed(limiter, "loud", 100), 5);

  EXPECT_EQ(CountAllowed(limiter, "quiet", 100), 5);
}

TEST_F(RateLimiterTest, KeysAreComparedByteWise) {
  RateLimiter limiter({.per_second = 1});
  ASSERT_TRUE(limiter.Allow("a", clock_.Now()));

  EXPECT_TRUE(limiter.Allow("A", clock_.Now()));
  EXPECT_TRUE(limiter.Allow(absl::string_view("a\0", 2), clock_.Now()));
  EXPECT_TRUE(limiter.Allow("", clock_.Now()));
  EXPECT_FALSE(limiter.Allow("a", clock_.Now()));
}

TEST_F(RateLimiterTest, MemoryIsBoundedUnderMadeUpKeys) {
  RateLimiter limiter({.per_second = 1, .max_keys = 100});

  for (int i = 0; i < 10'000; ++i) limiter.Allow(absl::StrCat("key-", i), clock_.Now());

  EXPECT_EQ(limiter.size(), 100u);
}

TEST_F(RateLimiterTest, MadeUpKeysNeitherResetABucketNorGetFreshOnes) {
  RateLimiter limiter({.per_second = 1, .burst = 2, .max_keys = 3});
  ASSERT_EQ(CountAllowed(limiter, "first", 10), 2);
  ASSERT_EQ(CountAllowed(limiter, "second", 10), 2);
  ASSERT_EQ(CountAllowed(limiter, "third", 10), 2);

  int allowed = 0;
  for (int i = 0; i < 1000; ++i) allowed += limiter.Allow(absl::StrCat("new-", i), clock_.Now());

  EXPECT_EQ(allowed, 2);  // The bucket they share.
  EXPECT_EQ(CountAllowed(limiter, "first", 10), 0);
  EXPECT_EQ(limiter.RetryAfter("new-1", clock_.Now()), absl::Seconds(1));
}

TEST_F(RateLimiterTest, FullBucketsAreForgottenWhenOthersCome) {
  RateLimiter limiter({.per_second = 10, .max_keys = 1000});
  for (int i = 0; i < 500; ++i) limiter.Allow(absl::StrCat("old-", i), clock_.Now());
  ASSERT_EQ(limiter.size(), 500u);

  clock_.Advance(absl::Seconds(2));
  for (int i = 0; i < 500; ++i) {
    limiter.Allow(absl::StrCat("new-", i), clock_.Now());
    clock_.Advance(absl::Seconds(1));
  }

  EXPECT_LE(limiter.size(), 2u);
}

TEST_F(RateLimiterTest, RoomComesBackOnceOthersAreFull) {
  RateLimiter limiter({.per_second = 1, .max_keys = 1});
  ASSERT_TRUE(limiter.Allow("first", clock_.Now()));
  ASSERT_TRUE(limiter.Allow("shared", clock_.Now()));
  ASSERT_FALSE(limiter.Allow("late", clock_.Now()));

  clock_.Advance(absl::Seconds(1));

  EXPECT_EQ(limiter.RetryAfter("late", clock_.Now()), absl::ZeroDuration());
  EXPECT_TRUE(limiter.Allow("late", clock_.Now()));
  EXPECT_EQ(limiter.size(), 1u);
}

TEST_F(RateLimiterTest, AClockReadABitEarlierByAnotherThreadDoesNoHarm) {
  RateLimiter limiter({.per_second = 10, .burst = 1});
  ASSERT_TRUE(limiter.Allow("a", clock_.Now()));

  EXPECT_FALSE(limiter.Allow("a", clock_.Now() - absl::Milliseconds(5)));
  EXPECT_EQ(limiter.RetryAfter("a", clock_.Now() - absl::Milliseconds(5)), absl::Milliseconds(105));
}

}  // namespace
}  // namespace runcast::base
