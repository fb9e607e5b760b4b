// What goes out with a call and what comes back, as pure functions.

#include <gtest/gtest.h>

#include <string>

#include "client/src/connection_text.h"
#include "client/src/percent_encoding.h"
#include "client/src/run_reference_check.h"
#include "client/src/status_translation.h"
#include "runcast/details/v1/error_details.pb.h"
#include "runcast/error_reason.h"

namespace runcast::client {
namespace {

v1::RunReference GoodRun() {
  v1::RunReference run;
  run.set_stream_id("st-1");
  run.set_suite_name("Prüfung / nächtlich");
  run.set_run_id("tr-17");
  return run;
}

std::string FieldOfFault(const v1::RunReference& run) {
  const auto violations = FieldViolations(CheckRunReference(run));
  return violations.empty() ? "" : violations[0].field;
}

TEST(PercentEncodingTest, KeepsUnreservedCharacters) {
  EXPECT_EQ(PercentEncode("AZaz09-._~"), "AZaz09-._~");
}

TEST(PercentEncodingTest, EncodesAllElseByteForByte) {
  EXPECT_EQ(PercentEncode("a b/%ü"), "a%20b%2F%25%C3%BC");
  EXPECT_EQ(PercentEncode(absl::string_view("\0\n\xff", 3)), "%00%0A%FF");
  EXPECT_EQ(PercentEncode(""), "");
}

TEST(RunReferenceCheckTest, AcceptsBlanksSlashesAndUnicode) {
  EXPECT_TRUE(CheckRunReference(GoodRun()).ok());
}

TEST(RunReferenceCheckTest, AcceptsAMissingLanguage) {
  v1::RunReference run = GoodRun();
  run.clear_language();
  EXPECT_TRUE(CheckRunReference(run).ok());
}

TEST(RunReferenceCheckTest, NamesTheFieldThatIsWrong) {
  v1::RunReference run = GoodRun();
  run.clear_stream_id();
  EXPECT_EQ(FieldOfFault(run), "run.stream_id");

  run = GoodRun();
  run.set_suite_name("a\nb");
  EXPECT_EQ(FieldOfFault(run), "run.suite_name");

  run = GoodRun();
  run.set_run_id(std::string(513, 'x'));
  EXPECT_EQ(FieldOfFault(run), "run.run_id");

  run = GoodRun();
  run.set_language("\xc3");
  EXPECT_EQ(FieldOfFault(run), "run.language");
}

TEST(RunReferenceCheckTest, NamesAllFieldsThatAreWrong) {
  EXPECT_EQ(FieldViolations(CheckRunReference({})).size(), 3u);
  EXPECT_EQ(ErrorReason(CheckRunReference({})), "INVALID_FIELD");
}

TEST(RunReferenceCheckTest, FiveHundredAndTwelveBytesAreLegal) {
  v1::RunReference run = GoodRun();
  run.set_run_id(std::string(512, 'x'));
  EXPECT_TRUE(CheckRunReference(run).ok());
}

TEST(StatusTranslationTest, KeepsCodeTextAndDetails) {
  details::v1::Status details;
  details::v1::ErrorInfo info;
  info.set_reason("RUN_NOT_FOUND");
  details.add_details()->set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  details.mutable_details(0)->set_value(info.SerializeAsString());
  const grpc::Status wire(grpc::StatusCode::NOT_FOUND, "no such run", details.SerializeAsString());

  const absl::Status status = TranslateStatus(wire, "status of run tr-17");

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "status of run tr-17: no such run");
  EXPECT_EQ(ErrorReason(status), "RUN_NOT_FOUND");
}

TEST(StatusTranslationTest, WhatTheGatewaySaysByItselfIsNotSaidTwice) {
  const absl::Status status =
      TranslateStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "status of run tr-17: HTTP 404"),
                      "status of run tr-17");

  EXPECT_EQ(status.message(), "status of run tr-17: HTTP 404");
  EXPECT_EQ(WithContext(status, "watch of run tr-17").message(), "status of run tr-17: HTTP 404");
}

TEST(StatusTranslationTest, WithoutContextTheTextStandsAlone) {
  EXPECT_EQ(
      TranslateStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed"), "").message(),
      "Socket closed");
}

TEST(ConnectionTextTest, KeepsAddressAndCause) {
  EXPECT_EQ(
      ConnectionText("failed to connect to all addresses; last error: UNKNOWN: "
                     "ipv4:127.0.0.1:1: Failed to connect to remote host: Connection refused"),
      "connect to 127.0.0.1:1: Connection refused");
  EXPECT_EQ(
      ConnectionText("UNAVAILABLE: failed to connect to all addresses; last error: UNAVAILABLE: "
                     "ipv6:%5B::1%5D:8443: connection attempt timed out before receiving "
                     "SETTINGS frame"),
      "connect to [::1]:8443: connection attempt timed out before receiving SETTINGS frame");
  EXPECT_EQ(
      ConnectionText("DNS resolution failed for nowhere:8443: C-ares status is not "
                     "ARES_SUCCESS qtype=AAAA name=nowhere is_balancer=0: Domain name not found"),
      "find the address of nowhere:8443: Domain name not found");
}

TEST(ConnectionTextTest, LeavesOtherWordsAlone) {
  for (const char* text : {"", "Socket closed", "the gateway shuts down"}) {
    EXPECT_EQ(ConnectionText(text), text);
  }
}

TEST(StatusTranslationTest, BrokenDetailsAreLeftOut) {
  const absl::Status status =
      TranslateStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "text", "\xff\xff\xff"), "call");

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(status), "");
}

TEST(StatusTranslationTest, ABrokenDetailOfAKnownTypeIsNoReason) {
  absl::Status status = absl::NotFoundError("text");
  status.SetPayload(kErrorInfoUrl, absl::Cord("\xff\xff"));
  status.SetPayload(kRetryInfoUrl, absl::Cord("\xff\xff"));

  EXPECT_EQ(ErrorReason(status), "");
  EXPECT_EQ(RetryDelay(status), std::nullopt);
}

TEST(StatusTranslationTest, OnlyUnavailableWithoutAWordOnTheRunIsTroubleOfTheConnection) {
  const auto with_reason = [](absl::Status status, const std::string& reason) {
    details::v1::ErrorInfo info;
    info.set_reason(reason);
    status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
    return status;
  };

  EXPECT_TRUE(IsConnectionTrouble(absl::UnavailableError("refused")));
  EXPECT_TRUE(IsConnectionTrouble(with_reason(absl::UnavailableError(""), "DRAINING")));
  EXPECT_TRUE(IsConnectionTrouble(with_reason(absl::UnavailableError(""), "OVERLOADED")));
  EXPECT_FALSE(
      IsConnectionTrouble(with_reason(absl::UnavailableError(""), "UPSTREAM_UNAVAILABLE")));
  EXPECT_FALSE(IsConnectionTrouble(absl::NotFoundError("")));
  EXPECT_FALSE(IsConnectionTrouble(absl::OkStatus()));
}

}  // namespace
}  // namespace runcast::client
