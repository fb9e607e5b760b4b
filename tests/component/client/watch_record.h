// Everything that one watch told, in order.

#ifndef RUNCAST_TESTS_COMPONENT_CLIENT_WATCH_RECORD_H_
#define RUNCAST_TESTS_COMPONENT_CLIENT_WATCH_RECORD_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runcast/watch.h"

namespace runcast::tests {

// Threads: any. Outlives the watch it records.
class WatchRecord {
 public:
  client::WatchCallbacks Callbacks() {
    client::WatchCallbacks callbacks;
    callbacks.on_status = [this](const v1::RunStatus& status) {
      Add([&] { statuses_.push_back(status); });
    };
    callbacks.on_heartbeat = [this](const v1::Heartbeat&) { Add([&] { ++heartbeats_; }); };
    callbacks.on_connection = [this](const client::ConnectionNews& news) {
      Add([&] { connections_.push_back(news); });
    };
    callbacks.on_done = [this](const absl::Status& status) {
      Add([&] { ends_.push_back(status); });
    };
    return callbacks;
  }

  std::vector<v1::RunStatus> statuses() const { return Locked(statuses_); }
  // Utterances done of each status.
  std::vector<int64_t> progress() const {
    std::vector<int64_t> done;
    for (const auto& status : statuses()) done.push_back(status.progress().utterances_done());
    return done;
  }
  std::vector<absl::Status> ends() const { return Locked(ends_); }
  std::vector<client::ConnectionNews> connections() const { return Locked(connections_); }
  int heartbeats() const { return Locked(heartbeats_); }

  // Wait at most 20 s each.
  bool WaitForStatuses(size_t count) const {
    return Wait([&] { return statuses_.size() >= count; });
  }
  bool WaitForHeartbeats(int count) const {
    return Wait([&] { return heartbeats_ >= count; });
  }
  bool WaitForEnd() const {
    return Wait([&] { return !ends_.empty(); });
  }
  bool WaitForConnection(client::ConnectionNews::State state) const {
    return Wait([&] { return !connections_.empty() && connections_.back().state == state; });
  }

 private:
  void Add(const std::function<void()>& change) {
    std::lock_guard<std::mutex> lock(mutex_);
    change();
    changed_.notify_all();  // Under the lock: who waits may destroy the record right after.
  }
  template <typename T>
  T Locked(const T& value) const {
    std::lock_guard<std::mutex> lock(mutex_);
    return value;
  }
  bool Wait(const std::function<bool()>& done) const {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), done);
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<v1::RunStatus> statuses_;  // Guarded by mutex_, like all below.
  std::vector<absl::Status> ends_;
  std::vector<client::ConnectionNews> connections_;
  int heartbeats_ = 0;
};

}  // namespace runcast::tests

#endif  // RUNCAST_TESTS_COMPONENT_CLIENT_WATCH_RECORD_H_
