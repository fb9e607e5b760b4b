// How soon watches are back after a gateway was away, with the options that everybody has.
//
// Three seconds are what the back-offs may take. What the machine takes for a hundred streams comes
// on top; it is measured at the start, because under a sanitizer it is seconds as well.

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/component/client/client_fixture.h"
#include "tests/component/client/scripted_gateway.h"
#include "tests/component/client/watch_record.h"

namespace runcast::tests {
namespace {

TEST(RestartTest, AllWatchesAreBackWithinThreeSecondsOfTheGateway) {
  constexpr int kRuns = 100;
  auto first = std::make_unique<ScriptedGateway>(
      ScriptedGateway::Options{.watch = [](ScriptedGateway::WatchCall& call) {
        call.Send(Running(7, 1, 10), "a");
        return call.HoldOpen();
      }});
  const ScriptedGateway::Place place = first->place();
  const auto client = MakeClient({.targets = {first->target()}});
  const absl::Time start = absl::Now();
  std::deque<WatchRecord> records(kRuns);
  std::vector<client::WatchHandle> watches;
  for (size_t i = 0; i < kRuns; ++i) {
    watches.push_back(client->Watch(TestRun(absl::StrCat("tr-", i)), records[i].Callbacks()));
  }
  for (auto& record : records) ASSERT_TRUE(record.WaitForStatuses(1));
  const absl::Duration work = absl::Now() - start;

  first.reset();
  absl::SleepFor(absl::Seconds(4));  // Long enough for every back-off to reach its maximum.
  const absl::Time back = absl::Now();
  ScriptedGateway second({.watch =
                              [](ScriptedGateway::WatchCall& call) {
                                call.Send(Completed(8, 1), "b");
                                return grpc::Status::OK;
                              },
                          .place = place});

  for (auto& record : records) {
    ASSERT_TRUE(record.WaitForEnd());
    EXPECT_EQ(record.ends()[0], absl::OkStatus());
  }
  EXPECT_LE(absl::Now() - back, absl::Seconds(3) + 2 * work) << "a first start took " << work;
}

}  // namespace
}  // namespace runcast::tests
