// What the platform as a whole may be asked: polls under way, requests a second, and whether the
// circuit breaker lets any through. Who has to wait waits in line.

#ifndef RUNCAST_GATEWAY_RUNS_PLATFORM_GATE_H_
#define RUNCAST_GATEWAY_RUNS_PLATFORM_GATE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "gateway/base/event_loop.h"
#include "gateway/base/rate_limiter.h"
#include "gateway/runs/circuit_breaker.h"
#include "gateway/telemetry/event_limit.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::runs {

// Places go to those who wait in the order in which they came, but while others wait one stream
// id holds at most half of them: one tenant whose calls hang slows nobody else down.
//
// Threads: poll loop only.
// Lifetime: `loop` and `metrics` outlive this object; a waiter leaves before it goes.
class PlatformGate {
 public:
  struct Options {
    int max_polls_in_flight = 256;
    double max_requests_per_second = 2000;
  };

  class Waiter {
   public:
    virtual ~Waiter() = default;
    // Its turn has come: it may enter now, and is not in line any more.
    virtual void OnTurn() = 0;
  };

  enum class Answer {
    kEntered,  // To be followed by Leave.
    kBusy,     // In line: all places are taken, or the requests of this moment are spent.
    kClosed,   // In line: the platform fails for most, and only probes go out.
  };

  PlatformGate(const Options& options, base::EventLoop& loop, telemetry::Metrics& metrics);

  // Asks for a place for a poll of this stream id; a waiter is in line once at most.
  Answer Enter(Waiter* waiter, const std::string& stream_id);
  // The poll is over. Somebody else may get a turn within this call.
  void Leave(const std::string& stream_id, const std::string& run_id, PlatformSign sign);
  // Leaves the line, if it is in it.
  void Forget(Waiter* waiter);

 private:
  struct Place {
    Waiter* waiter;
    std::string stream_id;
  };
  using Line = std::list<Place>;

  Answer Check(const std::string& stream_id, base::MonotonicTime now);
  // Who is next: the first in line whose stream id holds less than its share, else the first.
  Line::iterator Next();
  void GiveTurns();
  // Says that the breaker opened or closed just now, because of this run.
  void LogBreaker(const std::string& stream_id, const std::string& run_id);

  base::EventLoop& loop_;
  telemetry::Metrics& metrics_;
  const size_t max_in_flight_;
  base::RateLimiter rate_;
  CircuitBreaker breaker_;
  base::MonotonicTime breaker_opened_;
  telemetry::EventLimit breaker_limit_{absl::Minutes(1)};
  bool breaker_told_ = false;  // That it opened.
  size_t in_flight_ = 0;
  absl::flat_hash_map<std::string, size_t> in_flight_of_;  // By stream id.
  Line line_;
  absl::flat_hash_map<Waiter*, Line::iterator> places_;
  Waiter* in_turn_ = nullptr;  // May pass those in line.
  bool giving_turns_ = false;
  std::unique_ptr<base::Timer> timer_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_PLATFORM_GATE_H_
