// Each kind of fault: its path and its words, exactly.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/loaded_config.h"

namespace runcast::config {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What is said about one member that is added to a good file.
struct MemberRow {
  const char* member;
  const char* fault;
};

class MemberFaultTest : public LoadConfigTest, public testing::WithParamInterface<MemberRow> {};

TEST_P(MemberFaultTest, IsToldWithItsPathAndWhatWouldBeRight) {
  const LoadResult result = Load(GoodFile(GetParam().member));

  EXPECT_FALSE(result.run);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.faults, ElementsAre(absl::StrCat("gateway.json: ", GetParam().fault)));
}

INSTANTIATE_TEST_SUITE_P(
    FieldsAndTypes, MemberFaultTest,
    testing::Values(
        MemberRow{R"("polling": {"lingr": "5s"})",
                  R"(polling.lingr: unknown key; did you mean "linger"?)"},
        MemberRow{R"("pooling": {})", R"(pooling: unknown key; did you mean "polling"?)"},
        MemberRow{R"("linger": "5s")", R"(linger: unknown key here; it belongs to "polling")"},
        MemberRow{R"("x\n": 1)", R"(x\n: unknown key)"},
        MemberRow{R"("polling": [])", "polling: must be an object, not a list"},
        MemberRow{R"("polling": null)", "polling: must be an object, not null"},
        MemberRow{R"("polling": {"linger": 5})",
                  "polling.linger: must be a duration from 0s to 1h, such as 250ms, 20s or 1h30m, "
                  "not a number; write it in quotes, with its unit"},
        MemberRow{R"("polling": {"linger": "5 min"})",
                  "polling.linger: must be a duration from 0s to 1h, such as 250ms, 20s or 1h30m, "
                  "not \"5 min\""},
        MemberRow{R"("polling": {"linger": "2h"})",
                  "polling.linger: must be a duration from 0s to 1h, such as 250ms, 20s or 1h30m, "
                  "not \"2h\""},
        MemberRow{R"("polling": {"linger": true})",
                  "polling.linger: must be a duration from 0s to 1h, such as 250ms, 20s or 1h30m, "
                  "not true"},
        MemberRow{R"("polling": {"per_hour": "1800"})",
                  "polling.per_hour: must be a whole number from 1 to 3000000, not text; write "
                  "1800 without quotes"},
        MemberRow{R"("polling": {"per_hour": "many"})",
                  "polling.per_hour: must be a whole number from 1 to 3000000, not text"},
        MemberRow{R"("polling": {"per_hour": 0})",
                  "polling.per_hour: must be a whole number from 1 to 3000000, not 0"},
        MemberRow{R"("polling": {"per_hour": -5})",
                  "polling.per_hour: must be a whole number from 1 to 3000000, not -5"},
        MemberRow{R"("polling": {"per_hour": 60.5})",
                  "polling.per_hour: must be a whole number from 1 to 3000000, not 60.5"},
        MemberRow{R"("polling": {"per_hour": 18446744073709551615})",
                  "polling.per_hour: must be a whole number from 1 to 3000000, not "
                  "18446744073709551615"},
        MemberRow{R"("server": {"serving_loops": 257})",
                  "server.serving_loops: must be a whole number from 0 to 256, not 257"},
        MemberRow{R"("server": {"reflection": 1})",
                  "server.reflection: must be true or false, not a number"},
        MemberRow{R"("server": {"reflection": "yes"})",
                  "server.reflection: must be true or false, not text; write true without quotes"},
        MemberRow{R"("server": {"listen": 8443})", "server.listen: must be text, not a number"},
        MemberRow{R"("server": {"listen": "127.0.0.1:1\u0000"})",
                  "server.listen: must not hold control characters"},
        MemberRow{R"("log": {"level": "loud"})",
                  "log.level: must be one of DEBUG, INFO, WARNING, ERROR, not \"loud\""},
        MemberRow{R"("log": {"level": "unspecified"})",
                  "log.level: must be one of DEBUG, INFO, WARNING, ERROR, not \"unspecified\""},
        MemberRow{R"("log": {"level": 1})",
                  "log.level: must be one of DEBUG, INFO, WARNING, ERROR, not a number"},
        MemberRow{R"("access": {"trusted_proxies": "10.0.0.0/8"})",
                  "access.trusted_proxies: must be a list of texts, not text"},
        MemberRow{R"("access": {"policy_file": "/nowhere/policy.json"})",
                  "access.policy_file: must name a file that can be read; "
                  "\"/nowhere/policy.json\" cannot: No such file or directory"},
        MemberRow{R"("access": {"policy_file": "/"})",
                  "access.policy_file: must name a file that can be read; \"/\" cannot: not a "
                  "regular file"},
        MemberRow{R"("log": {}, "log": {})", "log: given more than once"},
        MemberRow{R"("log": {"level": "INFO", "level": "INFO"})",
                  "log.level: given more than once"}));

