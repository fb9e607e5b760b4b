#include "client/cli/doctor_diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/cord.h"
#include "client/src/status_translation.h"
#include "runcast/details/v1/error_details.pb.h"

namespace runcast::cli {
namespace {

using Kind = ObservedStream::Kind;
using Result = Finding::Result;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

testing::Matcher<const Finding&> Is(Result result, const std::string& check,
                                    const std::string& setting) {
  return AllOf(Field(&Finding::result, result), Field(&Finding::check, check),
               Field(&Finding::setting, HasSubstr(setting)));
}

absl::Status WithReason(absl::StatusCode code, const std::string& reason) {
  absl::Status status(code, "words of the gateway");
  details::v1::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("runcast.v1");
  status.SetPayload(client::kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

// A gateway as it should be.
Observations Healthy() {
  Observations seen;
  seen.gateway = "gateway:8443";
  seen.health_word = "SERVING";
  seen.reflection = ObservedCall{};
  seen.lists_service = true;
  seen.read = ObservedCall{};
  seen.state = "running";
  seen.freshness = "fresh";
  seen.clock_ahead = absl::Milliseconds(200);
  return seen;
}

Observations Unreached(const std::string& words, bool tls = false) {
  Observations seen;
  seen.gateway = "gateway:8443";
  seen.tls = tls;
  seen.health.status = absl::UnavailableError(words);
  return seen;
}

ObservedStream Lived(Kind kind, absl::Duration lived) {
  return {.kind = kind,
          .interval = kind == Kind::kHeartbeats ? absl::Seconds(5) : absl::Minutes(10),
          .answered = true,
          .lived = lived,
          .last_word = kind == Kind::kHeartbeats ? absl::Seconds(2) : lived,
          .longest_silence = kind == Kind::kHeartbeats ? absl::Seconds(5) : lived,
          .messages = 1};
}

ObservedStream Cut(Kind kind, absl::Duration after) {
  ObservedStream stream = Lived(kind, after);
  stream.ended = true;
  stream.end = absl::UnavailableError("Stream removed");
  return stream;
}

TEST(DiagnoseCallsTest, AHealthyGatewayHasOnlyGoodFindings) {
  const auto findings = DiagnoseCalls(Healthy());

  ASSERT_EQ(findings.size(), 5u);
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.result, Result::kGood) << finding.words;
    EXPECT_THAT(finding.setting, IsEmpty());
  }
}

TEST(DiagnoseCallsTest, AClosedPortIsTold) {
  Observations seen = Unreached("");
  seen.tcp = absl::UnavailableError("Connection refused");

  EXPECT_THAT(DiagnoseCalls(seen), ElementsAre(Is(Result::kBad, "connection", "server.listen")));
}

TEST(DiagnoseCallsTest, AClosedPortIsNotCalledOpenWhereItWasNotTried) {
  Observations seen = Unreached("connect to unix:/run/runcast.sock: No such file or directory");
  seen.tcp_tried = false;

  EXPECT_THAT(DiagnoseCalls(seen),
              ElementsAre(Is(Result::kBad, "connection", "nothing listens there")));
}

TEST(DiagnoseCallsTest, PlaintextAgainstTlsIsToldBothWays) {
  Observations seen = Unreached("Socket closed");
  seen.other_mode =
      ObservedCall{absl::UnavailableError("Ssl handshake failed: CERTIFICATE_VERIFY_FAILED"), {}};
  EXPECT_THAT(DiagnoseCalls(seen),
              ElementsAre(Is(Result::kBad, "connection", "plaintext against TLS")));

  seen = Unreached("Ssl handshake failed: WRONG_VERSION_NUMBER", /*tls=*/true);
  EXPECT_THAT(DiagnoseCalls(seen),
              ElementsAre(Is(Result::kBad, "connection", "TLS against plaintext")));
}

TEST(DiagnoseCallsTest, WhatIsNoGatewayAtAllIsTold) {
  Observations seen = Unreached("Trying to connect an http1.x server");
  seen.other_mode = ObservedCall{absl::UnavailableError("WRONG_VERSION_NUMBER"), {}};
  EXPECT_THAT(DiagnoseCalls(seen),
              ElementsAre(Is(Result::kBad, "connection", "does not speak gRPC")));
}

TEST(DiagnoseCallsTest, AWrongNameAndAnUnknownAuthorityAreTold) {
  EXPECT_THAT(DiagnoseCalls(Unreached("Peer name a is not in peer certificate", /*tls=*/true)),
              ElementsAre(Is(Result::kBad, "connection", "--tls-server-name")));
  EXPECT_THAT(DiagnoseCalls(Unreached("CERTIFICATE_VERIFY_FAILED", /*tls=*/true)),
              ElementsAre(Is(Result::kBad, "connection", "--tls-ca")));
}

TEST(DiagnoseCallsTest, AClientCertificateThatIsMissingOrNotTakenIsTold) {
  Observations seen = Unreached("connect to gateway:8443: Socket closed", /*tls=*/true);
  seen.other_mode = ObservedCall{absl::UnavailableError("Socket closed"), {}};

  EXPECT_THAT(DiagnoseCalls(seen),
              ElementsAre(AllOf(Is(Result::kBad, "connection", "server.tls_client_ca_file"),
                                Field(&Finding::setting, HasSubstr("give one with --tls-cert")))));

  seen.client_certificate = true;
  EXPECT_THAT(DiagnoseCalls(seen),
              ElementsAre(AllOf(Is(Result::kBad, "connection", "server.tls_client_ca_file"),
                                Field(&Finding::setting, HasSubstr("does not take")))));
}

TEST(DiagnoseCallsTest, AProxyWithoutTheRouteIsTold) {
  Observations seen = Healthy();
  seen.health.status = absl::UnimplementedError("Received http2 header with status: 404");

  EXPECT_THAT(DiagnoseCalls(seen)[1], Is(Result::kBad, "health", "authority"));
}

struct ReasonCase {
  const char* reason;
  absl::StatusCode code;
  const char* setting;
};
class ReasonTest : public testing::TestWithParam<ReasonCase> {};

TEST_P(ReasonTest, NamesTheSettingThatCausesIt) {
  Observations seen = Healthy();
  seen.read->status = WithReason(GetParam().code, GetParam().reason);
  seen.clock_ahead.reset();

  EXPECT_THAT(DiagnoseCalls(seen).back(), Is(Result::kBad, "read", GetParam().setting));
}

using Code = absl::StatusCode;
INSTANTIATE_TEST_SUITE_P(
    All, ReasonTest,
    testing::Values(
        ReasonCase{"RUN_NOT_FOUND", Code::kNotFound, "unknown run"},
        ReasonCase{"SUITE_NOT_FOUND", Code::kNotFound, "unknown run"},
        ReasonCase{"STREAM_NOT_SERVED", Code::kPermissionDenied, "stream_ids"},
        ReasonCase{"ACCESS_DENIED", Code::kPermissionDenied, "access.policy_file"},
        ReasonCase{"IDENTITY_REQUIRED", Code::kUnauthenticated, "access.require_identity"},
        ReasonCase{"UPSTREAM_CREDENTIALS", Code::kPermissionDenied, "secret_file"},
        ReasonCase{"UPSTREAM_SCOPE", Code::kPermissionDenied, "scope"},
        ReasonCase{"RUN_BUDGET_SPENT", Code::kResourceExhausted, "polling.expected_pollers"},
        ReasonCase{"UPSTREAM_UNAVAILABLE", Code::kUnavailable, "platform"},
        ReasonCase{"OVERLOADED", Code::kUnavailable, "limits"}));

TEST(DiagnoseCallsTest, AStaleStatusPointsToThePlatform) {
  Observations seen = Healthy();
  seen.freshness = "stale";
  seen.reason = "UPSTREAM_UNAVAILABLE";

  EXPECT_THAT(DiagnoseCalls(seen)[3], Is(Result::kBad, "read", "the platform does not"));
}

TEST(DiagnoseCallsTest, AClockThatIsOffIsToldWithItsDirection) {
  Observations seen = Healthy();
  seen.clock_ahead = -absl::Seconds(90);

  const Finding finding = DiagnoseCalls(seen).back();
  EXPECT_THAT(finding, Is(Result::kBad, "clock", "time skew"));
  EXPECT_THAT(finding.words, HasSubstr("90 s behind"));
}

TEST(DiagnoseStreamsTest, StreamsThatLiveAreGood) {
  Observations seen = Healthy();
  seen.held_for = absl::Seconds(70);
  for (const Kind kind : {Kind::kHeartbeats, Kind::kSilent, Kind::kHealth}) {
    seen.streams.push_back(Lived(kind, absl::Seconds(70)));
  }

  EXPECT_THAT(DiagnoseStreams(seen), ElementsAre(Is(Result::kGood, "streams", "")));
}

struct CutCase {
  int seconds;
  const char* setting;
};
class AgeCutTest : public testing::TestWithParam<CutCase> {};

TEST_P(AgeCutTest, OfAStreamWithHeartbeatsNamesTheLimitOnItsLife) {
  Observations seen = Healthy();
  const absl::Duration after = absl::Seconds(GetParam().seconds) + absl::Milliseconds(300);
  for (const Kind kind : {Kind::kHeartbeats, Kind::kSilent, Kind::kHealth}) {
    seen.streams.push_back(Cut(kind, after));
  }

  EXPECT_THAT(DiagnoseStreams(seen), ElementsAre(Is(Result::kBad, "streams", GetParam().setting)));
}

INSTANTIATE_TEST_SUITE_P(All, AgeCutTest,
                         testing::Values(CutCase{15, "Envoy's default route time-out"},
                                         CutCase{60, "limit of 60 s"},
                                         CutCase{120, "max_stream_duration"},
                                         CutCase{47, "limit of 47 s"}));

class IdleCutTest : public testing::TestWithParam<CutCase> {};

TEST_P(IdleCutTest, OfSilentStreamsAloneNamesTheIdleTimeOut) {
  Observations seen = Healthy();
  const absl::Duration after = absl::Seconds(GetParam().seconds) + absl::Milliseconds(300);
  seen.streams = {Lived(Kind::kHeartbeats, after + absl::Seconds(10)), Cut(Kind::kSilent, after),
                  Cut(Kind::kHealth, after)};

  EXPECT_THAT(DiagnoseStreams(seen), ElementsAre(Is(Result::kNote, "streams", GetParam().setting)));
}

INSTANTIATE_TEST_SUITE_P(All, IdleCutTest,
                         testing::Values(CutCase{60, "grpc_read_timeout"},
                                         CutCase{300, "stream_idle_timeout"},
                                         CutCase{50, "HAProxy"}, CutCase{25, "of 25 s"}));

TEST(DiagnoseStreamsTest, MissingHeartbeatsAreTold) {
  Observations seen = Healthy();
  ObservedStream deaf = Lived(Kind::kHeartbeats, absl::Seconds(70));
  deaf.longest_silence = absl::Seconds(69);
  seen.streams = {deaf, Lived(Kind::kSilent, absl::Seconds(70))};

  const auto findings = DiagnoseStreams(seen);

  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0], Is(Result::kBad, "streams", "buffering"));
  EXPECT_THAT(findings[0].words, HasSubstr("no heartbeats"));
}

TEST(DiagnoseStreamsTest, PlannedEndsAreNotes) {
  Observations seen = Healthy();
  ObservedStream drained = Cut(Kind::kHeartbeats, absl::Seconds(20));
  drained.end = WithReason(absl::StatusCode::kUnavailable, "DRAINING");
  seen.streams = {drained};

  EXPECT_THAT(DiagnoseStreams(seen), ElementsAre(Is(Result::kNote, "streams", "normal life")));
}

TEST(DiagnoseStreamsTest, AStreamWithoutAnswerPointsToALimitOfStreams) {
  Observations seen = Healthy();
  ObservedStream hanging = Lived(Kind::kSilent, absl::Seconds(70));
  hanging.answered = false;
  seen.streams = {hanging};

  EXPECT_THAT(DiagnoseStreams(seen), ElementsAre(Is(Result::kBad, "streams", "nginx 128")));
}

}  // namespace
}  // namespace runcast::cli
