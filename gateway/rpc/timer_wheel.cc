#include "gateway/rpc/timer_wheel.h"

namespace runcast::rpc {

TimerWheel::TimerWheel(Tick now) : now_(now), next_check_(now) {
  for (WheelEntry& slot : slots_) MakeEmpty(slot);
}

TimerWheel::~TimerWheel() {
  for (WheelEntry& slot : slots_) {
    while (slot.next_ != &slot) slot.next_->Unlink();
  }
}

void TimerWheel::Schedule(WheelEntry& entry, Tick due) {
  entry.Unlink();
  // The slot of the present tick has been swept already.
  if (due <= now_) due = now_ + 1;
  entry.due_ = due;
  if (due < next_check_) next_check_ = due;
  const Tick slot = due % kSlots;
  entry.InsertBefore(&slots_[slot]);
  occupied_[slot / 64] |= uint64_t{1} << (slot % 64);
}

void TimerWheel::CollectDue(Tick tick, Tick now, WheelEntry& due) {
  const Tick slot = tick % kSlots;
  if ((occupied_[slot / 64] >> (slot % 64) & 1) == 0) return;
  WheelEntry& head = slots_[slot];
  for (WheelEntry* entry = head.next_; entry != &head;) {
    WheelEntry* const next = entry->next_;
    if (entry->due_ <= now) {
      entry->Unlink();
      entry->InsertBefore(&due);
    }
    entry = next;
  }
  if (head.next_ == &head) occupied_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
}

std::optional<Tick> TimerWheel::FindNextCheck() {
  for (Tick i = 1; i <= kSlots; ++i) {
    const Tick slot = (now_ + i) % kSlots;
    const uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word == 0) {
      i += 63 - slot % 64;  // The rest of this word is empty.
      continue;
    }
    if ((word & 1) == 0) continue;
    if (slots_[slot].next_ != &slots_[slot]) return next_check_ = now_ + i;
    occupied_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  }
  return std::nullopt;
}

}  // namespace runcast::rpc
