// One WatchRun stream.

#ifndef RUNCAST_GATEWAY_RPC_WATCH_RUN_CALL_H_
#define RUNCAST_GATEWAY_RPC_WATCH_RUN_CALL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/rpc/admission.h"
#include "gateway/rpc/call.h"
#include "gateway/rpc/watched_runs.h"
#include "gateway/runs/resume_token.h"

namespace runcast::rpc {

// Contract, "WatchRun". The states between the message and the end (see Call for the rest):
//
//   request good, access granted, place free
//        │ Join
//        ▼                      OnNews                       OnNews(newer)
//     joining ────────────────────────────────▶ open ◀──────────────────────┐
//        │ OnEnded, drain,          headers, with the newest  │   one write in flight,
//        │ age, access lost         status if there is one    │   one pending status; a
//        ▼                                                    │   heartbeat only when
//     error, no headers                                       │   neither is there
//        ┌────────────────────────────────────────────────────┤
//        │ terminal status, or seen before                    │ OnEnded, drain, age, access
//        ▼                                                    ▼ lost
//     written and finished OK in one                  error after headers, once the write in
//                                                     flight is out
//
// A watcher holds a few hundred bytes beside gRPC's own: the run, its newest message, the
// caller and the encoded bytes are shared.
class WatchRunCall final : public Call {
 public:
  explicit WatchRunCall(ServingLoop& loop) : Call(loop, Method::kWatchRun, true) {}
  ~WatchRunCall() override;

  // From WatchedRuns.
  // The run can be followed; `newest` is its newest status, null while nothing is known. Every
  // later status comes the same way. May leave the run before it returns.
  void OnNews(const StatusMessagePtr& newest);
  void OnEnded(const runs::RunError& error) { End(error); }
  // Once admitted.
  const std::string& caller_name() const { return place_.caller().name; }
  // The hub has said its last word about the run, which the call leaves next.
  void OnLastNews();
  // Whether it came with a resume token.
  bool resumed() const { return resumed_; }

  void OnDrain(Tick due) override;
  void OnPolicyChange() override;

 protected:
  void OnAccepted() override;
  void OnRequest(const grpc_byte_buffer& request) override;
  bool is_logged() const override { return true; }
  CallSubject Subject() const override;
  void OnSent() override;
  void OnEnding() override;
  void OnTimer(Tick now) override;
  Tick NextDue() const override;

 private:
  friend class WatchedRuns;

  // Access, limits, place; ends the call when one of them says no.
  bool Admit(const base::RunKey& key);
  // Nothing goes to a caller that a changed policy shuts out: ends the call when its caller may
  // not see the run any more. Costs one load where the policy is the same.
  bool StillHasAccess();
  bool RecheckAccess();

  void Offer(const StatusMessagePtr& status);
  void SendStatus(const StatusMessagePtr& status);
  void SendHeartbeat();
  // Nothing is known of the run: tells why, once, as soon as there is a reason.
  void TellFirstTrouble();
  void Sending();

  Admission::Place place_;
  const CallSubject* asking_ = nullptr;  // While it is being admitted.
  // The record of the run on this loop, while it is on it; place_in_run_ is WatchedRuns' own.
  WatchedRun* run_ = nullptr;
  uint32_t place_in_run_ = 0;

  // Waits for the write in flight. Replaced by newer ones.
  StatusMessagePtr pending_;
  // The run of the last status, while that waits and the call is off the run.
  std::unique_ptr<const base::RunKey> left_run_;
  // What the watcher has seen last, here or before it resumed.
  runs::ResumeToken seen_;
  uint64_t access_generation_ = 0;

  Tick heartbeat_ticks_ = 0;  // Spread by ±10 %.
  Tick heartbeat_due_ = kNever;
  Tick trouble_look_ticks_ = 0;  // Doubles with each look in vain.
  Tick trouble_look_due_ = kNever;
  Tick age_due_ = kNever;
  Tick recheck_due_ = kNever;
  Tick drain_due_ = kNever;

  bool counted_ = false;
  bool open_ = false;     // Admitted by the hub.
  bool resumed_ = false;  // Came with a token that can be read.
  bool has_seen_ = false;
  bool has_sent_ = false;  // A message on this stream.
  bool heartbeat_wanted_ = false;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_WATCH_RUN_CALL_H_
