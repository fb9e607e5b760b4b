#include "gateway/rpc/grpc_server.h"

#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/rpc/grpc_log.h"
#include "gateway/rpc/method.h"
#include "gateway/rpc/server_credentials.h"

namespace runcast::rpc {
namespace {

// Linked libraries add plugins to every server, reflection for one. This takes all of them off.
class WithoutPlugins final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
  }
};

// Callers that come all at once after a restart wait here; the kernel has a limit of its own.
constexpr int kBacklog = 4096;

// A request with all its headers, at their limits, is a few times as long.
constexpr int kMostBytesRead = 65536;

// One for each core would do, but Debian's gRPC is built with its own checks: it looks for each
// operation that is done among all that are outstanding on its queue, one by one, and every open
// call has one there. More queues are shorter (figures: tests/bench/README.md, "Levers").
constexpr unsigned kFewestLoops = 4;

int LoopCount(int wanted) {
  if (wanted > 0) return wanted;
  return static_cast<int>(std::max(kFewestLoops, std::thread::hardware_concurrency()));
}

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void SetChannelArguments(const GrpcServer::Options& options, grpc::ServerBuilder& builder) {
  // A peer that vanished is gone within time plus time-out. Callers may ping each 10 s; more often
  // costs them the connection.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.ping_after));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.peer_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             Milliseconds(options.handshake_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, options.max_metadata_bytes);
  // Requests are small, and what one read brings is worked off in one go: with gRPC's own 4 MiB a
  // flood of empty frames holds up the others of its loop for seconds (tests/security/README.md).
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kMostBytesRead);
  // Memory and work for each connection that nobody here looks at.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0);
  // Requests are small: no need to probe how large a window a connection could use.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  // gRPC unpacks a message whole before it looks at its size: 61 kB become 60 MiB. Requests have
  // some hundred bytes, so nobody needs that; a caller who compresses is told UNIMPLEMENTED.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  // Nor are answers compressed, so each call can do without the filter that would.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
}

}  // namespace

GrpcServer::GrpcServer(Options options, Parts parts)
    : metrics_(parts.metrics),
      identity_(std::move(options.identity)),
      admission_(options.admission),
      surroundings_{parts.hub,
                    parts.access,
                    identity_,
                    parts.clock,
                    parts.metrics,
                    admission_,
                    connections_,
                    state_,
                    !options.tls.IsPlaintext(),
                    options.limits,
                    [this](const std::string& peer) { CutConnection(peer); }},
      run_status_service_({PathOf(Method::kGetStatus), PathOf(Method::kWatchRun)}),
      health_service_({PathOf(Method::kHealthCheck), PathOf(Method::kHealthWatch)}),
      accept_loop_(parts.clock) {}

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const Options& options, Parts parts) {
  RouteGrpcLog();
  // What goes wrong here is said once, by the status.
  const QuietGrpcLog quiet;
  std::unique_ptr<GrpcServer> server(new GrpcServer(options, parts));
  if (absl::Status listening = server->Listen(options); !listening.ok()) return listening;
  return server;
}

absl::Status GrpcServer::Listen(const Options& options) {
  auto sockets = base::ListeningSockets::Open(options.host, options.port, kBacklog);
  if (!sockets.ok()) return sockets.status();
  port_ = sockets->port();
  // For the whole process, and before the first builder: it is a callback service, and any of
  // those brings threads that poll our sockets.
  grpc::EnableDefaultHealthCheckService(false);
  if (absl::Status made = MakeCredentials(options.tls); !made.ok()) return made;

  // A reference, so that the library with the plugin is linked at all.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  if (!options.reflection) builder.SetOption(std::make_unique<WithoutPlugins>());
  SetChannelArguments(options, builder);
  handover_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials_);
  builder.RegisterService(&run_status_service_);
  builder.RegisterService(&health_service_);
  for (int i = 0; i < LoopCount(options.loops); ++i) {
    loops_.push_back(
        std::make_unique<ServingLoop>(builder.AddCompletionQueue(), surroundings_,
                                      ServingLoop::Services{run_status_service_, health_service_}));
  }
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("gRPC did not start");
  run_status_service_.SetServer(*server_);
  health_service_.SetServer(*server_);
  for (size_t i = 0; i < loops_.size(); ++i) {
    loops_[i]->SetNeighbour(*loops_[(i + 1) % loops_.size()]);
  }
  for (const auto& loop : loops_) loop->Start();
  StartAccepting(*std::move(sockets), options);
  return absl::OkStatus();
}

