// Who may destroy what, when. Run under ThreadSanitizer and AddressSanitizer this is the proof that
// no callback outlives what it touches.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/component/client/client_fixture.h"
#include "tests/component/client/scripted_gateway.h"
#include "tests/component/client/watch_record.h"

namespace runcast::tests {
namespace {

using client::WatchCallbacks;
using client::WatchHandle;
using ::testing::ElementsAre;
using ::testing::SizeIs;

grpc::Status SendForEver(ScriptedGateway::WatchCall& call) {
  for (uint64_t sequence = 1; call.Send(Running(7, sequence, 10), "t"); ++sequence) {
  }
  return grpc::Status::OK;
}

grpc::Status SendAndHold(ScriptedGateway::WatchCall& call) {
  call.Send(Running(7, 1, 10), "a");
  return call.HoldOpen();
}

TEST(ClientLifetimeTest, DestroyingTheClientEndsOpenWatchesWithCancelled) {
  ScriptedGateway gateway({.watch = SendAndHold});
  auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;
  const WatchHandle watch = client->Watch(TestRun(), record.Callbacks());
  ASSERT_TRUE(record.WaitForStatuses(1));

  client.reset();

  ASSERT_THAT(record.ends(), SizeIs(1));
  EXPECT_TRUE(absl::IsCancelled(record.ends()[0]));
  EXPECT_TRUE(gateway.WaitUntil([&] { return gateway.open_watches() == 0; }));
}

TEST(ClientLifetimeTest, AClientCanGoWhileItsStreamsAreBusyAndWaiting) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    switch (call.number() % 3) {
      case 0:
        return SendForEver(call);
      case 1:
        return SendAndHold(call);
      default:
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut");
    }
  }});
  std::deque<WatchRecord> records(30);
  for (int round = 0; round < 10; ++round) {
    auto client = MakeClient(OptionsFor(gateway));
    std::vector<WatchHandle> watches;
    for (size_t i = 0; i < 3; ++i) {
      auto& record = records[static_cast<size_t>(round) * 3 + i];
      watches.push_back(client->Watch(TestRun(absl::StrCat("tr-", i)), record.Callbacks()));
    }
    ASSERT_TRUE(gateway.WaitUntil([&] { return gateway.watch_calls() >= 3 * (round + 1); }));
    client.reset();
  }

  for (const auto& record : records) EXPECT_THAT(record.ends(), SizeIs(1));
}

TEST(ClientLifetimeTest, AClientThatWasNeverUsedGoesQuietly) {
  const DeadAddress nobody;
  const auto client = MakeClient(OptionsFor(nobody.target()));
  EXPECT_NE(client, nullptr);
}

TEST(ClientLifetimeTest, NothingIsCalledAfterCancelReturned) {
  ScriptedGateway gateway({.watch = SendForEver});
  const auto client = MakeClient(OptionsFor(gateway));
  for (int round = 0; round < 50; ++round) {
    auto record = std::make_unique<WatchRecord>();
    WatchHandle watch = client->Watch(TestRun(), record->Callbacks());
    if (round % 2 == 0) {
      ASSERT_TRUE(record->WaitForStatuses(1));
    }

    watch.Cancel();

    ASSERT_THAT(record->ends(), SizeIs(1));
    EXPECT_TRUE(absl::IsCancelled(record->ends()[0]));
    record.reset();  // A late callback would now touch freed memory.
  }
}

TEST(ClientLifetimeTest, AWatchCanBeCancelledInsideItsOwnCallback) {
  ScriptedGateway gateway({.watch = SendForEver});
  const auto client = MakeClient(OptionsFor(gateway));
  WatchRecord record;
  std::optional<WatchHandle> watch;
  std::mutex mutex;  // Of `watch`: a callback may come before the assignment below.
  WatchCallbacks callbacks = record.Callbacks();
  callbacks.on_status = [&](const v1::RunStatus&) {
    std::lock_guard<std::mutex> lock(mutex);
    watch.reset();
  };

  {
    std::lock_guard<std::mutex> lock(mutex);
    watch = client->Watch(TestRun(), std::move(callbacks));
  }

  ASSERT_TRUE(record.WaitForEnd());
  EXPECT_THAT(record.ends(), ElementsAre(absl::CancelledError("the watch was cancelled")));
}

