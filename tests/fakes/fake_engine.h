// A coordination engine in memory, shared by several poll loops in one process.

#ifndef RUNCAST_TESTS_FAKES_FAKE_ENGINE_H_
#define RUNCAST_TESTS_FAKES_FAKE_ENGINE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/event_loop.h"
#include "gateway/runs/coordination.h"

namespace runcast::fakes {

class FakeCoordination;

// What gateway/coordination keeps in Redis, by the same rules. Threads: one.
class FakeEngine {
 public:
  static constexpr absl::Duration kSessionLife = absl::Seconds(3);
  static constexpr absl::Duration kInterest = absl::Seconds(40);
  static constexpr absl::Duration kReplicaMemory = absl::Hours(1);

  struct Run {
    std::string owner;
    uint64_t epoch = 0;
    uint64_t records_epoch = 0;
    uint64_t records_version = 0;
    base::MonotonicTime shared_until = base::MonotonicTime::InfinitePast();
    int surplus = 0;
    runs::SendTimes borrowed;
    std::map<std::string, runs::StoredRecord> records;  // By suite and language.
    runs::SendTimes sends;
    // The memory's `since` when these were stored as a whole.
    base::MonotonicTime whole_since = base::MonotonicTime::InfinitePast();
  };
  struct Session {
    base::MonotonicTime renewed;
    bool reaches_platform = true;
  };
  // All that it remembers.
  struct Memory {
    base::MonotonicTime since;
    std::map<std::string, Run> runs;
    std::map<std::string, Session> sessions;
  };

  explicit FakeEngine(base::EventLoop& loop) : loop_(loop) { memory_.since = Now(); }

  // It does not answer, to anybody.
  void SetDown(bool down) { down_ = down; }
  bool is_down() const { return down_; }
  // Restarted empty; or another one takes its place with what was copied some time ago.
  void Forget() { memory_ = Memory{.since = Now()}; }
  Memory Copy() const { return memory_; }
  void Replace(Memory memory) { memory_ = std::move(memory); }
  // What the next record published is never told to others.
  void LoseNextRecord() { lose_next_ = true; }
  // It takes the next publish, and nobody hears that it did.
  void LoseNextPublishAnswer() { lose_next_answer_ = true; }

  const Run* Find(const std::string& run_id) const;
  int publishes() const { return publishes_; }

 private:
  friend class FakeCoordination;

  base::MonotonicTime Now() const { return loop_.clock().Now(); }
  bool IsLive(const std::string& session) const;
  runs::ClaimAnswer Claim(const std::string& session, const std::string& run_id,
                          const runs::ClaimRequest& request);
  runs::PublishAnswer Publish(const std::string& session, const std::string& run_id,
                              const runs::PublishRequest& request);
  void Release(const std::string& session, const std::string& run_id, uint64_t epoch,
               const runs::SendTimes& sends, const std::vector<base::RunKey>& offered);
  bool Borrow(const std::string& run_id, base::MonotonicTime at);
  void Tell(const runs::SharedRecord& record);

  base::EventLoop& loop_;
  Memory memory_;
  bool down_ = false;
  bool lose_next_ = false;
  bool lose_next_answer_ = false;
  int publishes_ = 0;
  std::vector<FakeCoordination*> connected_;
};

// One replica's way to it. Threads: one. Lifetime: engine and loop outlive it.
class FakeCoordination final : public runs::Coordination {
 public:
  static constexpr absl::Duration kCommandTimeout = absl::Milliseconds(250);
  static constexpr absl::Duration kLease = absl::Seconds(2);

  // `loop`: of its replica.
  FakeCoordination(FakeEngine& engine, base::EventLoop& loop, std::string session);
  ~FakeCoordination() override;

  // The link between this replica and the engine is cut.
  void SetCut(bool cut) { cut_ = cut; }
  void Start(Listener& listener) override;
  const std::string& session() const override { return session_; }
  base::MonotonicTime lease_until() const override { return lease_until_; }
  void Claim(const std::string& run_id, runs::ClaimRequest request) override;
  void Publish(const std::string& run_id, runs::PublishRequest request) override;
  void Release(const std::string& run_id, uint64_t epoch, runs::SendTimes sends,
               std::vector<base::RunKey> offered) override;
  void Borrow(const std::string& run_id, base::MonotonicTime at) override;
  void SetReachesPlatform(bool reaches) override { reaches_platform_ = reaches; }
  void Leave(base::Task done) override;

 private:
  friend class FakeEngine;

  bool Reaches() const { return !cut_ && !engine_.is_down(); }
  void Renew();
  void LookForLost();
  // Runs `answer` on the loop if the engine can be reached, else `fail` after the time-out.
  void Command(base::Task answer, base::Task fail);

  FakeEngine& engine_;
  base::EventLoop& loop_;
  const std::string session_;
  Listener* listener_ = nullptr;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool cut_ = false;
  bool up_ = false;
  bool reaches_platform_ = true;
  base::MonotonicTime lease_until_ = base::MonotonicTime::InfinitePast();
  std::map<std::string, bool> seen_live_;
  base::MonotonicTime era_ = base::MonotonicTime::InfinitePast();
  std::unique_ptr<base::Timer> renew_timer_;
  std::unique_ptr<base::Timer> expiry_timer_;
  std::vector<std::unique_ptr<base::Timer>> timeouts_;
};

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_FAKE_ENGINE_H_
