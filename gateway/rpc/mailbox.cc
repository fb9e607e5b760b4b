#include "gateway/rpc/mailbox.h"

#include <grpc/support/time.h>

namespace runcast::rpc {

void Mailbox::Post(Mail mail) {
  Put(std::move(mail));
  Wake();
}

void Mailbox::Put(Mail mail) {
  std::lock_guard lock(mutex_);
  if (!closed_) posted_.push_back(std::move(mail));
}

void Mailbox::Wake() {
  std::lock_guard lock(mutex_);
  if (closed_ || posted_.empty() || std::exchange(wake_pending_, true)) return;
  alarm_.Set(&queue_, gpr_inf_past(GPR_CLOCK_MONOTONIC), MakeTag(target_, CallEvent::kWake));
}

std::vector<Mail> Mailbox::Take() {
  std::lock_guard lock(mutex_);
  wake_pending_ = false;
  return std::exchange(posted_, {});
}

void Mailbox::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  posted_.clear();
}

}  // namespace runcast::rpc
