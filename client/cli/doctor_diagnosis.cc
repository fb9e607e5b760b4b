#include "client/cli/doctor_diagnosis.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runcast/error_reason.h"

namespace runcast::cli {
namespace {

using Result = Finding::Result;
using Kind = ObservedStream::Kind;

constexpr absl::Duration kClockTolerance = absl::Seconds(5);
constexpr absl::Duration kSlowHeaders = absl::Seconds(3);

// A cut lies at the set time or a little later, never earlier but for rounding.
bool IsAbout(absl::Duration seen, absl::Duration set) {
  return seen > set - absl::Seconds(1) && seen < set + absl::Seconds(2) + set / 20;
}

std::string Seconds(absl::Duration time) {
  return absl::StrCat(std::llround(absl::ToDoubleSeconds(time)), " s");
}

std::string Millis(absl::Duration time) {
  return absl::StrCat(std::max<int64_t>(1, absl::ToInt64Milliseconds(time)), " ms");
}

std::string CodeAndText(const absl::Status& status) {
  return absl::StrCat(absl::StatusCodeToString(status.code()), status.message().empty() ? "" : ": ",
                      status.message());
}

bool SaysWrongVersion(const absl::Status& status) {
  return absl::StrContains(status.message(), "WRONG_VERSION_NUMBER") ||
         absl::StrContains(status.message(), "wrong version number");
}

bool SaysCertificate(const absl::Status& status) {
  return absl::StrContains(status.message(), "CERTIFICATE_VERIFY_FAILED") ||
         absl::StrContains(status.message(), "certificate verify failed") ||
         absl::StrContains(status.message(), "not in peer certificate") ||
         absl::StrContains(status.message(), "CERTIFICATE_REQUIRED") ||
         absl::StrContains(status.message(), "certificate required");
}

// Whether anything that speaks gRPC or HTTP/2 was at the other end.
bool Answered(const absl::Status& status) {
  return !absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status);
}

Finding ConnectionTrouble(const Observations& seen) {
  Finding finding{Result::kBad, "connection", "", ""};
  if (!seen.tcp.ok()) {
    finding.words = absl::StrCat(seen.gateway, ": ", seen.tcp.message());
    finding.setting =
        "nothing listens there, or a firewall or NetworkPolicy is in between: compare --gateway "
        "with "
        "server.listen and with the Service";
    return finding;
  }
  const absl::Status& error = seen.health.status;
  finding.words = CodeAndText(error);
  if (absl::StrContains(error.message(), "not in peer certificate")) {
    finding.setting =
        "the certificate is for another name: give that name with --tls-server-name, or put the "
        "name "
        "you use into the certificate";
  } else if (seen.tls && SaysCertificate(error)) {
    finding.setting =
        "the certificate is not trusted, or one is asked of you: --tls-ca names the authority, "
        "--tls-cert and --tls-key prove who you are (server.tls_client_ca_file)";
  } else if (seen.other_mode.has_value() && !seen.tls &&
             (Answered(seen.other_mode->status) || SaysCertificate(seen.other_mode->status))) {
    finding.setting =
        "plaintext against TLS: the gateway speaks TLS here, use --tls or --tls-ca FILE";
  } else if (seen.tls && (SaysWrongVersion(error) ||
                          (seen.other_mode.has_value() && Answered(seen.other_mode->status)))) {
    finding.setting = "TLS against plaintext: the gateway speaks plaintext here, leave out --tls";
  } else if (seen.tls && absl::StrContains(error.message(), "Socket closed")) {
    // With TLS 1.3 we are through the handshake before the other side has looked at what we show,
    // and gRPC does not pass its alert on.
    finding.setting =
        seen.client_certificate
            ? "closed while TLS began: the gateway does not take your client certificate; compare "
              "--tls-cert and --tls-key with server.tls_client_ca_file, and look at its dates"
            : "closed while TLS began: the gateway asks for a client certificate "
              "(server.tls_client_ca_file); give one with --tls-cert and --tls-key";
  } else if (absl::StrContains(error.message(), "status: 5")) {
    finding.setting =
        "a proxy answers in the gateway's stead and does not reach it: look at its upstream, its "
        "health "
        "checks, and whether it speaks HTTP/2 to the gateway";
  } else if (!seen.tcp_tried) {
    finding.setting =
        "nothing listens there, or what does is no gRPC server: compare --gateway with "
        "server.listen and with the Service";
  } else {
    finding.setting =
        "the port is open but does not speak gRPC: another program, an HTTP/1.1 proxy, or a proxy "
        "that "
        "closes connections at once";
  }
  return finding;
}

Finding HealthOf(const Observations& seen) {
  const absl::Status& status = seen.health.status;
  if (status.ok() && seen.health_word == "SERVING") {
    return {Result::kGood, "health", absl::StrCat("SERVING, after ", Millis(seen.health.took)), ""};
  }
  if (status.ok()) {
    return {
        Result::kBad, "health", seen.health_word,
        "the gateway starts or drains: look at /readyz and its log; behind a load balancer this "
        "replica should get no calls"};
  }
  if (absl::IsUnimplemented(status)) {
    return {Result::kBad, "health", CodeAndText(status),
            "a proxy in front knows no such route, or another authority is expected: compare the "
            "route's "
            "path prefix (/runcast.v1.RunStatusService/, /grpc.health.v1.Health/) and its host "
            "with the "
            "name in --gateway"};
  }
  return {Result::kBad, "health", CodeAndText(status), "the gateway's log says more"};
}

Finding ReadOf(const Observations& seen) {
  const absl::Status& status = seen.read->status;
  if (status.ok()) {
    Finding finding{
        Result::kGood, "read",
        absl::StrCat(seen.state, ", ", seen.freshness, ", after ", Millis(seen.read->took)), ""};
    if (seen.freshness == "fresh" || seen.run_ended) return finding;
    finding.result = Result::kBad;
    absl::StrAppend(&finding.words, " (", seen.reason, ": ", seen.message, ")");
    finding.setting =
        "the gateway works, the platform does not: its log (platform.*, credentials.*) and its "
        "live page say since when";
    return finding;
  }
  const std::string reason = client::ErrorReason(status);
  Finding finding{Result::kBad, "read",
                  absl::StrCat(reason.empty() ? "" : reason + ": ", CodeAndText(status)), ""};
  if (reason == "RUN_NOT_FOUND" || reason == "SUITE_NOT_FOUND" || reason == "RUN_DELETED") {
    finding.setting =
        "unknown run: check STREAM, SUITE (its name as the console shows it) and RUN; every run "
        "unknown: upstream.path_prefix or upstream.base_url of the gateway";
  } else if (reason == "STREAM_NOT_SERVED") {
    finding.setting =
        "credentials[].stream_ids of the gateway does not name this stream id, and no credential "
        "has \"*\"";
  } else if (reason == "ACCESS_DENIED") {
    finding.setting =
        "access denied: access.policy_file of the gateway does not allow this caller; its log "
        "(access.denied) names the caller and the rule";
  } else if (reason == "IDENTITY_REQUIRED") {
    finding.setting =
        "the gateway wants to know who calls (access.require_identity): --tls-cert and --tls-key, "
        "or "
        "go through the mesh";
  } else if (reason == "UPSTREAM_CREDENTIALS") {
    finding.setting =
        "the platform refuses the gateway's credential: client_id and secret_file of the "
        "credential "
        "that serves this stream id; the gateway's log (credentials.refused) has the platform's "
        "words";
  } else if (reason == "UPSTREAM_SCOPE") {
    finding.setting =
        "the JWT app lacks the scope for batch test executions, or its scopes are not published";
  } else if (reason == "RUN_BUDGET_SPENT") {
    finding.setting =
        "the platform's window for this run is used up: somebody else asks about it too, or "
        "polling.expected_pollers is less than there are replicas";
  } else if (reason == "UPSTREAM_UNAVAILABLE" || reason == "UPSTREAM_PROTOCOL") {
    finding.setting =
        "the platform fails or throttles: the gateway's log (platform.*) has its words";
  } else if (reason == "DRAINING" || reason == "OVERLOADED" || reason == "CALLER_LIMIT") {
    finding.setting = "the gateway refuses for now; limits.* of its configuration, or wait";
  } else if (absl::IsDeadlineExceeded(status)) {
    finding.setting =
        "no answer in time: the platform hangs (upstream.poll_timeout), or a proxy cuts unary "
        "calls "
        "sooner than the gateway answers";
  } else if (absl::IsUnimplemented(status)) {
    finding.setting =
        "a proxy in front has no route for /runcast.v1.RunStatusService/GetStatus, or for this "
        "authority";
  } else {
    finding.setting = "the gateway's log says more";
  }
  return finding;
}

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kHeartbeats:
      return "the watch with heartbeats";
    case Kind::kSilent:
      return "the silent watch";
    case Kind::kHealth:
      return "the health watch";
  }
  return "";
}

