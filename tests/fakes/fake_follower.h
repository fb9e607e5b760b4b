// A serving loop that only remembers what it was told.

#ifndef RUNCAST_TESTS_FAKES_FAKE_FOLLOWER_H_
#define RUNCAST_TESTS_FAKES_FAKE_FOLLOWER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gateway/runs/run_hub.h"

namespace runcast::fakes {

// Threads: one.
class FakeFollower final : public runs::Follower {
 public:
  void OnFollowEvent(const base::RunKey& key, runs::FollowEvent event) override {
    QueueFollowEvent(key, std::move(event));
    Wake();
  }
  void QueueFollowEvent(const base::RunKey& key, runs::FollowEvent event) override {
    queued_.emplace_back(key, std::move(event));
  }
  void Wake() override {
    if (on_wake_) on_wake_();
    std::move(queued_.begin(), queued_.end(), std::back_inserter(events_));
    queued_.clear();
  }
  void OnReadAnswer(uint64_t read_id, runs::ReadAnswer answer) override {
    ++answers_received_;
    answers_.insert_or_assign(read_id, std::move(answer));
  }

  // Called with each wake, before it looks into its queue.
  void SetOnWake(std::function<void()> on_wake) { on_wake_ = std::move(on_wake); }
  size_t queued() const { return queued_.size(); }

  // Every snapshot that came for the run, with Admitted or Published.
  std::vector<runs::SnapshotPtr> Snapshots(const std::string& run_id) const {
    std::vector<runs::SnapshotPtr> snapshots;
    for (const auto& [key, event] : events_) {
      if (key.run_id != run_id) continue;
      if (const auto* admitted = std::get_if<runs::Admitted>(&event)) {
        if (admitted->newest != nullptr) snapshots.push_back(admitted->newest);
      } else if (const auto* published = std::get_if<runs::Published>(&event)) {
        snapshots.push_back(published->snapshot);
      }
    }
    return snapshots;
  }
  // The errors that ended the following of the run, in order.
  std::vector<runs::RunError> Ends(const std::string& run_id) const {
    std::vector<runs::RunError> ends;
    for (const auto& [key, event] : events_) {
      const auto* ended = std::get_if<runs::Ended>(&event);
      if (key.run_id == run_id && ended != nullptr) ends.push_back(ended->error);
    }
    return ends;
  }
  // The ids of the Follows that were refused, in order.
  std::vector<uint64_t> Refused() const {
    std::vector<uint64_t> ids;
    for (const auto& [key, event] : events_) {
      const auto* ended = std::get_if<runs::Ended>(&event);
      if (ended != nullptr && ended->follow_id != 0) ids.push_back(ended->follow_id);
    }
    return ids;
  }
  int admissions() const {
    int count = 0;
    for (const auto& [key, event] : events_) count += std::holds_alternative<runs::Admitted>(event);
    return count;
  }

  bool HasAnswer(uint64_t read_id) const { return answers_.contains(read_id); }
  const runs::ReadAnswer& Answer(uint64_t read_id) const { return answers_.at(read_id); }
  int answers_received() const { return answers_received_; }

 private:
  std::function<void()> on_wake_;
  std::vector<std::pair<base::RunKey, runs::FollowEvent>> queued_;
  std::vector<std::pair<base::RunKey, runs::FollowEvent>> events_;
  std::map<uint64_t, runs::ReadAnswer> answers_;
  int answers_received_ = 0;
};

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_FAKE_FOLLOWER_H_
