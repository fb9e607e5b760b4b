// What a run's ownership makes of answers and news in whatever order they come. What several
// replicas make of each other: replicas_test.cc.

#include "gateway/runs/run_ownership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace runcast::runs {
namespace {

using base::MonotonicTime;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const MonotonicTime kNow = MonotonicTime::FromOrigin(absl::Hours(5));

// An engine that only remembers what it was asked.
class AskedCoordination final : public Coordination {
 public:
  void Start(Listener&) override {}
  const std::string& session() const override { return session_; }
  MonotonicTime lease_until() const override { return lease; }
  void Claim(const std::string&, ClaimRequest request) override {
    claims.push_back(std::move(request));
  }
  void Publish(const std::string&, PublishRequest request) override {
    publishes.push_back(std::move(request));
  }
  void Release(const std::string&, uint64_t, SendTimes sends, std::vector<base::RunKey>) override {
    ++releases;
    released = std::move(sends);
  }
  void Borrow(const std::string&, MonotonicTime at) override { borrowed.push_back(at); }
  void SetReachesPlatform(bool) override {}
  void Leave(base::Task) override {}

  std::vector<ClaimRequest> claims;
  std::vector<PublishRequest> publishes;
  int releases = 0;
  SendTimes released;  // With the last one.
  SendTimes borrowed;
  MonotonicTime lease = kNow + absl::Hours(1);

 private:
  const std::string session_ = "mine";
};

class RunOwnershipTest : public testing::Test {
 protected:
  RunOwnershipTest() { view_.engine_up = true; }

  MonotonicTime Settle(MonotonicTime now, bool polls = true) {
    return ownership_.Settle({.polls = polls, .variants = [] { return std::vector{kKey}; }}, now);
  }
  // One poll of the owner, with its sends.
  void Poll(MonotonicTime now) {
    budget_.OnSend(now);
    budget_.OnAnswer(now, &ownership_.unsaved());
    ownership_.OnPolled(kKey, "record", 0, now);
  }
  void Own(uint64_t epoch = 1) {
    Settle(kNow);
    ownership_.OnClaimAnswer({.answered = true, .owned = true, .owner = "mine", .epoch = epoch},
                             kNow);
  }