INSTANTIATE_TEST_SUITE_P(
    WhatMustFitTogether, MemberFaultTest,
    testing::Values(
        MemberRow{R"("server": {"listen": "8443"})",
                  "server.listen: must be an address and a port, such as 127.0.0.1:8443 or "
                  "[::]:8443"},
        MemberRow{R"("server": {"listen": "[::]:8443"})",
                  "server.listen: is no loopback address and has no TLS: give "
                  "server.tls_certificate_file and server.tls_key_file, or server.allow_plaintext "
                  "if a proxy in front does TLS"},
        MemberRow{R"("server": {"tls_certificate_file": "/proc/self/status"})",
                  "server.tls_certificate_file: needs server.tls_key_file as well"},
        MemberRow{R"("server": {"tls_key_file": "/proc/self/status"})",
                  "server.tls_key_file: needs server.tls_certificate_file as well"},
        MemberRow{R"("server": {"tls_client_ca_file": "/proc/self/status"})",
                  "server.tls_client_ca_file: needs TLS: server.tls_certificate_file and "
                  "server.tls_key_file"},
        MemberRow{R"("admin": {"listen": "9443"})",
                  "admin.listen: must be an address and a port, such as 127.0.0.1:8443 or "
                  "[::]:8443, or empty for none"},
        MemberRow{R"("admin": {"listen": "127.0.0.1:8443"})",
                  "admin.listen: must differ from server.listen"},
        MemberRow{R"("polling": {"per_minute": 2})",
                  "polling.per_minute: must be at least 3: 2 calls are kept in reserve and 1 "
                  "poller needs one each (polling.expected_pollers)"},
        MemberRow{R"("polling": {"expected_pollers": 60})",
                  "polling.per_minute: must be at least 62: 2 calls are kept in reserve and 60 "
                  "pollers need one each (polling.expected_pollers)"},
        MemberRow{R"("polling": {"per_hour": 1})",
                  "polling.per_hour: must be at least 2: 1 % is kept in reserve and 1 poller "
                  "needs one call each (polling.expected_pollers)"},
        MemberRow{R"("polling": {"base_interval": "100ms"})",
                  "polling.base_interval: must not be shorter than polling.min_gap"},
        MemberRow{R"("polling": {"early_interval": "100ms"})",
                  "polling.early_interval: must not be shorter than polling.min_gap"},
        MemberRow{R"("access": {"require_identity": true})",
                  "access.require_identity: would refuse everybody: callers prove who they are by "
                  "certificate (server.tls_client_ca_file) or by a proxy's header "
                  "(access.trusted_header)"},
        MemberRow{R"("access": {"trusted_proxies": ["10.0.0.0/8"]})",
                  "access.trusted_proxies: needs access.trusted_header: no header is believed yet"},
        MemberRow{R"("access": {"trusted_header": "LINKERD_CLIENT_ID", "trusted_proxies": ["x"]})",
                  "access.trusted_proxies[0]: is no IP address or range; write `10.0.0.0/8`, "
                  "`fd00::/8` or one address"},
        MemberRow{R"("coordination": {"address": "redis"})",
                  "coordination.address: must be host:port, [address]:port or unix:/path; the "
                  "password belongs into coordination.password_file"},
        MemberRow{R"("coordination": {"address": "redis://user:secret@redis:6379"})",
                  "coordination.address: must be host:port, [address]:port or unix:/path; the "
                  "password belongs into coordination.password_file"},
        MemberRow{R"("coordination": {"address": "unix:redis.sock"})",
                  "coordination.address: must be host:port, [address]:port or unix:/path; the "
                  "password belongs into coordination.password_file"},
        MemberRow{R"("coordination": {"address": "redis:6379", "user": "runcast"})",
                  "coordination.user: needs coordination.password_file"},
        MemberRow{R"("coordination": {"user": "runcast", "password_file": "/proc/self/status"})",
                  "coordination.user: needs coordination.address"},
        MemberRow{R"("coordination": {"key_prefix": ""})",
                  "coordination.key_prefix: must not be empty"},
        MemberRow{R"("drain": {"spread": "1m"})",
                  "drain.hard_deadline: must not be shorter than drain.delay and drain.spread "
                  "together"}));

