// The whole program but its command line: builds every part, and takes them down in order.

#ifndef RUNCAST_GATEWAY_APP_GATEWAY_H_
#define RUNCAST_GATEWAY_APP_GATEWAY_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/access/policy_access_control.h"
#include "gateway/access/policy_file.h"
#include "gateway/admin/activity_history.h"
#include "gateway/admin/admin_server.h"
#include "gateway/app/drain_times.h"
#include "gateway/app/memory_guard.h"
#include "gateway/auth/credential_set.h"
#include "gateway/base/clock.h"
#include "gateway/base/file_watcher.h"
#include "gateway/base/libevent_loop.h"
#include "gateway/base/loop_thread.h"
#include "gateway/coordination/redis_coordination.h"
#include "gateway/http/curl_client.h"
#include "gateway/rpc/grpc_server.h"
#include "gateway/runs/poll_loop.h"
#include "gateway/telemetry/metrics.h"
#include "gateway/upstream/platform_client.h"
#include "runcast/config/v1/gateway_config.pb.h"

namespace runcast::app {

// Threads: one thread makes and starts it; `Drain` and the destructor from that or another one,
//   one at a time.
// Lifetime: the destructor ends everything at once: calls are cancelled, threads joined.
class Gateway {
 public:
  Gateway() = default;
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Once; serves when it returns no faults. `config` is one that LoadConfig called good.
  // The faults are everything that keeps it from starting, a sentence each: secrets and policies
  // that are bad, ports that cannot be had. Then the object is of no more use.
  std::vector<std::string> Start(const config::v1::GatewayConfig& config);

  // Where callers and operators connect, as `host:port` with the port really taken. The second is
  // empty without an admin port.
  const std::string& grpc_address() const { return grpc_address_; }
  const std::string& admin_address() const { return admin_address_; }

  // For ReloadConfig. What `/configz` shows; that secrets and policies are read again now; that the
  // configuration was.
  void ShowConfig(const config::v1::GatewayConfig& config);
  void ReadFilesAgain();
  void CountReload(bool refused);

  // The orderly end: health says NOT_SERVING, calls are served on for `delay`, then open streams
  // end with reason and token over `spread`. Some seconds later polling stops, what still waits
  // for an answer is refused with the same reason, and what could not end by itself (a caller
  // that does not read) is cancelled. Returns when no call is left; `hard_deadline` is for the
  // caller to watch. At most once.
  void Drain(const DrainTimes& times);

 private:
  absl::Status MakeUpstream(const config::v1::GatewayConfig& config);
  absl::Status MakeAccess(const config::v1::GatewayConfig& config);
  absl::Status StartAdmin(const config::v1::GatewayConfig& config);
  absl::Status StartGrpc(const config::v1::GatewayConfig& config);
  void StartMemoryGuard(const config::v1::GatewayConfig& config);
  void StartActivityHistory();
  // What `/runs` shows; on the admin thread.
  std::string ListRuns() const;
  void WaitForCalls(absl::Duration limit);
  // Tells the other replicas that this one stops.
  void LeaveReplicas();

  std::string grpc_address_;
  std::string admin_address_;
  mutable std::mutex config_mutex_;
  std::string config_text_;  // Guarded by config_mutex_. Without secrets.
  // Whether `/readyz` says yes.
  std::atomic<bool> ready_{false};
  // Whether every part is there, so that the admin thread may look.
  std::atomic<bool> started_{false};

  // In the order of dependence; destroyed from the bottom up. What stands between `loop_` and
  // `grpc_` belongs to the poll loop's thread from its start to its end.
  const base::SystemClock clock_{};
  telemetry::Metrics metrics_;
  base::LibeventLoop loop_{clock_};
  admin::ActivityHistory activity_;
  std::unique_ptr<base::Timer> activity_timer_;
  std::unique_ptr<http::CurlClient> http_;
  std::unique_ptr<auth::CredentialSet> credentials_;
  std::unique_ptr<upstream::PlatformClient> platform_;
  std::unique_ptr<runs::PollLoop> poll_loop_;
  std::unique_ptr<coordination::RedisCoordination> coordination_;  // Null: none is configured.
  std::unique_ptr<access::PolicyAccessControl> access_;
  std::unique_ptr<access::PolicyFile> policy_file_;
  std::unique_ptr<base::FileWatcher> policy_watcher_;
  std::unique_ptr<rpc::GrpcServer> grpc_;
  std::unique_ptr<MemoryGuard> memory_guard_;
  std::unique_ptr<admin::AdminServer> admin_;
  std::optional<base::LoopThread> poll_thread_;
};

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_GATEWAY_H_
