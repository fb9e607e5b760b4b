#include "client/src/channel_pool.h"

#include <algorithm>
#include <utility>

namespace runcast::client {

ChannelPool::ChannelPool(Options options, Factory factory)
    : options_(options), factory_(std::move(factory)) {}

std::unique_ptr<ChannelPool::Lease> ChannelPool::Acquire() {
  std::lock_guard<std::mutex> lock(mutex_);
  auto slot = std::find_if(slots_.begin(), slots_.end(), [](const auto& candidate) {
    return !candidate->retired && candidate->streams < candidate->limit;
  });
  if (slot == slots_.end()) {
    auto fresh = std::make_shared<Slot>();
    fresh->channel = factory_(made_++);
    fresh->limit = options_.max_streams_per_channel;
    slot = slots_.insert(slots_.end(), std::move(fresh));
  }
  ++(*slot)->streams;
  return std::make_unique<Lease>(shared_from_this(), *slot);
}

int ChannelPool::size() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int>(slots_.size());
}

void ChannelPool::ReleaseLocked(Slot* slot) {
  if (--slot->streams > 0) return;
  // The last good channel stays for the next call; others without calls are surplus.
  const bool another = std::any_of(slots_.begin(), slots_.end(), [slot](const auto& candidate) {
    return candidate.get() != slot && !candidate->retired;
  });
  if (!slot->retired && !another) return;
  slots_.erase(std::remove_if(slots_.begin(), slots_.end(),
                              [slot](const auto& candidate) { return candidate.get() == slot; }),
               slots_.end());
}

ChannelPool::Lease::Lease(std::shared_ptr<ChannelPool> pool, std::shared_ptr<Slot> slot)
    : pool_(std::move(pool)), slot_(std::move(slot)), channel_(slot_->channel) {}

ChannelPool::Lease::~Lease() {
  std::lock_guard<std::mutex> lock(pool_->mutex_);
  pool_->ReleaseLocked(slot_.get());
}

void ChannelPool::Lease::ReportAnswer() {
  std::lock_guard<std::mutex> lock(pool_->mutex_);
  slot_->failures = 0;
}

void ChannelPool::Lease::ReportFailure() {
  std::lock_guard<std::mutex> lock(pool_->mutex_);
  if (++slot_->failures >= pool_->options_.failures_before_new_channel) slot_->retired = true;
}

void ChannelPool::Lease::ReportHanging() {
  std::lock_guard<std::mutex> lock(pool_->mutex_);
  // Room again once one of the others has ended; alone on it, the connection itself is dead.
  slot_->limit = std::min(slot_->limit, slot_->streams - 1);
  if (slot_->limit <= 0) slot_->retired = true;
}

}  // namespace runcast::client
