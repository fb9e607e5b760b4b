#include "gateway/app/gateway.h"

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gateway/admin/run_list.h"
#include "gateway/app/class_options.h"
#include "gateway/app/linked_versions.h"
#include "gateway/app/memory_limit.h"
#include "gateway/config/config_printer.h"
#include "gateway/config/drain_end.h"
#include "gateway/config/listen_address.h"
#include "gateway/telemetry/log.h"
#include "gateway/telemetry/process_facts.h"

namespace runcast::app {
namespace {

constexpr absl::Duration kCallCheck = absl::Milliseconds(10);

// The address as configured, with the port that was really taken.
std::string AddressOf(const std::string& listen, int port) {
  return absl::StrCat(listen.substr(0, listen.rfind(':')), ":", port);
}

void AddFaults(const absl::Status& status, std::vector<std::string>& faults) {
  if (status.ok()) return;
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n', absl::SkipEmpty())) {
    faults.emplace_back(line);
  }
}

}  // namespace

Gateway::~Gateway() {
  // The loops of the server post to the poll loop and the other way round: the poll loop's
  // thread goes first, then the server, then what both used.
  poll_thread_.reset();
  admin_.reset();
  memory_guard_.reset();
  grpc_.reset();
  // Its requests hold callbacks into the poll loop.
  platform_.reset();
}

std::vector<std::string> Gateway::Start(const config::v1::GatewayConfig& config) {
  std::vector<std::string> faults;
  ShowConfig(config);
  AddFaults(MakeUpstream(config), faults);
  AddFaults(MakeAccess(config), faults);
  AddFaults(StartAdmin(config), faults);
  if (poll_loop_ != nullptr && access_ != nullptr) AddFaults(StartGrpc(config), faults);
  if (!faults.empty()) return faults;

  StartMemoryGuard(config);
  StartActivityHistory();
  started_ = true;
  poll_thread_.emplace(loop_);
  grpc_->SetServing(true);
  ready_ = true;
  return faults;
}

absl::Status Gateway::MakeUpstream(const config::v1::GatewayConfig& config) {
  http_ = std::make_unique<http::CurlClient>(loop_, CurlOptionsOf(config));
  auto credentials = auth::CredentialSet::Make(loop_, CredentialOptionsOf(config), &metrics_);
  if (!credentials.ok()) return credentials.status();
  credentials_ = *std::move(credentials);
  platform_ = std::make_unique<upstream::PlatformClient>(loop_, *http_, *credentials_, metrics_,
                                                         PlatformOptionsOf(config));
  if (const auto options = CoordinationOptionsOf(config)) {
    auto coordination = coordination::RedisCoordination::Make(*options, loop_, metrics_);
    if (!coordination.ok()) return coordination.status();
    coordination_ = *std::move(coordination);
  }
  poll_loop_ = std::make_unique<runs::PollLoop>(PollLoopOptionsOf(config), loop_, *platform_,
                                                metrics_, coordination_.get());
  return absl::OkStatus();
}

absl::Status Gateway::MakeAccess(const config::v1::GatewayConfig& config) {
  access_ = std::make_unique<access::PolicyAccessControl>(
      AccessOptionsOf(config),
      [this](absl::string_view stream_id) { return credentials_->Serves(stream_id); }, clock_);
  const std::string& path = config.access().policy_file();
  if (path.empty()) return absl::OkStatus();
  policy_file_ = std::make_unique<access::PolicyFile>(path, *access_, metrics_);
  // Before the first look at the content, so that no change falls between the two.
  policy_watcher_ =
      std::make_unique<base::FileWatcher>(loop_, path, [this] { policy_file_->Reload(); });
  return policy_file_->Load();
}

absl::Status Gateway::StartAdmin(const config::v1::GatewayConfig& config) {
  if (config.admin().listen().empty()) return absl::OkStatus();
  admin::AdminPages pages({.metrics = [this] { return metrics_.WriteText(); },
                           .ready = [this] { return ready_.load(); },
                           .config =
                               [this] {
                                 std::lock_guard lock(config_mutex_);
                                 return config_text_;
                               },
                           .runs = [this] { return ListRuns(); },
                           .versions = LinkedVersions()});
  auto admin = admin::AdminServer::Start(AdminOptionsOf(config), std::move(pages));
  if (!admin.ok()) {
    return absl::Status(admin.status().code(),
                        absl::StrCat("admin.listen: ", admin.status().message()));
  }
  admin_ = *std::move(admin);
  admin_address_ = AddressOf(config.admin().listen(), admin_->port());
  return absl::OkStatus();
}

