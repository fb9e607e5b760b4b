// Every setting arrives in the option that it is meant for. Each field below has a value of its
// own, so that a line that is missing, or two that are swapped, fail.

#include "gateway/app/class_options.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/base/ip_range.h"

namespace runcast::app {
namespace {

using config::v1::GatewayConfig;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr char kEveryField[] = R"pb(
  server {
    listen: "127.0.0.2:1001"
    tls_certificate_file: "/server/certificate"
    tls_key_file: "/server/key"
    tls_client_ca_file: "/server/authorities"
    allow_plaintext: true
    serving_loops: 3
    reflection: true
    max_message_bytes: 1002
    max_metadata_bytes: 1003
    handshake_timeout { seconds: 1004 }
  }
  admin { listen: "[::1]:1005" }
  upstream {
    base_url: "https://platform.example"
    path_prefix: "/api/prefix"
    resource_spelling: RESOURCE_SPELLING_BOT
    allow_http: true
    ca_file: "/upstream/authorities"
    connect_timeout { seconds: 1006 }
    poll_timeout { seconds: 1007 }
    max_answer_bytes: 1008
    max_connections: 1009
    max_requests_per_second: 1010
    state_words { word: "under way" meaning: MEANING_ACTIVE }
    state_words { word: "wound up" meaning: MEANING_CANCELLED }
    allowed_private_addresses: "10.0.0.0/8"
    pinned_public_keys: "sha256//one"
    pinned_public_keys: "sha256//two"
  }
  credentials {
    name: "credential"
    client_id: "cs-1"
    secret_file: "/credential/secret"
    secret_env: "SECRET"
    algorithm: ALGORITHM_RS256
    subject: "subject"
    audience: "audience"
    lifetime { seconds: 1011 }
    renewal_slack { seconds: 1012 }
    backdate { seconds: 1013 }
    use_jti: true
    jwe_key_file: "/credential/jwe"
    jwe_algorithm: "RSA1_5"
    jwe_encryption: "A128GCM"
    jwe_content_type: true
    stream_ids: "st-1"
    stream_ids: "st-2"
  }
  polling {
    per_minute: 1014
    per_hour: 1015
    base_interval { seconds: 1016 }
    early_interval { seconds: 1017 }
    early_period { seconds: 1018 }
    min_gap { seconds: 1019 }
    expected_pollers: 1020
    linger { seconds: 1021 }
    terminal_retention { seconds: 1022 }
    retention { seconds: 1023 }
    max_kept_runs: 1024
    max_kept_bytes: 1025
    max_budget_logs: 1026
    new_runs_per_second: 1027
    new_runs_per_second_per_caller: 1028
    not_found_memory { seconds: 1029 }
    not_found_grace { seconds: 1030 }
    outage_limit { seconds: 1031 }
    max_variants: 1032
  }
  streams {
    heartbeat_interval { seconds: 1033 }
    max_age { seconds: 1034 }
    stall_timeout { seconds: 1035 }
    request_timeout { seconds: 1036 }
  }
  access {
    require_identity: true
    policy_file: "/access/policy"
    trusted_header: TRUSTED_HEADER_FORWARDED_CLIENT_CERT
    trusted_proxies: "192.168.0.0/16"
  }
  limits {
    max_watches: 1037
    max_watches_per_caller: 1038
    calls_per_second_per_caller: 1039
    max_streams_per_connection: 1040
    max_memory_bytes: 1041
    max_watches_per_run: 1045
    max_waiting_reads_per_caller: 1046
  }
  coordination {
    address: "redis.example:1047"
    user: "replica"
    password_file: "/coordination/password"
    key_prefix: "prefix:"
    command_timeout { seconds: 1048 }
  }
  drain {
    delay { seconds: 1042 }
    spread { seconds: 1043 }
    hard_deadline { seconds: 1044 }
  }
  log { level: LEVEL_WARNING format: FORMAT_TEXT }
)pb";

GatewayConfig ConfigOf(const std::string& text) {
  GatewayConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return config;
}

GatewayConfig EveryField() { return ConfigOf(kEveryField); }

void AddUnset(const Message& message, const std::string& path, std::vector<std::string>& unset) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    const std::string name = absl::StrCat(path, field->name());
    const bool is_set = field->is_repeated() ? reflection.FieldSize(message, field) > 0
                                             : reflection.HasField(message, field);
    if (!is_set) {
      unset.push_back(name);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
               field->message_type()->full_name() != "google.protobuf.Duration") {
      const Message& part = field->is_repeated() ? reflection.GetRepeatedMessage(message, field, 0)
                                                 : reflection.GetMessage(message, field);
      AddUnset(part, absl::StrCat(name, "."), unset);
    }
  }
}

