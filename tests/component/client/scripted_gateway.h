// A gateway that does what the test says: a real gRPC server on loopback, its calls scripted. With
// RUNCAST_CLIENT_PROXY set it is behind that proxy (proxy.h), unless it has TLS.

#ifndef RUNCAST_TESTS_COMPONENT_CLIENT_SCRIPTED_GATEWAY_H_
#define RUNCAST_TESTS_COMPONENT_CLIENT_SCRIPTED_GATEWAY_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runcast/v1/run_status_service.grpc.pb.h"
#include "tests/component/client/proxy.h"

namespace runcast::tests {

// Threads: scripts run on threads of the server, one for each call; the rest from any thread.
class ScriptedGateway final : private v1::RunStatusService::Service {
 public:
  // One WatchRun call as its script sees it.
  class WatchCall {
   public:
    const v1::WatchRunRequest& request() const { return request_; }
    int number() const { return number_; }  // Of all watches, from 0.

    void SendHeaders() { writer_.SendInitialMetadata(); }
    // False when the client is gone.
    bool Send(const v1::RunStatus& status, const std::string& token);
    bool SendHeartbeat(const std::string& token);
    bool Send(const v1::Heartbeat& heartbeat);
    // Keeps the stream silent until the client cancels or the server stops.
    grpc::Status HoldOpen();
    grpc::ServerContext& context() { return context_; }

   private:
    friend class ScriptedGateway;
    WatchCall(ScriptedGateway& gateway, int number, grpc::ServerContext& context,
              const v1::WatchRunRequest& request, grpc::ServerWriter<v1::WatchRunResponse>& writer)
        : gateway_(gateway),
          number_(number),
          context_(context),
          request_(request),
          writer_(writer) {}

    ScriptedGateway& gateway_;
    const int number_;
    grpc::ServerContext& context_;
    const v1::WatchRunRequest& request_;
    grpc::ServerWriter<v1::WatchRunResponse>& writer_;
  };

  using WatchScript = std::function<grpc::Status(WatchCall&)>;
  using GetScript = std::function<grpc::Status(grpc::ServerContext&, const v1::GetStatusRequest&,
                                               v1::GetStatusResponse*)>;

  // Where it is reached. Outlives it, so that another can come in its place.
  struct Place {
    int port = 0;                            // 0: the system chooses.
    std::shared_ptr<Proxy> proxy = nullptr;  // In front of it, if there is one.
  };

  struct Options {
    WatchScript watch;
    GetScript get;
    // To the client. 0: no limit, or that of the proxy.
    int max_streams_per_connection = 0;
    Place place = {};
    std::shared_ptr<grpc::ServerCredentials> credentials = nullptr;  // Null: plaintext.
  };

  explicit ScriptedGateway(Options options);
  ~ScriptedGateway() override;

  const Place& place() const { return place_; }
  std::string target() const;  // That of the proxy, if there is one.

  // Stops at once, open calls are cut. The destructor does the same.
  void Stop();

  std::vector<v1::WatchRunRequest> watch_requests() const;
  int watch_calls() const { return static_cast<int>(watch_requests().size()); }
  // Values of `x-runcast-run`, in the order of calls.
  std::vector<std::string> run_headers() const;
  // Addresses that calls came from: one for each connection of clients.
  std::set<std::string> peers() const;
  int get_calls() const;
  int open_watches() const;

  // For scripts: keeps a call silent until its client has gone.
  static grpc::Status HoldUntilCancelled(const grpc::ServerContext& context);

  // Waits until `done` holds; it is asked again whenever a call begins or ends. False after 20 s.
  bool WaitUntil(const std::function<bool()>& done) const;

 private:
  grpc::Status WatchRun(grpc::ServerContext* context, const v1::WatchRunRequest* request,
                        grpc::ServerWriter<v1::WatchRunResponse>* writer) override;
  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override;
  void RecordCallLocked(const grpc::ServerContext& context);
  void EndCallLocked();

  const Options options_;
  Place place_;
  std::unique_ptr<grpc::Server> server_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopping_ = false;  // Guarded by mutex_, like all below.
  std::vector<v1::WatchRunRequest> watch_requests_;
  std::vector<std::string> run_headers_;
  std::set<std::string> peers_;
  int get_calls_ = 0;
  int open_watches_ = 0;
  int open_calls_ = 0;
};

// A running status of the run, and the terminal one.
v1::RunStatus Running(uint64_t epoch, uint64_t sequence, int64_t done, int64_t total = 40);
v1::RunStatus Completed(uint64_t epoch, uint64_t sequence);

// An error as the gateway sends it, with ErrorInfo and, when not zero, RetryInfo.
grpc::Status GatewayError(grpc::StatusCode code, const std::string& message,
                          const std::string& reason,
                          absl::Duration retry_delay = absl::ZeroDuration());

v1::RunReference TestRun(const std::string& run_id = "tr-17");

}  // namespace runcast::tests

#endif  // RUNCAST_TESTS_COMPONENT_CLIENT_SCRIPTED_GATEWAY_H_
