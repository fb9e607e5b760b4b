#include "gateway/app/class_options.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/base/ip_range.h"
#include "gateway/base/own_address.h"
#include "gateway/config/duration_text.h"
#include "gateway/config/engine_address.h"
#include "gateway/config/listen_address.h"
#include "gateway/config/signing_algorithm.h"

namespace runcast::app {
namespace {

namespace v1 = config::v1;
using config::FromProto;

auth::CredentialOptions CredentialOf(const v1::CredentialConfig& credential) {
  return {
      .name = credential.name(),
      .client_id = credential.client_id(),
      .secret = {.file = credential.secret_file(), .environment = credential.secret_env()},
      .algorithm = config::SigningAlgorithmOf(credential.algorithm()),
      .subject = credential.subject(),
      .audience = credential.audience(),
      .lifetime = FromProto(credential.lifetime()),
      .renewal_slack = FromProto(credential.renewal_slack()),
      .backdate = FromProto(credential.backdate()),
      .use_jti = credential.use_jti(),
      .jwe_key_file = credential.jwe_key_file(),
      .jwe = {.algorithm = credential.jwe_algorithm(),
              .encryption = credential.jwe_encryption(),
              .content_type = credential.jwe_content_type()},
      .stream_ids = {credential.stream_ids().begin(), credential.stream_ids().end()},
  };
}

upstream::WordMeaning MeaningOf(v1::StateWord::Meaning meaning) {
  switch (meaning) {
    case v1::StateWord::MEANING_ACTIVE:
      return upstream::WordMeaning::kActive;
    case v1::StateWord::MEANING_COMPLETED:
      return upstream::WordMeaning::kCompleted;
    case v1::StateWord::MEANING_FAILED:
      return upstream::WordMeaning::kFailed;
    case v1::StateWord::MEANING_CANCELLED:
      return upstream::WordMeaning::kCancelled;
    default:
      return upstream::WordMeaning::kUnknown;
  }
}

std::vector<base::IpRange> RangesOf(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<base::IpRange> ranges;
  for (const std::string& text : texts) {
    if (auto range = base::IpRange::Parse(text); range.ok()) ranges.push_back(*range);
  }
  return ranges;
}

access::CallerIdentity::Options IdentityOf(const v1::AccessConfig& access) {
  access::CallerIdentity::Options options;
  switch (access.trusted_header()) {
    case v1::AccessConfig::TRUSTED_HEADER_FORWARDED_CLIENT_CERT:
      options.trusted_header = access::TrustedHeader::kForwardedClientCert;
      break;
    case v1::AccessConfig::TRUSTED_HEADER_LINKERD_CLIENT_ID:
      options.trusted_header = access::TrustedHeader::kLinkerdClientId;
      break;
    default:
      break;
  }
  if (access.trusted_proxies().empty()) {
    options.is_own_address = base::IsOwnAddress;
  } else {
    options.trusted_proxies = RangesOf(access.trusted_proxies());
  }
  return options;
}

}  // namespace

http::CurlOptions CurlOptionsOf(const v1::GatewayConfig& config) {
  const v1::UpstreamConfig& upstream = config.upstream();
  http::CurlOptions options;
  options.connect_timeout = FromProto(upstream.connect_timeout());
  options.total_timeout = FromProto(upstream.poll_timeout());
  options.max_body_bytes = upstream.max_answer_bytes();
  options.max_connections = static_cast<int>(upstream.max_connections());
  options.ca_file = upstream.ca_file();
  options.allow_http = upstream.allow_http();
  options.pinned_keys = absl::StrJoin(upstream.pinned_public_keys(), ";");
  options.allowed_addresses = RangesOf(upstream.allowed_private_addresses());
  // Simulators run on this machine.
  for (const base::IpRange& range : base::IpRange::Loopback()) {
    if (upstream.allow_http()) options.allowed_addresses.push_back(range);
  }
  options.user_agent = absl::StrCat("runcast/", RUNCAST_VERSION);
  return options;
}

std::vector<auth::CredentialOptions> CredentialOptionsOf(const v1::GatewayConfig& config) {
  std::vector<auth::CredentialOptions> credentials;
  for (const v1::CredentialConfig& credential : config.credentials()) {
    credentials.push_back(CredentialOf(credential));
  }
  return credentials;
}

upstream::PlatformClient::Options PlatformOptionsOf(const v1::GatewayConfig& config) {
  const v1::UpstreamConfig& upstream = config.upstream();
  upstream::PlatformClient::Options options;
  options.url.base_url = upstream.base_url();
  options.url.path_prefix = upstream.path_prefix();
  options.url.resource = upstream.resource_spelling() == v1::UpstreamConfig::RESOURCE_SPELLING_BOT
                             ? upstream::UrlShape::Resource::kBot
                             : upstream::UrlShape::Resource::kStream;
  options.poll_timeout = FromProto(upstream.poll_timeout());
  for (const v1::StateWord& word : upstream.state_words()) {
    options.state_words.emplace_back(word.word(), MeaningOf(word.meaning()));
  }
  return options;
}

runs::PollLoop::Options PollLoopOptionsOf(const v1::GatewayConfig& config) {
  const v1::PollingConfig& polling = config.polling();
  runs::PollLoop::Options options;
  options.per_minute = static_cast<int>(polling.per_minute());
  options.per_hour = static_cast<int>(polling.per_hour());
  options.expected_pollers = static_cast<int>(polling.expected_pollers());
  options.policy.base_interval = FromProto(polling.base_interval());
  options.policy.early_interval = FromProto(polling.early_interval());
  options.policy.early_period = FromProto(polling.early_period());
  options.feed.linger = FromProto(polling.linger());
  options.feed.terminal_retention = FromProto(polling.terminal_retention());
  options.feed.retention = FromProto(polling.retention());
  options.feed.not_found_memory = FromProto(polling.not_found_memory());
  options.feed.not_found_grace = FromProto(polling.not_found_grace());
  options.feed.outage_limit = FromProto(polling.outage_limit());
  options.kept.max_runs = polling.max_kept_runs();
  options.kept.max_bytes = polling.max_kept_bytes();
  options.policy.min_gap = FromProto(polling.min_gap());
  options.max_variants = static_cast<int>(polling.max_variants());
  options.max_budget_logs = polling.max_budget_logs();
  options.new_runs_per_second = polling.new_runs_per_second();
  options.new_runs_per_second_per_caller = polling.new_runs_per_second_per_caller();
  options.gate.max_requests_per_second = config.upstream().max_requests_per_second();
  options.gate.max_polls_in_flight = static_cast<int>(config.upstream().max_connections());
  options.poll_timeout = FromProto(config.upstream().poll_timeout());
  return options;
}

std::optional<coordination::RedisCoordination::Options> CoordinationOptionsOf(
    const v1::GatewayConfig& config) {
  const v1::CoordinationConfig& section = config.coordination();
  const auto address = config::ParseEngineAddress(section.address());
  if (!address.has_value()) return std::nullopt;
  coordination::RedisCoordination::Options options;
  options.address = {
      .socket_path = address->socket_path, .host = address->host, .port = address->port};
  options.user = section.user();
  options.password_file = section.password_file();
  options.prefix = section.key_prefix();
  options.command_timeout = FromProto(section.command_timeout());
  // An hour's, and as many that are older: what is kept is cut now and then only.
  options.kept_sends = size_t{2} * config.polling().per_hour();
  return options;
}

access::PolicyAccessControl::Options AccessOptionsOf(const v1::GatewayConfig& config) {
  return {.require_identity = config.access().require_identity()};
}

rpc::GrpcServer::Options GrpcOptionsOf(const v1::GatewayConfig& config) {
  const v1::ServerConfig& server = config.server();
  const v1::LimitConfig& limits = config.limits();
  const v1::StreamConfig& streams = config.streams();
  rpc::GrpcServer::Options options;
  if (auto address = config::ParseListenAddress(server.listen())) {
    options.host = std::move(address->host);
    options.port = address->port;
  }
  options.tls = {.certificate_chain = server.tls_certificate_file(),
                 .private_key = server.tls_key_file(),
                 .client_authorities = server.tls_client_ca_file()};
  options.loops = static_cast<int>(server.serving_loops());
  options.handshake_timeout = FromProto(server.handshake_timeout());
  options.reflection = server.reflection();
  options.max_message_bytes = static_cast<int>(server.max_message_bytes());
  options.max_metadata_bytes = static_cast<int>(server.max_metadata_bytes());
  options.max_streams_per_connection = static_cast<int>(limits.max_streams_per_connection());
  // Files, sockets of the admin port; and callers must not take what the platform is asked by.
  options.spare_descriptors = 64 + static_cast<int>(config.upstream().max_connections());
  options.identity = IdentityOf(config.access());
  options.admission = {.max_watches = limits.max_watches(),
                       .max_watches_per_caller = limits.max_watches_per_caller(),
                       .max_watches_per_run = limits.max_watches_per_run(),
                       .max_watches_per_connection = limits.max_streams_per_connection(),
                       .max_waiting_reads_per_caller = limits.max_waiting_reads_per_caller(),
                       .calls_per_second_per_caller = limits.calls_per_second_per_caller()};
  options.limits.request_timeout = FromProto(streams.request_timeout());
  options.limits.heartbeat_interval = FromProto(streams.heartbeat_interval());
  options.limits.max_age = FromProto(streams.max_age());
  options.limits.stall_timeout = FromProto(streams.stall_timeout());
  return options;
}

admin::AdminServer::Options AdminOptionsOf(const v1::GatewayConfig& config) {
  admin::AdminServer::Options options;
  if (auto address = config::ParseListenAddress(config.admin().listen())) {
    options.host = std::move(address->host);
    options.port = address->port;
  }
  return options;
}

DrainTimes DrainTimesOf(const v1::GatewayConfig& config) {
  return {.delay = FromProto(config.drain().delay()),
          .spread = FromProto(config.drain().spread()),
          .hard_deadline = FromProto(config.drain().hard_deadline())};
}

telemetry::LogOptions LogOptionsOf(const v1::GatewayConfig& config) {
  telemetry::LogOptions options;
  switch (config.log().level()) {
    case v1::LogConfig::LEVEL_DEBUG:
      options.least = telemetry::Severity::kDebug;
      break;
    case v1::LogConfig::LEVEL_WARNING:
      options.least = telemetry::Severity::kWarning;
      break;
    case v1::LogConfig::LEVEL_ERROR:
      options.least = telemetry::Severity::kError;
      break;
    default:
      options.least = telemetry::Severity::kInfo;
  }
  switch (config.log().format()) {
    case v1::LogConfig::FORMAT_JSON:
      options.format = telemetry::LogOptions::Format::kJson;
      break;
    case v1::LogConfig::FORMAT_TEXT:
      options.format = telemetry::LogOptions::Format::kText;
      break;
    default:
      options.format = telemetry::LogOptions::Format::kAutomatic;
  }
  return options;
}

}  // namespace runcast::app