TEST(ClassOptionsTest, TheTestKnowsEveryFieldOfTheConfiguration) {
  std::vector<std::string> unset;
  AddUnset(EveryField(), "", unset);

  EXPECT_THAT(unset, IsEmpty()) << "give it a value of its own above and look for that below";
}

bool AnyContains(const std::vector<base::IpRange>& ranges, const char* address) {
  for (const base::IpRange& range : ranges) {
    if (range.Contains(*base::IpAddress::Parse(address))) return true;
  }
  return false;
}

TEST(ClassOptionsTest, OfTheHttpClient) {
  const http::CurlOptions options = CurlOptionsOf(EveryField());

  EXPECT_EQ(options.connect_timeout, absl::Seconds(1006));
  EXPECT_EQ(options.total_timeout, absl::Seconds(1007));
  EXPECT_EQ(options.max_body_bytes, 1008u);
  EXPECT_EQ(options.max_connections, 1009);
  EXPECT_EQ(options.ca_file, "/upstream/authorities");
  EXPECT_EQ(options.pinned_keys, "sha256//one;sha256//two");
  EXPECT_TRUE(AnyContains(options.allowed_addresses, "10.1.2.3"));
  EXPECT_FALSE(AnyContains(options.allowed_addresses, "192.168.0.1"));
  EXPECT_THAT(options.user_agent, testing::MatchesRegex("runcast/[0-9.]+"));
  // Settings of nobody; the design's numbers.
  EXPECT_EQ(options.dns_cache, absl::Seconds(5));
  EXPECT_EQ(options.max_connection_life, absl::Minutes(5));
}

TEST(ClassOptionsTest, ThisMachineMayBeConnectedToOnlyWithHttp) {
  GatewayConfig config = EveryField();
  EXPECT_TRUE(CurlOptionsOf(config).allow_http);
  EXPECT_TRUE(AnyContains(CurlOptionsOf(config).allowed_addresses, "127.0.0.1"));
  EXPECT_TRUE(AnyContains(CurlOptionsOf(config).allowed_addresses, "::1"));

  config.mutable_upstream()->set_allow_http(false);
  EXPECT_FALSE(CurlOptionsOf(config).allow_http);
  EXPECT_FALSE(AnyContains(CurlOptionsOf(config).allowed_addresses, "127.0.0.1"));
}

TEST(ClassOptionsTest, OfTheCredentials) {
  const std::vector<auth::CredentialOptions> all = CredentialOptionsOf(EveryField());

  ASSERT_EQ(all.size(), 1u);
  const auth::CredentialOptions& options = all[0];
  EXPECT_EQ(options.name, "credential");
  EXPECT_EQ(options.client_id, "cs-1");
  EXPECT_EQ(options.secret.file, "/credential/secret");
  EXPECT_EQ(options.secret.environment, "SECRET");
  EXPECT_EQ(options.algorithm, auth::SigningAlgorithm::kRs256);
  EXPECT_EQ(options.subject, "subject");
  EXPECT_EQ(options.audience, "audience");
  EXPECT_EQ(options.lifetime, absl::Seconds(1011));
  EXPECT_EQ(options.renewal_slack, absl::Seconds(1012));
  EXPECT_EQ(options.backdate, absl::Seconds(1013));
  EXPECT_EQ(options.jwe_key_file, "/credential/jwe");
  EXPECT_EQ(options.jwe.algorithm, "RSA1_5");
  EXPECT_EQ(options.jwe.encryption, "A128GCM");
  EXPECT_THAT(options.stream_ids, ElementsAre("st-1", "st-2"));
}

