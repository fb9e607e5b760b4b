// The contract's "GetStatus", over loopback.

#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Reason;

class GetStatusTest : public RpcTest {
 protected:
  void Know(runs::SnapshotPtr snapshot, bool followed, v1::Freshness::State freshness,
            absl::Duration age) {
    runs::TableEntry entry;
    entry.snapshot = std::move(snapshot);
    entry.vitals.followed = followed;
    entry.vitals.freshness.set_state(freshness);
    entry.vitals.last_good_answer = absl::FromUnixMillis(1234567);
    entry.vitals.last_good_answer_monotonic = clock_.Now() - age;
    hub_.mutable_table().Put(Key(), entry);
  }
};

TEST_F(GetStatusTest, AFollowedAndFreshRunIsAnsweredFromMemory) {
  StartServer();
  Know(Frozen(Running(5, 3)), true, v1::Freshness::STATE_FRESH, absl::Hours(1));

  v1::GetStatusResponse response;
  const grpc::Status status = GetStatus(StatusRequest(), &response);

  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.status().sequence(), 5u);
  EXPECT_EQ(response.last_good_answer_at().seconds(), 1234);
  EXPECT_EQ(response.last_good_answer_at().nanos(), 567000000);
  EXPECT_TRUE(hub_.reads().empty());
}

}  // namespace
}  // namespace runcast::rpc
