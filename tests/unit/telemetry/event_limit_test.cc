#include "gateway/telemetry/event_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runcast::telemetry {
namespace {

using testing::Eq;
using testing::Optional;

base::MonotonicTime At(int seconds) {
  return base::MonotonicTime::FromOrigin(absl::Seconds(seconds));
}

TEST(EventLimitTest, TheFirstPassesAndTheNextOnlyAfterTheInterval) {
  EventLimit limit(absl::Seconds(60));

  EXPECT_THAT(limit.Pass(At(0)), Optional(Eq(0u)));
  EXPECT_EQ(limit.Pass(At(59)), std::nullopt);
  EXPECT_TRUE(limit.Pass(At(60)).has_value());
}

TEST(EventLimitTest, WhatWasKeptBackIsToldOnce) {
  EventLimit limit(absl::Seconds(60));
  limit.Pass(At(0));
  for (int i = 1; i <= 5; ++i) limit.Pass(At(i));

  EXPECT_THAT(limit.Pass(At(100)), Optional(Eq(5u)));
  EXPECT_THAT(limit.Pass(At(200)), Optional(Eq(0u)));
}

}  // namespace
}  // namespace runcast::telemetry
