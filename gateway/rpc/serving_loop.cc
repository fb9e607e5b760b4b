#include "gateway/rpc/serving_loop.h"

#include <grpc/support/time.h>

#include <algorithm>
#include <utility>

#include "gateway/rpc/get_status_call.h"
#include "gateway/rpc/health_calls.h"
#include "gateway/rpc/watch_run_call.h"

namespace runcast::rpc {
namespace {

// Calls of one method that may surface in one round of polling. gRPC gives those of one
// connection to the loop that reads it for as long as that loop has such a place, else to
// another one, which then writes to a socket it does not poll. Watches stay where they came out,
// and a broadcast takes as long as the loop that has most of them, so there are places for all
// that a proxy opens at once on one connection (HAProxy: 100, unless told otherwise). No more than
// that, since Debian's gRPC looks for each event among all places, one by one.
int PlacesFor(Method method) {
  switch (method) {
    case Method::kGetStatus:
      return 64;
    case Method::kWatchRun:
      return 128;
    case Method::kHealthCheck:
    case Method::kHealthWatch:
      return 2;
  }
  return 0;
}

constexpr absl::Duration kPolicyCheck = absl::Seconds(1);

}  // namespace

ServingLoop::ServingLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue,
                         const Surroundings& surroundings, Services services)
    : surroundings_(surroundings),
      services_(services),
      tick_nanos_(absl::ToInt64Nanoseconds(surroundings.limits.tick)),
      stall_ticks_(TicksOf(surroundings.limits.stall_timeout)),
      counters_(surroundings.metrics.AddLoop()),
      queue_(std::move(queue)),
      completions_(*queue_),
      mailbox_(*queue_, this),
      started_(surroundings.clock.Now()),
      queue_started_(gpr_now(GPR_CLOCK_MONOTONIC)),
      random_(std::random_device()()),
      wheel_(0),
      policy_generation_(surroundings.access.generation()),
      watched_runs_(*this, random_()),
      resets_(surroundings.limits.max_resets_per_second),
      cork_(surroundings.limits.longest_gathering),
      last_connection_(surroundings.connections) {}

ServingLoop::~ServingLoop() {
  if (queue_shut_down_) return;
  // Never started: nothing was asked of the queue, but it must be seen empty.
  mailbox_.Close();
  queue_->Shutdown();
  void* tag;
  bool ok;
  while (queue_->Next(&tag, &ok)) {
  }
}

void ServingLoop::Start() { thread_ = std::thread(&ServingLoop::Run, this); }

void ServingLoop::Join() {
  if (thread_.joinable()) thread_.join();
}

void ServingLoop::OnFollowEvent(const base::RunKey& key, runs::FollowEvent event) {
  Post(FollowMail{key, std::move(event)});
}

void ServingLoop::QueueFollowEvent(const base::RunKey& key, runs::FollowEvent event) {
  mailbox_.Put(FollowMail{key, std::move(event)});
}

void ServingLoop::OnReadAnswer(uint64_t read_id, runs::ReadAnswer answer) {
  Post(ReadMail{read_id, std::move(answer)});
}

Tick ServingLoop::TicksOf(absl::Duration duration) const {
  const int64_t nanos = absl::ToInt64Nanoseconds(duration);
  return static_cast<Tick>(std::max<int64_t>(1, (nanos + tick_nanos_ - 1) / tick_nanos_));
}

Tick ServingLoop::SpreadTicks(absl::Duration duration) {
  return TicksOf(duration * (0.9 + 0.2 * Spread()));
}

uint64_t ServingLoop::StartRead(GetStatusCall& call, runs::ReadRequest request) {
  const uint64_t id = ++last_read_id_;
  reads_.emplace(id, &call);
  surroundings_.hub.Read(this, id, std::move(request));
  return id;
}

void ServingLoop::OnCallAccepted(Call& call) {
  live_calls_.Add(call);
  surroundings_.metrics.live_calls.Add(1);
  if (!policy_timer_.scheduled()) wheel_.Schedule(policy_timer_, TickAfter(kPolicyCheck));
  Listen(call.method());
}

void ServingLoop::OnCallGone(Call& call, bool was_accepted) {
  if (was_accepted) {
    live_calls_.Remove(call);
    surroundings_.metrics.live_calls.Add(-1);
  }
  --calls_;
  CloseWhenEmpty();
}

void ServingLoop::AddSilentCall(Call& call) {
  // Callers send their message along with the headers, so the oldest is the least likely to get
  // one.
  if (silent_calls_.size() >= surroundings_.limits.max_silent_calls) {
    surroundings_.metrics.CountLimit(telemetry::CallLimit::kSilentCalls);
    silent_calls_.oldest()->MakeRoom();
  }
  live_calls_.Remove(call);
  silent_calls_.Add(call);
}