// Ends that belong to normal life.
bool IsPlanned(const ObservedStream& stream) {
  const std::string reason = client::ErrorReason(stream.end);
  return stream.terminal || reason == "DRAINING" || reason == "STREAM_MAX_AGE";
}

const ObservedStream* Find(const Observations& seen, Kind kind) {
  for (const ObservedStream& stream : seen.streams) {
    if (stream.kind == kind) return &stream;
  }
  return nullptr;
}

bool WasCut(const ObservedStream* stream) {
  return stream != nullptr && stream->ended && !IsPlanned(*stream) &&
         client::ErrorReason(stream->end).empty();
}

// Ends that the gateway gave a reason for.
void AddReasons(const Observations& seen, std::vector<Finding>& findings) {
  for (const ObservedStream& stream : seen.streams) {
    if (!stream.ended) continue;
    const std::string reason = client::ErrorReason(stream.end);
    if (stream.terminal) {
      findings.push_back(
          {Result::kNote, "streams",
           absl::StrCat(NameOf(stream.kind), " ended with the run after ", Seconds(stream.lived)),
           "take a run that goes on for longer to see idle time-outs"});
    } else if (!reason.empty()) {
      findings.push_back({IsPlanned(stream) ? Result::kNote : Result::kBad, "streams",
                          absl::StrCat(NameOf(stream.kind), " was ended by the gateway after ",
                                       Seconds(stream.lived), ": ", reason),
                          IsPlanned(stream) ? "part of normal life: clients open it again"
                                            : "the gateway's log says more"});
    }
  }
}

