#include "tests/bench/publisher.h"

#include <utility>

#include "tests/bench/load_clock.h"
#include "tests/bench/time_mark.h"

namespace runcast::bench {

Publisher::Publisher(Fleet& fleet, Options options) : fleet_(fleet), options_(std::move(options)) {
  if (options_.port != 0) connection_ = fleet_.Connect({.port = options_.port}, *this);
}

void Publisher::Start(double rate, size_t message) {
  message_ = message;
  interval_ = rate > 0 ? Nanos(1 / rate) : 0;
  next_ = rate > 0 ? NowNanos() + interval_ : INT64_MAX;
}

int64_t Publisher::SendDue(int64_t now) {
  if (next_ > now) return next_;
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(framed_.size()));
    framed_.emplace_back();
  }
  const uint32_t call = free_.back();
  free_.pop_back();
  std::string message = options_.messages[message_];
  WriteTimeMark(message, next_);
  framed_[call] = Framed(message);
  fleet_.connection(connection_).StartCall(call, {.path = options_.path, .framed = framed_[call]});
  fleet_.Flush(connection_);
  next_ += interval_;
  return next_;
}

void Publisher::OnEnd(uint32_t call, const CallEnd& end) {
  free_.push_back(call);
  if (!end.good()) ++failed_;
}

}  // namespace runcast::bench
