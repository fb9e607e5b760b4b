#include "gateway/coordination/replica_sessions.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"

namespace runcast::coordination {
namespace {

constexpr int64_t kSessionMs = 3000;
// Who claims a moment too early finds the session still there, and looks again seconds later.
constexpr absl::Duration kSessionSlack = absl::Milliseconds(50);
// A predecessor stays for so long after its end: others must see that it was lost, and take over.
constexpr int64_t kPredecessorMs = 500;

absl::string_view ReplicaOf(absl::string_view session) {
  return session.substr(0, session.rfind('-'));
}

}  // namespace

ReplicaSessions::News ReplicaSessions::OnRenewed(const std::vector<Session>& all, int64_t now_ms,
                                                 base::MonotonicTime now) {
  News news{.counts = {.live = 0}, .predecessors = {}};
  absl::flat_hash_map<std::string, base::MonotonicTime> ends;
  absl::flat_hash_map<std::string, int64_t> before_us;
  for (const Session& session : all) {
    bool was_before_us =
        is_first_ && session.name != own_ && ReplicaOf(session.name) == ReplicaOf(own_);
    if (const auto found = before_us_.find(session.name); found != before_us_.end()) {
      was_before_us = found->second == session.renewed_ms;
    }
    if (was_before_us) before_us[session.name] = session.renewed_ms;
    if (session.says == kOver) {
      // Its runs are free also when it counts no more.
      if (ends_.contains(session.name)) ends[session.name] = now;
      if (was_before_us && now_ms - session.renewed_ms > kSessionMs + kPredecessorMs) {
        news.predecessors.push_back(session.name);
      } else {
        ++news.counts.lost;
      }
      continue;
    }
    ++news.counts.live;
    if (session.name == own_) continue;
    if (session.says == kReaches) ++news.counts.others_reaching_platform;
    ends[session.name] =
        now + absl::Milliseconds(session.renewed_ms + kSessionMs - now_ms) + kSessionSlack;
  }
  is_first_ = false;
  // Who said goodbye has left no trace.
  ends_ = std::move(ends);
  before_us_ = std::move(before_us);
  return news;
}

std::vector<std::string> ReplicaSessions::TakeLost(base::MonotonicTime now) {
  std::vector<std::string> lost;
  absl::erase_if(ends_, [&](const auto& entry) {
    if (entry.second > now) return false;
    lost.push_back(entry.first);
    return true;
  });
  return lost;
}

base::MonotonicTime ReplicaSessions::NextEnd() const {
  base::MonotonicTime next = base::MonotonicTime::InfiniteFuture();
  for (const auto& [session, end] : ends_) next = std::min(next, end);
  return next;
}

}  // namespace runcast::coordination
