#include <gtest/gtest.h>

#include "gateway/app/class_options.h"

namespace runcast::app {
namespace {

TEST(SpareDescriptorsTest, CallersLeaveTheDescriptorsThatThePlatformIsAskedBy) {
  config::v1::GatewayConfig config;
  config.mutable_upstream()->set_max_connections(256);

  EXPECT_EQ(GrpcOptionsOf(config).spare_descriptors, 64 + 256);
}

}  // namespace
}  // namespace runcast::app
