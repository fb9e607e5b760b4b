#include "gateway/config/config_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/config/field_value.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

MATCHER_P2(Change, path, text, "") { return arg.path == path && arg.text == text; }

v1::GatewayConfig Defaults() {
  v1::GatewayConfig config;
  SetDefaults(config);
  return config;
}

TEST(ConfigDifferenceTest, EqualConfigurationsDoNotDiffer) {
  EXPECT_THAT(DifferenceOf(Defaults(), Defaults()), IsEmpty());
}

TEST(ConfigDifferenceTest, AFieldIsToldWithWhatItWasAndIs) {
  v1::GatewayConfig after = Defaults();
  after.mutable_log()->set_level(v1::LogConfig::LEVEL_DEBUG);
  after.mutable_polling()->mutable_linger()->set_seconds(120);
  after.mutable_server()->set_reflection(true);

  EXPECT_THAT(DifferenceOf(Defaults(), after),
              ElementsAre(Change("log.level", R"("INFO" to "DEBUG")"),
                          Change("polling.linger", R"("30s" to "2m")"),
                          Change("server.reflection", "false to true")));
}

TEST(ConfigDifferenceTest, ElementsOfListsAreNamedByTheirNumber) {
  v1::GatewayConfig before = Defaults();
  before.add_credentials()->add_stream_ids("st-1");
  v1::GatewayConfig after = before;
  after.mutable_credentials(0)->add_stream_ids("st-2");
  after.mutable_access()->add_trusted_proxies("10.0.0.0/8");

  EXPECT_THAT(DifferenceOf(before, after),
              ElementsAre(Change("access.trusted_proxies[0]", R"(nothing to "10.0.0.0/8")"),
                          Change("credentials[0].stream_ids[1]", R"(nothing to "st-2")")));
}

TEST(ConfigDifferenceTest, WhereSecretsLieIsNotShown) {
  v1::GatewayConfig before = Defaults();
  before.add_credentials()->set_secret_file("hunter2");
  v1::GatewayConfig after = before;
  after.mutable_credentials(0)->set_secret_file("hunter3");
  after.mutable_coordination()->set_password_file("hunter4");

  EXPECT_THAT(DifferenceOf(before, after),
              ElementsAre(Change("coordination.password_file", "(not shown)"),
                          Change("credentials[0].secret_file", "(not shown)")));
}

}  // namespace
}  // namespace runcast::config