TEST(ClassOptionsTest, OfThePlatformsClient) {
  const upstream::PlatformClient::Options options = PlatformOptionsOf(EveryField());

  EXPECT_EQ(options.url.base_url, "https://platform.example");
  EXPECT_EQ(options.url.path_prefix, "/api/prefix");
  EXPECT_EQ(options.poll_timeout, absl::Seconds(1007));
  EXPECT_THAT(options.state_words,
              ElementsAre(Pair("under way", upstream::WordMeaning::kActive),
                          Pair("wound up", upstream::WordMeaning::kCancelled)));
}

TEST(ClassOptionsTest, OfThePollLoop) {
  const runs::PollLoop::Options options = PollLoopOptionsOf(EveryField());

  EXPECT_EQ(options.per_minute, 1014);
  EXPECT_EQ(options.per_hour, 1015);
  EXPECT_EQ(options.policy.base_interval, absl::Seconds(1016));
  EXPECT_EQ(options.policy.early_interval, absl::Seconds(1017));
  EXPECT_EQ(options.policy.early_period, absl::Seconds(1018));
  EXPECT_EQ(options.policy.min_gap, absl::Seconds(1019));
  EXPECT_EQ(options.expected_pollers, 1020);
  EXPECT_EQ(options.feed.linger, absl::Seconds(1021));
  EXPECT_EQ(options.feed.terminal_retention, absl::Seconds(1022));
  EXPECT_EQ(options.feed.retention, absl::Seconds(1023));
  EXPECT_EQ(options.kept.max_runs, 1024u);
  EXPECT_EQ(options.kept.max_bytes, 1025u);
  EXPECT_EQ(options.max_budget_logs, 1026u);
  EXPECT_EQ(options.new_runs_per_second, 1027);
  EXPECT_EQ(options.new_runs_per_second_per_caller, 1028);
  EXPECT_EQ(options.feed.not_found_memory, absl::Seconds(1029));
  EXPECT_EQ(options.feed.not_found_grace, absl::Seconds(1030));
  EXPECT_EQ(options.feed.outage_limit, absl::Seconds(1031));
  EXPECT_EQ(options.max_variants, 1032);
  EXPECT_EQ(options.gate.max_requests_per_second, 1010);
  EXPECT_EQ(options.gate.max_polls_in_flight, 1009);
  EXPECT_EQ(options.poll_timeout, absl::Seconds(1007));
}

TEST(ClassOptionsTest, OfTheGrpcServer) {
  const rpc::GrpcServer::Options options = GrpcOptionsOf(EveryField());

  EXPECT_EQ(options.host, "127.0.0.2");
  EXPECT_EQ(options.port, 1001);
  EXPECT_EQ(options.tls.certificate_chain, "/server/certificate");
  EXPECT_EQ(options.tls.private_key, "/server/key");
  EXPECT_EQ(options.tls.client_authorities, "/server/authorities");
  EXPECT_EQ(options.loops, 3);
  EXPECT_EQ(options.max_message_bytes, 1002);
  EXPECT_EQ(options.max_metadata_bytes, 1003);
  EXPECT_EQ(options.handshake_timeout, absl::Seconds(1004));
  EXPECT_EQ(options.max_streams_per_connection, 1040);
  EXPECT_TRUE(AnyContains(options.identity.trusted_proxies, "192.168.0.1"));
  EXPECT_FALSE(AnyContains(options.identity.trusted_proxies, "127.0.0.1"));
  EXPECT_FALSE(options.identity.is_own_address) << "only those that are named";
  EXPECT_EQ(options.admission.max_watches, 1037u);
  EXPECT_EQ(options.admission.max_watches_per_caller, 1038u);
  EXPECT_EQ(options.admission.calls_per_second_per_caller, 1039u);
  EXPECT_EQ(options.admission.max_watches_per_connection, 1040u);
  EXPECT_EQ(options.admission.max_watches_per_run, 1045u);
  EXPECT_EQ(options.admission.max_waiting_reads_per_caller, 1046u);
  EXPECT_EQ(options.limits.heartbeat_interval, absl::Seconds(1033));
  EXPECT_EQ(options.limits.max_age, absl::Seconds(1034));
  EXPECT_EQ(options.limits.stall_timeout, absl::Seconds(1035));
  EXPECT_EQ(options.limits.request_timeout, absl::Seconds(1036));
}