  static const base::RunKey kKey;
  telemetry::Metrics metrics_;
  AskedCoordination coordination_;
  const BudgetLimits limits_;
  const PollPolicy policy_{{}, limits_.SustainableInterval()};
  ReplicaView view_{.coordination = coordination_,
                    .metrics = metrics_,
                    .limits = limits_,
                    .policy = policy_,
                    .alone_policy = policy_};
  RateBudget budget_{limits_, {}};
  std::mt19937_64 random_{1};
  RunOwnership ownership_{"tr-1", view_, budget_, random_};
};
const base::RunKey RunOwnershipTest::kKey = {"st-1", "smoke", "tr-1", ""};

TEST_F(RunOwnershipTest, ARunThatNobodyWantsIsNotClaimed) {
  Settle(kNow, /*polls=*/false);

  EXPECT_THAT(coordination_.claims, IsEmpty());
  EXPECT_FALSE(ownership_.MayPoll(kNow));
}

TEST_F(RunOwnershipTest, AnOwnerPollsAgainOnlyWhenItsLastPollIsStored) {
  Own();
  EXPECT_TRUE(ownership_.MayPoll(kNow));
  Poll(kNow);
  EXPECT_FALSE(ownership_.MayPoll(kNow));
  ASSERT_THAT(coordination_.publishes, SizeIs(1));
  EXPECT_THAT(coordination_.publishes[0].sends, SizeIs(1));
  ownership_.OnPublishAnswer({.answered = true, .accepted = true}, kNow);

  EXPECT_TRUE(ownership_.MayPoll(kNow));
  EXPECT_THAT(ownership_.unsaved(), IsEmpty());
}

TEST_F(RunOwnershipTest, WhatWasNotStoredIsPublishedAgainWithItsSends) {
  Own();
  Poll(kNow);
  ownership_.OnPublishAnswer({}, kNow);
  Settle(kNow);

  ASSERT_THAT(coordination_.publishes, SizeIs(2));
  EXPECT_EQ(coordination_.publishes[1].record, "record");
  EXPECT_THAT(coordination_.publishes[1].sends, SizeIs(1));
  EXPECT_GT(coordination_.publishes[1].version, coordination_.publishes[0].version);
}

TEST_F(RunOwnershipTest, AnOwnerWithoutALeaseSendsNothingAndClaims) {
  Own();
  coordination_.lease = kNow + absl::Seconds(2);
  EXPECT_TRUE(ownership_.MaySend(kNow + absl::Seconds(1.9)));
  EXPECT_FALSE(ownership_.MaySend(kNow + absl::Seconds(2)));
  Settle(kNow + absl::Seconds(30));

  EXPECT_THAT(coordination_.claims, SizeIs(2));
  EXPECT_FALSE(ownership_.IsOwner());
}

TEST_F(RunOwnershipTest, ARefusedPublishEndsTheOwnership) {
  Own();
  Poll(kNow);
  ownership_.OnPublishAnswer({.answered = true, .accepted = false}, kNow);
  EXPECT_FALSE(ownership_.IsOwner());
  Settle(kNow);

  ASSERT_THAT(coordination_.claims, SizeIs(2));
  EXPECT_THAT(coordination_.claims[1].sends, SizeIs(1)) << "the new owner must know of it";
}

TEST_F(RunOwnershipTest, ATakeoverFromALostOwnerIsChargedItsUntoldPoll) {
  Settle(kNow);
  ownership_.OnClaimAnswer({.answered = true,
                            .owned = true,
                            .owner = "mine",
                            .epoch = 7,
                            .after_loss = true,
                            .known_since = kNow - absl::Hours(2)},
                           kNow);

  EXPECT_EQ(budget_.UsedInMinute(kNow), 2);
  EXPECT_THAT(ownership_.unsaved(), SizeIs(2));
}

TEST_F(RunOwnershipTest, WhatWasBorrowedIsSaidToBeHeardWithTheNextPublishAndNoSooner) {
  Own();
  budget_.DropAssumedPast();
  Poll(kNow);
  const SendTimes told = {kNow + absl::Seconds(1)};
  ownership_.OnPublishAnswer({.answered = true, .accepted = true, .borrowed = told}, kNow);
  Poll(kNow + absl::Seconds(2));
  ownership_.OnPublishAnswer({}, kNow + absl::Seconds(3));
  Settle(kNow + absl::Seconds(3));
  ownership_.OnPublishAnswer({.answered = true, .accepted = true}, kNow + absl::Seconds(3));
  Poll(kNow + absl::Seconds(4));

  ASSERT_THAT(coordination_.publishes, SizeIs(4));
  EXPECT_THAT(coordination_.publishes[0].heard, IsEmpty());
  EXPECT_EQ(coordination_.publishes[1].heard, told);
  EXPECT_EQ(coordination_.publishes[2].heard, told) << "the engine may not have heard it";
  EXPECT_THAT(coordination_.publishes[3].heard, IsEmpty());
  EXPECT_EQ(budget_.UsedInMinute(kNow + absl::Seconds(4)), 4);
}

TEST_F(RunOwnershipTest, AnOwnerOfADoubtfulLogStoresAllThatItKnows) {
  Own();
  for (int i = 0; i < 5; ++i) {
    Poll(kNow + absl::Seconds(i));
    ownership_.OnPublishAnswer({.answered = true, .accepted = true}, kNow + absl::Seconds(i));
  }
  ownership_.OnLogsDoubtful(/*times_moved=*/false);
  Poll(kNow + absl::Seconds(5));
  ownership_.OnPublishAnswer({}, kNow + absl::Seconds(6));
  Settle(kNow + absl::Seconds(6));
  ownership_.OnPublishAnswer({.answered = true, .accepted = true}, kNow + absl::Seconds(6));
  Poll(kNow + absl::Seconds(7));

  ASSERT_THAT(coordination_.publishes, SizeIs(8));
  for (const int i : {5, 6}) {
    EXPECT_TRUE(coordination_.publishes[i].is_whole_log) << i;
    EXPECT_THAT(coordination_.publishes[i].sends, SizeIs(6)) << i;
  }
  EXPECT_FALSE(coordination_.publishes[7].is_whole_log);
  EXPECT_THAT(coordination_.publishes[7].sends, SizeIs(1));
}

TEST_F(RunOwnershipTest, ItsOwnSendsGivenBackAtOtherTimesCountOnce) {
  Own();
  SendTimes moved;
  for (int i = 0; i < 20; ++i) {
    Poll(kNow + absl::Seconds(i));
    ownership_.OnPublishAnswer({.answered = true, .accepted = true}, kNow + absl::Seconds(i));
    moved.push_back(kNow + absl::Seconds(i) - absl::Milliseconds(300));
  }
  const MonotonicTime now = kNow + absl::Seconds(20);
  view_.engine_up = false;
  Settle(now);
  view_.engine_up = true;
  ownership_.OnLogsDoubtful(/*times_moved=*/true);
  ownership_.OnEngine(now);
  Settle(now + absl::Seconds(1));
  ownership_.OnClaimAnswer(
      {.answered = true, .owned = true, .owner = "mine", .epoch = 2, .sends = moved}, now);
  // `Own` says nothing of what the engine remembers, so all before is assumed.
  budget_.DropAssumedPast();

  EXPECT_EQ(budget_.UsedInMinute(now), 20);
  Poll(now + absl::Seconds(1));
  EXPECT_TRUE(coordination_.publishes.back().is_whole_log);
  EXPECT_THAT(coordination_.publishes.back().sends, SizeIs(21));
}

TEST_F(RunOwnershipTest, ALogFromBeforeTheEngineRemembersCountsOnlyIfItIsWhole) {
  const MonotonicTime since = kNow - absl::Minutes(10);
  ClaimAnswer answer{.answered = true,
                     .owned = true,
                     .owner = "mine",
                     .epoch = 1,
                     .sends = {kNow - absl::Minutes(30), kNow - absl::Minutes(5)},
                     .known_since = since};
  Settle(kNow);
  ownership_.OnClaimAnswer(answer, kNow);
  EXPECT_EQ(budget_.assumed_until(), since);
  EXPECT_EQ(budget_.OldestSend(), kNow - absl::Minutes(5));

  RateBudget budget(limits_, {});
  RunOwnership other("tr-1", view_, budget, random_);
  other.Settle({.polls = true, .variants = [] { return std::vector{kKey}; }}, kNow);
  answer.has_whole_log = true;
  other.OnClaimAnswer(answer, kNow);
  EXPECT_EQ(budget.assumed_until(), kNow - absl::Minutes(30));
  EXPECT_EQ(budget.OldestSend(), kNow - absl::Minutes(30));
}

TEST_F(RunOwnershipTest, AnOldLogOfItsOwnDoesNotPassForKnowledgeOfWhatOthersSentSince) {
  Own();
  Poll(kNow);
  ownership_.OnPublishAnswer({.answered = true, .accepted = true}, kNow);
  Poll(kNow + absl::Seconds(2));
  ownership_.OnPublishAnswer({.answered = true, .accepted = false}, kNow + absl::Seconds(2));
  Settle(kNow + absl::Seconds(2));
  ownership_.OnClaimAnswer({.answered = true, .owner = "other", .epoch = 2},
                           kNow + absl::Seconds(2));
  const MonotonicTime later = kNow + absl::Minutes(30);
  Settle(later);
  ASSERT_THAT(coordination_.claims, SizeIs(3));
  const MonotonicTime restarted = later - absl::Minutes(1);
  ownership_.OnClaimAnswer(
      {.answered = true, .owned = true, .owner = "mine", .epoch = 3, .known_since = restarted},
      later);

  EXPECT_EQ(budget_.assumed_until(), restarted);
  EXPECT_EQ(budget_.OldestSend(), MonotonicTime::InfiniteFuture());
}

TEST_F(RunOwnershipTest, ARunThatWasLetGoBeforeTheAnswerCameIsClaimedAgainAtOnce) {
  Settle(kNow);
  SharedRecord gone{.owner = "other", .epoch = 1};
  gone.key.run_id = "tr-1";
  ownership_.OnRecord(gone, kNow);
  ownership_.OnClaimAnswer({.answered = true, .owner = "other", .epoch = 1}, kNow);

  EXPECT_LE(Settle(kNow), kNow + absl::Milliseconds(150));
}

TEST_F(RunOwnershipTest, ABorrowedSendCountsAsLateAsItsPollCanEnd) {
  view_.longest_poll = absl::Minutes(5);
  ownership_.Borrow(kNow);

  EXPECT_THAT(coordination_.borrowed, ElementsAre(kNow + absl::Minutes(5)));
}

TEST_F(RunOwnershipTest, WhatIsInFlightAtTheStopCountsAsLateAsItCanEnd) {
  view_.longest_poll = absl::Minutes(5);
  Own();
  budget_.OnSend(kNow);

  ownership_.Leave(kNow);

  EXPECT_THAT(coordination_.released, ElementsAre(kNow + absl::Minutes(5)));
}

TEST_F(RunOwnershipTest, RecordsAreOrderedByEpochThenVersion) {
  Settle(kNow);
  ownership_.OnClaimAnswer({.answered = true, .owner = "other", .epoch = 3}, kNow);
  const auto order = [&](uint64_t epoch, uint64_t version) {
    return ownership_.OnRecord(
        {.key = kKey, .owner = "other", .epoch = epoch, .version = version, .record = "r"}, kNow);
  };

  EXPECT_EQ(order(3, 5), RecordOrder::kNewer);
  EXPECT_EQ(order(3, 5), RecordOrder::kOlder);
  EXPECT_EQ(order(2, 9), RecordOrder::kOlder);
  EXPECT_EQ(order(4, 1), RecordOrder::kNewer);
  EXPECT_EQ(ownership_.OnRecord(
                {.key = kKey, .owner = "mine", .epoch = 9, .version = 9, .record = "r"}, kNow),
            RecordOrder::kNone);
}

TEST_F(RunOwnershipTest, AStoredRecordThatIsKnownIsNoNews) {
  Settle(kNow);
  ownership_.OnClaimAnswer({.answered = true, .owner = "other", .epoch = 3}, kNow);
  ownership_.OnRecord({.key = kKey, .owner = "other", .epoch = 3, .version = 5, .record = "r"},
                      kNow);
  const ClaimAnswer same{
      .answered = true, .owner = "other", .epoch = 3, .records_epoch = 3, .records_version = 5};
  ClaimAnswer later = same;
  later.records_version = 6;

  EXPECT_FALSE(ownership_.OnClaimAnswer(same, kNow));
  EXPECT_TRUE(ownership_.OnClaimAnswer(later, kNow));
}

}  // namespace
}  // namespace runcast::runs
