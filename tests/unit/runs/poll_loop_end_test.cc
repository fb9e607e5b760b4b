// How soon the end of a run is seen, and what that may cost.

#include <algorithm>
#include <cmath>
#include <vector>

#include "gateway/runs/wire_time.h"
#include "tests/unit/runs/poll_loop_fixture.h"

namespace runcast::runs {
namespace {

using testing::Gt;
using testing::Le;
using v1::Freshness;

// One run at a time on a platform that answers at once.
class RunEndTest : public PollLoopTest {
 protected:
  RunEndTest() {
    // A process that is an hour old has its whole surplus.
    loop_.AdvanceBy(absl::Minutes(61));
    client_->AnswerAllBy([this](const base::RunKey&) { return AnswerNow(); });
  }

  upstream::PollResult AnswerNow() {
    const absl::Duration age = loop_.clock().Now() - start_;
    sends_.push_back(age);
    upstream::PollAnswer answer;
    *answer.status.mutable_start_time() = ToTimestamp(start_wall_);
    if (age >= length_) {
      answer = CompletedAnswer();
      *answer.status.mutable_start_time() = ToTimestamp(start_wall_);
      *answer.status.mutable_end_time() = ToTimestamp(start_wall_ + length_);
      return answer;
    }
    answer.status.set_state(v1::RUN_STATE_RUNNING);
    if (percent_ != nullptr) answer.status.mutable_progress()->set_percent(percent_(age));
    return answer;
  }

  // Watches a run of this length until its end was told; returns how late that was.
  absl::Duration WatchRun(const std::string& run_id, absl::Duration length) {
    start_ = loop_.clock().Now();
    start_wall_ = loop_.clock().WallNow();
    length_ = length;
    sends_.clear();
    Follow(KeyOf(run_id));
    while (Newest(run_id) == nullptr || !Newest(run_id)->terminal()) {
      loop_.AdvanceBy(absl::Milliseconds(50));
      if (loop_.clock().Now() > start_ + length + absl::Minutes(1)) ADD_FAILURE() << run_id;
      if (HasFailure()) break;
    }
    return sends_.back() - length;
  }

  Freshness::EndHint Hint(const std::string& run_id) {
    loop_.AdvanceBy(absl::Milliseconds(10));  // What comes densely is told together.
    return Newest(run_id)->status().freshness().end_hint();
  }

  base::MonotonicTime start_;
  absl::Time start_wall_;
  absl::Duration length_;
  double (*percent_)(absl::Duration) = nullptr;  // Null: the platform tells no progress.
  std::vector<absl::Duration> sends_;            // Ages of the run at each poll.
};

TEST_F(RunEndTest, WithProgressTheEndIsSeenWithinHalfASecond) {
  percent_ = [](absl::Duration age) { return std::floor(absl::ToDoubleSeconds(age) / 6); };

  EXPECT_THAT(WatchRun("tr-1", absl::Seconds(600)), Le(absl::Milliseconds(500)));
}

TEST_F(RunEndTest, AProgressBarThatSticksAtItsEndCostsTheSurplusAndNothingElse) {
  percent_ = [](absl::Duration age) { return std::min(99.0, absl::ToDoubleSeconds(age)); };

  EXPECT_THAT(WatchRun("tr-1", absl::Hours(2)), Le(absl::Milliseconds(2200)));
  for (size_t first = 0, last = 0; last < sends_.size(); ++last) {
    while (sends_[first] + absl::Hours(1) <= sends_[last]) ++first;
    ASSERT_THAT(last - first + 1, Le(1782u));
    // The base pace goes on whatever was spent.
    const absl::Duration gap = last == 0 ? absl::ZeroDuration() : sends_[last] - sends_[last - 1];
    ASSERT_THAT(gap, Le(absl::Milliseconds(2200)));
  }
}

TEST_F(RunEndTest, WithoutProgressTheLengthsOfEarlierRunsOfTheSuiteAreLearned) {
  for (const char* earlier : {"tr-1", "tr-2", "tr-3"}) WatchRun(earlier, absl::Seconds(600));

  percent_ = nullptr;
  EXPECT_THAT(WatchRun("tr-4", absl::Seconds(603)), Le(absl::Milliseconds(1500)));
  const auto in_last_seconds = std::count_if(
      sends_.begin(), sends_.end(), [](absl::Duration age) { return age > absl::Seconds(583); });
  EXPECT_THAT(in_last_seconds, Gt(15)) << "base pace alone would make 10";
}

TEST_F(RunEndTest, TheFreshnessSaysFromWhatTheEndIsPredicted) {
  start_ = loop_.clock().Now();
  start_wall_ = loop_.clock().WallNow();
  length_ = absl::Seconds(60);
  Follow(KeyOf("tr-1"));
  EXPECT_EQ(Hint("tr-1"), Freshness::END_HINT_NONE);

  percent_ = [](absl::Duration) { return 7.0; };
  Follow(KeyOf("tr-2"));
  EXPECT_EQ(Hint("tr-2"), Freshness::END_HINT_PROGRESS);

  percent_ = nullptr;
  for (const char* earlier : {"tr-3", "tr-4", "tr-5"}) WatchRun(earlier, absl::Seconds(60));
  EXPECT_EQ(Hint("tr-5"), Freshness::END_HINT_UNSPECIFIED) << "it has ended";
  start_ = loop_.clock().Now();
  start_wall_ = loop_.clock().WallNow();
  Follow(KeyOf("tr-6"));
  EXPECT_EQ(Hint("tr-6"), Freshness::END_HINT_EARLIER_RUNS);
}

// A platform whose clock shows something else than ours, asked by a process that has just begun.
class PlatformClockTest : public PollLoopTest {
 protected:
  // Sends in a minute about a run that began `began` after the process did.
  int SendsInAMinute(absl::Duration began, absl::Duration platform_ahead) {
    Restart();
    const absl::Time start = loop_.clock().WallNow() + began + platform_ahead;
    if (began > absl::ZeroDuration()) loop_.AdvanceBy(began);
    client_->AnswerAllBy(
        [this, start, platform_ahead](const base::RunKey&) {
          upstream::PollAnswer answer;
          answer.status.set_state(v1::RUN_STATE_RUNNING);
          *answer.status.mutable_start_time() = ToTimestamp(start);
          answer.platform_time =
              absl::FromUnixSeconds(absl::ToUnixSeconds(loop_.clock().WallNow() + platform_ahead));
          return answer;
        },
        absl::Milliseconds(50));
    Follow(KeyOf("tr-1"));
    loop_.AdvanceBy(absl::Minutes(1));
    return client_->sends_for("tr-1");
  }
};

TEST_F(PlatformClockTest, ARunOlderThanTheProcessHasNoSurplusWhateverThePlatformsClockShows) {
  for (const absl::Duration ahead : {-absl::Minutes(20), absl::ZeroDuration(), absl::Minutes(20)}) {
    EXPECT_THAT(SendsInAMinute(-absl::Minutes(10), ahead), Le(30)) << absl::FormatDuration(ahead);
  }
}

TEST_F(PlatformClockTest, ARunYoungerThanTheProcessIsAskedOftenWhateverThePlatformsClockShows) {
  for (const absl::Duration ahead : {-absl::Minutes(20), absl::ZeroDuration(), absl::Minutes(20)}) {
    EXPECT_THAT(SendsInAMinute(absl::Minutes(1), ahead), Gt(40)) << absl::FormatDuration(ahead);
  }
}

}  // namespace
}  // namespace runcast::runs
