#include "gateway/rpc/call.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/rpc/request_origin.h"
#include "gateway/rpc/serving_loop.h"

namespace runcast::rpc {
namespace {

// Who waits for less cannot want an answer.
constexpr absl::Duration kLeastPatience = absl::Milliseconds(100);
// A deadline travels as a time from now, so the caller's runs out a little before ours.
constexpr absl::Duration kDeadlineTolerance = absl::Milliseconds(20);

}  // namespace

Call::Call(ServingLoop& loop, Method method, bool notices_end)
    : loop_(loop), stream_(this), method_(method), notices_end_(notices_end) {}

Call::~Call() { loop_.OnCallGone(*this, accepted_); }

void Call::Listen(RawService& service, int index, grpc::ServerCompletionQueue* queue) {
  ++events_due_;
  service.Listen(index, stream_, *queue);
}

void Call::OnEvent(CallEvent event, bool ok) {
  --events_due_;
  switch (event) {
    case CallEvent::kAccepted:
      if (!ok) {
        over_ = true;
        break;
      }
      accepted_ = true;
      accepted_at_ = loop_.now_time();
      if (notices_end_) {
        ++events_due_;
        stream_.NoticeEnd();
      }
      loop_.OnCallAccepted(*this);
      OnAccepted();
      StartReading();
      break;
    case CallEvent::kRequestRead:
      OnRequestRead(ok);
      stream_.DropRequest();
      break;
    case CallEvent::kSent:
      sending_ = false;
      ok = stream_.OnSent(ok);
      // A call that notices its end is counted there.
      if (!ok && !notices_end_ && IsYoung()) CountReset();
      if (finishing_ || (!ok && !notices_end_)) over_ = true;
      // Not ok: the call is over, and kDone follows.
      if (over_ || !ok) break;
      if (end_after_send_ != nullptr) {
        Finish(std::move(*std::exchange(end_after_send_, nullptr)));
      } else if (!ending_) {
        OnSent();
      }
      break;
    case CallEvent::kDone:
      over_ = true;
      if (IsYoung() && stream_.was_cut_short()) CountReset();
      break;
    case CallEvent::kWake:
      break;
  }
  if (!over_) return;
  BeginEnding();
  if (events_due_ == 0) delete this;
}

void Call::StartReading() {
  // Before reading: a message that never comes must not delay a refusal.
  if (loop_.draining() && !serves_while_draining()) {
    End(runs::Reason::kDraining);
    return;
  }
  const Surroundings& around = loop_.surroundings();
  if (around.state.full.load(std::memory_order_relaxed) && !serves_while_draining()) {
    around.metrics.CountLimit(telemetry::CallLimit::kMemory);
    End(runs::Reason::kOverloaded);
    return;
  }
  loop_.AddSilentCall(*this);
  is_silent_ = true;
  request_due_ = loop_.TickAfter(around.limits.request_timeout);
  ++events_due_;
  stream_.ReadRequest();
  WakeBy(request_due_);
}

void Call::OnRequestRead(bool ok) {
  const bool is_followed = IsFollowed();
  StopWaitingForRequest();
  if (over_ || ending_) return;
  if (loop_.draining() && !serves_while_draining()) {
    End(runs::Reason::kDraining);
  } else if (ok && stream_.request() != nullptr) {
    loop_.cork().Gather(is_followed, [this] { OnRequest(*stream_.request()); });
  } else {
    // To gRPC it does not count as cancelled once it has a status of ours.
    CountReset();
    End(MapViolations({{"run", "the call ended without a request message"}}));
  }
}

void Call::StopWaitingForRequest() {
  request_due_ = kNever;
  if (std::exchange(is_silent_, false)) loop_.RemoveSilentCall(*this);
}

bool Call::IsFollowed() {
  // In the list of silent calls the one before it is the one that came after it.
  return is_silent_ && previous_ != nullptr &&
         loop_.now_time() - previous_->accepted_at_ <=
             loop_.surroundings().limits.longest_gathering &&
         previous_->descriptor() == descriptor();
}

void Call::MakeRoom() {
  StopWaitingForRequest();
  End(runs::Reason::kOverloaded);
}

template <typename Start>
void Call::Send(Start start) {
  Cork& cork = loop_.cork();
  if (!cork.idle()) cork.BeforeSend(descriptor(), loop_.now_time());
  sending_ = true;
  ++events_due_;
  send_started_ = loop_.now();
  // The event that ends a call destroys it, so that one is left to the loop. Any other needs none:
  // in the meantime nothing can have come to wait for it.
  void* const own = finishing_ ? nullptr : MakeTag(this, CallEvent::kSent);
  if (loop_.completions().Collect(own, start)) {
    --events_due_;
    sending_ = false;
    stream_.OnSent(true);
  } else {
    WakeBy(send_started_ + loop_.stall_ticks());
  }
}

void Call::SendHeaders() {
  Send([this] { stream_.SendHeaders(); });
}

void Call::Write(const grpc_slice& message) {
  Send([&] { stream_.Write(message); });
}

void Call::WriteAndFinish(const grpc_slice& message) {
  end_code_ = grpc::StatusCode::OK;
  end_reason_ = "OK";
  finishing_ = true;
  Send([&] { stream_.WriteAndFinish(message); });
  BeginEnding();
}

int Call::descriptor() {
  if (descriptor_ == kNotLookedFor) {
    descriptor_ = loop_.last_connection().DescriptorOf(stream_);
  }
  return descriptor_;
}

void Call::End(CallEnd end) {
  if (ending_ || over_) return;
  end_code_ = static_cast<int8_t>(end.status.error_code());
  end_reason_ = end.reason;
  BeginEnding();
  // Finishing right after the headers may merge the two into an answer without headers.
  if (end.headers_first && !stream_.headers_sent() && !sending_) SendHeaders();
  if (sending_) {
    end_after_send_ = std::make_unique<CallEnd>(std::move(end));
  } else {
    Finish(std::move(end));
  }
}

void Call::End(const runs::RunError& error) { End(MapError(error, loop_.Spread())); }

void Call::End(runs::Reason reason) {
  runs::RunError error;
  error.reason = reason;
  End(error);
}

void Call::Finish(CallEnd end) {
  finishing_ = true;
  Send([&] { stream_.Finish(std::move(end)); });
}

void Call::BeginEnding() {
  if (std::exchange(ending_, true)) return;
  if (accepted_ && is_logged()) LogEnd();
  OnEnding();
}

void Call::LogEnd() {
  const telemetry::Severity severity = SeverityOfEnd(end_code(), end_reason_);
  if (!telemetry::IsLogged(severity)) return;
  uint64_t suppressed = 0;
  if (severity != telemetry::Severity::kDebug) {
    const std::optional<uint64_t> passed = loop_.call_log_limit().Pass(loop_.now_time());
    if (!passed.has_value()) return;
    suppressed = *passed;
  }
  const base::TraceContext trace = TraceOf(RequestHeaders(stream_));
  LogCallEnd({.method = method_,
              .code = end_code(),
              .reason = end_reason_,
              .seconds = SecondsOpen(),
              .subject = Subject(),
              .trace_id = trace.TraceId(),
              .suppressed = suppressed});
}

void Call::Abandon() {
  if (!over_) End(runs::Reason::kDraining);
}

void Call::Stall() {
  loop_.counters().stalls.Add();
  end_reason_ = "STALLED";
  end_code_ = grpc::StatusCode::UNAVAILABLE;
  BeginEnding();
  stream_.Cancel(grpc::StatusCode::UNAVAILABLE,
                 "the caller did not read for too long; open the stream again with the last "
                 "resume token");
}

void Call::FireTimer() {
  if (over_) return;
  const Tick now = loop_.now();
  if (sending_ && now - send_started_ >= loop_.stall_ticks()) {
    Stall();
    return;
  }
  if (request_due_ <= now) {
    request_due_ = kNever;
    End(MapViolations({{"run", "no request message came in time"}}));
  } else if (!ending_) {
    OnTimer(now);
  }
  SetTimer();
}

void Call::CountReset() {
  // While answers are slow, a proxy's connection ends many of them that way, without harm.
  if (RanOutOfTime()) return;
  if (!std::exchange(reset_counted_, true)) loop_.OnReset(*this);
}

bool Call::RanOutOfTime() const {
  const absl::Duration left = stream_.TimeLeft();
  const absl::Duration given = left + (loop_.now_time() - accepted_at_);
  return left <= kDeadlineTolerance && given >= kLeastPatience;
}

bool Call::IsYoung() const { return loop_.now_time() - accepted_at_ <= absl::Seconds(1); }

void Call::SetTimer() {
  Tick due = ending_ ? kNever : std::min(request_due_, NextDue());
  if (sending_) due = std::min(due, send_started_ + loop_.stall_ticks());
  if (due != kNever) WakeBy(due);
}

void Call::WakeBy(Tick due) { loop_.wheel().ScheduleNoLater(*this, due); }

double Call::SecondsOpen() const { return absl::ToDoubleSeconds(loop_.now_time() - accepted_at_); }

int Call::end_code() const {
  // A deadline reaches us as a cancellation.
  if (end_code_ == grpc::StatusCode::CANCELLED && stream_.IsPastDeadline()) {
    return grpc::StatusCode::DEADLINE_EXCEEDED;
  }
  return end_code_;
}

void CallList::Add(Call& call) {
  call.next_ = first_;
  call.previous_ = nullptr;
  (first_ != nullptr ? first_->previous_ : oldest_) = &call;
  first_ = &call;
  ++size_;
}

void CallList::Remove(Call& call) {
  (call.previous_ != nullptr ? call.previous_->next_ : first_) = call.next_;
  (call.next_ != nullptr ? call.next_->previous_ : oldest_) = call.previous_;
  --size_;
}

bool ParseRequest(const grpc_byte_buffer& bytes, google::protobuf::MessageLite& message) {
  const auto parse = [&](const grpc_slice& slice) {
    return message.ParseFromArray(GRPC_SLICE_START_PTR(slice),
                                  static_cast<int>(GRPC_SLICE_LENGTH(slice)));
  };
  // Small messages, which is nearly all, lie in one slice, and are read where they lie.
  const grpc_slice_buffer& slices = bytes.data.raw.slice_buffer;
  if (slices.count == 1) return parse(slices.slices[0]);
  grpc_byte_buffer_reader reader;
  if (grpc_byte_buffer_reader_init(&reader, const_cast<grpc_byte_buffer*>(&bytes)) == 0) {
    return false;
  }
  const grpc_slice slice = grpc_byte_buffer_reader_readall(&reader);
  const bool parsed = parse(slice);
  grpc_slice_unref(slice);
  grpc_byte_buffer_reader_destroy(&reader);
  return parsed;
}

}  // namespace runcast::rpc