TEST(ClassOptionsTest, OfTheCoordination) {
  const auto options = CoordinationOptionsOf(EveryField());

  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->address.host, "redis.example");
  EXPECT_EQ(options->address.port, 1047);
  EXPECT_EQ(options->user, "replica");
  EXPECT_EQ(options->password_file, "/coordination/password");
  EXPECT_EQ(options->prefix, "prefix:");
  EXPECT_EQ(options->command_timeout, absl::Seconds(1048));
  EXPECT_GE(options->kept_sends, 1015u);
  EXPECT_FALSE(CoordinationOptionsOf(GatewayConfig()).has_value());
}

TEST(ClassOptionsTest, WhatNoSettingChangesIsAsTheContractSays) {
  const rpc::GrpcServer::Options options = GrpcOptionsOf(EveryField());

  EXPECT_EQ(options.limits.access_recheck, absl::Seconds(20));
  EXPECT_EQ(options.limits.least_heartbeat_interval, absl::Seconds(5));
  EXPECT_EQ(options.limits.max_staleness, absl::Seconds(5));
  EXPECT_LE(options.ping_after + options.peer_timeout, absl::Seconds(45));
}

TEST(ClassOptionsTest, WithoutTrustedProxiesThisMachinesOwnAreTrusted) {
  GatewayConfig config = EveryField();
  config.mutable_access()->clear_trusted_proxies();

  const access::CallerIdentity::Options identity = GrpcOptionsOf(config).identity;
  EXPECT_TRUE(AnyContains(identity.trusted_proxies, "127.0.0.1"));
  ASSERT_TRUE(identity.is_own_address);
  EXPECT_FALSE(identity.is_own_address(*base::IpAddress::Parse("203.0.113.7")));
}

TEST(ClassOptionsTest, OfTheAdminPort) {
  const admin::AdminServer::Options options = AdminOptionsOf(EveryField());

  EXPECT_EQ(options.host, "::1");
  EXPECT_EQ(options.port, 1005);
}

TEST(ClassOptionsTest, OfTheDrain) {
  const DrainTimes times = DrainTimesOf(EveryField());

  EXPECT_EQ(times.delay, absl::Seconds(1042));
  EXPECT_EQ(times.spread, absl::Seconds(1043));
  EXPECT_EQ(times.hard_deadline, absl::Seconds(1044));
}

// Truth values look alike, so each is set alone and all are looked at.
struct Switches {
  bool reflection = false;
  bool require_identity = false;
  bool allow_http = false;
  bool use_jti = false;
  bool jwe_content_type = false;
  bool operator==(const Switches&) const = default;
};

Switches SwitchesOf(const std::string& text) {
  const GatewayConfig config = ConfigOf(text);
  const auto credentials = CredentialOptionsOf(config);
  return {.reflection = GrpcOptionsOf(config).reflection,
          .require_identity = AccessOptionsOf(config).require_identity,
          .allow_http = CurlOptionsOf(config).allow_http,
          .use_jti = !credentials.empty() && credentials[0].use_jti,
          .jwe_content_type = !credentials.empty() && credentials[0].jwe.content_type};
}

TEST(ClassOptionsTest, ASwitchTurnsOnWhatItNamesAndNothingElse) {
  EXPECT_EQ(SwitchesOf("credentials {}"), Switches());
  EXPECT_EQ(SwitchesOf("server { reflection: true }"), Switches{.reflection = true});
  EXPECT_EQ(SwitchesOf("server { allow_plaintext: true }"), Switches());
  EXPECT_EQ(SwitchesOf("access { require_identity: true }"), Switches{.require_identity = true});
  EXPECT_EQ(SwitchesOf("upstream { allow_http: true }"), Switches{.allow_http = true});
  EXPECT_EQ(SwitchesOf("credentials { use_jti: true }"), Switches{.use_jti = true});
  EXPECT_EQ(SwitchesOf("credentials { jwe_content_type: true }"),
            Switches{.jwe_content_type = true});
}

// --- Words of the configuration.

template <typename Value>
struct Word {
  const char* word;
  Value meaning;
};

