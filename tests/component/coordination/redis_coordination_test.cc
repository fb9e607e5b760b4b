// Coordination by a real Redis: every verb, what is kept for how long, and what happens when Redis
// is not as it should be.

#include "gateway/coordination/redis_coordination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/base/libevent_loop.h"
#include "gateway/coordination/redis_reply.h"
#include "tests/component/coordination/redis_server.h"

namespace runcast::coordination {
namespace {

using base::MonotonicTime;
using testing::ElementsAre;
using testing::Eq;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

base::RunKey KeyOf(const std::string& run_id, const std::string& language = "") {
  return {"st-1", "Smoke tests", run_id, language};
}

// A poll loop that only remembers what it heard.
class Heard final : public runs::Coordination::Listener {
 public:
  void OnEngine(bool up) override { engine.push_back(up); }
  void OnReplicas(const runs::ReplicaCounts& counts) override { replicas = counts; }
  void OnSessionLost(const std::string& session) override { lost.push_back(session); }
  void OnClaimAnswer(const std::string&, runs::ClaimAnswer answer) override {
    claims.push_back(std::move(answer));
  }
  void OnPublishAnswer(const std::string&, runs::PublishAnswer answer) override {
    publishes.push_back(std::move(answer));
  }
  void OnBorrowAnswer(const std::string&, bool granted) override { borrows.push_back(granted); }
  void OnRecord(runs::SharedRecord record) override { records.push_back(std::move(record)); }
  void OnWanted(const base::RunKey& key, const std::string& owner) override {
    wanted.emplace_back(key, owner);
  }
  void OnOffered(const base::RunKey& key) override { offered.push_back(key); }
  void OnGap() override { ++gaps; }
  void OnLogsDoubtful(bool times_moved) override { doubts.push_back(times_moved); }

  bool IsUp() const { return !engine.empty() && engine.back(); }

  std::vector<bool> engine;
  runs::ReplicaCounts replicas{.live = 0};
  std::vector<std::string> lost;
  std::vector<runs::ClaimAnswer> claims;
  std::vector<runs::PublishAnswer> publishes;
  std::vector<bool> borrows;
  std::vector<runs::SharedRecord> records;
  std::vector<std::pair<base::RunKey, std::string>> wanted;
  std::vector<base::RunKey> offered;
  int gaps = 0;
  std::vector<bool> doubts;
};

class RedisCoordinationTest : public testing::Test {
 protected:
  struct Replica {
    std::unique_ptr<Heard> heard = std::make_unique<Heard>();
    std::unique_ptr<RedisCoordination> engine;
  };

  explicit RedisCoordinationTest(std::vector<std::string> flags = {}) : redis_(std::move(flags)) {
    options_.address.socket_path = redis_.socket_path();
  }

  Replica Make(std::string name = "") {
    Replica replica;
    options_.replica_name = name.empty() ? absl::StrCat("test", ++made_) : std::move(name);
    replica.engine = RedisCoordination::Make(options_, loop_, metrics_).value();
    replica.engine->Start(*replica.heard);
    return replica;
  }
  Replica Connected(std::string name = "") {
    Replica replica = Make(std::move(name));
    EXPECT_TRUE(Until([&] { return replica.heard->IsUp() && replica.heard->gaps > 0; }));
    return replica;
  }

  // Runs the loop until `done` says yes.
  bool Until(const std::function<bool()>& done, absl::Duration limit = absl::Seconds(10)) {
    const MonotonicTime end = clock_.Now() + limit;
    bool held = done();
    std::unique_ptr<base::Timer> timer;
    timer = loop_.NewTimer([&] {
      held = done();
      if (held || clock_.Now() > end) {
        loop_.Stop();
      } else {
        timer->Set(clock_.Now() + absl::Milliseconds(2));
      }
    });
    if (!held) {
      timer->Set(clock_.Now());
      loop_.Run();
    }
    return held;
  }
  void For(absl::Duration length) {
    const MonotonicTime end = clock_.Now() + length;
    Until([&] { return clock_.Now() >= end; }, length + absl::Seconds(1));
  }

