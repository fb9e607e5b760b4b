#include "client/src/reconnect_policy.h"

#include <gtest/gtest.h>

namespace runcast::client {
namespace {

constexpr absl::Duration kNotLived = absl::ZeroDuration();

ReconnectPolicy PolicyWith(double chance) {
  return ReconnectPolicy(
      {.initial_backoff = absl::Milliseconds(100), .max_backoff = absl::Seconds(2)},
      [chance] { return chance; });
}

TEST(ReconnectPolicyTest, DrawsFromZeroToTheBound) {
  ReconnectPolicy lowest = PolicyWith(0);
  ReconnectPolicy middle = PolicyWith(0.5);

  EXPECT_EQ(lowest.NextWait(kNotLived, absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_EQ(lowest.NextWait(kNotLived, absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_EQ(middle.NextWait(kNotLived, absl::ZeroDuration()), absl::Milliseconds(50));
  EXPECT_EQ(middle.NextWait(kNotLived, absl::ZeroDuration()), absl::Milliseconds(100));
}

TEST(ReconnectPolicyTest, TheBoundStaysAtTheMaximumHoweverManyFailures) {
  ReconnectPolicy policy = PolicyWith(1);
  for (int i = 0; i < 100000; ++i) policy.NextWait(kNotLived, absl::ZeroDuration());

  EXPECT_EQ(policy.NextWait(kNotLived, absl::ZeroDuration()), absl::Seconds(2));
}

TEST(ReconnectPolicyTest, NeverWaitsLessThanAsked) {
  ReconnectPolicy policy = PolicyWith(0);

  EXPECT_EQ(policy.NextWait(kNotLived, absl::Seconds(30)), absl::Seconds(30));
}

TEST(ReconnectPolicyTest, AnAbsurdWaitIsCutToAnHourAndANegativeOneToNone) {
  ReconnectPolicy policy = PolicyWith(0);

  EXPECT_EQ(policy.NextWait(kNotLived, absl::InfiniteDuration()), absl::Hours(1));
  EXPECT_EQ(policy.NextWait(kNotLived, -absl::Seconds(5)), absl::ZeroDuration());
}

TEST(ReconnectPolicyTest, OnlyErrorsOfTheRequestOrTheCallerCannotHeal) {
  for (int code = 1; code <= 16; ++code) {
    const auto status = static_cast<absl::StatusCode>(code);
    const bool hopeless =
        status == absl::StatusCode::kInvalidArgument || status == absl::StatusCode::kNotFound ||
        status == absl::StatusCode::kPermissionDenied ||
        status == absl::StatusCode::kUnauthenticated || status == absl::StatusCode::kUnimplemented;
    EXPECT_EQ(ReconnectPolicy::CanHeal(absl::Status(status, "")), !hopeless) << status;
  }
}

}  // namespace
}  // namespace runcast::client
