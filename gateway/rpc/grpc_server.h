// The gRPC face of the gateway.

#ifndef RUNCAST_GATEWAY_RPC_GRPC_SERVER_H_
#define RUNCAST_GATEWAY_RPC_GRPC_SERVER_H_

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/access/access_control.h"
#include "gateway/access/caller_identity.h"
#include "gateway/base/clock.h"
#include "gateway/base/libevent_loop.h"
#include "gateway/base/listening_sockets.h"
#include "gateway/base/loop_thread.h"
#include "gateway/rpc/admission.h"
#include "gateway/rpc/certificate_watch.h"
#include "gateway/rpc/connection_acceptor.h"
#include "gateway/rpc/raw_service.h"
#include "gateway/rpc/server_certificate.h"
#include "gateway/rpc/serving_loop.h"
#include "gateway/rpc/surroundings.h"
#include "gateway/runs/run_hub.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::rpc {

// Serves RunStatusService and grpc.health.v1.Health on some loops of one thread each.
//
// The end of its life, by the owner: SetServing(false), wait for callers to see it,
// StartDrain, wait, stop whoever posts to the loops, EndCalls, wait, Shutdown, destroy.
//
// Threads: `SetServing`, `SetFull`, `StartDrain`, `EndCalls` and `live_calls` from any thread;
//   `Shutdown` from any thread that is no loop; `Start` and the destructor from the owner's.
// Lifetime: everything in Parts outlives this object, except that the hub must have stopped
//   posting before it is destroyed. The destructor shuts down at once if nobody has.
class GrpcServer {
 public:
  struct Options {
    // An address without brackets or a name; port 0 takes a free one.
    std::string host = "127.0.0.1";
    uint16_t port = 0;
    // Read again when they change.
    TlsFiles tls;
    // For TLS and the peer's first settings; then the connection is closed.
    absl::Duration handshake_timeout = absl::Seconds(10);
    // A connection on which nothing comes for `ping_after` is pinged. One on which that, or what
    // was sent, stays unacknowledged for `peer_timeout` is closed: its peer vanished, or its TCP
    // window stays shut. No settings: the contract says 45 s for both together.
    absl::Duration ping_after = absl::Seconds(20);
    absl::Duration peer_timeout = absl::Seconds(20);
    // 0: one for each core, at least 4.
    int loops = 0;
    bool reflection = false;
    int max_message_bytes = 65536;
    int max_metadata_bytes = 16384;
    // Calls that one connection may have open, as told to clients.
    int max_streams_per_connection = 1000;
    // Left by callers' connections to the rest of the process.
    int spare_descriptors = 64;
    access::CallerIdentity::Options identity;
    Admission::Options admission;
    CallLimits limits;
  };

  struct Parts {
    runs::RunHub& hub;
    const access::AccessControl& access;
    const base::Clock& clock;
    telemetry::Metrics& metrics;
  };

  // Opens the port and starts the loops. Health says NOT_SERVING until SetServing(true).
  // Errors: UNAVAILABLE when the address cannot be listened on (in use, not ours, not an
  //   address); what ReadTlsFiles says.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const Options& options, Parts parts);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  int port() const { return port_; }

  // What health says of all but liveness. Calls are served either way.
  void SetServing(bool serving);
  // New calls are refused with OVERLOADED while `full`: memory is short.
  void SetFull(bool full);

  // Refuses new connections, and new calls on those that are open; ends open streams over the time
  // of `spread`. Calls end with DRAINING; those that wait for an answer get it.
  void StartDrain(absl::Duration spread);

  // Ends all calls with DRAINING, also those that wait for an answer: it will not come. Before
  // Shutdown, which cancels: callers would see a broken connection.
  void EndCalls();

  // Calls that are open, on all loops and in all servers that share the metrics.
  int64_t live_calls() const { return metrics_.live_calls.value(); }

  // How many watch each run, on all loops. Any thread between Start and the destructor.
  WatcherCounts CountWatchers() const;

  // Waits for open calls to end until `limit` has passed, then cancels the rest, and waits for
  // the loops. May be called again.
  void Shutdown(absl::Duration limit);

 private:
  GrpcServer(Options options, Parts parts);

  absl::Status Listen(const Options& options);
  absl::Status MakeCredentials(const TlsFiles& tls);
  void StartAccepting(base::ListeningSockets sockets, const Options& options);
  void CutConnection(const std::string& peer);
  void PostToAll(const Mail& mail);

  telemetry::Metrics& metrics_;
  const access::CallerIdentity identity_;
  Admission admission_;
  ConnectionTable connections_;
  ServingState state_;
  const Surroundings surroundings_;
  RawService run_status_service_;
  RawService health_service_;
  std::vector<std::unique_ptr<ServingLoop>> loops_;
  base::LibeventLoop accept_loop_;
  // Without TLS: null. gRPC asks the credentials at each handshake, so both outlive the server.
  std::unique_ptr<ServerCertificate> certificate_;
  std::unique_ptr<CertificateWatch> certificate_watch_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  // Before the loops' queues in the order of destruction.
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> handover_;
  std::unique_ptr<ConnectionAcceptor> acceptor_;
  std::optional<base::LoopThread> accept_thread_;
  int port_ = 0;
  bool shut_down_ = false;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_GRPC_SERVER_H_
