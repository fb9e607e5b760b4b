// Several replicas in one process and in virtual time: poll loops that share an engine and a
// platform, each with its own links to both.

#ifndef RUNCAST_TESTS_UNIT_RUNS_REPLICAS_FIXTURE_H_
#define RUNCAST_TESTS_UNIT_RUNS_REPLICAS_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/runs/poll_loop.h"
#include "tests/fakes/fake_engine.h"
#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/fake_follower.h"
#include "tests/fakes/fake_status_client.h"

namespace runcast::runs {

// An event loop whose thread can be stopped, as by SIGSTOP: what comes due meanwhile happens when
// it goes on, and its clock went on too.
class StoppableLoop final : public base::EventLoop {
 public:
  explicit StoppableLoop(base::EventLoop& loop) : loop_(loop) {}

  void Stop() { stopped_ = true; }
  void Continue() {
    stopped_ = false;
    std::deque<std::function<void()>> held = std::move(held_);
    held_.clear();
    for (auto& task : held) task();
  }

  const base::Clock& clock() const override { return loop_.clock(); }
  void Post(base::Task task) override {
    auto shared = std::make_shared<base::Task>(std::move(task));
    loop_.Post([this, shared] { RunOrHold([shared] { (*shared)(); }); });
  }
  std::unique_ptr<base::Timer> NewTimer(base::Task task) override {
    return std::make_unique<HeldTimer>(*this, std::move(task));
  }
  std::unique_ptr<base::FdWatch> WatchFd(int fd, FdCallback callback) override {
    return loop_.WatchFd(fd, std::move(callback));
  }

 private:
  class HeldTimer final : public base::Timer {
   public:
    HeldTimer(StoppableLoop& loop, base::Task task)
        : task_(std::make_shared<base::Task>(std::move(task))),
          timer_(loop.loop_.NewTimer([this, &loop] {
            loop.RunOrHold([this, task = std::weak_ptr<base::Task>(task_), set = set_] {
              // Destroyed or set anew meanwhile.
              const auto alive = task.lock();
              if (alive != nullptr && set == set_) (*alive)();
            });
          })) {}
    void Set(base::MonotonicTime when) override {
      ++set_;
      timer_->Set(when);
    }
    void Cancel() override {
      ++set_;
      timer_->Cancel();
    }

   private:
    std::shared_ptr<base::Task> task_;
    int set_ = 0;
    std::unique_ptr<base::Timer> timer_;
  };

  void RunOrHold(std::function<void()> task) {
    if (stopped_) {
      held_.push_back(std::move(task));
    } else {
      task();
    }
  }

  base::EventLoop& loop_;
  bool stopped_ = false;
  std::deque<std::function<void()>> held_;
};

inline base::RunKey RunOf(std::string run_id, std::string language = "") {
  return {"st-1", "smoke", std::move(run_id), std::move(language)};
}

class ReplicasTest : public testing::Test {
 protected:
  struct Replica {
    Replica(ReplicasTest& test, const std::string& session)
        : loop(test.loop_),
          client(std::make_unique<fakes::FakeStatusClient>(loop)),
          coordination(std::make_unique<fakes::FakeCoordination>(test.engine_, loop, session)) {
      PollLoop::Options options = test.options_;
      options.seed = test.next_seed_++;
      poll_loop = std::make_unique<PollLoop>(options, loop, *client, metrics, coordination.get());
      client->AnswerAllBy([&test, this](const base::RunKey& key) { return test.Serve(*this, key); },
                          absl::Milliseconds(50));
    }
    ~Replica() {
      client.reset();
      coordination.reset();
      poll_loop.reset();
    }

    StoppableLoop loop;
    telemetry::Metrics metrics;
    fakes::FakeFollower follower;
    bool platform_cut = false;
    std::unique_ptr<fakes::FakeStatusClient> client;
    std::unique_ptr<fakes::FakeCoordination> coordination;
    std::unique_ptr<PollLoop> poll_loop;
  };

  // The next replica, up and connected.
  Replica& Start() {
    replicas_.push_back(
        std::make_unique<Replica>(*this, absl::StrCat("session-", ++last_session_)));
    loop_.AdvanceBy(absl::Milliseconds(10));
    return *replicas_.back();
  }
  // As if it had been up for so long.
  void LetEngineRemember(absl::Duration past) {
    fakes::FakeEngine::Memory memory = engine_.Copy();
    memory.since = Now() - past;
    engine_.Replace(std::move(memory));
  }
  // As by SIGKILL: nobody is told anything, and what it sent counts.
  void Kill(Replica& replica) {
    KeepSends(replica);
    std::erase_if(replicas_, [&](const auto& one) { return one.get() == &replica; });
  }

  // As at the end of a drain.
  void Stop(Replica& replica) {
    bool left = false;
    replica.poll_loop->Leave([&left] { left = true; });
    Advance(absl::Milliseconds(10));
    EXPECT_TRUE(left);
    Kill(replica);
  }

  void Follow(Replica& replica, const base::RunKey& key) {
    replica.poll_loop->Follow(&replica.follower, FollowRequest{key, "caller", false});
    loop_.AdvanceBy(absl::Milliseconds(100));
  }
  void FollowEverywhere(const base::RunKey& key) {
    for (const auto& replica : replicas_) Follow(*replica, key);
  }

