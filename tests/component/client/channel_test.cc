// Which connection a stream goes to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/component/client/client_fixture.h"
#include "tests/component/client/held_run.h"
#include "tests/component/client/scripted_gateway.h"
#include "tests/component/client/watch_record.h"

namespace runcast::tests {
namespace {

using client::WatchHandle;
using ::testing::ElementsAre;
using ::testing::SizeIs;

grpc::Status SendAndHold(ScriptedGateway::WatchCall& call) {
  call.Send(Running(7, 1, 10), "a");
  return call.HoldOpen();
}

// Watches `count` runs and waits until each has seen a status.
class ManyRuns {
 public:
  ManyRuns(client::RunStatusClient& client, int count) : records_(static_cast<size_t>(count)) {
    for (int i = 0; i < count; ++i) {
      watches_.push_back(client.Watch(TestRun(absl::StrCat("tr-", i)),
                                      records_[static_cast<size_t>(i)].Callbacks()));
    }
  }
  bool AllSawStatus() {
    for (auto& record : records_) {
      if (!record.WaitForStatuses(1)) return false;
    }
    return true;
  }
  const std::deque<WatchRecord>& records() const { return records_; }

 private:
  std::deque<WatchRecord> records_;
  std::vector<WatchHandle> watches_;
};

TEST(ChannelTest, EightyStreamsShareAConnectionAndTheNextGetsItsOwn) {
  ScriptedGateway gateway({.watch = SendAndHold});
  const auto client = MakeClient(OptionsFor(gateway));

  ManyRuns eighty(*client, 80);
  ASSERT_TRUE(eighty.AllSawStatus());
  EXPECT_THAT(gateway.peers(), SizeIs(1));

  WatchRecord record;
  const WatchHandle one_more = client->Watch(TestRun("tr-more"), record.Callbacks());
  ASSERT_TRUE(record.WaitForStatuses(1));
  EXPECT_THAT(gateway.peers(), SizeIs(2));
}

TEST(ChannelTest, AStreamWithoutHeadersMovesToAnotherConnection) {
  ScriptedGateway gateway({.watch = SendAndHold, .max_streams_per_connection = 3});
  client::ClientOptions options = OptionsFor(gateway);
  options.headers_timeout = absl::Seconds(3);
  const auto client = MakeClient(options);

  ManyRuns four(*client, 4);

  ASSERT_TRUE(four.AllSawStatus());
  EXPECT_THAT(gateway.peers(), SizeIs(2));
  EXPECT_EQ(gateway.watch_calls(), 4);
}

TEST(ChannelTest, AConnectionThatIsFullDoesNotSlowDownLaterStreams) {
  ScriptedGateway gateway({.watch = SendAndHold, .max_streams_per_connection = 3});
  client::ClientOptions options = OptionsFor(gateway);
  options.headers_timeout = absl::Seconds(3);
  const auto client = MakeClient(options);
  ManyRuns four(*client, 4);
  ASSERT_TRUE(four.AllSawStatus());

  const absl::Time start = absl::Now();
  WatchRecord record;
  const WatchHandle fifth = client->Watch(TestRun("tr-fifth"), record.Callbacks());

  ASSERT_TRUE(record.WaitForStatuses(1));
  EXPECT_LT(absl::Now() - start, options.headers_timeout);
}

TEST(ChannelTest, AGatewayThatNeverSendsHeadersIsTriedAgainWithoutEnd) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    if (call.number() < 4) return call.HoldOpen();
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});
  client::ClientOptions options = OptionsFor(gateway);
  options.headers_timeout = absl::Milliseconds(100);
  const auto client = MakeClient(options);
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_EQ(record.ends()[0], absl::OkStatus());
}

// More watches than a proxy allows on a connection by default, HAProxy 100 and nginx 128. The
// client stays below by itself, or finds out.
class ManyRunsTest : public ::testing::TestWithParam<int> {};

TEST_P(ManyRunsTest, TwoHundredRunsOfOneClientAreHeldAndAllEnd) {
  HeldRun script;
  ScriptedGateway gateway({.watch = script.Script()});
  client::ClientOptions options = OptionsFor(gateway);
  options.max_streams_per_channel = GetParam();
  const auto client = MakeClient(options);

  ManyRuns runs(*client, 200);
  ASSERT_TRUE(runs.AllSawStatus());
  EXPECT_TRUE(gateway.WaitUntil([&] { return gateway.open_watches() == 200; }));
  script.Release();

  for (const auto& record : runs.records()) {
    ASSERT_TRUE(record.WaitForEnd());
    EXPECT_THAT(record.progress(), ElementsAre(10, 40));
    EXPECT_THAT(record.ends(), ElementsAre(absl::OkStatus()));
  }
}

INSTANTIATE_TEST_SUITE_P(StreamsPerChannel, ManyRunsTest,
                         ::testing::Values(client::ClientOptions().max_streams_per_channel, 1000),
                         ::testing::PrintToStringParamName());

TEST(ChannelTest, TheSecondTargetIsUsedWhenTheFirstIsGone) {
  ScriptedGateway gateway({.watch = SendAndHold});
  const DeadAddress nobody;
  client::ClientOptions options = OptionsFor(nobody.target());
  options.targets.push_back(gateway.target());
  const auto client = MakeClient(options);
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  EXPECT_TRUE(record.WaitForStatuses(1));
}

// As above, but a proxy in front of the first still accepts.
TEST(ChannelTest, TheSecondTargetIsUsedWhenTheGatewayOfTheFirstIsGone) {
  ScriptedGateway gateway({.watch = SendAndHold});
  ScriptedGateway gone({.watch = SendAndHold});
  gone.Stop();
  client::ClientOptions options = OptionsFor(gone);
  options.targets.push_back(gateway.target());
  const auto client = MakeClient(options);
  WatchRecord record;

  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());

  EXPECT_TRUE(record.WaitForStatuses(1));
}

}  // namespace
}  // namespace runcast::tests