void AddCuts(const Observations& seen, std::vector<Finding>& findings) {
  const ObservedStream* const beating = Find(seen, Kind::kHeartbeats);
  const ObservedStream* const silent = Find(seen, Kind::kSilent);
  const ObservedStream* const health = Find(seen, Kind::kHealth);
  if (WasCut(beating)) {
    findings.push_back({Result::kBad, "streams",
                        absl::StrCat("the watch with heartbeats was cut after ",
                                     Seconds(beating->lived), " (", CodeAndText(beating->end), ")"),
                        CauseOfAgeCut(beating->lived)});
    return;  // What cuts this one cuts the silent ones too.
  }
  const ObservedStream* cut = WasCut(silent) ? silent : WasCut(health) ? health : nullptr;
  if (cut == nullptr) return;
  findings.push_back({beating != nullptr ? Result::kNote : Result::kBad, "streams",
                      absl::StrCat(NameOf(cut->kind), " was cut after ", Seconds(cut->last_word),
                                   " of silence (", CodeAndText(cut->end), ")",
                                   beating != nullptr ? "; the watch with heartbeats lives" : ""),
                      CauseOfIdleCut(cut->last_word)});
}

void AddHeartbeats(const Observations& seen, std::vector<Finding>& findings) {
  const ObservedStream* const beating = Find(seen, Kind::kHeartbeats);
  if (beating == nullptr || beating->terminal) return;
  // Statuses break the silence too, and then no heartbeat is due.
  if (beating->longest_silence > beating->interval * 2.5 + absl::Seconds(1)) {
    findings.push_back(
        {Result::kBad, "streams",
         absl::StrCat("no heartbeats: the watch asked for one each ", Seconds(beating->interval),
                      " and heard nothing for ", Seconds(beating->longest_silence)),
         "something in between holds answers back until it has more of them (buffering of a proxy: "
         "nginx "
         "proxy_buffering, a gRPC-Web or HTTP/1.1 bridge), or the gateway hangs"});
  }
}

}  // namespace

std::string CauseOfAgeCut(absl::Duration age) {
  if (IsAbout(age, absl::Seconds(15))) {
    return "15 s is Envoy's default route time-out: set `timeout: 0s` on the route of "
           "/runcast.v1.RunStatusService/WatchRun";
  }
  constexpr int kTolerance = 1;
  const auto seconds = static_cast<int>(std::llround(absl::ToDoubleSeconds(age)));
  const bool is_round = seconds % 10 <= kTolerance || seconds % 10 >= 10 - kTolerance;
  return absl::StrCat("a fixed limit of ", is_round ? (seconds + 5) / 10 * 10 : seconds,
                      " s on the life of a stream: Envoy `max_stream_duration` or a route's "
                      "`timeout`, Istio VirtualService "
                      "`http[].timeout` (needs a match of its own for WatchRun), Linkerd "
                      "`timeout.linkerd.io/request` or "
                      "`/response`; switch it off for WatchRun, or set streams.max_age below it");
}