  // The runs advance by one utterance each `step_` until they complete.
  upstream::PollResult Serve(Replica& replica, const base::RunKey& key) {
    if (replica.platform_cut) {
      upstream::PollFailure failure = fakes::Failure(upstream::PollFailureKind::kUnavailable);
      failure.http_status = 0;
      return failure;
    }
    if (answer_ != nullptr) return answer_(key);
    const auto done = (loop_.clock().Now() - start_) / step_;
    return done >= total_ ? fakes::CompletedAnswer(key, total_)
                          : fakes::RunningAnswer(key, done, total_);
  }
  // Nothing tells when the runs will end: whoever takes one on asks every second while there is
  // something left to spend.
  void SpendAllAtFirst() {
    answer_ = [](const base::RunKey& key) {
      return fakes::BareAnswer(key, v1::RUN_STATE_RUNNING, "running", false);
    };
  }

  // All sends of the run by everybody, dead ones too, in order of time.
  std::vector<base::MonotonicTime> Sends(const std::string& run_id) {
    std::vector<base::MonotonicTime> times;
    for (const auto& [id, at] : dead_sends_) {
      if (id == run_id) times.push_back(at);
    }
    for (const auto& replica : replicas_) {
      for (const auto& send : replica->client->sends()) {
        if (send.key.run_id == run_id) times.push_back(send.at);
      }
    }
    std::sort(times.begin(), times.end());
    return times;
  }
  int SendsWithin(const std::string& run_id, base::MonotonicTime from, absl::Duration length) {
    const auto times = Sends(run_id);
    return static_cast<int>(std::count_if(times.begin(), times.end(), [&](base::MonotonicTime at) {
      return at >= from && at < from + length;
    }));
  }
  // The most that any window of this length ever held.
  int MostSends(const std::string& run_id, absl::Duration window) {
    const auto times = Sends(run_id);
    size_t most = 0;
    for (size_t first = 0, i = 0; i < times.size(); ++i) {
      while (times[i] - times[first] >= window) ++first;
      most = std::max(most, i - first + 1);
    }
    return static_cast<int>(most);
  }
  void ExpectBudgetHolds(const std::string& run_id) {
    EXPECT_LE(MostSends(run_id, absl::Seconds(60)), 60);
    EXPECT_LE(MostSends(run_id, absl::Seconds(3600)), 1800);
  }
  // The longest time without a send, from `from` to now.
  absl::Duration LongestGap(const std::string& run_id, base::MonotonicTime from) {
    absl::Duration longest;
    base::MonotonicTime last = from;
    for (const base::MonotonicTime at : Sends(run_id)) {
      if (at < from) continue;
      longest = std::max(longest, at - last);
      last = at;
    }
    return std::max(longest, loop_.clock().Now() - last);
  }

  Replica* OwnerOf(const std::string& run_id) {
    const fakes::FakeEngine::Run* run = engine_.Find(run_id);
    if (run == nullptr) return nullptr;
    for (const auto& replica : replicas_) {
      if (replica->coordination->session() == run->owner) return replica.get();
    }
    return nullptr;
  }
  // Any that is not the owner.
  Replica& FollowerOf(const std::string& run_id) {
    for (const auto& replica : replicas_) {
      if (replica.get() != OwnerOf(run_id)) return *replica;
    }
    ADD_FAILURE() << "no replica follows " << run_id;
    return *replicas_.front();
  }
  SnapshotPtr Newest(const Replica& replica, const std::string& run_id = "tr-1") const {
    const auto snapshots = replica.follower.Snapshots(run_id);
    return snapshots.empty() ? nullptr : snapshots.back();
  }
  int64_t Done(const Replica& replica, const std::string& run_id = "tr-1") const {
    const SnapshotPtr newest = Newest(replica, run_id);
    return newest == nullptr ? -1 : newest->status().progress().utterances_done();
  }
  v1::Freshness::State Freshness(const Replica& replica, const std::string& run_id = "tr-1") const {
    return replica.poll_loop->table().Find(RunOf(run_id))->vitals.freshness.state();
  }
  // What every watcher of a replica saw: sequences rise, progress does not fall, and nothing
  // follows the end.
  void ExpectInOrder(const Replica& replica, const std::string& run_id = "tr-1") const {
    SnapshotPtr last;
    for (const SnapshotPtr& snapshot : replica.follower.Snapshots(run_id)) {
      if (last != nullptr) {
        EXPECT_FALSE(last->terminal());
        EXPECT_GT(snapshot->status().sequence(), last->status().sequence());
        EXPECT_FALSE(IsBehind(snapshot->token(), last->token()));
      }
      last = snapshot;
    }
  }
  base::MonotonicTime Now() const { return loop_.clock().Now(); }
  void Advance(absl::Duration by) { loop_.AdvanceBy(by); }

  void KeepSends(Replica& replica) {
    for (const auto& send : replica.client->sends()) {
      dead_sends_.emplace_back(send.key.run_id, send.at);
    }
  }

  PollLoop::Options options_;
  fakes::FakeEventLoop loop_;
  fakes::FakeEngine engine_{loop_};
  base::MonotonicTime start_ = loop_.clock().Now();
  absl::Duration step_ = absl::Seconds(4);
  int64_t total_ = 1'000'000;
  std::function<upstream::PollResult(const base::RunKey&)> answer_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<std::pair<std::string, base::MonotonicTime>> dead_sends_;
  int last_session_ = 0;
  uint64_t next_seed_ = 1;
};

}  // namespace runcast::runs

#endif  // RUNCAST_TESTS_UNIT_RUNS_REPLICAS_FIXTURE_H_
