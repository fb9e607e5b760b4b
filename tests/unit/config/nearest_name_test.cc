#include "gateway/config/nearest_name.h"

#include <gtest/gtest.h>

namespace runcast::config {
namespace {

const std::vector<std::string> kNames = {"base_url", "path_prefix", "allow_http", "linger"};

TEST(NearestNameTest, ATypoFindsItsName) {
  EXPECT_EQ(NearestName("lingr", kNames), "linger");
  EXPECT_EQ(NearestName("base-url", kNames), "base_url");
  EXPECT_EQ(NearestName("baseURL", kNames), "base_url");
  EXPECT_EQ(NearestName("path_perfix", kNames), "path_prefix");
}

TEST(NearestNameTest, AnotherWordFindsNothing) {
  EXPECT_EQ(NearestName("timeout", kNames), std::nullopt);
  EXPECT_EQ(NearestName("", kNames), std::nullopt);
  EXPECT_EQ(NearestName(std::string(100'000, 'x'), kNames), std::nullopt);
}

}  // namespace
}  // namespace runcast::config
