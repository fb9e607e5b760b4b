#include "gateway/runs/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/runs/snapshot_table.h"
#include "google/protobuf/util/message_differencer.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::runs {
namespace {

using google::protobuf::util::MessageDifferencer;

v1::RunStatus Status(uint64_t sequence) {
  v1::RunStatus status;
  status.mutable_run()->set_run_id("tr-17");
  status.set_state(v1::RUN_STATE_RUNNING);
  status.set_epoch(5);
  status.set_sequence(sequence);
  return status;
}

TEST(SnapshotTest, HoldsAnEncodedWatchResponseWithStatusAndToken) {
  const SnapshotPtr snapshot = Snapshot::Make(Status(3));

  v1::WatchRunResponse response;
  ASSERT_TRUE(response.ParseFromString(snapshot->watch_response()));
  EXPECT_TRUE(MessageDifferencer::Equals(response.status(), snapshot->status()));
  EXPECT_EQ(DecodeResumeToken(response.resume_token()), snapshot->token());
}

TEST(SnapshotTest, ItsStatusFieldBeginsAGetStatusResponse) {
  const SnapshotPtr snapshot = Snapshot::Make(Status(3));
  v1::GetStatusResponse tail;
  tail.mutable_last_good_answer_at()->set_seconds(77);

  v1::GetStatusResponse response;
  ASSERT_TRUE(
      response.ParseFromString(std::string(snapshot->status_field()) + tail.SerializeAsString()));

  EXPECT_TRUE(MessageDifferencer::Equals(response.status(), snapshot->status()));
  EXPECT_EQ(response.last_good_answer_at().seconds(), 77);
}

TEST(SnapshotTableTest, GivesTheNewestEntryUntilItIsErased) {
  SnapshotTable table;
  const base::RunKey key{"st-1", "smoke", "tr-17", ""};
  EXPECT_FALSE(table.Find(key).has_value());

  table.Put(key, {Snapshot::Make(Status(1)), {}});
  table.Put(key, {Snapshot::Make(Status(2)), {}});
  ASSERT_TRUE(table.Find(key).has_value());
  EXPECT_EQ(table.Find(key)->snapshot->status().sequence(), 2u);
  EXPECT_FALSE(table.Find({"st-1", "smoke", "tr-17", "en"}).has_value());
  EXPECT_EQ(table.size(), 1u);

  table.Erase(key);
  EXPECT_FALSE(table.Find(key).has_value());
}

}  // namespace
}  // namespace runcast::runs
