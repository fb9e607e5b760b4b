// What the tags of a serving loop's completion queue stand for.

#ifndef RUNCAST_GATEWAY_RPC_EVENT_TARGET_H_
#define RUNCAST_GATEWAY_RPC_EVENT_TARGET_H_

#include <cstdint>

namespace runcast::rpc {

enum class CallEvent : uintptr_t {
  kAccepted = 0,     // A call arrived, or (not ok) the server shuts down.
  kRequestRead = 1,  // The request message is there, or (not ok) there is none.
  kSent = 2,         // What was sent last has passed flow control, or (not ok) the call is over.
  kDone = 3,         // The call is over, for whatever reason.
  kWake = 4,         // Another thread put something into the loop's mailbox.
};

// Receives events of the completion queue on its loop's thread. Aligned, because a tag is the
// address of the target with the event in its three low bits: no memory per tag.
class alignas(8) EventTarget {
 public:
  // May destroy the target.
  virtual void OnEvent(CallEvent event, bool ok) = 0;

 protected:
  ~EventTarget() = default;
};

inline void* MakeTag(EventTarget* target, CallEvent event) {
  return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(target) |
                                 static_cast<uintptr_t>(event));
}

inline void DispatchTag(void* tag, bool ok) {
  constexpr uintptr_t kEventBits = 7;
  const uintptr_t bits = reinterpret_cast<uintptr_t>(tag);
  reinterpret_cast<EventTarget*>(bits & ~kEventBits)
      ->OnEvent(static_cast<CallEvent>(bits & kEventBits), ok);
}

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_EVENT_TARGET_H_
