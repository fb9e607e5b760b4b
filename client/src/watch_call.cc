#include "client/src/watch_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/src/call_metadata.h"
#include "client/src/status_translation.h"
#include "runcast/error_reason.h"
#include "runcast/v1/run_status_service.grpc.pb.h"

namespace runcast::client {
namespace {

// Owns itself from Start until its last event.
class WatchCall final : public CallEvent {
 public:
  WatchCall(CallLoop& loop, std::unique_ptr<ChannelPool::Lease> lease,
            const v1::WatchRunRequest& request, StreamEvents& events)
      : loop_(loop), lease_(std::move(lease)), events_(&events) {
    AddRunMetadata(request.run(), context_);
    const auto stub = v1::RunStatusService::NewStub(lease_->channel());
    reader_ = stub->PrepareAsyncWatchRun(&context_, request, &loop_.queue());
    loop_.CallStarted();
    reader_->StartCall(tag());
  }

  // Tells nothing more; dies when gRPC has let go.
  void Abandon() {
    events_ = nullptr;
    context_.TryCancel();
  }

  bool ReportMissingHeaders() {
    const bool connected = lease_->channel()->GetState(false) == GRPC_CHANNEL_READY;
    if (connected) {
      lease_->ReportHanging();
    } else {
      lease_->ReportFailure();
    }
    return connected;
  }

  void OnEvent(bool ok) override {
    switch (step_) {
      case Step::kStarting:
        if (!ok) return Finish();
        step_ = Step::kAwaitingHeaders;
        reader_->ReadInitialMetadata(tag());
        return;
      case Step::kAwaitingHeaders:
        if (!ok) return Finish();
        if (events_ != nullptr) events_->OnHeaders();
        return Read();
      case Step::kReading:
        if (!ok) return Finish();
        if (!answered_) lease_->ReportAnswer();
        answered_ = true;
        if (events_ != nullptr) events_->OnMessage(message_);
        return Read();
      case Step::kFinishing:
        return Die();
    }
  }

 private:
  enum class Step { kStarting, kAwaitingHeaders, kReading, kFinishing };

  void* tag() { return static_cast<CallEvent*>(this); }

  void Read() {
    step_ = Step::kReading;
    reader_->Read(&message_, tag());
  }

  void Finish() {
    step_ = Step::kFinishing;
    reader_->Finish(&status_, tag());
  }

  void Die() {
    StreamEnd end{.status = TranslateStatus(status_, "")};
    end.retry_after = AskedWait(end.status);
    if (events_ != nullptr) {
      if (!IsConnectionTrouble(end.status)) {
        lease_->ReportAnswer();
      } else if (!answered_) {
        lease_->ReportFailure();
      }
    }
    StreamEvents* events = events_;
    CallLoop& loop = loop_;
    // Its place on the channel is free before anybody opens the next stream.
    delete this;
    if (events != nullptr) events->OnEnd(end);
    loop.CallEnded();
  }

  absl::Duration AskedWait(const absl::Status& status) {
    if (const auto delay = RetryDelay(status)) return *delay;
    const auto& trailers = context_.GetServerTrailingMetadata();
    const auto pushback = trailers.find("grpc-retry-pushback-ms");
    int milliseconds = 0;
    if (pushback == trailers.end() ||
        !absl::SimpleAtoi(absl::string_view(pushback->second.data(), pushback->second.size()),
                          &milliseconds)) {
      return absl::ZeroDuration();
    }
    return absl::Milliseconds(std::max(milliseconds, 0));
  }

  CallLoop& loop_;
  std::unique_ptr<ChannelPool::Lease> lease_;
  StreamEvents* events_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReader<v1::WatchRunResponse>> reader_;
  v1::WatchRunResponse message_;
  grpc::Status status_;
  Step step_ = Step::kStarting;
  bool answered_ = false;
};

// What RunStream holds of a call.
class CallHandle final : public OpenStream, private StreamEvents {
 public:
  CallHandle(CallLoop& loop, std::unique_ptr<ChannelPool::Lease> lease,
             const v1::WatchRunRequest& request, StreamEvents& events)
      : events_(events), call_(new WatchCall(loop, std::move(lease), request, *this)) {}
  ~CallHandle() override {
    if (call_ != nullptr) call_->Abandon();
  }

  bool ReportMissingHeaders() override { return call_->ReportMissingHeaders(); }

 private:
  void OnHeaders() override { events_.OnHeaders(); }
  void OnMessage(const v1::WatchRunResponse& message) override { events_.OnMessage(message); }
  void OnEnd(const StreamEnd& end) override {
    call_ = nullptr;  // It is gone by itself.
    events_.OnEnd(end);
  }

  StreamEvents& events_;
  WatchCall* call_;
};

}  // namespace

std::unique_ptr<OpenStream> WatchCallOpener::Open(const v1::WatchRunRequest& request,
                                                  StreamEvents& events) {
  return std::make_unique<CallHandle>(loop_, channels_.Acquire(), request, events);
}

}  // namespace runcast::client