  runs::ClaimAnswer Claim(Replica& replica, const std::string& run_id,
                          runs::ClaimRequest request = {}) {
    const size_t before = replica.heard->claims.size();
    if (request.variants.empty()) request.variants = {KeyOf(run_id)};
    replica.engine->Claim(run_id, std::move(request));
    EXPECT_TRUE(Until([&] { return replica.heard->claims.size() > before; }));
    return replica.heard->claims.back();
  }
  runs::PublishAnswer Publish(Replica& replica, const std::string& run_id,
                              runs::PublishRequest request) {
    const size_t before = replica.heard->publishes.size();
    request.key = KeyOf(run_id, request.key.language);
    replica.engine->Publish(run_id, std::move(request));
    EXPECT_TRUE(Until([&] { return replica.heard->publishes.size() > before; }));
    return replica.heard->publishes.back();
  }
  bool Borrow(Replica& replica, const std::string& run_id) {
    const size_t before = replica.heard->borrows.size();
    replica.engine->Borrow(run_id, clock_.Now());
    EXPECT_TRUE(Until([&] { return replica.heard->borrows.size() > before; }));
    return replica.heard->borrows.back();
  }

  // The system's clock, which the test may move: as if the engine's had jumped the other way.
  class MovedClock final : public base::Clock {
   public:
    MonotonicTime Now() const override { return system_.Now() + ahead; }
    absl::Time WallNow() const override { return system_.WallNow(); }

    absl::Duration ahead;

   private:
    const base::SystemClock system_{};
  };