TEST(ClassOptionsTest, SpellingsOfTheResource) {
  using Resource = upstream::UrlShape::Resource;
  for (const auto& [word, meaning] :
       {Word<Resource>{"RESOURCE_SPELLING_UNSPECIFIED", Resource::kStream},
        {"RESOURCE_SPELLING_STREAM", Resource::kStream},
        {"RESOURCE_SPELLING_BOT", Resource::kBot}}) {
    const auto config = ConfigOf(absl::StrCat("upstream { resource_spelling: ", word, " }"));
    EXPECT_EQ(PlatformOptionsOf(config).url.resource, meaning) << word;
  }
}

TEST(ClassOptionsTest, MeaningsOfStateWords) {
  using Meaning = upstream::WordMeaning;
  for (const auto& [word, meaning] : {Word<Meaning>{"MEANING_UNSPECIFIED", Meaning::kUnknown},
                                      {"MEANING_ACTIVE", Meaning::kActive},
                                      {"MEANING_COMPLETED", Meaning::kCompleted},
                                      {"MEANING_FAILED", Meaning::kFailed},
                                      {"MEANING_CANCELLED", Meaning::kCancelled}}) {
    const auto config =
        ConfigOf(absl::StrCat("upstream { state_words { word: 'w' meaning: ", word, " } }"));
    EXPECT_THAT(PlatformOptionsOf(config).state_words, ElementsAre(Pair("w", meaning))) << word;
  }
}

TEST(ClassOptionsTest, AlgorithmsOfTokens) {
  using Algorithm = auth::SigningAlgorithm;
  for (const auto& [word, meaning] : {Word<Algorithm>{"ALGORITHM_UNSPECIFIED", Algorithm::kHs256},
                                      {"ALGORITHM_HS256", Algorithm::kHs256},
                                      {"ALGORITHM_HS512", Algorithm::kHs512},
                                      {"ALGORITHM_RS256", Algorithm::kRs256},
                                      {"ALGORITHM_RS512", Algorithm::kRs512}}) {
    const auto config = ConfigOf(absl::StrCat("credentials { algorithm: ", word, " }"));
    EXPECT_EQ(CredentialOptionsOf(config)[0].algorithm, meaning) << word;
  }
}

TEST(ClassOptionsTest, TrustedHeaders) {
  using Header = access::TrustedHeader;
  for (const auto& [word, meaning] :
       {Word<Header>{"TRUSTED_HEADER_UNSPECIFIED", Header::kNone},
        {"TRUSTED_HEADER_NONE", Header::kNone},
        {"TRUSTED_HEADER_FORWARDED_CLIENT_CERT", Header::kForwardedClientCert},
        {"TRUSTED_HEADER_LINKERD_CLIENT_ID", Header::kLinkerdClientId}}) {
    const auto config = ConfigOf(absl::StrCat("access { trusted_header: ", word, " }"));
    EXPECT_EQ(GrpcOptionsOf(config).identity.trusted_header, meaning) << word;
  }
}

TEST(ClassOptionsTest, LevelsAndFormatsOfTheLog) {
  using telemetry::Severity;
  for (const auto& [word, meaning] : {Word<Severity>{"LEVEL_UNSPECIFIED", Severity::kInfo},
                                      {"LEVEL_DEBUG", Severity::kDebug},
                                      {"LEVEL_INFO", Severity::kInfo},
                                      {"LEVEL_WARNING", Severity::kWarning},
                                      {"LEVEL_ERROR", Severity::kError}}) {
    EXPECT_EQ(LogOptionsOf(ConfigOf(absl::StrCat("log { level: ", word, " }"))).least, meaning)
        << word;
  }
  using Format = telemetry::LogOptions::Format;
  for (const auto& [word, meaning] : {Word<Format>{"FORMAT_UNSPECIFIED", Format::kAutomatic},
                                      {"FORMAT_AUTOMATIC", Format::kAutomatic},
                                      {"FORMAT_JSON", Format::kJson},
                                      {"FORMAT_TEXT", Format::kText}}) {
    EXPECT_EQ(LogOptionsOf(ConfigOf(absl::StrCat("log { format: ", word, " }"))).format, meaning)
        << word;
  }
}

}  // namespace
}  // namespace runcast::app
