// A service that calls the gateway: reads, and watches it reads message by message.
//
// Written on the bare stub: it must show what the gateway does, not what the client library hides.

#ifndef RUNCAST_TESTS_E2E_CALLER_H_
#define RUNCAST_TESTS_E2E_CALLER_H_

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "runcast/v1/run_status_service.grpc.pb.h"

namespace runcast::e2e {

// No wait of a test takes longer, also with sanitizers on a busy machine.
inline constexpr absl::Duration kWaitLimit = absl::Seconds(40);

// Headers of a call.
using Headers = std::multimap<std::string, std::string>;

// What a call ended with.
struct CallEnd {
  grpc::Status status;
  Headers trailers;
};

struct StatusAnswer {
  CallEnd end;
  v1::GetStatusResponse response;

  bool ok() const { return end.status.ok(); }
  const v1::RunStatus& status() const { return response.status(); }
};

// One open watch; its messages are read as they come.
//
// Threads: any.
// Lifetime: the destructor cancels what is open and waits for its end.
class OpenWatch {
 public:
  OpenWatch(v1::RunStatusService::Stub& stub, const v1::WatchRunRequest& request,
            const Headers& headers);
  ~OpenWatch();
  OpenWatch(const OpenWatch&) = delete;
  OpenWatch& operator=(const OpenWatch&) = delete;

  using Wanted = std::function<bool(const v1::WatchRunResponse&)>;
  // The first message, past or future, for which `wanted` says yes; nothing after `limit` or at
  // the end of the stream. With `from`, messages before that index are not looked at.
  std::optional<v1::WatchRunResponse> WaitFor(const Wanted& wanted, size_t from = 0,
                                              absl::Duration limit = kWaitLimit);
  // The same for the status and the freshness that a message, heartbeats included, tells of.
  std::optional<v1::RunStatus> WaitForStatus(
      const std::function<bool(const v1::RunStatus&)>& wanted, size_t from = 0);
  std::optional<v1::Freshness> WaitForFreshness(v1::Freshness::State state, size_t from = 0);
  // How it ended; nothing when it is still open after `limit`.
  std::optional<CallEnd> WaitForEnd(absl::Duration limit = kWaitLimit);
  bool is_open() const;

  // A copy of everything received so far.
  std::vector<v1::WatchRunResponse> messages() const;
  // The newest resume token received; empty before the first message.
  std::string resume_token() const;

 private:
  void Read(v1::RunStatusService::Stub& stub);

  grpc::ClientContext context_;
  const v1::WatchRunRequest request_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<v1::WatchRunResponse> messages_;  // Guarded by mutex_.
  std::optional<CallEnd> end_;                  // Guarded by mutex_.
  std::thread reader_;
};

// One connection.
//
// Threads: any.
// Lifetime: outlives its watches.
class Caller {
 public:
  explicit Caller(const std::string& address,
                  const std::shared_ptr<grpc::ChannelCredentials>& credentials =
                      grpc::InsecureChannelCredentials());

  StatusAnswer GetStatus(const v1::GetStatusRequest& request, const Headers& headers = {});
  // With the defaults of the service.
  StatusAnswer GetStatus(const v1::RunReference& run);
  // With an answer of the platform made for it.
  StatusAnswer GetNewStatus(const v1::RunReference& run);
  // Asks until `wanted` says yes; the last answer in any case.
  StatusAnswer GetStatusUntil(const v1::GetStatusRequest& request,
                              const std::function<bool(const StatusAnswer&)>& wanted);

  std::unique_ptr<OpenWatch> Watch(const v1::WatchRunRequest& request, const Headers& headers = {});
  std::unique_ptr<OpenWatch> Watch(const v1::RunReference& run,
                                   const std::string& resume_token = "");

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::RunStatusService::Stub> stub_;
};

// A watch with the shortest legal silence before a heartbeat.
v1::WatchRunRequest TalkativeWatch(const v1::RunReference& run);

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_CALLER_H_
