// The numbers that are promised hold where nobody sets them. Source: the contract; the limits of
// the platform: upstream reference, sections 4.5 and 7.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/config/duration_text.h"
#include "tests/unit/config/loaded_config.h"

namespace runcast::config {
namespace {

TEST_F(LoadConfigTest, WithoutSettingsStreamsKeepTheTimesOfTheContract) {
  const v1::StreamConfig streams = Load(GoodFile()).config.streams();

  EXPECT_EQ(FromProto(streams.heartbeat_interval()), absl::Seconds(20));
  EXPECT_EQ(FromProto(streams.max_age()), absl::Minutes(50));
  EXPECT_EQ(FromProto(streams.stall_timeout()), absl::Seconds(30));
  EXPECT_EQ(FromProto(streams.request_timeout()), absl::Seconds(10));
}

TEST_F(LoadConfigTest, WithoutSettingsRunsAreFollowedAsTheContractSays) {
  const v1::PollingConfig polling = Load(GoodFile()).config.polling();

  EXPECT_EQ(FromProto(polling.outage_limit()), absl::Minutes(15));
  EXPECT_EQ(FromProto(polling.not_found_memory()), absl::Seconds(5));
  EXPECT_EQ(FromProto(polling.not_found_grace()), absl::Seconds(10));
  EXPECT_EQ(polling.max_variants(), 4u);
}

TEST_F(LoadConfigTest, WithoutSettingsThePlatformsLimitsAreKept) {
  const v1::GatewayConfig config = Load(GoodFile()).config;

  EXPECT_EQ(config.polling().per_minute(), 60u);
  EXPECT_EQ(config.polling().per_hour(), 1800u);
  EXPECT_EQ(config.upstream().max_answer_bytes(), 1u << 20);
}

}  // namespace
}  // namespace runcast::config