TEST(ClientLifetimeTest, AWatchCanBeOpenedInsideACallback) {
  ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});
  WatchRecord inner_record;
  std::optional<WatchHandle> inner;
  const auto client = MakeClient(OptionsFor(gateway));
  WatchCallbacks callbacks;
  callbacks.on_done = [&](const absl::Status&) {
    inner = client->Watch(TestRun("tr-inner"), inner_record.Callbacks());
  };

  const WatchHandle outer = client->Watch(TestRun(), std::move(callbacks));

  ASSERT_TRUE(inner_record.WaitForEnd());
  EXPECT_THAT(inner_record.ends(), ElementsAre(absl::OkStatus()));
}

TEST(ClientLifetimeTest, AWatchOpenedInACallbackWhileTheClientEndsIsCancelledToo) {
  ScriptedGateway gateway({.watch = SendAndHold});
  auto client = MakeClient(OptionsFor(gateway));
  WatchRecord outer_record;
  WatchRecord inner_record;
  WatchHandle inner;
  WatchCallbacks callbacks = outer_record.Callbacks();
  callbacks.on_done = [&, plain = client.get()](const absl::Status&) {
    inner = plain->Watch(TestRun("tr-inner"), inner_record.Callbacks());
  };
  const WatchHandle outer = client->Watch(TestRun(), std::move(callbacks));
  ASSERT_TRUE(outer_record.WaitForStatuses(1));

  client.reset();

  EXPECT_THAT(inner_record.ends(), ElementsAre(absl::CancelledError("the client was closed")));
}

TEST(ClientLifetimeTest, AClientEndsAlsoWhenEveryEndIsAnsweredWithAnotherWatch) {
  ScriptedGateway gateway({.watch = SendAndHold});
  auto client = MakeClient(OptionsFor(gateway));
  std::vector<WatchHandle> watches;
  int ends = 0;
  bool client_is_there = true;
  std::function<void()> watch_again = [&, plain = client.get()] {
    WatchCallbacks callbacks;
    callbacks.on_done = [&](const absl::Status&) {
      ++ends;
      if (client_is_there) watch_again();
    };
    watches.push_back(plain->Watch(TestRun(), std::move(callbacks)));
  };
  watch_again();
  ASSERT_TRUE(gateway.WaitUntil([&] { return gateway.open_watches() == 1; }));

  client.reset();

  EXPECT_EQ(ends, 2) << "its own, and that of the one opened then";
  client_is_there = false;
  watches.clear();
  EXPECT_EQ(ends, 3) << "with its handle";
}

TEST(ClientLifetimeTest, AHandleMayOutliveTheClient) {
  ScriptedGateway gateway({.watch = SendAndHold});
  WatchRecord record;
  WatchHandle watch;
  {
    const auto client = MakeClient(OptionsFor(gateway));
    watch = client->Watch(TestRun(), record.Callbacks());
    ASSERT_TRUE(record.WaitForStatuses(1));
  }

  watch.Cancel();

  EXPECT_THAT(record.ends(), SizeIs(1));
}

TEST(ClientLifetimeTest, ManyThreadsMayWatchAndCancelAtOnce) {
  ScriptedGateway gateway({.watch = SendForEver});
  const auto client = MakeClient(OptionsFor(gateway));
  std::vector<std::thread> threads;
  std::atomic<int> wrong_ends{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 20; ++round) {
        WatchRecord record;
        WatchHandle watch =
            client->Watch(TestRun(absl::StrCat("tr-", (t + round) % 3)), record.Callbacks());
        if (round % 3 == 0 && !record.WaitForStatuses(1)) ++wrong_ends;
        watch.Cancel();
        if (record.ends().size() != 1) ++wrong_ends;
      }
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(wrong_ends, 0);
}

}  // namespace
}  // namespace runcast::tests