std::string CauseOfIdleCut(absl::Duration silence) {
  std::string cause;
  if (IsAbout(silence, absl::Seconds(60))) {
    cause = "60 s is nginx `grpc_read_timeout` and an ALB's idle time-out";
  } else if (IsAbout(silence, absl::Seconds(300))) {
    cause = "300 s is Envoy `stream_idle_timeout`";
  } else if (IsAbout(silence, absl::Seconds(50))) {
    cause = "50 s is a usual `timeout server` or `timeout client` of HAProxy";
  } else if (IsAbout(silence, absl::Seconds(350))) {
    cause = "350 s is an NLB's idle time-out";
  } else {
    cause = absl::StrCat("an idle time-out of ", Seconds(silence),
                         " in between: HAProxy `timeout server` / `timeout client`, nginx "
                         "`grpc_read_timeout`, Envoy `stream_idle_timeout`");
  }
  return absl::StrCat(
      cause,
      "; harmless while heartbeats come more often: keep streams.heartbeat_interval and "
      "callers' heartbeat_interval below half of it");
}

std::vector<Finding> DiagnoseCalls(const Observations& seen) {
  std::vector<Finding> findings;
  if (!Answered(seen.health.status) && !absl::StartsWith(seen.health_word, "NOT")) {
    findings.push_back(ConnectionTrouble(seen));
    return findings;
  }
  findings.push_back({Result::kGood, "connection",
                      absl::StrCat(seen.gateway, seen.tls ? ", TLS" : ", plaintext",
                                   seen.proxy.empty() ? "" : ", answers by ", seen.proxy),
                      ""});
  findings.push_back(HealthOf(seen));
  if (seen.reflection.has_value()) {
    if (seen.reflection->status.ok() && seen.lists_service) {
      findings.push_back({Result::kGood, "reflection", "names runcast.v1.RunStatusService", ""});
    } else if (absl::IsUnimplemented(seen.reflection->status)) {
      findings.push_back(
          {Result::kNote, "reflection", "off", "server.reflection; no client needs it"});
    } else {
      findings.push_back({Result::kNote, "reflection", CodeAndText(seen.reflection->status),
                          "another program may be behind this address"});
    }
  }
  if (seen.read.has_value()) findings.push_back(ReadOf(seen));
  if (seen.clock_ahead.has_value()) {
    const absl::Duration apart = absl::AbsDuration(*seen.clock_ahead);
    const std::string words =
        absl::StrCat("the gateway's clock is ", Seconds(apart),
                     *seen.clock_ahead > absl::ZeroDuration() ? " ahead of" : " behind", " ours");
    if (apart > kClockTolerance) {
      findings.push_back(
          {Result::kBad, "clock", words,
           "time skew: mend the clock (NTP) of this machine or the gateway's; ages and "
           "waits are wrong, and so may be certificates' dates"});
    } else {
      findings.push_back({Result::kGood, "clock", words, ""});
    }
  }
  return findings;
}

std::vector<Finding> DiagnoseStreams(const Observations& seen) {
  std::vector<Finding> findings;
  for (const ObservedStream& stream : seen.streams) {
    if (!stream.answered && !stream.ended) {
      findings.push_back(
          {Result::kBad, "streams",
           absl::StrCat(NameOf(stream.kind), " got no answer in ", Seconds(stream.lived)),
           "a proxy with its limit of streams on a connection reached (nginx 128, HAProxy 100), or "
           "one that holds headers back"});
    } else if (stream.answered && stream.answered_after > kSlowHeaders) {
      findings.push_back({Result::kNote, "streams",
                          absl::StrCat(NameOf(stream.kind), " was answered only after ",
                                       Seconds(stream.answered_after)),
                          "the platform or the way to it is slow"});
    }
  }
  AddReasons(seen, findings);
  AddCuts(seen, findings);
  AddHeartbeats(seen, findings);
  if (findings.empty() && !seen.streams.empty()) {
    findings.push_back({Result::kGood, "streams",
                        absl::StrCat(seen.streams.size(), " streams lived for ",
                                     Seconds(seen.held_for), ", silent ones too"),
                        ""});
  }
  return findings;
}

}  // namespace runcast::cli