  RedisServer redis_;
  MovedClock clock_;
  base::LibeventLoop loop_{clock_};
  telemetry::Metrics metrics_;
  RedisCoordination::Options options_;
  int made_ = 0;
};

TEST_F(RedisCoordinationTest, TheFirstClaimOwnsAndLaterOnesFollow) {
  Replica first = Connected();
  Replica second = Connected();

  const runs::ClaimAnswer mine = Claim(first, "tr-1");
  EXPECT_TRUE(mine.answered);
  EXPECT_TRUE(mine.owned);
  EXPECT_EQ(mine.epoch, 1u);
  EXPECT_FALSE(mine.after_loss);
  const runs::ClaimAnswer other = Claim(second, "tr-1");
  EXPECT_TRUE(other.answered);
  EXPECT_FALSE(other.owned);
  EXPECT_EQ(other.owner, first.engine->session());
  EXPECT_EQ(other.epoch, 1u);
  EXPECT_TRUE(Claim(first, "tr-1").owned) << "its own claim again";
}

TEST_F(RedisCoordinationTest, AClaimRaisesTheEpochAboveWhatAnybodyHasSeen) {
  Replica replica = Connected();

  EXPECT_EQ(Claim(replica, "tr-1", {.known_epoch = 41}).epoch, 42u);
}

TEST_F(RedisCoordinationTest, WhoOnlyLooksTakesNothing) {
  Replica replica = Connected();
  const runs::ClaimAnswer answer = Claim(replica, "tr-1", {.take = false});

  EXPECT_TRUE(answer.answered);
  EXPECT_FALSE(answer.owned);
  EXPECT_EQ(answer.owner, "");
}

TEST_F(RedisCoordinationTest, ARecordReachesThoseWhoFollowAndIsThereForThoseWhoCome) {
  Replica owner = Connected();
  Replica follower = Connected();
  Claim(owner, "tr-1");
  EXPECT_FALSE(Publish(owner, "tr-1", {.epoch = 1, .version = 1, .record = "first"}).is_shared);
  const runs::ClaimAnswer seen = Claim(follower, "tr-1");
  ASSERT_THAT(seen.records, SizeIs(1));
  EXPECT_EQ(seen.records[0].record, "first");
  EXPECT_EQ(seen.records[0].key, KeyOf("tr-1"));
  const std::string bytes("sec\0nd\r\n", 8);
  EXPECT_TRUE(Publish(owner, "tr-1", {.epoch = 1, .version = 2, .record = bytes}).is_shared);

  ASSERT_TRUE(Until([&] { return follower.heard->records.size() == 1; }));
  const runs::SharedRecord& record = follower.heard->records[0];
  EXPECT_EQ(record.record, bytes);
  EXPECT_EQ(record.key, KeyOf("tr-1"));
  EXPECT_EQ(record.owner, owner.engine->session());
  EXPECT_EQ(record.epoch, 1u);
  EXPECT_EQ(record.version, 2u);
  EXPECT_THAT(owner.heard->wanted, ElementsAre(std::pair(KeyOf("tr-1"), owner.engine->session())));
}

TEST_F(RedisCoordinationTest, WhatNobodyElseFollowsIsInNoStream) {
  Replica owner = Connected();
  Claim(owner, "tr-1");
  for (uint64_t i = 1; i < 10; ++i) {
    Publish(owner, "tr-1", {.epoch = 1, .version = i, .record = "news"});
  }

  EXPECT_EQ(redis_.Ask({"KEYS", "runcast:x:*"}), "");
}

TEST_F(RedisCoordinationTest, PublishingNeedsTheNewestEpoch) {
  Replica first = Connected();
  Replica second = Connected();
  Claim(first, "tr-1");
  first.engine->Release("tr-1", 1, {}, {});
  EXPECT_EQ(Claim(second, "tr-1").epoch, 2u);

  EXPECT_FALSE(Publish(first, "tr-1", {.epoch = 1, .version = 9, .record = "late"}).accepted);
  EXPECT_TRUE(Publish(second, "tr-1", {.epoch = 2, .version = 1, .record = "now"}).accepted);
  EXPECT_EQ(Claim(first, "tr-1").records[0].record, "now");
}

TEST_F(RedisCoordinationTest, SendsTravelToTheMillisecondAndComeBackAsTheyWere) {
  Replica first = Connected();
  Replica second = Connected();
  Claim(first, "tr-1");
  runs::SendTimes sends;
  const MonotonicTime now = clock_.Now();
  for (int i = 0; i < 1700; ++i) sends.push_back(now - absl::Milliseconds(2100.7) * i);
  Publish(first, "tr-1", {.epoch = 1, .version = 1, .record = "r", .sends = sends});
  const runs::SendTimes own = Claim(first, "tr-1").sends;
  first.engine->Release("tr-1", 1, {now + absl::Seconds(1)}, {});
  const runs::SendTimes others = Claim(second, "tr-1").sends;

  ASSERT_THAT(own, SizeIs(1700));
  for (size_t i = 0; i < own.size(); ++i) {
    EXPECT_LE(own[i], sends[i]);
    EXPECT_GT(own[i], sends[i] - absl::Milliseconds(1));
  }
  ASSERT_THAT(others, SizeIs(1701));
  EXPECT_LT(absl::AbsDuration(others[1699] - sends[1699]), absl::Milliseconds(20));
}

TEST_F(RedisCoordinationTest, ALongLogIsCutToWhatIsKept) {
  options_.kept_sends = 100;
  Replica replica = Connected();
  Claim(replica, "tr-1");
  for (uint64_t i = 1; i <= 250; ++i) {
    Publish(replica, "tr-1", {.epoch = 1, .version = i, .record = "r", .sends = {clock_.Now()}});
  }

  EXPECT_THAT(Claim(replica, "tr-1").sends.size(),
              testing::AllOf(testing::Ge(100u), testing::Le(200u)));
}

TEST_F(RedisCoordinationTest, ABorrowedSlotIsToldToTheOwnerAndCostsSurplus) {
  Replica owner = Connected();
  Replica other = Connected();
  Claim(owner, "tr-1");
  EXPECT_FALSE(Borrow(other, "tr-1")) << "no surplus was stated yet";
  Publish(owner, "tr-1", {.epoch = 1, .version = 1, .record = "r", .surplus = 2});
  EXPECT_TRUE(Borrow(other, "tr-1"));
  EXPECT_TRUE(Borrow(other, "tr-1"));
  EXPECT_FALSE(Borrow(other, "tr-1"));

  const runs::SendTimes told =
      Publish(owner, "tr-1", {.epoch = 1, .version = 2, .record = "r"}).borrowed;
  EXPECT_THAT(told, SizeIs(2));
  EXPECT_EQ(Publish(owner, "tr-1", {.epoch = 1, .version = 3, .record = "r"}).borrowed, told)
      << "until the owner has heard of them";
  for (uint64_t version : {4, 5}) {
    EXPECT_THAT(
        Publish(owner, "tr-1", {.epoch = 1, .version = version, .record = "r", .heard = told})
            .borrowed,
        IsEmpty());
  }
  EXPECT_THAT(Claim(owner, "tr-1").sends, SizeIs(2));
}

TEST_F(RedisCoordinationTest, ASilentReplicaIsLostAfterThreeSecondsAndItsRunsAreFree) {
  Replica first = Connected();
  Replica second = Connected();
  ASSERT_TRUE(Until([&] { return second.heard->replicas.live == 2; }));
  Claim(first, "tr-1");
  const std::string gone = first.engine->session();
  first.engine.reset();
  const MonotonicTime began = clock_.Now();

  ASSERT_TRUE(Until([&] { return !second.heard->lost.empty(); }));
  EXPECT_LE(clock_.Now() - began, absl::Seconds(3.5));
  EXPECT_EQ(second.heard->lost, std::vector{gone});
  const runs::ClaimAnswer taken = Claim(second, "tr-1");
  EXPECT_TRUE(taken.owned);
  EXPECT_TRUE(taken.after_loss);
  ASSERT_TRUE(Until([&] { return second.heard->replicas.lost == 1; }));
  EXPECT_EQ(second.heard->replicas.live, 1);
}

TEST_F(RedisCoordinationTest, WhoSaysGoodbyeIsNotLost) {
  Replica first = Connected();
  Replica second = Connected();
  ASSERT_TRUE(Until([&] { return second.heard->replicas.live == 2; }));
  Claim(first, "tr-1");
  Claim(second, "tr-1");
  bool left = false;
  first.engine->Release("tr-1", 1, {}, {});
  first.engine->Leave([&] { left = true; });
  ASSERT_TRUE(Until([&] { return left; }));

  ASSERT_TRUE(Until([&] { return second.heard->records.size() == 1; }));
  EXPECT_EQ(second.heard->records[0].record, "") << "the run was let go";
  EXPECT_EQ(second.heard->records[0].key.run_id, "tr-1");
  const runs::ClaimAnswer taken = Claim(second, "tr-1");
  EXPECT_TRUE(taken.owned);
  EXPECT_FALSE(taken.after_loss);
  ASSERT_TRUE(Until([&] { return second.heard->replicas.live == 1; }));
  For(absl::Seconds(3));
  EXPECT_EQ(second.heard->replicas.lost, 0);
  EXPECT_THAT(second.heard->lost, IsEmpty());
}

TEST_F(RedisCoordinationTest, AnOfferReachesThoseWhoDoNotFollow) {
  Replica first = Connected();
  Replica second = Connected();
  first.engine->SetReachesPlatform(false);
  Claim(first, "tr-1");
  first.engine->Release("tr-1", 1, {}, {KeyOf("tr-1"), KeyOf("tr-1", "de")});

  ASSERT_TRUE(Until([&] { return second.heard->offered.size() == 2; }));
  EXPECT_THAT(second.heard->offered, ElementsAre(KeyOf("tr-1"), KeyOf("tr-1", "de")));
  EXPECT_TRUE(Until([&] { return second.heard->replicas.others_reaching_platform == 0; }));
  EXPECT_TRUE(Until([&] { return first.heard->replicas.others_reaching_platform == 1; }));
}

TEST_F(RedisCoordinationTest, TheLeaseEndsWhileTheSessionStillStands) {
  Replica replica = Connected();
  redis_.Freeze();
  const MonotonicTime began = clock_.Now();

  EXPECT_GT(replica.engine->lease_until(), began);
  EXPECT_LE(replica.engine->lease_until(), began + absl::Seconds(2));
  For(absl::Seconds(2));
  EXPECT_LE(replica.engine->lease_until(), clock_.Now());
  redis_.Thaw();
}

TEST_F(RedisCoordinationTest, AFrozenEngineAnswersNothingInTimeAndCountsAsDown) {
  Replica replica = Connected();
  redis_.Freeze();
  const MonotonicTime began = clock_.Now();
  EXPECT_FALSE(Claim(replica, "tr-1").answered);
  EXPECT_LE(clock_.Now() - began, absl::Milliseconds(400));
  EXPECT_TRUE(replica.heard->IsUp()) << "once is not enough";
  Claim(replica, "tr-1");
  Claim(replica, "tr-1");
  ASSERT_TRUE(Until([&] { return !replica.heard->IsUp(); }));
  redis_.Thaw();

  ASSERT_TRUE(Until([&] { return replica.heard->IsUp(); }));
  EXPECT_TRUE(Claim(replica, "tr-1").owned);
}

TEST_F(RedisCoordinationTest, AfterALongSilenceEverythingIsAnsweredAndTheSessionRenewedAgain) {
  // Longer than one try to connect: commands are on their way whenever a connection is given up.
  options_.command_timeout = absl::Seconds(3);
  Replica replica = Connected();
  redis_.Freeze();
  size_t asked = 0;
  for (; asked < 40; ++asked) {
    replica.engine->Claim("tr-1", {.variants = {KeyOf("tr-1")}});
    replica.engine->Publish("tr-1", {.epoch = 1, .version = 1, .key = KeyOf("tr-1")});
    For(absl::Milliseconds(200));
  }
  redis_.Thaw();

  ASSERT_TRUE(Until([&] { return replica.heard->IsUp(); }));
  EXPECT_TRUE(Until([&] {
    return replica.heard->claims.size() == asked && replica.heard->publishes.size() == asked;
  })) << replica.heard->claims.size()
      << " claims and " << replica.heard->publishes.size() << " publishes of " << asked
      << " were answered";
  EXPECT_TRUE(Until([&] { return replica.engine->lease_until() > clock_.Now(); }));
  EXPECT_TRUE(Claim(replica, "tr-1").answered);
}

TEST_F(RedisCoordinationTest, AnEngineThatIsRestartedEmptyIsFoundAgain) {
  Replica owner = Connected();
  Replica follower = Connected();
  Claim(owner, "tr-1");
  Claim(follower, "tr-1");
  Publish(owner, "tr-1", {.epoch = 1, .version = 1, .record = "before"});
  ASSERT_TRUE(Until([&] { return follower.heard->records.size() == 1; }));
  redis_.Stop();
  ASSERT_TRUE(
      Until([&] { return !owner.heard->IsUp() && !follower.heard->IsUp(); }, absl::Seconds(2)));
  redis_.Start();
  ASSERT_TRUE(Until([&] { return owner.heard->IsUp() && follower.heard->IsUp(); }));

  const runs::PublishAnswer first =
      Publish(owner, "tr-1", {.epoch = 1, .version = 2, .record = "after"});
  EXPECT_TRUE(first.accepted);
  EXPECT_TRUE(first.created);
  EXPECT_GE(Claim(follower, "tr-1").known_since, clock_.Now() - absl::Seconds(10));
  // The streams began anew, and the reader with them.
  ASSERT_TRUE(Until([&] {
    Publish(owner, "tr-1", {.epoch = 1, .version = 3, .record = "again"});
    return follower.heard->records.size() >= 2;
  }));
}

TEST_F(RedisCoordinationTest, StreamsThatVanishUnderTheReaderAreNoticed) {
  Replica owner = Connected();
  Replica follower = Connected();
  Claim(owner, "tr-1");
  Claim(follower, "tr-1");
  for (uint64_t i = 1; i <= 5; ++i)
    Publish(owner, "tr-1", {.epoch = 1, .version = i, .record = "r"});
  ASSERT_TRUE(Until([&] { return follower.heard->records.size() == 5; }));
  const int gaps = follower.heard->gaps;
  redis_.Ask({"FLUSHALL"});

  ASSERT_TRUE(Until([&] { return follower.heard->gaps > gaps; }));
  Claim(owner, "tr-1");
  Claim(follower, "tr-1");
  Publish(owner, "tr-1", {.epoch = 1, .version = 6, .record = "new"});
  ASSERT_TRUE(Until([&] { return follower.heard->records.size() == 6; }));
}

TEST_F(RedisCoordinationTest, AWholeLogReplacesWhatIsStoredAndIsKnownAsSuch) {
  Replica owner = Connected();
  Replica other = Connected();
  EXPECT_FALSE(Claim(owner, "tr-1").has_whole_log);
  const MonotonicTime now = clock_.Now();
  Publish(owner, "tr-1",
          {.epoch = 1, .version = 1, .record = "r", .sends = {now - absl::Seconds(7)}});
  Claim(other, "tr-1", {.sends = {now - absl::Seconds(3)}});
  Publish(owner, "tr-1",
          {.epoch = 1,
           .version = 2,
           .record = "r",
           .sends = {now - absl::Seconds(9), now - absl::Seconds(8)},
           .is_whole_log = true});

  const runs::ClaimAnswer answer = Claim(owner, "tr-1");
  EXPECT_TRUE(answer.has_whole_log);
  EXPECT_THAT(answer.sends, SizeIs(3)) << "with what another told and the owner has not heard of";
  EXPECT_GT(std::stoi(redis_.Ask({"TTL", "runcast:l:tr-1"})), 3600);
  redis_.Ask({"SET", "runcast:era", "1"});
  EXPECT_FALSE(Claim(owner, "tr-1").has_whole_log) << "of another era";
}

TEST_F(RedisCoordinationTest, AClockThatJumpsBeginsAnEraAndMakesLogsDoubtful) {
  Replica replica = Connected();
  redis_.Ask({"SET", "runcast:era", "1"});
  ASSERT_TRUE(Until([&] { return !replica.heard->doubts.empty(); }));
  EXPECT_EQ(replica.heard->doubts, std::vector{false}) << "another era";
  clock_.ahead += absl::Seconds(1.5);

  ASSERT_TRUE(Until([&] { return replica.heard->doubts.size() >= 3; }));
  EXPECT_EQ(replica.heard->doubts, (std::vector{false, true, false})) << "moved times, then an era";
  EXPECT_GE(Claim(replica, "tr-1").known_since, clock_.Now() - absl::Seconds(5));
}

TEST_F(RedisCoordinationTest, ClocksThatDriftApartBeginNoEra) {
  Replica replica = Connected();
  redis_.Ask({"SET", "runcast:era", "1"});
  ASSERT_TRUE(Until([&] { return !replica.heard->doubts.empty(); }));
  clock_.ahead += absl::Milliseconds(400);

  ASSERT_TRUE(Until([&] { return replica.heard->doubts.size() == 2; }));
  EXPECT_TRUE(replica.heard->doubts.back());
  For(absl::Seconds(1.2));
  EXPECT_EQ(redis_.Ask({"GET", "runcast:era"}), "1");
}

TEST_F(RedisCoordinationTest, NoMoreClaimsAreOnTheirWayThanTheEngineWorksOffInTime) {
  options_.command_timeout = absl::Seconds(1);
  Replica replica = Connected();
  redis_.Freeze();
  for (int i = 0; i < 1000; ++i) {
    replica.engine->Claim(absl::StrCat("tr-", i), {.variants = {KeyOf("tr")}});
  }
  For(absl::Milliseconds(100));
  redis_.Thaw();
  ASSERT_TRUE(Until([&] { return replica.heard->claims.size() == 1000; }));
  for (const runs::ClaimAnswer& answer : replica.heard->claims) EXPECT_TRUE(answer.owned);

  redis_.Freeze();
  const uint64_t failures = metrics_.coordination_failures.value();
  for (int i = 0; i < 1000; ++i) {
    replica.engine->Claim(absl::StrCat("tr-", i), {.variants = {KeyOf("tr")}});
  }
  ASSERT_TRUE(Until([&] { return replica.heard->claims.size() == 2000; }));
  EXPECT_LE(metrics_.coordination_failures.value() - failures, 70u) << "the others were not sent";
  redis_.Thaw();
}

TEST_F(RedisCoordinationTest, AReplicaThatComesBackUnderItsNameIsNoLostOne) {
  Replica other = Connected("runcast-0");
  Replica killed = Connected("runcast-1");
  Replica gone = Connected("runcast-2");
  ASSERT_TRUE(Until([&] { return other.heard->replicas.live == 3; }));
  killed.engine.reset();
  gone.engine.reset();
  Replica again = Connected("runcast-1");

  ASSERT_TRUE(Until([&] { return other.heard->lost.size() == 2; }));
  For(absl::Seconds(3));
  EXPECT_EQ(other.heard->replicas.live, 2);
  EXPECT_EQ(other.heard->replicas.lost, 1) << "runcast-2 alone";
}

TEST_F(RedisCoordinationTest, FlushedScriptsAreBroughtBack) {
  Replica replica = Connected();
  redis_.Ask({"SCRIPT", "FLUSH"});

  EXPECT_TRUE(Claim(replica, "tr-1").owned);
}

TEST_F(RedisCoordinationTest, WhatIsKeptGoesByItself) {
  Replica owner = Connected();
  Replica follower = Connected();
  Claim(owner, "tr-1");
  Claim(follower, "tr-1");
  Publish(owner, "tr-1", {.epoch = 1, .version = 1, .record = "r", .sends = {clock_.Now()}});

  for (const std::string key : {"runcast:r:tr-1", "runcast:l:tr-1"}) {
    EXPECT_GT(std::stoi(redis_.Ask({"TTL", key})), 3600) << key;
    EXPECT_LE(std::stoi(redis_.Ask({"TTL", key})), 3900) << key;
  }
  EXPECT_LE(std::stoi(redis_.Ask({"PTTL", "runcast:s:" + owner.engine->session()})), 3000);
}

TEST_F(RedisCoordinationTest, APrimaryThatIsDemotedIsLeft) {
  Replica replica = Connected();
  redis_.Ask({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_FALSE(Claim(replica, "tr-1").answered);
  ASSERT_TRUE(Until([&] { return !replica.heard->IsUp(); }));
  redis_.Ask({"REPLICAOF", "NO", "ONE"});

  ASSERT_TRUE(Until([&] { return replica.heard->IsUp(); }));
  EXPECT_TRUE(Claim(replica, "tr-1").owned);
}

TEST(RedisReplyTest, AnErrorOfADemotedPrimaryIsKnownHoweverItIsWrapped) {
  EXPECT_TRUE(IsOfAnother("READONLY You can't write against a read only replica."));
  EXPECT_TRUE(
      IsOfAnother("ERR Error running script (call to f_6b1bf486c81ceb7edf3c093f4c48582e38c0e791): "
                  "@user_script:4: @user_script: 4: -READONLY You can't write against a read only "
                  "replica. "))
      << "Redis 6";
  EXPECT_TRUE(IsOfAnother("NOAUTH Authentication required."));
  EXPECT_FALSE(IsOfAnother("ERR Error running script (call to f_6b): @user_script:4: NOPERM"));
  EXPECT_FALSE(IsOfAnother("OOM command not allowed when used memory > 'maxmemory'."));
}

// A server that lets in the one user that deploy/ describes, and no other.
class RedisLoginTest : public RedisCoordinationTest {
 protected:
  RedisLoginTest() {
    const std::string rule = RUNCAST_REDIS_ACL;
    std::vector<std::string> words = {"ACL", "SETUSER", "runcast"};
    size_t begin = 0;
    for (size_t end; begin < rule.size(); begin = end + 1) {
      end = std::min(rule.find(' ', begin), rule.size());
      words.push_back(rule.substr(begin, end - begin));
    }
    words.push_back(">right");
    EXPECT_EQ(redis_.Ask(words), "OK");
    EXPECT_EQ(redis_.Ask({"ACL", "SETUSER", "default", "-@all", "+acl"}), "OK");
    options_.user = "runcast";
    options_.password_file = redis_.directory().Write("password", "right\n");
  }
};

TEST_F(RedisLoginTest, TheUserOfTheDeploymentMayDoAllThatIsNeeded) {
  Replica first = Connected();
  Replica second = Connected();
  EXPECT_TRUE(Claim(first, "tr-1").owned);
  EXPECT_FALSE(Claim(second, "tr-1").owned);
  EXPECT_TRUE(
      Publish(first, "tr-1", {.epoch = 1, .version = 1, .record = "r", .surplus = 1}).accepted);
  EXPECT_TRUE(Borrow(second, "tr-1"));
  ASSERT_TRUE(Until([&] { return second.heard->records.size() == 1; }));
  first.engine->Release("tr-1", 1, {}, {});
  bool left = false;
  first.engine->Leave([&] { left = true; });
  ASSERT_TRUE(Until([&] { return left && second.heard->records.size() == 2; }));

  EXPECT_EQ(metrics_.coordination_failures.value(), 0u);
}

TEST_F(RedisLoginTest, TheUserOfTheDeploymentMayDoNothingElse) {
  const std::vector<std::string> login = {"AUTH", "runcast", "right"};
  EXPECT_EQ(redis_.AskInTurn({login, {"SET", "runcast:mine", "1"}}), "OK");
  const std::vector<std::vector<std::string>> forbidden = {
      {"SET", "other:key", "1"},
      {"GET", "session:1"},
      {"HGETALL", "other:r:tr-1"},
      {"EVAL", "return redis.call('GET', 'other:key')", "0"},
      {"KEYS", "*"},
      {"FLUSHALL"},
      {"CONFIG", "GET", "*"},
      {"ACL", "LIST"},
      {"SUBSCRIBE", "channel"},
      {"SCRIPT", "FLUSH"},
      {"SHUTDOWN", "NOSAVE"}};

  for (const auto& command : forbidden) {
    EXPECT_THAT(redis_.AskInTurn({login, command}),
                testing::AnyOf(testing::HasSubstr("NOPERM"), testing::HasSubstr("can't access")))
        << command[0] << ' ' << command[1 % command.size()];
  }
}

TEST_F(RedisLoginTest, AWrongPasswordIsTriedAgainOnceItsFileIsMended) {
  redis_.directory().Replace("password", "wrong");
  Replica replica = Make();
  For(absl::Seconds(1));
  EXPECT_FALSE(replica.heard->IsUp());
  redis_.directory().Replace("password", "right");

  EXPECT_TRUE(Until([&] { return replica.heard->IsUp(); }));
}

TEST_F(RedisLoginTest, WithoutAPasswordThereIsNoStart) {
  options_.password_file = redis_.directory().Path("missing");

  EXPECT_FALSE(RedisCoordination::Make(options_, loop_, metrics_).ok());
}

}  // namespace
}  // namespace runcast::coordination
