#include "gateway/runs/platform_gate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/telemetry/log.h"

namespace runcast::runs {
namespace {

// The one key of the limiter: all requests share it.
constexpr char kAll[] = "platform";

// A tenth of a second's requests at once keeps thousands of due polls from leaving in one burst.
base::RateLimiter MakeRate(double per_second) {
  return base::RateLimiter(base::RateLimiter::Options{.per_second = per_second,
                                                      .burst = std::max(1.0, per_second / 10)});
}

}  // namespace

PlatformGate::PlatformGate(const Options& options, base::EventLoop& loop,
                           telemetry::Metrics& metrics)
    : loop_(loop),
      metrics_(metrics),
      max_in_flight_(static_cast<size_t>(std::max(1, options.max_polls_in_flight))),
      rate_(MakeRate(options.max_requests_per_second)),
      timer_(loop.NewTimer([this] { GiveTurns(); })) {}

PlatformGate::Answer PlatformGate::Check(const std::string& stream_id, base::MonotonicTime now) {
  if (in_flight_ >= max_in_flight_) return Answer::kBusy;
  if (const absl::Duration wait = rate_.RetryAfter(kAll, now); wait > absl::ZeroDuration()) {
    timer_->Set(now + wait);
    return Answer::kBusy;
  }
  // Last, because a yes of an open breaker is the probe of this second.
  if (!breaker_.Allows(now)) {
    timer_->Set(std::max(now, breaker_.NextAllowed(now)));
    return Answer::kClosed;
  }
  rate_.Allow(kAll, now);
  ++in_flight_;
  ++in_flight_of_[stream_id];
  return Answer::kEntered;
}

PlatformGate::Answer PlatformGate::Enter(Waiter* waiter, const std::string& stream_id) {
  const base::MonotonicTime now = loop_.clock().Now();
  Answer answer = breaker_.is_open() ? Answer::kClosed : Answer::kBusy;
  if (line_.empty() || waiter == in_turn_) {
    answer = Check(stream_id, now);
    if (answer == Answer::kEntered) {
      Forget(waiter);
      return answer;
    }
  }
  if (!places_.contains(waiter)) {
    places_.emplace(waiter, line_.insert(line_.end(), Place{waiter, stream_id}));
  }
  return answer;
}

void PlatformGate::Leave(const std::string& stream_id, const std::string& run_id,
                         PlatformSign sign) {
  --in_flight_;
  const auto held = in_flight_of_.find(stream_id);
  if (--held->second == 0) in_flight_of_.erase(held);
  const bool was_open = breaker_.is_open();
  breaker_.OnResult(loop_.clock().Now(), stream_id, run_id, sign);
  if (breaker_.is_open() != was_open) LogBreaker(stream_id, run_id);
  metrics_.breaker_open.Set(breaker_.is_open() ? 1 : 0);
  GiveTurns();
}

void PlatformGate::LogBreaker(const std::string& stream_id, const std::string& run_id) {
  const base::MonotonicTime now = loop_.clock().Now();
  if (breaker_.is_open()) {
    breaker_opened_ = now;
    const std::optional<uint64_t> suppressed = breaker_limit_.Pass(now);
    breaker_told_ = suppressed.has_value();
    if (!breaker_told_) return;
    telemetry::Log(telemetry::Severity::kWarning, "breaker.opened",
                   "the platform fails for most runs of several stream ids: only one probe a "
                   "second goes out",
                   {{"stream", stream_id}, {"run", run_id}, {"suppressed", *suppressed}});
  } else if (breaker_told_) {
    telemetry::Log(telemetry::Severity::kInfo, "breaker.closed",
                   "a probe succeeded: every run is asked for again",
                   {{"stream", stream_id},
                    {"run", run_id},
                    {"seconds", absl::ToInt64Seconds(now - breaker_opened_)}});
  }
}

void PlatformGate::Forget(Waiter* waiter) {
  const auto found = places_.find(waiter);
  if (found == places_.end()) return;
  line_.erase(found->second);
  places_.erase(found);
}

PlatformGate::Line::iterator PlatformGate::Next() {
  const size_t share = std::max<size_t>(1, max_in_flight_ / 2);
  const auto next = std::find_if(line_.begin(), line_.end(), [&](const Place& place) {
    const auto held = in_flight_of_.find(place.stream_id);
    return held == in_flight_of_.end() || held->second < share;
  });
  return next == line_.end() ? line_.begin() : next;
}

void PlatformGate::GiveTurns() {
  if (std::exchange(giving_turns_, true)) return;
  // Each turn takes one out of the line; whoever is not let in comes back to its end, after
  // which nobody else would be let in either.
  for (size_t turns = line_.size(); turns > 0 && !line_.empty(); --turns) {
    const base::MonotonicTime now = loop_.clock().Now();
    if (in_flight_ >= max_in_flight_) break;
    if (const absl::Duration wait = rate_.RetryAfter(kAll, now); wait > absl::ZeroDuration()) {
      timer_->Set(now + wait);
      break;
    }
    if (breaker_.is_open() && breaker_.NextAllowed(now) > now) {
      timer_->Set(breaker_.NextAllowed(now));
      break;
    }
    Waiter* const waiter = Next()->waiter;
    Forget(waiter);
    in_turn_ = waiter;
    waiter->OnTurn();
    in_turn_ = nullptr;
  }
  giving_turns_ = false;
}

}  // namespace runcast::runs
