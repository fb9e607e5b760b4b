#include "gateway/rpc/watched_runs.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "gateway/rpc/serving_loop.h"
#include "gateway/rpc/watch_run_call.h"

namespace runcast::rpc {

namespace {

// Keeps the bytes of a slice for as long as gRPC refers to them. gRPC may let go last, on any
// thread, after the slice's own count has ordered everything; `made` says the same to
// ThreadSanitizer, which does not see into gRPC.
struct Keeper {
  explicit Keeper(runs::SnapshotPtr kept) : snapshot(std::move(kept)) {
    made.store(true, std::memory_order_release);
  }
  static void Destroy(void* given) {
    auto* const keeper = static_cast<Keeper*>(given);
    if (keeper->made.load(std::memory_order_acquire)) delete keeper;
  }

  runs::SnapshotPtr snapshot;
  std::atomic<bool> made{false};
};

// Whether an answer to a Follow for `run` ends `call` too. Limits of new runs are each caller's
// own or shared by those who do not resume; everything else is a fact about the run.
bool Concerns(const runs::RunError& error, const WatchedRun& run, const WatchRunCall& call) {
  if (run.admitted) return true;
  switch (error.reason) {
    case runs::Reason::kCallerLimit:
      if (call.caller_name() != run.asking_caller) return false;
      break;
    case runs::Reason::kOverloaded:
      break;
    default:
      return true;
  }
  return run.asking_resumed || !call.resumed();
}

}  // namespace

StatusMessage::StatusMessage(runs::SnapshotPtr snapshot) : snapshot_(std::move(snapshot)) {
  const std::string& bytes = snapshot_->watch_response();
  slice_ = grpc_slice_new_with_user_data(const_cast<char*>(bytes.data()), bytes.size(),
                                         &Keeper::Destroy, new Keeper(snapshot_));
}

void WatchedRuns::Join(WatchRunCall& call, const base::RunKey& key) {
  const auto [found, is_new] = runs_.try_emplace(key);
  WatchedRun& run = found->second;
  run.key = &found->first;
  call.run_ = &run;
  call.place_in_run_ = static_cast<uint32_t>(run.watchers.size());
  run.watchers.push_back({static_cast<uint32_t>(call.descriptor()) * order_, &call});
  run.is_grouped = false;
  run.count.store(static_cast<uint32_t>(run.watchers.size()), std::memory_order_relaxed);
  if (is_new) {
    {
      std::lock_guard lock(records_mutex_);
      records_.insert(&run);
    }
    Follow(run, call);
  } else if (run.refusal && !call.resumed()) {
    call.OnEnded(*run.refusal);
  } else if (run.admitted) {
    call.OnNews(run.newest);
  }
}

void WatchedRuns::Follow(WatchedRun& run, const WatchRunCall& call) {
  run.asking_caller = call.caller_name();
  run.asking_resumed = call.resumed();
  run.follow_id = ++last_follow_id_;
  loop_.surroundings().hub.Follow(&loop_, {.key = *run.key,
                                           .caller = run.asking_caller,
                                           .resumed = run.asking_resumed,
                                           .id = run.follow_id});
}

void WatchedRuns::Leave(WatchRunCall& call) {
  WatchedRun* const run = std::exchange(call.run_, nullptr);
  if (run == nullptr) return;
  const WatchedRun::Watcher last = run->watchers.back();
  run->watchers[call.place_in_run_] = last;
  last.call->place_in_run_ = call.place_in_run_;
  run->watchers.pop_back();
  if (last.call != &call) run->is_grouped = false;
  run->count.store(static_cast<uint32_t>(run->watchers.size()), std::memory_order_relaxed);
  if (run->watchers.empty() && !run->telling) Drop(*run);
}

void WatchedRuns::AddCounts(WatcherCounts& counts) const {
  std::lock_guard lock(records_mutex_);
  for (const WatchedRun* run : records_) {
    counts[*run->key] += run->count.load(std::memory_order_relaxed);
  }
}

void WatchedRuns::Drop(WatchedRun& run) {
  {
    std::lock_guard lock(records_mutex_);
    records_.erase(&run);
  }
  // The key lives in the node.
  const auto node = runs_.extract(*run.key);
  loop_.surroundings().hub.Unfollow(&loop_, node.key());
}

void WatchedRuns::GroupByConnection(WatchedRun& run) {
  std::sort(run.watchers.begin(), run.watchers.end(),
            [](const auto& a, const auto& b) { return a.rank < b.rank; });
  for (size_t i = 0; i < run.watchers.size(); ++i) {
    run.watchers[i].call->place_in_run_ = static_cast<uint32_t>(i);
  }
  run.is_grouped = true;
}

template <typename Tell>
bool WatchedRuns::TellAll(WatchedRun& run, Tell tell) {
  if (!run.is_grouped) GroupByConnection(run);
  run.telling = true;
  // Backwards: who leaves is replaced by the last one, who has been told already.
  for (size_t i = run.watchers.size(); i-- > 0;) {
    const WatchedRun::Watcher watcher = run.watchers[i];
    const bool is_followed = i > 0 && run.watchers[i - 1].rank == watcher.rank;
    loop_.cork().Gather(is_followed, [&] { tell(*watcher.call); });
  }
  run.telling = false;
  if (!run.watchers.empty()) return true;
  Drop(run);
  return false;
}

void WatchedRuns::OnFollowEvent(const base::RunKey& key, runs::FollowEvent event) {
  const auto found = runs_.find(key);
  if (found == runs_.end()) return;
  WatchedRun& run = found->second;
  if (auto* admitted = std::get_if<runs::Admitted>(&event)) {
    OnSnapshot(run, std::move(admitted->newest));
  } else if (auto* published = std::get_if<runs::Published>(&event)) {
    const base::MonotonicTime answered = published->snapshot->answered_at();
    OnSnapshot(run, std::move(published->snapshot));
    // Once a broadcast, not once a watcher.
    loop_.counters().delivery_seconds.Observe(
        absl::ToDoubleSeconds(loop_.surroundings().clock.Now() - answered));
  } else {
    OnEnded(run, std::get<runs::Ended>(event));
  }
}

void WatchedRuns::OnSnapshot(WatchedRun& run, runs::SnapshotPtr snapshot) {
  run.admitted = true;
  run.asking_caller = std::string();
  run.refusal.reset();
  StatusMessagePtr message;
  if (snapshot != nullptr) {
    message = std::make_shared<StatusMessage>(std::move(snapshot));
    run.newest = message;
  }
  const bool is_last = message != nullptr && message->snapshot().terminal();
  TellAll(run, [&](WatchRunCall& call) {
    call.OnNews(message);
    // The hub has forgotten us: nobody may wait here for more.
    if (!is_last || call.run_ == nullptr) return;
    call.OnLastNews();
    Leave(call);
  });
}

void WatchedRuns::OnEnded(WatchedRun& run, const runs::Ended& ended) {
  // Those for whom that was asked are gone; the answer for those who are here is on its way.
  if (ended.follow_id != 0 && ended.follow_id != run.follow_id) return;
  const runs::RunError& error = ended.error;
  if (error.spares_resumed) {
    run.admitted = true;
    run.refusal = error;
  }
  const bool some_stay = TellAll(run, [&](WatchRunCall& call) {
    if (error.spares_resumed && call.resumed()) {
      call.OnNews(nullptr);
    } else if (Concerns(error, run, call)) {
      call.OnEnded(error);
    }
  });
  // The hub has forgotten us with its refusal.
  if (some_stay && !run.admitted) Follow(run, *run.watchers.front().call);
}

}  // namespace runcast::rpc
