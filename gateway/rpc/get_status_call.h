// One GetStatus call.

#ifndef RUNCAST_GATEWAY_RPC_GET_STATUS_CALL_H_
#define RUNCAST_GATEWAY_RPC_GET_STATUS_CALL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "gateway/access/access_control.h"
#include "gateway/base/run_key.h"
#include "gateway/base/secret_string.h"
#include "gateway/rpc/admission.h"
#include "gateway/rpc/call.h"
#include "gateway/runs/run_hub.h"
#include "gateway/runs/snapshot.h"

namespace runcast::rpc {

// Contract, "GetStatus". Between the message and the end:
//
//   request good, access granted ──known and young enough──▶ answered from memory
//        │ not known, too old, or a report link is wanted
//        ▼
//     waiting for the hub ──status──▶ answered
//        └──────────error──▶ error, after headers if the platform had a part in it
//
// A caller that leaves meanwhile is noticed only when the answer is sent: learning it earlier
// would cost every call an event. Until then its call takes memory, so the number of those that
// wait is limited, in all (CallLimits::max_waiting_reads) and for one caller (Admission).
class GetStatusCall final : public Call {
 public:
  explicit GetStatusCall(ServingLoop& loop) : Call(loop, Method::kGetStatus, false) {}
  ~GetStatusCall() override;

  std::string peer() const override { return asked_ ? asked_->peer : Call::peer(); }

  // The hub's answer to what StartRead asked.
  void OnReadAnswer(runs::ReadAnswer answer);

 protected:
  void OnAccepted() override;
  void OnRequest(const grpc_byte_buffer& request) override;
  void OnEnding() override;
  bool is_logged() const override { return true; }
  CallSubject Subject() const override { return subject_; }

 private:
  // What is remembered of a request that waits for the hub, for the log and the count of resets.
  struct Asked {
    base::RunKey key;
    std::string caller;
    bool report_link;
    std::string peer;  // gRPC forgets it when the caller leaves.
  };

  // Ends the call when access or a limit says no.
  bool Admit(const access::Caller& caller, const access::HeaderLookup& headers,
             const base::RunKey& key, bool report_link);
  bool AnswerFromMemory(const base::RunKey& key, absl::Duration max_staleness);
  void Answer(const runs::Snapshot& snapshot, absl::Time last_good_answer,
              const base::SecretString& report_link);

  uint64_t read_id_ = 0;    // 0: none waits.
  Admission::Place place_;  // While it waits.
  // Of the request in hand, or of `asked_`.
  CallSubject subject_;
  std::unique_ptr<const Asked> asked_;
  bool counted_ = false;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_GET_STATUS_CALL_H_