absl::Status Gateway::StartGrpc(const config::v1::GatewayConfig& config) {
  metrics_.watchers_limit.Set(config.limits().max_watches());
  auto grpc = rpc::GrpcServer::Start(
      GrpcOptionsOf(config),
      {.hub = *poll_loop_, .access = *access_, .clock = clock_, .metrics = metrics_});
  if (!grpc.ok()) {
    return absl::Status(grpc.status().code(),
                        absl::StrCat("server.listen: ", grpc.status().message()));
  }
  grpc_ = *std::move(grpc);
  grpc_address_ = AddressOf(config.server().listen(), grpc_->port());
  return absl::OkStatus();
}

void Gateway::StartActivityHistory() {
  activity_timer_ = loop_.NewTimer([this] {
    activity_.Add({.at = clock_.WallNow(), .activity = metrics_.CurrentActivity()});
    activity_timer_->Set(clock_.Now() + admin::ActivityHistory::kStep);
  });
  activity_timer_->Set(clock_.Now());
}

std::string Gateway::ListRuns() const {
  admin::RunList list{.now = clock_.WallNow(),
                      .version = RUNCAST_VERSION,
                      .ready = ready_.load(),
                      .breaker_open = metrics_.breaker_open.value() != 0,
                      .replicas = std::nullopt,
                      .activity = activity_.Samples(),
                      .rows = {}};
  if (coordination_ != nullptr) {
    list.replicas = admin::ReplicaFacts{.engine_up = metrics_.coordination_engine_up.value() != 0,
                                        .live = metrics_.coordination_replicas.value(),
                                        .lost = metrics_.coordination_replicas_lost.value(),
                                        .owned_runs = metrics_.coordination_owned_runs.value()};
  }
  if (started_.load()) {
    const rpc::WatcherCounts watchers = grpc_->CountWatchers();
    for (auto& [key, entry] : poll_loop_->table().All()) {
      const auto found = watchers.find(key);
      list.rows.push_back({key, std::move(entry), found == watchers.end() ? 0 : found->second});
    }
  }
  return admin::RunListJson(std::move(list));
}

void Gateway::ShowConfig(const config::v1::GatewayConfig& config) {
  std::string text = config::PrintConfig(config);
  std::lock_guard lock(config_mutex_);
  config_text_ = std::move(text);
}

void Gateway::ReadFilesAgain() {
  loop_.Post([this] {
    credentials_->ReadSecretsAgain();
    if (policy_file_ != nullptr) policy_file_->Reload();
  });
}

void Gateway::CountReload(bool refused) {
  (refused ? metrics_.config_reloads_refused : metrics_.config_reloads).Add();
}

void Gateway::StartMemoryGuard(const config::v1::GatewayConfig& config) {
  uint64_t limit = config.limits().max_memory_bytes();
  if (limit == 0) limit = ControlGroupLimit().value_or(0);
  if (limit == 0) return;
  memory_guard_ =
      std::make_unique<MemoryGuard>(loop_, limit, &telemetry::ReadResidentBytes, [this](bool full) {
        metrics_.memory_full.Set(full ? 1 : 0);
        grpc_->SetFull(full);
      });
}

void Gateway::Drain(const DrainTimes& times) {
  ready_ = false;
  grpc_->SetServing(false);
  poll_loop_->HandOver();
  std::this_thread::sleep_for(absl::ToChronoMilliseconds(times.delay));

  grpc_->StartDrain(times.spread);
  WaitForCalls(times.spread + config::kLastWords);
  LeaveReplicas();
  poll_thread_.reset();
  grpc_->EndCalls();
  WaitForCalls(config::kRefusalsOut);
  if (const int64_t left = grpc_->live_calls(); left > 0) {
    telemetry::Log(telemetry::Severity::kWarning, "gateway.calls_cancelled",
                   "calls that did not end by themselves are cancelled", {{"calls", left}});
  }
  grpc_->Shutdown(config::kGoodbye);
}

void Gateway::LeaveReplicas() {
  // Shared, because nobody may be waiting any more when it is told.
  auto told = std::make_shared<std::promise<void>>();
  std::future<void> done = told->get_future();
  poll_loop_->Leave([told] { told->set_value(); });
  done.wait_for(absl::ToChronoMilliseconds(config::kFarewell));
}

void Gateway::WaitForCalls(absl::Duration limit) {
  const base::MonotonicTime end = clock_.Now() + limit;
  while (grpc_->live_calls() > 0 && clock_.Now() < end) {
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kCallCheck));
  }
}

}  // namespace runcast::app
