// Many coarse timers at the price of a list operation each.

#ifndef RUNCAST_GATEWAY_RPC_TIMER_WHEEL_H_
#define RUNCAST_GATEWAY_RPC_TIMER_WHEEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace runcast::rpc {

// A point in time, counted in ticks of the wheel's owner.
using Tick = uint32_t;

// One timer; lives inside the object that waits. Destroying it takes it out of its wheel.
class WheelEntry {
 public:
  WheelEntry() = default;
  WheelEntry(const WheelEntry&) = delete;
  WheelEntry& operator=(const WheelEntry&) = delete;
  ~WheelEntry() { Unlink(); }

  bool scheduled() const { return next_ != nullptr; }
  // When it fires. Meaningful while scheduled.
  Tick due() const { return due_; }

 private:
  friend class TimerWheel;

  void Unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }
  void InsertBefore(WheelEntry* other) {
    next_ = other;
    previous_ = other->previous_;
    previous_->next_ = this;
    other->previous_ = this;
  }

  WheelEntry* next_ = nullptr;
  WheelEntry* previous_ = nullptr;
  Tick due_ = 0;
};

// A hashed timer wheel: an entry sits in the slot of its due tick, and stays there for as many
// rounds as it takes. Pure: the owner says what time it is.
//
// Threads: one. Lifetime: entries still in the wheel are taken out when it is destroyed.
class TimerWheel {
 public:
  explicit TimerWheel(Tick now);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Sets or moves a timer. One that is due already fires at the next tick.
  void Schedule(WheelEntry& entry, Tick due);
  // As Schedule, but never moves a timer to a later tick.
  void ScheduleNoLater(WheelEntry& entry, Tick due) {
    if (!entry.scheduled() || due < entry.due()) Schedule(entry, due);
  }

  // Moves time to `now` and calls `fire(entry)` for each timer that is due by then, taken out
  // before. `fire` may schedule and destroy any entry.
  template <typename Fire>
  void Advance(Tick now, Fire fire) {
    if (now <= now_) return;
    const Tick steps = now - now_ < kSlots ? now - now_ : kSlots;
    WheelEntry due;
    MakeEmpty(due);
    for (Tick i = 0; i < steps; ++i) CollectDue(now_ + 1 + i, now, due);
    now_ = now;
    while (due.next_ != &due) {
      WheelEntry& entry = *due.next_;
      entry.Unlink();
      fire(entry);
    }
    due.next_ = due.previous_ = nullptr;
  }

  // A tick by which to call Advance again: not after the first due timer, possibly before it, for
  // a timer that is gone since. Nothing once no timer is left. Mostly costs one comparison, since
  // loops ask with each event.
  std::optional<Tick> NextCheck() {
    return next_check_ > now_ ? std::optional<Tick>(next_check_) : FindNextCheck();
  }

 private:
  static constexpr Tick kSlots = 512;

  std::optional<Tick> FindNextCheck();

  static void MakeEmpty(WheelEntry& head) { head.next_ = head.previous_ = &head; }
  // Moves what is due at `now` or before from the slot of `tick` to the list `due`.
  void CollectDue(Tick tick, Tick now, WheelEntry& due);

  Tick now_;
  // What NextCheck said last, lowered by timers set since; not after now_: to be looked for.
  Tick next_check_;
  std::array<WheelEntry, kSlots> slots_;  // Heads of rings.
  // Which slots may hold entries; a set bit over an empty slot is cleared when seen.
  std::array<uint64_t, kSlots / 64> occupied_{};
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_TIMER_WHEEL_H_
