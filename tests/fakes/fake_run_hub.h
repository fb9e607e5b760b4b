// A hub whose answers the test gives.

#ifndef RUNCAST_TESTS_FAKES_FAKE_RUN_HUB_H_
#define RUNCAST_TESTS_FAKES_FAKE_RUN_HUB_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/base/run_key.h"
#include "gateway/runs/run_hub.h"
#include "gateway/runs/snapshot_table.h"

namespace runcast::fakes {

// Remembers what was asked and who follows; says only what it is told to say. Events go to
// every follower of the run, on the thread of the test.
//
// Threads: any. Every wait has a limit of 10 s and says by its result whether it was in vain.
class FakeRunHub final : public runs::RunHub {
 public:
  // RunHub:
  void Follow(runs::Follower* follower, runs::FollowRequest request) override;
  void Unfollow(runs::Follower* follower, const base::RunKey& key) override;
  void Read(runs::Follower* follower, uint64_t read_id, runs::ReadRequest request) override;
  const runs::SnapshotTable& table() const override { return table_; }

  runs::SnapshotTable& mutable_table() { return table_; }

  // Answers every Follow of the run from now on with this event, from within Follow.
  void AnswerFollowsWith(const base::RunKey& key, runs::FollowEvent event);
  // Answers every Read from now on, from within Read.
  void AnswerReadsWith(runs::ReadAnswer answer);

  // A terminal snapshot, and an end that spares nobody, make the hub forget the followers; the
  // refusal of one Follow, by its id, does not: there has been another one since.
  void Say(const base::RunKey& key, const runs::FollowEvent& event);
  // Several in a row, also after such an event: they were on their way already.
  void SayInARow(const base::RunKey& key, const std::vector<runs::FollowEvent>& events);
  // To all followers, but wakes only one of them, as if the hub could not go on then.
  void SayWakingOne(const base::RunKey& key, size_t woken, const runs::FollowEvent& event);
  // Answers all reads that wait.
  void AnswerWaitingReads(const runs::ReadAnswer& answer);

  // Until this many Follows, in all, have come.
  bool WaitForFollows(size_t count);
  bool WaitForUnfollows(size_t count);
  bool WaitForReads(size_t count);
  // Until nobody follows anything.
  bool WaitUntilUnfollowed();

  std::vector<runs::FollowRequest> follows() const;
  std::vector<runs::ReadRequest> reads() const;
  size_t follower_count(const base::RunKey& key) const;

 private:
  struct WaitingRead {
    runs::Follower* follower;
    uint64_t id;
  };

  template <typename Condition>
  bool WaitFor(Condition condition);
  // Whether followers are forgotten with this event.
  static bool Forgets(const runs::FollowEvent& event);

  runs::SnapshotTable table_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  absl::flat_hash_map<base::RunKey, std::vector<runs::Follower*>> followers_;
  absl::flat_hash_map<base::RunKey, runs::FollowEvent> follow_answers_;
  std::optional<runs::ReadAnswer> read_answer_;
  std::vector<WaitingRead> waiting_reads_;
  std::vector<runs::FollowRequest> follows_;
  std::vector<runs::ReadRequest> reads_;
  size_t unfollows_ = 0;
};

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_FAKE_RUN_HUB_H_
