// Watches of one run by one client share a stream.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/component/client/client_fixture.h"
#include "tests/component/client/held_run.h"
#include "tests/component/client/scripted_gateway.h"
#include "tests/component/client/watch_record.h"

namespace runcast::tests {
namespace {

using client::WatchHandle;
using ::testing::ElementsAre;

TEST(SharedStreamTest, ManyWatchesOfOneRunCostOneStream) {
  HeldRun run;
  ScriptedGateway gateway({.watch = run.Script()});
  const auto client = MakeClient(OptionsFor(gateway));
  std::vector<WatchRecord> records(20);

  std::vector<WatchHandle> watches;
  for (auto& record : records) watches.push_back(client->Watch(TestRun(), record.Callbacks()));
  for (auto& record : records) ASSERT_TRUE(record.WaitForStatuses(1));
  run.Release();

  for (auto& record : records) {
    ASSERT_TRUE(record.WaitForEnd());
    EXPECT_THAT(record.progress(), ElementsAre(10, 40));
  }
  EXPECT_EQ(gateway.watch_calls(), 1);
}

TEST(SharedStreamTest, EachClientOfAProcessHasAStreamOfItsOwn) {
  HeldRun run;
  ScriptedGateway gateway({.watch = run.Script()});
  const auto one = MakeClient(OptionsFor(gateway));
  const auto other = MakeClient(OptionsFor(gateway));
  std::vector<WatchRecord> records(2);

  const WatchHandle first = one->Watch(TestRun(), records[0].Callbacks());
  const WatchHandle second = other->Watch(TestRun(), records[1].Callbacks());
  for (auto& record : records) ASSERT_TRUE(record.WaitForStatuses(1));

  EXPECT_EQ(gateway.watch_calls(), 2);
  run.Release();
  for (auto& record : records) ASSERT_TRUE(record.WaitForEnd());
}

TEST(SharedStreamTest, OneThatComesLateGetsTheNewestStatusAtOnce) {
  HeldRun run;
  ScriptedGateway gateway({.watch = run.Script()});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord early;
  WatchRecord late;
  const WatchHandle first = client->Watch(TestRun(), early.Callbacks());
  ASSERT_TRUE(early.WaitForStatuses(1));

  const WatchHandle second = client->Watch(TestRun(), late.Callbacks());

  ASSERT_TRUE(late.WaitForStatuses(1));
  EXPECT_THAT(late.progress(), ElementsAre(10));
  EXPECT_EQ(gateway.watch_calls(), 1);
}

TEST(SharedStreamTest, CancellingOneLeavesTheOthersAndTheStream) {
  HeldRun run;
  ScriptedGateway gateway({.watch = run.Script()});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord staying;
  WatchRecord leaving;
  const WatchHandle first = client->Watch(TestRun(), staying.Callbacks());
  WatchHandle second = client->Watch(TestRun(), leaving.Callbacks());
  ASSERT_TRUE(staying.WaitForStatuses(1));
  ASSERT_TRUE(leaving.WaitForStatuses(1));

  second.Cancel();
  run.Release();

  ASSERT_TRUE(staying.WaitForEnd());
  EXPECT_THAT(staying.progress(), ElementsAre(10, 40));
  EXPECT_THAT(leaving.progress(), ElementsAre(10));
  EXPECT_THAT(leaving.ends(), ElementsAre(absl::CancelledError("the watch was cancelled")));
}

TEST(SharedStreamTest, TheLastToLeaveClosesTheStream) {
  HeldRun run;
  ScriptedGateway gateway({.watch = run.Script()});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;
  {
    const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());
    ASSERT_TRUE(record.WaitForStatuses(1));
  }

  EXPECT_TRUE(gateway.WaitUntil([&] { return gateway.open_watches() == 0; }));
}

TEST(SharedStreamTest, AnotherLanguageIsAnotherStream) {
  HeldRun run;
  ScriptedGateway gateway({.watch = run.Script()});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord plain;
  WatchRecord german;
  v1::RunReference in_german = TestRun();
  in_german.set_language("de");

  const WatchHandle first = client->Watch(TestRun(), plain.Callbacks());
  const WatchHandle second = client->Watch(in_german, german.Callbacks());

  ASSERT_TRUE(plain.WaitForStatuses(1));
  ASSERT_TRUE(german.WaitForStatuses(1));
  EXPECT_EQ(gateway.watch_calls(), 2);
}

}  // namespace
}  // namespace runcast::tests