// The same for the `upstream` object, which a good file has already.
class UpstreamFaultTest : public LoadConfigTest, public testing::WithParamInterface<MemberRow> {};

TEST_P(UpstreamFaultTest, IsToldWithItsPathAndWhatWouldBeRight) {
  const LoadResult result =
      Load(absl::StrCat("{", CredentialsMember(), ", \"upstream\": {", GetParam().member, "}}"));

  EXPECT_THAT(result.faults, ElementsAre(absl::StrCat("gateway.json: ", GetParam().fault)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, UpstreamFaultTest,
    testing::Values(
        MemberRow{"",
                  "upstream.base_url: is required; give it in the file, by --upstream-base-url or "
                  "by RUNCAST_UPSTREAM_BASE_URL"},
        MemberRow{R"("base_url": "http://127.0.0.1:9000")",
                  "upstream.base_url: must begin with https://; http:// needs upstream.allow_http, "
                  "because tokens then travel in clear"},
        MemberRow{R"("base_url": "https://platform.kore.ai/api/public")",
                  "upstream.base_url: must end after host and port, such as "
                  "https://platform.kore.ai; a path belongs to upstream.path_prefix"},
        MemberRow{R"("base_url": "https://169.254.169.254")",
                  "upstream.base_url: is an address that is not public; if the platform really is "
                  "there, name it in upstream.allowed_private_addresses"},
        MemberRow{R"("base_url": "http://10.0.0.1", "allow_http": true)",
                  "upstream.base_url: is an address that is not public; if the platform really is "
                  "there, name it in upstream.allowed_private_addresses"},
        MemberRow{R"("base_url": "https://[::ffff:10.0.0.1]:8443",
                     "allowed_private_addresses": ["192.168.0.0/16"])",
                  "upstream.base_url: is an address that is not public; if the platform really is "
                  "there, name it in upstream.allowed_private_addresses"},
        MemberRow{
            R"("base_url": "https://a", "allowed_private_addresses": ["10.1.2.3/8"])",
            "upstream.allowed_private_addresses[0]: has bits set beyond its first 8; write the "
            "first address of the range, or one address without `/`"},
        MemberRow{
            R"("base_url": "https://a", "pinned_public_keys": ["sha256//abc"])",
            "upstream.pinned_public_keys[0]: must be `sha256//` and the base64 of the SHA-256 "
            "digest of the key's DER form, 44 characters"},
        MemberRow{R"("base_url": "https://a", "path_prefix": "api/")",
                  "upstream.path_prefix: must begin with a slash and not end with one, such as "
                  "/api/public"},
        MemberRow{R"("base_url": "https://a", "connect_timeout": "20s")",
                  "upstream.connect_timeout: must not be longer than upstream.poll_timeout"},
        MemberRow{R"("base_url": "https://a", "state_words": {})",
                  "upstream.state_words: must be a list of objects, not an object"},
        MemberRow{R"("base_url": "https://a", "state_words": [{"word": "x"}])",
                  "upstream.state_words[0].meaning: is required: must be one of ACTIVE, COMPLETED, "
                  "FAILED, CANCELLED"},
        MemberRow{R"("base_url": "https://a", "state_words": [
                     {"word": "in queue", "meaning": "active"},
                     {"word": "In_Queue", "meaning": "active"}])",
                  "upstream.state_words[1].word: has its meaning already, further up; case, _, - "
                  "and blanks do not count"}));

class CredentialFaultTest : public LoadConfigTest, public testing::WithParamInterface<MemberRow> {};

