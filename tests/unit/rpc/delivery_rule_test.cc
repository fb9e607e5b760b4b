#include "gateway/rpc/delivery_rule.h"

#include <gtest/gtest.h>

#include <string>

namespace runcast::rpc {
namespace {

runs::ResumeToken Token(uint64_t epoch, uint64_t sequence, uint64_t fingerprint, int64_t done,
                        bool terminal = false) {
  runs::ResumeToken token;
  token.epoch = epoch;
  token.sequence = sequence;
  token.fingerprint = fingerprint;
  token.utterances_done = done;
  token.terminal = terminal;
  return token;
}

const runs::ResumeToken kSeen = Token(1, 10, 100, 50);
const runs::ResumeToken kSeenEnd = Token(1, 10, 100, 50, true);

TEST(DeliveryRuleTest, WhoHasSeenNothingGetsAnything) {
  EXPECT_EQ(DecideDelivery(kSeen, nullptr, false), Delivery::kStatus);
  EXPECT_EQ(DecideDelivery(kSeenEnd, nullptr, false), Delivery::kStatus);
}

struct Case {
  const char* rule;
  runs::ResumeToken status;
  runs::ResumeToken seen;
  bool resuming;
  Delivery expected;
};

class DeliveryRuleTable : public testing::TestWithParam<Case> {};

TEST_P(DeliveryRuleTable, Decides) {
  const Case& given = GetParam();
  EXPECT_EQ(DecideDelivery(given.status, &given.seen, given.resuming), given.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Contract, DeliveryRuleTable,
    testing::Values(
        Case{"ALaterNumberIsNews", Token(1, 11, 101, 51), kSeen, false, Delivery::kStatus},
        Case{"TheSameNumberIsNoNews", kSeen, kSeen, false, Delivery::kHold},
        Case{"ALowerNumberIsNoNews", Token(1, 9, 99, 60), kSeen, false, Delivery::kHold},
        Case{"ALaterNumberWithTheSameFactsTellsFreshness", Token(1, 11, 100, 50), kSeen, false,
             Delivery::kStatus},
        Case{"AnotherEpochThatGotFurtherIsNews", Token(2, 1, 101, 51), kSeen, false,
             Delivery::kStatus},
        Case{"AnotherEpochThatIsBehindWaits", Token(2, 1, 99, 49), kSeen, false, Delivery::kHold},
        Case{"AnotherEpochWithTheSameFactsIsAHeartbeat", Token(2, 1, 100, 50), kSeen, false,
             Delivery::kHeartbeat},
        Case{"ResumingWithTheSameFactsIsAHeartbeat", kSeen, kSeen, true, Delivery::kHeartbeat},
        Case{"ResumingWithTheSameFactsUnderALaterNumberIsAHeartbeat", Token(1, 12, 100, 50), kSeen,
             true, Delivery::kHeartbeat},
        Case{"ResumingBehindWaits", Token(2, 1, 99, 49), kSeen, true, Delivery::kHold},
        Case{"ResumingAheadIsNews", Token(2, 1, 101, 60), kSeen, true, Delivery::kStatus},
        Case{"AfterTheEndNothingActiveIsShown", Token(2, 1, 99, 60), kSeenEnd, true,
             Delivery::kHold},
        Case{"TheEndSeenBeforeEndsTheStream", Token(2, 3, 100, 50, true), kSeenEnd, true,
             Delivery::kEnd},
        Case{"AnEndWithOtherFactsIsNews", Token(2, 3, 102, 50, true), kSeenEnd, true,
             Delivery::kStatus},
        Case{"TheEndIsNewsWhateverItsProgress", Token(1, 11, 103, 20, true), kSeen, false,
             Delivery::kStatus},
        Case{"TheEndIsNewsWhateverItsNumber", Token(1, 2, 103, 50, true), kSeen, true,
             Delivery::kStatus}),
    [](const auto& given) { return std::string(given.param.rule); });

}  // namespace
}  // namespace runcast::rpc
