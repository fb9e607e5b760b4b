#include "gateway/rpc/accept_rule.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>

namespace runcast::rpc {
namespace {

TEST(AcceptRuleTest, OnlyWhatBelongsToTheOneConnectionPassesWithIt) {
  for (const int error : {ECONNABORTED, EINTR, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET,
                          EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH}) {
    EXPECT_TRUE(ConnectionHasGone(error)) << error;
  }
}

TEST(AcceptRuleTest, WhatWouldComeAgainAtOnceDoesNot) {
  for (const int error :
       {EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, EINVAL, EPERM, EFAULT, ENOTSOCK, ENOSYS}) {
    EXPECT_FALSE(ConnectionHasGone(error)) << error;
  }
}

TEST(AcceptRuleTest, SomeDescriptorsAreSpared) { EXPECT_EQ(DescriptorCeiling(1024, 64), 960); }

TEST(AcceptRuleTest, HalfOfTheDescriptorsAreForConnectionsHoweverManyAreToBeSpared) {
  EXPECT_EQ(DescriptorCeiling(1024, 10'064), 512);
  EXPECT_EQ(DescriptorCeiling(32, 64), 16);
}

TEST(AcceptRuleTest, NoLimitIsTheHighestNumberThereIs) {
  constexpr int kHighest = std::numeric_limits<int>::max();
  EXPECT_EQ(DescriptorCeiling(RLIM_INFINITY, 64), kHighest - 64);
  EXPECT_EQ(DescriptorCeiling(rlim_t{1} << 40, 0), kHighest);
}

}  // namespace
}  // namespace runcast::rpc
