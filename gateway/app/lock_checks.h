// Turns off checks of locks that Debian's Abseil does on every lock of gRPC.

#ifndef RUNCAST_GATEWAY_APP_LOCK_CHECKS_H_
#define RUNCAST_GATEWAY_APP_LOCK_CHECKS_H_

namespace runcast::app {

// Debian builds Abseil without NDEBUG, so each lock that gRPC takes is entered into one graph for
// the whole process, behind one spin lock that all serving loops share: 4 % of the CPU of a read,
// 3 % of an update's (tests/bench/README.md, levers). The graph finds locks taken in circles, which
// is for those who write gRPC. Our own code has no absl::Mutex.
//
// Threads: before any other thread is started.
void StopLockChecks();

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_LOCK_CHECKS_H_
