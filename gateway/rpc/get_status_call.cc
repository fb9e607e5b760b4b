#include "gateway/rpc/get_status_call.h"

#include <grpc/slice.h>

#include <utility>

#include "gateway/rpc/call_checks.h"
#include "gateway/rpc/memory_answer.h"
#include "gateway/rpc/request_origin.h"
#include "gateway/rpc/request_validation.h"
#include "gateway/rpc/serving_loop.h"
#include "gateway/telemetry/log.h"

namespace runcast::rpc {

GetStatusCall::~GetStatusCall() {
  if (!counted_) return;
  loop().counters().get_status_handled.Add(end_code());
  loop().counters().get_status_seconds.Observe(SecondsOpen());
}

void GetStatusCall::OnAccepted() {
  counted_ = true;
  loop().counters().get_status_started.Add();
}

void GetStatusCall::OnRequest(const grpc_byte_buffer& bytes) {
  v1::GetStatusRequest request;
  if (!ParseRequest(bytes, request)) {
    End(MapViolations({{"run", "the request is not a GetStatusRequest"}}));
    return;
  }
  runs::ReadRequest read;
  const bool report_link = request.include_report_link();
  const std::vector<FieldViolation> violations = CheckGetStatus(
      std::move(request), loop().surroundings().limits.max_staleness, read.key, read.max_staleness);
  if (!violations.empty()) {
    End(MapViolations(violations));
    return;
  }
  const RequestHeaders headers(stream());
  access::Caller caller = IdentifyCaller(loop().surroundings(), stream(), headers);
  subject_ = {.run = &read.key, .caller = caller.name};
  if (!Admit(caller, headers, read.key, report_link)) return;
  // A link is never kept, so it never comes from memory.
  read.include_report_link = report_link;
  if (!read.include_report_link && AnswerFromMemory(read.key, read.max_staleness)) return;
  if (loop().waiting_reads() >= loop().surroundings().limits.max_waiting_reads) {
    loop().surroundings().metrics.CountLimit(telemetry::CallLimit::kWaitingReads);
    End(runs::Reason::kOverloaded);
    return;
  }
  // After the look at the loop: a place that is not needed costs nothing.
  const Admission::Answer answer = loop().surroundings().admission.AdmitWaitingRead(caller, place_);
  if (answer != Admission::Answer::kAdmitted) {
    End(EndByLimit(loop().surroundings(), caller, answer, loop().Spread()));
    return;
  }
  asked_ =
      std::make_unique<Asked>(Asked{read.key, caller.name, read.include_report_link, Call::peer()});
  subject_ = {.run = &asked_->key, .caller = asked_->caller};
  read.trace = TraceOf(headers);
  read.caller = std::move(caller.name);
  read_id_ = loop().StartRead(*this, std::move(read));
}

bool GetStatusCall::Admit(const access::Caller& caller, const access::HeaderLookup& headers,
                          const base::RunKey& key, bool report_link) {
  const Surroundings& around = loop().surroundings();
  const runs::Reason refusal = CheckAccess(around, {.caller = &caller,
                                                    .method = PathOf(method()),
                                                    .run = &key,
                                                    .report_link = report_link,
                                                    .headers = &headers});
  if (refusal != runs::Reason::kNone) {
    End(refusal);
    return false;
  }
  if (around.state.full.load(std::memory_order_relaxed)) {
    around.metrics.CountLimit(telemetry::CallLimit::kMemory);
    End(runs::Reason::kOverloaded);
    return false;
  }
  const Admission::Answer answer = around.admission.AdmitCall(caller, loop().now_time());
  if (answer != Admission::Answer::kAdmitted) {
    End(EndByLimit(around, caller, answer, loop().Spread()));
    return false;
  }
  return true;
}

bool GetStatusCall::AnswerFromMemory(const base::RunKey& key, absl::Duration max_staleness) {
  runs::SnapshotPtr snapshot;
  absl::Time last_good_answer;
  loop().surroundings().hub.table().Look(key, [&](const runs::TableEntry& entry) {
    if (!MayAnswerFromMemory(entry, max_staleness, loop().now_time())) return;
    snapshot = entry.snapshot;
    last_good_answer = entry.vitals.last_good_answer;
  });
  if (snapshot == nullptr) return false;
  loop().surroundings().metrics.reads_from_memory.Add();
  Answer(*snapshot, last_good_answer, base::SecretString());
  return true;
}

void GetStatusCall::OnReadAnswer(runs::ReadAnswer answer) {
  read_id_ = 0;
  if (ending()) return;
  telemetry::Metrics& metrics = loop().surroundings().metrics;
  if (answer.snapshot == nullptr) {
    metrics.reads_refused.Add();
    End(answer.error);
    return;
  }
  if (answer.joined) metrics.reads_joined.Add();
  if (!asked_->report_link) {
    // Whatever the hub sent along: nobody asked, and nobody was checked for it.
    answer.report_link = base::SecretString();
  } else if (!answer.report_link.empty()) {
    metrics.report_links_given.Add();
    // The audit line of the contract: who got a link to what, never the link.
    telemetry::LogAudit("report_link.given", "a signed report link was handed out",
                        {{"caller", asked_->caller},
                         {"stream", asked_->key.stream_id},
                         {"suite", asked_->key.suite_name},
                         {"run", asked_->key.run_id},
                         {"trace_id", TraceOf(RequestHeaders(stream())).TraceId()}});
  }
  Answer(*answer.snapshot, answer.last_good_answer, answer.report_link);
}

void GetStatusCall::Answer(const runs::Snapshot& snapshot, absl::Time last_good_answer,
                           const base::SecretString& report_link) {
  const grpc_slice slice = EncodeGetStatusResponse(snapshot, last_good_answer, report_link);
  WriteAndFinish(slice);
  grpc_slice_unref(slice);
}

void GetStatusCall::OnEnding() {
  if (read_id_ != 0) loop().ForgetRead(read_id_);
  read_id_ = 0;
  place_ = {};
  // What it points to may go before the call does.
  subject_ = {};
}

}  // namespace runcast::rpc
