#include "gateway/rpc/watch_run_call.h"

#include <grpc/slice.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/rpc/call_checks.h"
#include "gateway/rpc/delivery_rule.h"
#include "gateway/rpc/heartbeat.h"
#include "gateway/rpc/request_origin.h"
#include "gateway/rpc/request_validation.h"
#include "gateway/rpc/serving_loop.h"

namespace runcast::rpc {
namespace {

// A first poll that is refused has its answer by then; one that runs into time-outs is looked for
// at 1, 2, 4 and 8 s. A mistyped name must not take a heartbeat's 20 s to show.
constexpr absl::Duration kFirstTroubleLook = absl::Milliseconds(500);

}  // namespace

WatchRunCall::~WatchRunCall() {
  if (!counted_) return;
  telemetry::Metrics& metrics = loop().surroundings().metrics;
  metrics.watchers.Add(-1);
  metrics.CountStreamEnd(end_reason());
  loop().counters().watch_run_handled.Add(end_code());
  loop().counters().watch_run_seconds.Observe(SecondsOpen());
}

void WatchRunCall::OnAccepted() {
  counted_ = true;
  loop().surroundings().metrics.watchers.Add(1);
  loop().counters().watch_run_started.Add();
  age_due_ = loop().now() + loop().SpreadTicks(loop().surroundings().limits.max_age);
}

void WatchRunCall::OnRequest(const grpc_byte_buffer& bytes) {
  v1::WatchRunRequest request;
  if (!ParseRequest(bytes, request)) {
    End(MapViolations({{"run", "the request is not a WatchRunRequest"}}));
    return;
  }
  const CallLimits& limits = loop().surroundings().limits;
  base::RunKey key;
  absl::Duration interval;
  const std::vector<FieldViolation> violations = CheckWatchRun(
      request, limits.least_heartbeat_interval, limits.heartbeat_interval, key, interval);
  if (!violations.empty()) {
    End(MapViolations(violations));
    return;
  }
  if (!Admit(key)) return;

  if (const auto token = runs::DecodeResumeToken(request.resume_token())) {
    seen_ = *token;
    has_seen_ = resumed_ = true;
  }
  heartbeat_ticks_ = loop().SpreadTicks(interval);
  recheck_due_ = loop().TickAfter(limits.access_recheck);
  WakeBy(std::min(age_due_, recheck_due_));
  loop().watched_runs().Join(*this, key);
}

bool WatchRunCall::Admit(const base::RunKey& key) {
  const Surroundings& around = loop().surroundings();
  const RequestHeaders headers(stream());
  const access::Caller caller = IdentifyCaller(around, stream(), headers);
  const CallSubject subject{.run = &key, .caller = caller.name};
  asking_ = &subject;
  // Read before the check: a change in between is then seen as one.
  access_generation_ = around.access.generation();
  const runs::Reason refusal = CheckAccess(
      around, {.caller = &caller, .method = PathOf(method()), .run = &key, .headers = &headers});
  if (refusal != runs::Reason::kNone) {
    End(refusal);
    return false;
  }
  if (around.state.full.load(std::memory_order_relaxed)) {
    around.metrics.CountLimit(telemetry::CallLimit::kMemory);
    End(runs::Reason::kOverloaded);
    return false;
  }
  const Admission::Answer answer =
      around.admission.AdmitWatch(caller, peer(), key, loop().now_time(), place_);
  if (answer != Admission::Answer::kAdmitted) {
    End(EndByLimit(around, caller, answer, loop().Spread()));
    return false;
  }
  asking_ = nullptr;
  return true;
}

bool WatchRunCall::StillHasAccess() {
  return access_generation_ == loop().surroundings().access.generation() || RecheckAccess();
}

bool WatchRunCall::RecheckAccess() {
  const Surroundings& around = loop().surroundings();
  recheck_due_ = loop().TickAfter(around.limits.access_recheck);
  access_generation_ = around.access.generation();
  const RequestHeaders headers(stream());
  const runs::Reason refusal = CheckAccess(around, {.caller = &place_.caller(),
                                                    .method = PathOf(method()),
                                                    .run = run_ ? run_->key : left_run_.get(),
                                                    .headers = &headers});
  if (refusal == runs::Reason::kNone) return true;
  End(refusal);
  return false;
}

void WatchRunCall::OnNews(const StatusMessagePtr& newest) {
  if (ending()) return;
  if (!StillHasAccess()) return;
  if (!open_) {
    open_ = true;
    heartbeat_due_ = loop().now() + heartbeat_ticks_;
    // Not for those who resume: they know the run, and all of them come at once.
    if (newest == nullptr && !has_seen_) {
      trouble_look_ticks_ = loop().TicksOf(kFirstTroubleLook);
      trouble_look_due_ = loop().now() + trouble_look_ticks_;
    }
    WakeBy(std::min(heartbeat_due_, trouble_look_due_));
  }
  if (newest != nullptr) Offer(newest);
  // Headers tell that the watch stands, also when there is nothing to show yet.
  if (!headers_sent() && can_send()) SendHeaders();
}

void WatchRunCall::OnLastNews() {
  heartbeat_wanted_ = false;
  if (pending_ != nullptr) left_run_ = std::make_unique<base::RunKey>(*run_->key);
}

void WatchRunCall::Offer(const StatusMessagePtr& status) {
  const runs::ResumeToken& token = status->snapshot().token();
  switch (DecideDelivery(token, has_seen_ ? &seen_ : nullptr, resumed_ && !has_sent_)) {
    case Delivery::kStatus:
      if (can_send()) {
        SendStatus(status);
      } else {
        if (pending_ != nullptr) loop().counters().statuses_conflated.Add();
        pending_ = status;
        heartbeat_wanted_ = false;
      }
      return;
    case Delivery::kHeartbeat:
      // The same facts under a new number: go on from that.
      pending_ = nullptr;
      if (token.epoch != seen_.epoch || token.sequence > seen_.sequence) seen_ = token;
      if (can_send()) {
        SendHeartbeat();
      } else {
        heartbeat_wanted_ = true;
      }
      return;
    case Delivery::kHold:
      return;
    case Delivery::kEnd:
      EndOk();
      return;
  }
}

void WatchRunCall::SendStatus(const StatusMessagePtr& status) {
  seen_ = status->snapshot().token();
  has_seen_ = true;
  Sending();
  loop().counters().statuses_sent.Add();
  if (status->snapshot().terminal()) {
    WriteAndFinish(status->slice());
  } else {
    Write(status->slice());
  }
}

void WatchRunCall::SendHeartbeat() {
  const std::optional<runs::TableEntry> entry = loop().surroundings().hub.table().Find(*run_->key);
  const std::string bytes =
      EncodeHeartbeat(entry ? &entry->vitals : nullptr, has_seen_ ? &seen_ : nullptr);
  Sending();
  loop().counters().heartbeats_sent.Add();
  const grpc_slice slice = CopyToSlice(bytes);
  Write(slice);
  grpc_slice_unref(slice);
}

void WatchRunCall::TellFirstTrouble() {
  trouble_look_due_ = kNever;
  if (has_sent_) return;
  const std::optional<runs::TableEntry> entry = loop().surroundings().hub.table().Find(*run_->key);
  if (can_send() && entry && !entry->vitals.freshness.reason().empty()) {
    SendHeartbeat();
    return;
  }
  trouble_look_ticks_ *= 2;
  trouble_look_due_ = loop().now() + trouble_look_ticks_;
}

// The timer stays where it is and moves when it fires: a broadcast touches no timer.
void WatchRunCall::Sending() {
  has_sent_ = true;
  heartbeat_wanted_ = false;
  heartbeat_due_ = loop().now() + heartbeat_ticks_;
}

void WatchRunCall::OnSent() {
  if (pending_ == nullptr && !heartbeat_wanted_) return;
  // Long after it was told, perhaps.
  if (!StillHasAccess()) return;
  if (pending_ != nullptr) {
    SendStatus(std::exchange(pending_, nullptr));
  } else {
    SendHeartbeat();
  }
}

CallSubject WatchRunCall::Subject() const {
  if (asking_ != nullptr) return *asking_;
  if (run_ == nullptr && left_run_ == nullptr) return {};
  return {.run = run_ != nullptr ? run_->key : left_run_.get(), .caller = place_.caller().name};
}

void WatchRunCall::OnEnding() {
  asking_ = nullptr;
  pending_ = nullptr;
  loop().watched_runs().Leave(*this);
}

void WatchRunCall::OnDrain(Tick due) {
  drain_due_ = due;
  WakeBy(due);
}

// Spread over a second: a hundred thousand checks at once would hold up the loop.
void WatchRunCall::OnPolicyChange() {
  if (run_ == nullptr && left_run_ == nullptr) return;
  recheck_due_ = std::min(
      recheck_due_,
      loop().now() + static_cast<Tick>(loop().Spread() * loop().TicksOf(absl::Seconds(1))));
  WakeBy(recheck_due_);
}

void WatchRunCall::OnTimer(Tick now) {
  if (run_ == nullptr) {
    if (left_run_ != nullptr && recheck_due_ <= now) RecheckAccess();
    return;
  }
  if (drain_due_ <= now) {
    End(runs::Reason::kDraining);
  } else if (age_due_ <= now) {
    End(runs::Reason::kStreamMaxAge);
  } else if (recheck_due_ <= now && !RecheckAccess()) {
    return;
  } else if (open_ && heartbeat_due_ <= now) {
    // What is being sent breaks the silence; until it is out there is nothing to add.
    if (can_send()) {
      SendHeartbeat();
    } else {
      heartbeat_due_ = now + heartbeat_ticks_;
    }
  } else if (trouble_look_due_ <= now) {
    TellFirstTrouble();
  }
}

Tick WatchRunCall::NextDue() const {
  // Off its run, with the terminal status held back: beside that only the stall and a loss of
  // access can end it.
  if (run_ == nullptr) return left_run_ != nullptr ? recheck_due_ : kNever;
  return std::min({heartbeat_due_, trouble_look_due_, age_due_, recheck_due_, drain_due_});
}

}  // namespace runcast::rpc
