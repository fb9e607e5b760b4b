#include "client/cli/doctor_probe.h"

#include <grpcpp/client_context.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "client/cli/held_stream.h"
#include "client/src/call_metadata.h"
#include "client/src/channel_factory.h"
#include "client/src/run_reference_check.h"
#include "client/src/status_translation.h"
#include "client/src/target_check.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "runcast/error_reason.h"
#include "runcast/v1/run_status_service.grpc.pb.h"

namespace runcast::cli {
namespace {

namespace health = grpc::health::v1;
namespace reflection = grpc::reflection::v1alpha;

constexpr absl::Duration kCallLimit = absl::Seconds(15);
constexpr absl::Duration kConnectLimit = absl::Seconds(5);
constexpr absl::Duration kHeartbeats = absl::Seconds(5);  // The least that may be asked for.
constexpr absl::Duration kSilence = absl::Minutes(10);    // The most.
constexpr absl::Duration kLook = absl::Milliseconds(100);

// Makes a call and takes its time.
template <typename Make>
ObservedCall Observe(grpc::ClientContext& context, absl::Duration limit, Make make) {
  const absl::Time start = absl::Now();
  context.set_deadline(absl::ToChronoTime(start + limit));
  const grpc::Status status = make();
  return {client::TranslateStatus(status, ""), absl::Now() - start};
}

// Whether a bare connection to HOST:PORT can be made; gRPC's words for why not are many and vary.
absl::Status ConnectTcp(const std::string& target) {
  const size_t colon = target.rfind(':');
  std::string host = target.substr(0, colon);
  host = std::string(absl::StripSuffix(absl::StripPrefix(host, "["), "]"));
  const std::string port = target.substr(colon + 1);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return absl::UnavailableError(
        absl::StrCat("the name cannot be resolved: ", ::gai_strerror(error)));
  }
  int last_error = ECONNREFUSED;
  bool connected = false;
  for (const addrinfo* address = found; address != nullptr && !connected;
       address = address->ai_next) {
    const int fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    if (::connect(fd, address->ai_addr, address->ai_addrlen) == 0) {
      connected = true;
    } else if (errno == EINPROGRESS) {
      pollfd ready{fd, POLLOUT, 0};
      socklen_t size = sizeof(last_error);
      if (::poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(kConnectLimit))) != 1) {
        last_error = ETIMEDOUT;
      } else if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &last_error, &size) == 0) {
        connected = last_error == 0;
      }
    } else {
      last_error = errno;
    }
    ::close(fd);
  }
  ::freeaddrinfo(found);
  if (connected) return absl::OkStatus();
  return absl::UnavailableError(::strerror(last_error));
}

