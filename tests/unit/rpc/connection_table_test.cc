#include "gateway/rpc/connection_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace runcast::rpc {
namespace {

TEST(ConnectionTableTest, FindsTheDescriptorOfAPeer) {
  ConnectionTable table;
  table.Add("ipv4:10.0.0.7:4000", 9);
  table.Add("ipv4:10.0.0.8:4000", 7);

  EXPECT_EQ(table.Find("ipv4:10.0.0.7:4000"), 9);
  EXPECT_EQ(table.Find("ipv4:10.0.0.8:4000"), 7);
  EXPECT_EQ(table.Find("ipv4:10.0.0.9:4000"), ConnectionTable::kUnknown);
  EXPECT_EQ(table.Find(""), ConnectionTable::kUnknown);
}

TEST(ConnectionTableTest, ADescriptorThatComesBackIsTheNewPeers) {
  ConnectionTable table;
  table.Add("ipv4:10.0.0.7:4000", 9);
  table.Add("ipv4:10.0.0.8:4000", 9);

  EXPECT_EQ(table.Find("ipv4:10.0.0.7:4000"), ConnectionTable::kUnknown);
  EXPECT_EQ(table.Find("ipv4:10.0.0.8:4000"), 9);
}

TEST(ConnectionTableTest, APeerThatCameBackStaysWhereItIsWhenItsOldDescriptorDoes) {
  ConnectionTable table;
  table.Add("ipv4:10.0.0.7:4000", 9);
  table.Add("ipv4:10.0.0.7:4000", 5);
  table.Add("ipv4:10.0.0.8:4000", 9);

  EXPECT_EQ(table.Find("ipv4:10.0.0.7:4000"), 5);
  EXPECT_EQ(table.Find("ipv4:10.0.0.8:4000"), 9);
}

TEST(ConnectionTableTest, APeerMayComeBackOnTheSameDescriptor) {
  ConnectionTable table;
  table.Add("ipv4:10.0.0.7:4000", 9);
  table.Add("ipv4:10.0.0.7:4000", 9);

  EXPECT_EQ(table.Find("ipv4:10.0.0.7:4000"), 9);
}

TEST(ConnectionTableTest, FindsAllConnectionsOfAPeerThatCallsTwoOfOurAddresses) {
  ConnectionTable table;
  table.Add("ipv4:10.0.0.7:4000", 9);
  table.Add("ipv4:10.0.0.8:4000", 6);
  table.Add("ipv4:10.0.0.7:4000", 5);

  EXPECT_EQ(table.Find("ipv4:10.0.0.7:4000"), 5);
  EXPECT_EQ(table.FindAll("ipv4:10.0.0.7:4000"), (std::vector<int>{5, 9}));
  EXPECT_TRUE(table.FindAll("ipv4:10.0.0.9:4000").empty());
  EXPECT_TRUE(table.FindAll("").empty());
}

}  // namespace
}  // namespace runcast::rpc
