#include "gateway/app/memory_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "gateway/app/memory_limit.h"
#include "gateway/telemetry/process_facts.h"
#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(MemoryGuardTest, IsFullFrom85PercentUntilLessThan80AreUsed) {
  fakes::FakeEventLoop loop;
  double used = 0;
  std::vector<bool> changes;
  MemoryGuard guard(
      loop, 1000, [&] { return used; }, [&](bool full) { changes.push_back(full); });

  used = 849;
  loop.AdvanceBy(absl::Seconds(1));
  EXPECT_THAT(changes, IsEmpty());
  used = 850;
  loop.AdvanceBy(absl::Seconds(1));
  EXPECT_THAT(changes, ElementsAre(true));
  used = 801;
  loop.AdvanceBy(absl::Seconds(1));
  EXPECT_THAT(changes, ElementsAre(true));
  used = 799;
  loop.AdvanceBy(absl::Seconds(1));
  EXPECT_THAT(changes, ElementsAre(true, false));
}

// Many streams that open at once fill the last 15 % of a small limit quickly.
TEST(MemoryGuardTest, NoticesWithinATwentiethOfASecond) {
  fakes::FakeEventLoop loop;
  double used = 0;
  bool is_full = false;
  MemoryGuard guard(
      loop, 1000, [&] { return used; }, [&](bool full) { is_full = full; });
  loop.AdvanceBy(absl::Seconds(1));

  used = 900;
  loop.AdvanceBy(absl::Milliseconds(50));

  EXPECT_TRUE(is_full);
}

TEST(MemoryLimitTest, ReadsWhatControlGroupsWrite) {
  EXPECT_EQ(ParseMemoryLimit("536870912\n"), 536870912u);
  for (const char* none : {"max\n", "9223372036854771712\n", "0", "", "lots"}) {
    EXPECT_EQ(ParseMemoryLimit(none), std::nullopt) << none;
  }
}

TEST(MemoryLimitTest, IsTheOneOfTheControlGroup) {
  const fakes::TempDirectory groups;
  EXPECT_EQ(ControlGroupLimit(groups.Path("")), std::nullopt);
  groups.Write("memory.max", "1048576\n");
  EXPECT_EQ(ControlGroupLimit(groups.Path("")), 1048576u);
}

TEST(MemoryLimitTest, ThisProcessUsesSome) {
  EXPECT_GT(telemetry::ReadResidentBytes(), 1e6);
  EXPECT_LT(telemetry::ReadResidentBytes(), 1e9);
}

}  // namespace
}  // namespace runcast::app
