#include "tests/fakes/fake_run_hub.h"

#include <algorithm>
#include <chrono>

namespace runcast::fakes {
namespace {

constexpr std::chrono::seconds kLimit(10);

}  // namespace

void FakeRunHub::Follow(runs::Follower* follower, runs::FollowRequest request) {
  std::lock_guard lock(mutex_);
  std::vector<runs::Follower*>& followers = followers_[request.key];
  if (std::find(followers.begin(), followers.end(), follower) == followers.end()) {
    followers.push_back(follower);
  }
  const auto answer = follow_answers_.find(request.key);
  if (answer != follow_answers_.end()) {
    follower->OnFollowEvent(request.key, answer->second);
    if (Forgets(answer->second)) followers.clear();
  }
  follows_.push_back(std::move(request));
  changed_.notify_all();
}

void FakeRunHub::Unfollow(runs::Follower* follower, const base::RunKey& key) {
  std::lock_guard lock(mutex_);
  std::erase(followers_[key], follower);
  ++unfollows_;
  changed_.notify_all();
}

void FakeRunHub::Read(runs::Follower* follower, uint64_t read_id, runs::ReadRequest request) {
  std::lock_guard lock(mutex_);
  reads_.push_back(std::move(request));
  if (read_answer_) {
    follower->OnReadAnswer(read_id, *read_answer_);
  } else {
    waiting_reads_.push_back({follower, read_id});
  }
  changed_.notify_all();
}

void FakeRunHub::AnswerFollowsWith(const base::RunKey& key, runs::FollowEvent event) {
  std::lock_guard lock(mutex_);
  follow_answers_.insert_or_assign(key, std::move(event));
}

void FakeRunHub::AnswerReadsWith(runs::ReadAnswer answer) {
  std::lock_guard lock(mutex_);
  read_answer_ = std::move(answer);
}

void FakeRunHub::Say(const base::RunKey& key, const runs::FollowEvent& event) {
  SayInARow(key, {event});
}

void FakeRunHub::SayInARow(const base::RunKey& key, const std::vector<runs::FollowEvent>& events) {
  std::lock_guard lock(mutex_);
  std::vector<runs::Follower*>& followers = followers_[key];
  for (const runs::FollowEvent& event : events) {
    for (runs::Follower* follower : followers) follower->OnFollowEvent(key, event);
  }
  if (std::any_of(events.begin(), events.end(), Forgets)) followers.clear();
  changed_.notify_all();
}

void FakeRunHub::SayWakingOne(const base::RunKey& key, size_t woken,
                              const runs::FollowEvent& event) {
  std::lock_guard lock(mutex_);
  const std::vector<runs::Follower*>& followers = followers_[key];
  for (runs::Follower* follower : followers) follower->QueueFollowEvent(key, event);
  followers.at(woken)->Wake();
}

void FakeRunHub::AnswerWaitingReads(const runs::ReadAnswer& answer) {
  std::lock_guard lock(mutex_);
  for (const WaitingRead& read : std::exchange(waiting_reads_, {})) {
    read.follower->OnReadAnswer(read.id, answer);
  }
}

bool FakeRunHub::WaitForFollows(size_t count) {
  return WaitFor([&] { return follows_.size() >= count; });
}

bool FakeRunHub::WaitForUnfollows(size_t count) {
  return WaitFor([&] { return unfollows_ >= count; });
}

bool FakeRunHub::WaitForReads(size_t count) {
  return WaitFor([&] { return reads_.size() >= count; });
}

bool FakeRunHub::WaitUntilUnfollowed() {
  return WaitFor([&] {
    return std::all_of(followers_.begin(), followers_.end(),
                       [](const auto& run) { return run.second.empty(); });
  });
}

std::vector<runs::FollowRequest> FakeRunHub::follows() const {
  std::lock_guard lock(mutex_);
  return follows_;
}

std::vector<runs::ReadRequest> FakeRunHub::reads() const {
  std::lock_guard lock(mutex_);
  return reads_;
}

size_t FakeRunHub::follower_count(const base::RunKey& key) const {
  std::lock_guard lock(mutex_);
  const auto found = followers_.find(key);
  return found == followers_.end() ? 0 : found->second.size();
}

template <typename Condition>
bool FakeRunHub::WaitFor(Condition condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kLimit, condition);
}

bool FakeRunHub::Forgets(const runs::FollowEvent& event) {
  if (const auto* published = std::get_if<runs::Published>(&event)) {
    return published->snapshot->terminal();
  }
  if (const auto* admitted = std::get_if<runs::Admitted>(&event)) {
    return admitted->newest != nullptr && admitted->newest->terminal();
  }
  const auto& ended = std::get<runs::Ended>(event);
  return !ended.error.spares_resumed && ended.follow_id == 0;
}

}  // namespace runcast::fakes