absl::Status GrpcServer::MakeCredentials(const TlsFiles& tls) {
  if (tls.IsPlaintext()) {
    credentials_ = grpc::InsecureServerCredentials();
    return absl::OkStatus();
  }
  certificate_ = std::make_unique<ServerCertificate>(tls, surroundings_.clock, metrics_);
  certificate_watch_ = std::make_unique<CertificateWatch>(accept_loop_, *certificate_);
  if (absl::Status loaded = certificate_->Load(); !loaded.ok()) return loaded;
  credentials_ = MakeServerCredentials(*certificate_);
  return absl::OkStatus();
}

void GrpcServer::StartAccepting(base::ListeningSockets sockets, const Options& options) {
  ConnectionAcceptor::Options accepting;
  accepting.spare_descriptors = options.spare_descriptors;
  // gRPC sets this on connections that it took itself only. A ping that waits behind a shut window
  // was never sent, and its time-out never begins.
  accepting.send_timeout = options.peer_timeout;
  acceptor_ = std::make_unique<ConnectionAcceptor>(
      accept_loop_, std::move(sockets), accepting, connections_, metrics_,
      [this](int listener, int connection) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
        parameters.listener_fd = listener;
        parameters.fd = connection;
        handover_->HandleNewConnection(&parameters);
      });
  accept_thread_.emplace(accept_loop_);
}

void GrpcServer::CutConnection(const std::string& peer) {
  // The acceptor outlives its thread.
  accept_loop_.Post([this, peer] { acceptor_->Cut(peer); });
}

GrpcServer::~GrpcServer() { Shutdown(absl::ZeroDuration()); }

void GrpcServer::PostToAll(const Mail& mail) {
  for (const auto& loop : loops_) loop->Post(mail);
}

WatcherCounts GrpcServer::CountWatchers() const {
  WatcherCounts counts;
  for (const auto& loop : loops_) loop->AddWatcherCounts(counts);
  return counts;
}

void GrpcServer::SetServing(bool serving) {
  state_.ready.store(serving, std::memory_order_release);
  PostToAll(HealthMail{});
}

void GrpcServer::SetFull(bool full) { state_.full.store(full, std::memory_order_relaxed); }

void GrpcServer::StartDrain(absl::Duration spread) {
  metrics_.draining.Set(1);
  // The acceptor outlives its thread.
  accept_loop_.Post([this] { acceptor_->Close(); });
  PostToAll(DrainMail{spread});
}

void GrpcServer::EndCalls() { PostToAll(EndCallsMail{}); }

void GrpcServer::Shutdown(absl::Duration limit) {
  if (std::exchange(shut_down_, true) || server_ == nullptr) return;
  // Nobody comes any more.
  accept_thread_.reset();
  acceptor_.reset();
  // The loops go on meanwhile: calls end by their events.
  const int64_t wait = std::max<int64_t>(0, absl::ToInt64Nanoseconds(limit));
  server_->Shutdown(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(wait, GPR_TIMESPAN)));
  // No new call can come. Each loop shuts its own queue down after the last event of its last
  // call, since starting an operation on a queue that is shut down aborts the process.
  PostToAll(CloseMail{});
  for (const auto& loop : loops_) loop->Join();
}

}  // namespace runcast::rpc