void ServingLoop::RemoveSilentCall(Call& call) {
  silent_calls_.Remove(call);
  live_calls_.Add(call);
}

void ServingLoop::OnReset(Call& call) {
  const std::string peer = call.peer();
  if (resets_.IsOneTooMany(peer, now_)) surroundings_.cut_connection(peer);
}

void ServingLoop::Run() {
  ReadClock();
  for (const Method method : kAllMethods) {
    for (int i = 0; i < PlacesFor(method); ++i) Listen(method);
  }
  for (;;) {
    void* tag = nullptr;
    bool ok = false;
    const auto next = queue_->AsyncNext(&tag, &ok, NextDeadline());
    ReadClock();
    if (next == grpc::CompletionQueue::SHUTDOWN) return;
    const bool got_event = next == grpc::CompletionQueue::GOT_EVENT;
    if (!got_event || cork_.IsOverdue(now_)) cork_.Release();
    if (got_event) DispatchTag(tag, ok);
    FireTimers();
    if (!completions_.empty()) ReadClock();
    while (completions_.Next(&tag, &ok)) DispatchTag(tag, ok);
  }
}

void ServingLoop::Listen(Method method) {
  ++calls_;
  // It destroys itself with its last event.
  switch (method) {
    case Method::kGetStatus:
      (new GetStatusCall(*this))->Listen(services_.run_status, 0, queue_.get());
      break;
    case Method::kWatchRun:
      (new WatchRunCall(*this))->Listen(services_.run_status, 1, queue_.get());
      break;
    case Method::kHealthCheck:
      (new HealthCheckCall(*this))->Listen(services_.health, 0, queue_.get());
      break;
    case Method::kHealthWatch:
      (new HealthWatchCall(*this))->Listen(services_.health, 1, queue_.get());
      break;
  }
}

// The only tag of the loop's own is the wake.
void ServingLoop::OnEvent(CallEvent /*event*/, bool /*ok*/) {
  // Whoever has news for several loops may have lost its processor to this one, and this one is
  // busy for milliseconds now.
  neighbour_->Wake();
  for (Mail& mail : mailbox_.Take()) {
    std::visit([this](auto& each) { Handle(each); }, mail);
  }
}

void ServingLoop::ReadClock() {
  now_ = surroundings_.clock.Now();
  now_tick_ = static_cast<Tick>(absl::ToInt64Nanoseconds(now_ - started_) / tick_nanos_);
}

gpr_timespec ServingLoop::NextDeadline() {
  // Only what is there already can still join what is held.
  if (cork_.holds()) return gpr_inf_past(GPR_CLOCK_MONOTONIC);
  const std::optional<Tick> next = wheel_.NextCheck();
  if (!next) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(queue_started_,
                      gpr_time_from_nanos(static_cast<int64_t>(*next) * tick_nanos_, GPR_TIMESPAN));
}

void ServingLoop::FireTimers() {
  wheel_.Advance(now_tick_, [this](WheelEntry& entry) {
    if (&entry == &policy_timer_) {
      CheckPolicy();
    } else {
      static_cast<Call&>(entry).FireTimer();
    }
  });
}

void ServingLoop::CheckPolicy() {
  const uint64_t generation = surroundings_.access.generation();
  if (std::exchange(policy_generation_, generation) != generation) {
    ForEachCall([](Call& call) { call.OnPolicyChange(); });
  }
  // An idle loop sleeps.
  if (live_calls_.size() + silent_calls_.size() > 0)
    wheel_.Schedule(policy_timer_, TickAfter(kPolicyCheck));
}

void ServingLoop::Handle(ReadMail& mail) {
  const auto read = reads_.find(mail.read_id);
  if (read == reads_.end()) return;
  GetStatusCall& call = *read->second;
  reads_.erase(read);
  call.OnReadAnswer(std::move(mail.answer));
}

void ServingLoop::Handle(DrainMail& mail) {
  draining_ = true;
  const double spread_ticks = TicksOf(mail.spread);
  ForEachCall(
      [&](Call& call) { call.OnDrain(now_tick_ + static_cast<Tick>(spread_ticks * Spread())); });
}

void ServingLoop::Handle(EndCallsMail& /*mail*/) {
  draining_ = true;
  ForEachCall([](Call& call) { call.Abandon(); });
}

void ServingLoop::Handle(HealthMail& /*mail*/) {
  ForEachCall([](Call& call) { call.OnHealthChange(); });
}

void ServingLoop::Handle(CloseMail& /*mail*/) {
  closing_ = true;
  ForEachCall([](Call& call) { call.Abandon(); });
  CloseWhenEmpty();
}

void ServingLoop::CloseWhenEmpty() {
  if (!closing_ || calls_ > 0 || queue_shut_down_) return;
  queue_shut_down_ = true;
  mailbox_.Close();
  queue_->Shutdown();
}

}  // namespace runcast::rpc
