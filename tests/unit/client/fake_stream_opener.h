// A wire on which the test plays the gateway.

#ifndef RUNCAST_TESTS_UNIT_CLIENT_FAKE_STREAM_OPENER_H_
#define RUNCAST_TESTS_UNIT_CLIENT_FAKE_STREAM_OPENER_H_

#include <memory>
#include <string>
#include <vector>

#include "client/src/stream_opener.h"

namespace runcast::client {

// Threads: one. Outlives the streams.
class FakeStreamOpener final : public StreamOpener {
 public:
  std::unique_ptr<OpenStream> Open(const v1::WatchRunRequest& request,
                                   StreamEvents& events) override {
    requests.push_back(request);
    newest_ = &events;
    ++open;
    return std::make_unique<FakeStream>(*this);
  }

  // What the gateway does on the newest stream.
  void SendHeaders() { newest_->OnHeaders(); }
  void SendStatus(const v1::RunStatus& status, const std::string& token) {
    v1::WatchRunResponse message;
    *message.mutable_status() = status;
    message.set_resume_token(token);
    newest_->OnMessage(message);
  }
  void SendHeartbeat(const std::string& token) {
    v1::WatchRunResponse message;
    message.mutable_heartbeat();
    message.set_resume_token(token);
    newest_->OnMessage(message);
  }
  void End(const absl::Status& status, absl::Duration retry_after = absl::ZeroDuration()) {
    newest_->OnEnd({.status = status, .retry_after = retry_after});
  }

  std::vector<v1::WatchRunRequest> requests;  // Of all streams ever opened.
  int open = 0;                               // Streams that are alive.
  int missing_headers = 0;                    // Reports of it.
  bool connected = true;                      // What such a report answers.

 private:
  class FakeStream final : public OpenStream {
   public:
    explicit FakeStream(FakeStreamOpener& opener) : opener_(opener) {}
    ~FakeStream() override { --opener_.open; }
    bool ReportMissingHeaders() override {
      ++opener_.missing_headers;
      return opener_.connected;
    }

   private:
    FakeStreamOpener& opener_;
  };

  StreamEvents* newest_ = nullptr;
};

}  // namespace runcast::client

#endif  // RUNCAST_TESTS_UNIT_CLIENT_FAKE_STREAM_OPENER_H_
