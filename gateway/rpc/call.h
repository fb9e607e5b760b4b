// One call from its headers to its last event: what all methods have in common.

#ifndef RUNCAST_GATEWAY_RPC_CALL_H_
#define RUNCAST_GATEWAY_RPC_CALL_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "gateway/base/clock.h"
#include "gateway/rpc/call_log.h"
#include "gateway/rpc/connection_table.h"
#include "gateway/rpc/event_target.h"
#include "gateway/rpc/method.h"
#include "gateway/rpc/raw_service.h"
#include "gateway/rpc/raw_stream.h"
#include "gateway/rpc/status_mapping.h"
#include "gateway/rpc/timer_wheel.h"
#include "gateway/telemetry/metrics.h"
#include "google/protobuf/message_lite.h"

namespace runcast::rpc {

class ServingLoop;

// A state machine, driven by the events of one serving loop:
//
//   listening ──headers──▶ reading ──message──▶ the method's own work ──┐
//       │                     │ none in time,            │ End(…)       │ end of the work
//       │ server shuts down   │ none at all, draining    ▼              ▼
//       │                     └──────────────────────▶ ending ───────▶ finishing
//       ▼                                                │ a send is out;  │ status is sent
//      gone ◀────── the last event has come back ────────┴─────────────────┘
//
// A call that is over (cancelled, past its deadline, connection lost) starts nothing more and
// waits for its last event. It is destroyed in `OnEvent` and nowhere else.
//
// Threads: the loop's only. Lifetime: the loop outlives it.
class Call : public EventTarget, public WheelEntry {
 public:
  virtual ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Method method() const { return method_; }
  // As RawStream says it.
  virtual std::string peer() const { return stream_.peer(); }
  // The descriptor of its connection, as ConnectionTable knew it when first asked for here.
  int descriptor();

  // Waits for a caller of the method with this index.
  void Listen(RawService& service, int index, grpc::ServerCompletionQueue* queue);
  void OnEvent(CallEvent event, bool ok) final;

  // Its message has not come, and others need the place.
  void MakeRoom();
  // The wheel says that the time it was set for has come.
  void FireTimer();
  // The loop drains: calls that stay open end at about `due`.
  virtual void OnDrain(Tick /*due*/) {}
  // The health of the gateway may have changed.
  virtual void OnHealthChange() {}
  // The access policy has changed.
  virtual void OnPolicyChange() {}
  // What it waits for will not come.
  void Abandon();

 protected:
  static constexpr Tick kNever = std::numeric_limits<Tick>::max();

  // `notices_end`: whether the call must learn at once that its caller is gone, which costs it an
  // event.
  Call(ServingLoop& loop, Method method, bool notices_end);

  // Whether a draining gateway still answers it.
  virtual bool serves_while_draining() const { return false; }
  // Headers are there: the call counts from now on.
  virtual void OnAccepted() {}
  // The message is there. Ends the call or goes on with it.
  virtual void OnRequest(const grpc_byte_buffer& request) = 0;
  // Whether its end is worth a line in the log, and what it is about until then.
  virtual bool is_logged() const { return false; }
  virtual CallSubject Subject() const { return {}; }
  // A send that was not done at once is out, and the call goes on.
  virtual void OnSent() {}
  // Once: nothing more of the method's own will be sent, because the call ends or is over.
  virtual void OnEnding() {}
  // Its own timers; `NextDue` says when the first of them is due.
  virtual void OnTimer(Tick /*now*/) {}
  virtual Tick NextDue() const { return kNever; }

  // One send at a time: only while `can_send()`.
  bool can_send() const { return !sending_ && !ending_; }
  void SendHeaders();
  void Write(const grpc_slice& message);
  void WriteAndFinish(const grpc_slice& message);

  // Ends the call, now or as soon as what is being sent is out. Only the first end counts.
  void End(CallEnd end);
  void EndOk() { End(CallEnd{}); }
  void End(const runs::RunError& error);
  void End(runs::Reason reason);

  // Makes sure the timer fires by then.
  void WakeBy(Tick due);

  ServingLoop& loop() { return loop_; }
  const ServingLoop& loop() const { return loop_; }
  const RawStream& stream() const { return stream_; }
  bool ending() const { return ending_; }
  bool headers_sent() const { return stream_.headers_sent(); }

  // Since its headers came.
  double SecondsOpen() const;
  // How it ended, for counters: the gRPC code and the reason on the wire.
  int end_code() const;
  const char* end_reason() const { return end_reason_; }

 private:
  friend class CallList;

  static constexpr int kNotLookedFor = ConnectionTable::kUnknown - 1;

  void StartReading();
  void OnRequestRead(bool ok);
  void StopWaitingForRequest();
  // Whether the call that came right after it did so with it, and is about to be answered too.
  bool IsFollowed();
  // Runs `start`, which hands something to gRPC to be sent.
  template <typename Start>
  void Send(Start start);
  void Finish(CallEnd end);
  void BeginEnding();
  void LogEnd();
  void Stall();
  void CountReset();
  bool IsYoung() const;
  // Its deadline is what ended it, and left time for an answer.
  bool RanOutOfTime() const;
  void SetTimer();

  ServingLoop& loop_;
  RawStream stream_;
  // Waits for the send that is out.
  std::unique_ptr<CallEnd> end_after_send_;
  // In one of the loop's lists.
  Call* next_ = nullptr;
  Call* previous_ = nullptr;

  base::MonotonicTime accepted_at_;
  const char* end_reason_ = "CANCELLED";
  Tick send_started_ = 0;
  Tick request_due_ = kNever;
  int descriptor_ = kNotLookedFor;
  int8_t end_code_ = grpc::StatusCode::CANCELLED;
  // Events that will come back for certain.
  uint8_t events_due_ = 0;
  const Method method_;
  const bool notices_end_;
  bool accepted_ = false;
  bool sending_ = false;
  bool ending_ = false;     // An end was decided.
  bool finishing_ = false;  // The status is with gRPC.
  bool is_silent_ = false;  // Its message is waited for.
  bool reset_counted_ = false;
  bool over_ = false;  // No further operation makes sense.
};

// A list of calls that costs no memory of its own.
class CallList {
 public:
  void Add(Call& call);
  void Remove(Call& call);
  size_t size() const { return size_; }
  // The first of those added. Null: there is none.
  Call* oldest() const { return oldest_; }

  // Calls `visit(call)` for each; it may not destroy any.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (Call* call = first_; call != nullptr; call = call->next_) visit(*call);
  }

 private:
  Call* first_ = nullptr;
  Call* oldest_ = nullptr;
  size_t size_ = 0;
};

// Reads a message of ours from raw bytes; false when it is not one.
bool ParseRequest(const grpc_byte_buffer& bytes, google::protobuf::MessageLite& message);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_CALL_H_
