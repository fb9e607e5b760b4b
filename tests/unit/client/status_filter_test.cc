#include "client/src/status_filter.h"

#include <gtest/gtest.h>

#include <optional>

namespace runcast::client {
namespace {

using Verdict = StatusFilter::Verdict;

v1::RunStatus StatusOf(uint64_t epoch, uint64_t sequence, std::optional<int64_t> done,
                       std::optional<double> percent = std::nullopt, bool terminal = false) {
  v1::RunStatus status;
  status.set_epoch(epoch);
  status.set_sequence(sequence);
  if (done) status.mutable_progress()->set_utterances_done(*done);
  if (percent) status.mutable_progress()->set_percent(*percent);
  status.set_terminal(terminal);
  return status;
}

TEST(StatusFilterTest, RisingSequencesOfOneEpochAreNew) {
  StatusFilter filter;

  EXPECT_EQ(filter.Judge(StatusOf(7, 1, 10)), Verdict::kNew);
  EXPECT_EQ(filter.Judge(StatusOf(7, 2, 10)), Verdict::kNew);
  EXPECT_EQ(filter.Judge(StatusOf(7, 9, 11)), Verdict::kNew);
}

TEST(StatusFilterTest, ASequenceThatWasReachedIsADuplicate) {
  StatusFilter filter;
  filter.Judge(StatusOf(7, 5, 10));

  EXPECT_EQ(filter.Judge(StatusOf(7, 5, 10)), Verdict::kDuplicate);
  EXPECT_EQ(filter.Judge(StatusOf(7, 4, 20)), Verdict::kDuplicate);
}

TEST(StatusFilterTest, AnEpochThatComesBackGoesOnWhereItWas) {
  StatusFilter filter;
  filter.Judge(StatusOf(7, 5, 10));
  filter.Judge(StatusOf(8, 1, 10));

  EXPECT_EQ(filter.Judge(StatusOf(7, 5, 10)), Verdict::kDuplicate);
  EXPECT_EQ(filter.Judge(StatusOf(7, 6, 11)), Verdict::kNew);
}

TEST(StatusFilterTest, LessProgressIsBehindAlsoInANewEpoch) {
  StatusFilter filter;
  filter.Judge(StatusOf(7, 5, 20, 50));

  EXPECT_EQ(filter.Judge(StatusOf(8, 1, 19, 99)), Verdict::kBehind);
  EXPECT_EQ(filter.Judge(StatusOf(8, 2, 20, 49)), Verdict::kBehind);
  EXPECT_EQ(filter.Judge(StatusOf(8, 3, std::nullopt, 49)), Verdict::kBehind);
  EXPECT_EQ(filter.Judge(StatusOf(8, 4, 20, 50)), Verdict::kNew);
}

TEST(StatusFilterTest, TheCountDecidesBeforeThePercent) {
  StatusFilter filter;
  filter.Judge(StatusOf(7, 5, 20, 50));

  EXPECT_EQ(filter.Judge(StatusOf(8, 1, 21, 49)), Verdict::kNew);
}

TEST(StatusFilterTest, UnknownProgressCannotBeBehind) {
  StatusFilter filter;
  filter.Judge(StatusOf(7, 5, 20));

  EXPECT_EQ(filter.Judge(StatusOf(8, 1, std::nullopt)), Verdict::kNew);
  EXPECT_EQ(filter.Judge(StatusOf(8, 2, 19)), Verdict::kBehind);
}

TEST(StatusFilterTest, ATerminalStatusIsNewWithLessProgress) {
  StatusFilter filter;
  filter.Judge(StatusOf(7, 5, 20));

  EXPECT_EQ(filter.Judge(StatusOf(8, 1, 3, std::nullopt, true)), Verdict::kNew);
}

TEST(StatusFilterTest, NothingIsNewAfterATerminalStatus) {
  StatusFilter filter;
  filter.Judge(StatusOf(7, 5, 20, std::nullopt, true));

  EXPECT_EQ(filter.Judge(StatusOf(8, 1, 40, std::nullopt, true)), Verdict::kBehind);
  EXPECT_EQ(filter.Judge(StatusOf(7, 6, 40)), Verdict::kBehind);
}

}  // namespace
}  // namespace runcast::client
