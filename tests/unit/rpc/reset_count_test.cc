#include "gateway/rpc/reset_count.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace runcast::rpc {
namespace {

using base::MonotonicTime;

const MonotonicTime kStart = MonotonicTime::FromOrigin(absl::Hours(1));

TEST(ResetCountTest, OneMoreThanAllowedInASecondIsTooMany) {
  ResetCount resets(3);

  for (int i = 0; i < 3; ++i) EXPECT_FALSE(resets.IsOneTooMany("ipv4:10.0.0.7:4000", kStart));
  EXPECT_TRUE(resets.IsOneTooMany("ipv4:10.0.0.7:4000", kStart));
}

TEST(ResetCountTest, ThatIsSaidOnceASecond) {
  ResetCount resets(1);
  int said = 0;
  for (int i = 0; i < 100; ++i) said += resets.IsOneTooMany("a", kStart + absl::Milliseconds(i));

  EXPECT_EQ(said, 1);
}

TEST(ResetCountTest, EachConnectionCountsForItself) {
  ResetCount resets(2);

  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(resets.IsOneTooMany(absl::StrCat("ipv4:10.0.0.7:", 4000 + i), kStart));
  }
}

TEST(ResetCountTest, EverySecondBeginsAnew) {
  ResetCount resets(2);

  for (int second = 0; second < 10; ++second) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_FALSE(resets.IsOneTooMany("a", kStart + absl::Seconds(second)));
    }
  }
}

TEST(ResetCountTest, ConnectionsWithoutNumberTakeNoMemoryWithoutNumber) {
  ResetCount resets(1);
  for (int i = 0; i < 100'000; ++i) resets.IsOneTooMany(absl::StrCat(i), kStart);

  // Those that came first are counted, those beyond the table are not.
  EXPECT_TRUE(resets.IsOneTooMany("0", kStart));
  EXPECT_FALSE(resets.IsOneTooMany("99999", kStart));
}

}  // namespace
}  // namespace runcast::rpc
