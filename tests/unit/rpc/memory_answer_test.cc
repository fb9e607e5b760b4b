#include "gateway/rpc/memory_answer.h"

#include <gtest/gtest.h>

#include <string>

#include "runcast/v1/run_status_service.pb.h"
#include "tests/fakes/fake_clock.h"

namespace runcast::rpc {
namespace {

runs::TableEntry Entry(bool terminal) {
  v1::RunStatus status;
  status.set_raw_state("running");
  status.set_terminal(terminal);
  status.set_sequence(3);
  runs::TableEntry entry;
  entry.snapshot = runs::Snapshot::Make(status);
  return entry;
}

class MemoryAnswerTest : public testing::Test {
 protected:
  bool May(const runs::TableEntry& entry, absl::Duration max_staleness = absl::Seconds(5)) {
    return MayAnswerFromMemory(entry, max_staleness, clock_.Now());
  }
  fakes::FakeClock clock_;
};

TEST_F(MemoryAnswerTest, NotWithoutAStatus) {
  runs::TableEntry entry;
  entry.vitals.kept_fresh = true;
  entry.vitals.freshness.set_state(v1::Freshness::STATE_FRESH);
  entry.vitals.last_good_answer_monotonic = clock_.Now();
  EXPECT_FALSE(May(entry));
}

TEST_F(MemoryAnswerTest, WhenFollowedAndFreshHoweverOld) {
  runs::TableEntry entry = Entry(false);
  entry.vitals.kept_fresh = true;
  entry.vitals.freshness.set_state(v1::Freshness::STATE_FRESH);
  entry.vitals.last_good_answer_monotonic = clock_.Now() - absl::Hours(1);
  EXPECT_TRUE(May(entry));
}

TEST_F(MemoryAnswerTest, NotWhenFollowedAgainBeforeTheFirstAnswer) {
  runs::TableEntry entry = Entry(false);
  entry.vitals.followed = true;
  entry.vitals.freshness.set_state(v1::Freshness::STATE_FRESH);
  entry.vitals.last_good_answer_monotonic = clock_.Now() - absl::Seconds(50);
  EXPECT_FALSE(May(entry));
}

TEST_F(MemoryAnswerTest, NotWhenFollowedButStaleAndOld) {
  runs::TableEntry entry = Entry(false);
  entry.vitals.kept_fresh = true;
  entry.vitals.freshness.set_state(v1::Freshness::STATE_STALE);
  entry.vitals.last_good_answer_monotonic = clock_.Now() - absl::Seconds(6);
  EXPECT_FALSE(May(entry));
}

TEST_F(MemoryAnswerTest, WhenYoungerThanTheCallerAsksFor) {
  runs::TableEntry entry = Entry(false);
  entry.vitals.last_good_answer_monotonic = clock_.Now() - absl::Seconds(4);
  EXPECT_TRUE(May(entry));
  EXPECT_FALSE(May(entry, absl::Seconds(4)));
  EXPECT_FALSE(May(entry, absl::Seconds(3)));
}

TEST_F(MemoryAnswerTest, NeverWithinZeroSecondsUnlessTerminal) {
  runs::TableEntry entry = Entry(false);
  entry.vitals.kept_fresh = true;
  entry.vitals.freshness.set_state(v1::Freshness::STATE_FRESH);
  entry.vitals.last_good_answer_monotonic = clock_.Now();
  EXPECT_FALSE(May(entry, absl::ZeroDuration()));
  EXPECT_TRUE(May(Entry(true), absl::ZeroDuration()));
}

TEST_F(MemoryAnswerTest, TheBytesAreAResponse) {
  const runs::TableEntry entry = Entry(false);

  const grpc_slice slice = EncodeGetStatusResponse(*entry.snapshot, absl::FromUnixMillis(2500),
                                                   base::SecretString("https://x/?sig=a%2Bb"));
  const std::string bytes(reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)),
                          GRPC_SLICE_LENGTH(slice));
  grpc_slice_unref(slice);

  v1::GetStatusResponse response;
  ASSERT_TRUE(response.ParseFromString(bytes));
  EXPECT_EQ(response.status().SerializeAsString(), entry.snapshot->status().SerializeAsString());
  EXPECT_EQ(response.last_good_answer_at().seconds(), 2);
  EXPECT_EQ(response.last_good_answer_at().nanos(), 500000000);
  EXPECT_EQ(response.report_link(), "https://x/?sig=a%2Bb");
}

TEST_F(MemoryAnswerTest, WhatIsNotKnownIsAbsent) {
  const runs::TableEntry entry = Entry(false);

  const grpc_slice slice = EncodeGetStatusResponse(*entry.snapshot, absl::InfinitePast(), {});
  v1::GetStatusResponse response;
  ASSERT_TRUE(response.ParseFromArray(GRPC_SLICE_START_PTR(slice),
                                      static_cast<int>(GRPC_SLICE_LENGTH(slice))));
  grpc_slice_unref(slice);

  EXPECT_FALSE(response.has_last_good_answer_at());
  EXPECT_TRUE(response.report_link().empty());
}

}  // namespace
}  // namespace runcast::rpc
