// A poll loop in virtual time, with a platform and a serving loop that the test plays.

#ifndef RUNCAST_TESTS_UNIT_RUNS_POLL_LOOP_FIXTURE_H_
#define RUNCAST_TESTS_UNIT_RUNS_POLL_LOOP_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/runs/poll_loop.h"
#include "gateway/runs/wire_time.h"
#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/fake_follower.h"
#include "tests/fakes/fake_status_client.h"

namespace runcast::runs {

inline base::RunKey KeyOf(std::string run_id, std::string language = "") {
  return {"st-1", "smoke", std::move(run_id), std::move(language)};
}

inline upstream::PollAnswer RunningAnswer(int done, int total = 40) {
  upstream::PollAnswer answer;
  answer.status.set_state(v1::RUN_STATE_RUNNING);
  answer.status.set_raw_state("running");
  answer.status.mutable_progress()->set_utterances_done(done);
  answer.status.mutable_progress()->set_utterances_total(total);
  answer.status.mutable_progress()->set_percent(100.0 * done / total);
  return answer;
}

inline upstream::PollAnswer CompletedAnswer(bool has_results = true) {
  upstream::PollAnswer answer;
  answer.status.set_state(v1::RUN_STATE_COMPLETED);
  answer.status.set_raw_state("completed");
  answer.status.set_terminal(true);
  answer.status.mutable_progress()->set_percent(100);
  answer.has_results = has_results;
  if (has_results) answer.status.mutable_result()->set_succeeded(36);
  answer.report_link = base::SecretString("https://platform.example/report?s=QUJD$$");
  return answer;
}

inline upstream::PollFailure FailureOf(upstream::PollFailureKind kind) {
  return upstream::PollFailure{.kind = kind, .message = "as the test wants"};
}

class PollLoopTest : public testing::Test {
 protected:
  PollLoopTest() { Restart(); }
  ~PollLoopTest() override {
    client_.reset();
    poll_loop_.reset();
  }

  // A new process, one that knows nothing. Without a seed it is as random as a real one.
  void Restart(std::optional<uint64_t> seed = 1) {
    client_.reset();
    poll_loop_.reset();
    client_ = std::make_unique<fakes::FakeStatusClient>(loop_);
    options_.seed = seed;
    poll_loop_ = std::make_unique<PollLoop>(options_, loop_, *client_, metrics_);
  }

  void Follow(const base::RunKey& key, bool resumed = false) {
    poll_loop_->Follow(&follower_, FollowRequest{key, "caller", resumed});
    loop_.RunUntilIdle();
  }
  void Unfollow(const base::RunKey& key) {
    poll_loop_->Unfollow(&follower_, key);
    loop_.RunUntilIdle();
  }
  uint64_t Read(const base::RunKey& key, absl::Duration max_staleness = absl::Seconds(5),
                bool include_report_link = false, std::string caller = "caller") {
    poll_loop_->Read(&follower_, ++last_read_,
                     ReadRequest{key, std::move(caller), max_staleness, include_report_link});
    loop_.RunUntilIdle();
    return last_read_;
  }
  void Answer(const std::string& run_id, upstream::PollResult result) {
    client_->Answer(run_id, std::move(result));
    loop_.RunUntilIdle();
  }
  // Every poll from now on gets this answer, 50 ms after it was sent.
  void AnswerAll(upstream::PollResult result) {
    client_->AnswerAllBy([result](const base::RunKey&) { return result; }, absl::Milliseconds(50));
  }

  SnapshotPtr Newest(const std::string& run_id = "tr-1") const {
    const std::vector<SnapshotPtr> snapshots = follower_.Snapshots(run_id);
    return snapshots.empty() ? nullptr : snapshots.back();
  }
  v1::Freshness::State Freshness(const std::string& run_id = "tr-1") const {
    return poll_loop_->table().Find(KeyOf(run_id))->vitals.freshness.state();
  }
  std::string StaleReason(const std::string& run_id = "tr-1") const {
    return poll_loop_->table().Find(KeyOf(run_id))->vitals.freshness.reason();
  }
  uint64_t Outcomes(telemetry::PollOutcome outcome) const {
    return metrics_.polls[static_cast<size_t>(outcome)].value();
  }

  PollLoop::Options options_;
  fakes::FakeEventLoop loop_;
  telemetry::Metrics metrics_;
  fakes::FakeFollower follower_;
  std::unique_ptr<fakes::FakeStatusClient> client_;
  std::unique_ptr<PollLoop> poll_loop_;
  uint64_t last_read_ = 0;
};

}  // namespace runcast::runs

#endif  // RUNCAST_TESTS_UNIT_RUNS_POLL_LOOP_FIXTURE_H_