// `RUN_STATE_RUNNING` as `running`, `STATE_NEVER_SEEN` as `never seen`.
std::string Word(const std::string& name, absl::string_view prefix) {
  std::string word(absl::StripPrefix(name, prefix));
  absl::AsciiStrToLower(&word);
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace

absl::StatusOr<DoctorProbe> DoctorProbe::Make(const client::ClientOptions& options,
                                              const v1::RunReference& run) {
  for (const auto& target : options.targets) {
    if (absl::Status fault = client::CheckTarget(target); !fault.ok()) return fault;
  }
  if (absl::Status fault = client::CheckRunReference(run); !fault.ok()) return fault;
  auto factory = client::ChannelFactory::Make(options);
  if (!factory.ok()) return factory.status();
  return DoctorProbe(options, run, factory->MakeChannel(0));
}

DoctorProbe::DoctorProbe(client::ClientOptions options, v1::RunReference run,
                         std::shared_ptr<grpc::Channel> channel)
    : options_(std::move(options)), run_(std::move(run)), channel_(std::move(channel)) {}

Observations DoctorProbe::Call() const {
  Observations seen;
  seen.gateway = options_.targets.front();
  seen.tls = options_.tls.has_value();
  seen.client_certificate = seen.tls && !options_.tls->certificate_file.empty();
  seen.tcp_tried = client::IsHostAndPort(seen.gateway);
  if (seen.tcp_tried) seen.tcp = ConnectTcp(seen.gateway);
  if (!seen.tcp.ok()) {
    seen.health.status = seen.tcp;
    return seen;
  }
  CallHealth(seen);
  if (absl::IsUnavailable(seen.health.status) || absl::IsDeadlineExceeded(seen.health.status)) {
    CallOtherMode(seen);
    return seen;
  }
  CallReflection(seen);
  CallRead(seen);
  return seen;
}

void DoctorProbe::CallHealth(Observations& seen) const {
  grpc::ClientContext context;
  health::HealthCheckResponse response;
  seen.health = Observe(context, kConnectLimit, [&] {
    return health::Health::NewStub(channel_)->Check(&context, health::HealthCheckRequest(),
                                                    &response);
  });
  if (seen.health.status.ok()) {
    seen.health_word = health::HealthCheckResponse::ServingStatus_Name(response.status());
  }
  const auto& headers = context.GetServerInitialMetadata();
  if (const auto server = headers.find("server"); server != headers.end()) {
    seen.proxy = std::string(server->second.data(), server->second.size());
  }
}

void DoctorProbe::CallOtherMode(Observations& seen) const {
  client::ClientOptions other = options_;
  if (seen.tls) {
    other.tls.reset();
  } else {
    other.tls = client::TlsOptions();
  }
  auto factory = client::ChannelFactory::Make(other);
  if (!factory.ok()) return;
  const auto channel = factory->MakeChannel(0);
  grpc::ClientContext context;
  health::HealthCheckResponse response;
  seen.other_mode = Observe(context, kConnectLimit, [&] {
    return health::Health::NewStub(channel)->Check(&context, health::HealthCheckRequest(),
                                                   &response);
  });
}

void DoctorProbe::CallReflection(Observations& seen) const {
  grpc::ClientContext context;
  reflection::ServerReflectionRequest request;
  request.set_list_services("*");
  reflection::ServerReflectionResponse response;
  seen.reflection = Observe(context, kCallLimit, [&] {
    const auto stub = reflection::ServerReflection::NewStub(channel_);
    const auto stream = stub->ServerReflectionInfo(&context);
    stream->Write(request);
    stream->WritesDone();
    while (stream->Read(&response)) {
      for (const auto& service : response.list_services_response().service()) {
        if (service.name() == v1::RunStatusService::service_full_name()) {
          seen.lists_service = true;
        }
      }
    }
    return stream->Finish();
  });
}

void DoctorProbe::CallRead(Observations& seen) const {
  grpc::ClientContext context;
  client::AddRunMetadata(run_, context);
  v1::GetStatusRequest request;
  *request.mutable_run() = run_;
  // Asks the platform, so that the time of its answer is now.
  request.mutable_max_staleness();
  v1::GetStatusResponse response;
  const absl::Time start = absl::Now();
  seen.read = Observe(context, kCallLimit, [&] {
    return v1::RunStatusService::NewStub(channel_)->GetStatus(&context, request, &response);
  });
  if (!seen.read->status.ok()) return;
  const v1::RunStatus& status = response.status();
  seen.state = Word(v1::RunState_Name(status.state()), "RUN_STATE_");
  seen.run_ended = status.terminal();
  seen.freshness = Word(v1::Freshness::State_Name(status.freshness().state()), "STATE_");
  seen.reason = status.freshness().reason();
  seen.message = status.freshness().message();
  // An end is remembered and not asked for again; a stale status is old.
  if (seen.run_ended || seen.freshness != "fresh" || !response.has_last_good_answer_at()) return;
  const absl::Time answered = FromProto(response.last_good_answer_at());
  // The answer came between the two ends of the call, unless it is one of the regular polls.
  const absl::Duration tolerance = absl::Seconds(3);
  if (answered > absl::Now()) {
    seen.clock_ahead = answered - absl::Now();
  } else if (answered < start - tolerance) {
    seen.clock_ahead = answered - start;
  } else {
    seen.clock_ahead = absl::ZeroDuration();
  }
}

bool DoctorProbe::IsWorthHolding(const Observations& seen) {
  if (!seen.read.has_value() || seen.run_ended) return false;
  if (seen.read->status.ok()) return true;
  // While the platform fails, watches stay open all the same.
  const std::string reason = client::ErrorReason(seen.read->status);
  return reason == "UPSTREAM_UNAVAILABLE" || reason == "UPSTREAM_PROTOCOL" ||
         reason == "RUN_BUDGET_SPENT";
}

void DoctorProbe::Hold(absl::Duration limit, Observations& seen) const {
  using Kind = ObservedStream::Kind;
  const absl::Time start = absl::Now();
  std::vector<std::unique_ptr<HeldStream>> streams;
  for (const auto& [kind, interval] : {std::pair{Kind::kHeartbeats, kHeartbeats},
                                       {Kind::kSilent, kSilence},
                                       {Kind::kHealth, kSilence}}) {
    streams.push_back(std::make_unique<HeldStream>(kind, interval, run_, channel_));
  }
  const auto all_ended = [&] {
    return std::all_of(streams.begin(), streams.end(),
                       [](const auto& stream) { return stream->ended(); });
  };
  while (absl::Now() < start + limit && !all_ended()) {
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kLook));
  }
  seen.held_for = absl::Now() - start;
  for (const auto& stream : streams) seen.streams.push_back(stream->Stop());
}

}  // namespace runcast::cli