TEST_P(CredentialFaultTest, IsToldWithItsPathAndWhatWouldBeRight) {
  const std::string members =
      absl::StrReplaceAll(GetParam().member, {{"SECRET_FILE", Path("secret")}});
  const LoadResult result =
      Load(WithCredential(members), {}, {{"EMPTY_SECRET", ""}, {"GOOD_SECRET", "s3cr3t"}});

  EXPECT_THAT(result.faults,
              ElementsAre(absl::StrCat("gateway.json: credentials[0]", GetParam().fault)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, CredentialFaultTest,
    testing::Values(
        MemberRow{R"("algorithm": "HS256")",
                  ": must have exactly one of secret_file and secret_env"},
        MemberRow{R"("secret_file": "SECRET_FILE", "secret_env": "GOOD_SECRET")",
                  ": must have exactly one of secret_file and secret_env, not both"},
        MemberRow{R"("secret_file": "/nowhere/secret")",
                  ".secret_file: must name a file that can be read; cannot: No such file or "
                  "directory"},
        MemberRow{R"("secret_env": "NOT_SET")",
                  ".secret_env: must name an environment variable that is set"},
        MemberRow{R"("secret_env": "EMPTY_SECRET")",
                  ".secret_env: must name an environment variable that is not empty"},
        MemberRow{R"("secret_env": "abc+/=")",
                  ".secret_env: must be the name of an environment variable, not its content"},
        MemberRow{R"("secret_file": "SECRET_FILE", "algorithm": "ES256")",
                  ".algorithm: must be one of HS256, HS512, RS256, RS512, not \"ES256\""},
        MemberRow{R"("secret_file": "SECRET_FILE", "lifetime": "1m")",
                  ".renewal_slack: must be shorter than lifetime, which is 1m"},
        MemberRow{R"("secret_file": "SECRET_FILE", "lifetime": "2h", "use_jti": true)",
                  ".lifetime: must be at most 1h with use_jti: the platform refuses longer ones"},
        MemberRow{R"("secret_file": "SECRET_FILE", "jwe_algorithm": "RSA")",
                  ".jwe_algorithm: must be one of RSA-OAEP, RSA1_5, not \"RSA\""},
        MemberRow{R"("secret_file": "SECRET_FILE", "jwe_encryption": "A192GCM")",
                  ".jwe_encryption: must be one of A128CBC-HS256, A128GCM, A256GCM, not "
                  "\"A192GCM\""},
        MemberRow{R"("secret_file": "SECRET_FILE", "jwe_key_file": "/nowhere/key")",
                  ".jwe_key_file: must name a file that can be read; \"/nowhere/key\" cannot: No "
                  "such file or directory"},
        MemberRow{R"("secret_file": "SECRET_FILE", "secret": "s3cr3t")",
                  ".secret: unknown key; did you mean \"secret_env\"?"}));

TEST_F(LoadConfigTest, EachStreamIdBelongsToExactlyOneCredential) {
  const std::string secret =
      absl::StrCat("\"client_id\": \"c\", \"secret_file\": \"", Path("secret"), "\", ");
  const LoadResult result =
      Load(absl::StrCat("{", UpstreamMember(), ", \"credentials\": [{\"name\": \"a\", ", secret,
                        R"("stream_ids": ["st-1", "*", "st-1"]}, {"name": "a", )", secret,
                        R"("stream_ids": ["*", "", " st-2", 7]}, {"name": "c", )", secret,
                        "\"stream_ids\": []}, 5]}"));

  EXPECT_THAT(
      result.faults,
      ElementsAre(
          "gateway.json: credentials[1].stream_ids[3]: must be text, not a number",
          "gateway.json: credentials[3]: must be an object, not a number",
          "gateway.json: credentials[2].stream_ids: is required: must be a list of texts",
          "gateway.json: credentials[0].stream_ids[2]: \"st-1\" is given already by "
          "credentials[0].stream_ids[0]; each stream id belongs to exactly one credential",
          "gateway.json: credentials[1].name: \"a\" is the name of credentials[0] already",
          "gateway.json: credentials[1].stream_ids[0]: \"*\" is given already by "
          "credentials[0].stream_ids[1]; each stream id belongs to exactly one credential",
          "gateway.json: credentials[1].stream_ids[1]: must not be empty",
          "gateway.json: credentials[1].stream_ids[2]: must not begin or end with a blank"));
}

TEST_F(LoadConfigTest, WithoutCredentialsThereIsNothingToServe) {
  EXPECT_THAT(LoadArguments({"--upstream-base-url", "https://a"}).faults,
              ElementsAre("credentials: at least one is required; lists live in the file (--config "
                          "FILE)"));
}

TEST_F(LoadConfigTest, FaultsOfAllSourcesComeTogether) {
  const LoadResult result =
      Load(GoodFile(R"("log": {"level": "loud"}, "drain": {"delay": 5})"),
           {"--polling-linger=soon", "--server-lisen=x", "--credentials-name", "a", "more"},
           {{"RUNCAST_SERVER_SERVING_LOOPS", "-1"}});

  EXPECT_THAT(
      result.faults,
      ElementsAre("flag --server-lisen: unknown; did you mean --server-listen?",
                  "flag --credentials-name: lists live in the file; see --config",
                  "argument \"more\": not expected",
                  "gateway.json: log.level: must be one of DEBUG, INFO, WARNING, ERROR, not "
                  "\"loud\"",
                  "gateway.json: drain.delay: must be a duration from 0s to 10m, such as 250ms, "
                  "20s or 1h30m, not a number; write it in quotes, with its unit",
                  "variable RUNCAST_SERVER_SERVING_LOOPS: must be a whole number from 0 to 256, "
                  "not \"-1\"",
                  "flag --polling-linger: must be a duration from 0s to 1h, such as 250ms, 20s or "
                  "1h30m, not \"soon\""));
}

TEST_F(LoadConfigTest, AFaultOfTheSumIsToldWhereTheValueCameFrom) {
  EXPECT_THAT(Load(GoodFile(), {"--server-listen=0.0.0.0:1"}).faults,
              ElementsAre(HasSubstr("flag --server-listen: is no loopback address")));
  EXPECT_THAT(Load(GoodFile(), {}, {{"RUNCAST_ADMIN_LISTEN", "x"}}).faults,
              ElementsAre(HasSubstr("variable RUNCAST_ADMIN_LISTEN: must be an address")));
}

TEST_F(LoadConfigTest, AFileThatCannotBeReadOrIsNoObjectIsTheOnlyFault) {
  EXPECT_THAT(LoadArguments({"--config", "/nowhere.json"}).faults,
              ElementsAre("/nowhere.json: cannot be read: No such file or directory"));
  EXPECT_THAT(LoadArguments({"--config", directory_}).faults,
              ElementsAre(HasSubstr("cannot be read: Is a directory")));
  EXPECT_THAT(Load("{\"a\": }").faults,
              ElementsAre(HasSubstr("gateway.json: no good JSON: line 1, column 7")));
  EXPECT_THAT(Load("[]").faults, ElementsAre("gateway.json: must be an object, not a list"));
  EXPECT_THAT(Load(std::string(5 << 20, ' ')).faults,
              ElementsAre("gateway.json: cannot be read: larger than 4 MiB"));
}

TEST_F(LoadConfigTest, SecretsInWrongPlacesAreNotRepeated) {
  const std::string secret = "Zm9vYmFyYmF6c2VjcmV0";
  const LoadResult result =
      Load(WithCredential(absl::StrCat("\"secret_file\": \"", secret, "\", \"secret\": \"", secret,
                                       "\", \"secret_env\": [\"", secret, "\"]")),
           {}, {{"X", secret}});
  const LoadResult variable =
      Load(WithCredential(absl::StrCat("\"secret_env\": \"", secret, "\"")));

  EXPECT_EQ(result.faults.size(), 3u);
  EXPECT_THAT(result.faults, Not(Contains(HasSubstr(secret))));
  EXPECT_EQ(variable.faults.size(), 1u);
  EXPECT_THAT(variable.faults, Not(Contains(HasSubstr(secret))));
}

TEST_F(LoadConfigTest, APasswordWhereItsFileBelongsIsNotRepeated) {
  const std::string secret = "Zm9vYmFyYmF6c2VjcmV0";
  for (const char* written : {"\"%s\"", "[\"%s\"]"}) {
    const LoadResult result = Load(
        GoodFile(absl::StrCat(R"("coordination": {"address": "localhost:6379", "password_file": )",
                              absl::StrReplaceAll(written, {{"%s", secret}}), "}")));

    EXPECT_THAT(result.faults, ElementsAre(HasSubstr("coordination.password_file: must ")));
    EXPECT_THAT(result.faults, Not(Contains(HasSubstr(secret))));
  }
}

TEST_F(LoadConfigTest, ASecretThatBreaksTheSyntaxIsNotRepeated) {
  const std::string secret = "Zm9vYmFyYmF6c2VjcmV0";
  for (const char* written : {"\"%s,\n", "\"%s\\q\"", "\"\\x%s\"", "\"%s\n\"", "%s"}) {
    const LoadResult result = Load(WithCredential(
        absl::StrCat("\"secret_file\": ", absl::StrReplaceAll(written, {{"%s", secret}}))));

    EXPECT_THAT(result.faults, ElementsAre(HasSubstr("gateway.json: no good JSON: line ")))
        << written;
    EXPECT_THAT(result.faults, Not(Contains(HasSubstr(secret.substr(0, 4))))) << written;
  }
}

}  // namespace
}  // namespace runcast::config
