#include "gateway/rpc/status_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "runcast/details/v1/error_details.pb.h"

namespace runcast::rpc {
namespace {

using grpc::StatusCode;
using runs::Reason;

runs::RunError Error(Reason reason) {
  runs::RunError error;
  error.reason = reason;
  return error;
}

template <typename Message>
std::optional<Message> DetailOf(const grpc::Status& status, const std::string& type) {
  details::v1::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), static_cast<int>(status.error_code()));
  EXPECT_EQ(details.message(), status.error_message());
  for (const auto& any : details.details()) {
    Message message;
    if (any.type_url() == "type.googleapis.com/google.rpc." + type &&
        message.ParseFromString(any.value())) {
      return message;
    }
  }
  return std::nullopt;
}

std::optional<absl::Duration> RetryOf(const grpc::Status& status) {
  const auto retry = DetailOf<details::v1::RetryInfo>(status, "RetryInfo");
  if (!retry) return std::nullopt;
  return absl::Seconds(retry->retry_delay().seconds()) +
         absl::Nanoseconds(retry->retry_delay().nanos());
}

// One row of the contract's table of errors.
struct Row {
  Reason reason;
  StatusCode code;
  const char* name;
  bool always_hints;
  bool pushback;
  bool headers_first;
};

class ErrorTableTest : public testing::TestWithParam<Row> {};

TEST_P(ErrorTableTest, EachReasonHasItsCodeNameAndHints) {
  const Row& row = GetParam();

  const CallEnd end = MapError(Error(row.reason), 0.5);

  EXPECT_EQ(end.status.error_code(), row.code);
  EXPECT_FALSE(end.status.error_message().empty());
  EXPECT_STREQ(end.reason, row.name);
  const auto info = DetailOf<details::v1::ErrorInfo>(end.status, "ErrorInfo");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason(), row.name);
  EXPECT_EQ(info->domain(), "runcast.v1");
  EXPECT_EQ(RetryOf(end.status).has_value(), row.always_hints);
  EXPECT_EQ(end.pushback_ms >= 0, row.pushback);
  EXPECT_EQ(end.headers_first, row.headers_first);
}

INSTANTIATE_TEST_SUITE_P(
    Contract, ErrorTableTest,
    testing::Values(
        Row{Reason::kInvalidField, StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", false, false,
            false},
        Row{Reason::kStreamNotServed, StatusCode::PERMISSION_DENIED, "STREAM_NOT_SERVED", false,
            false, false},
        Row{Reason::kAccessDenied, StatusCode::PERMISSION_DENIED, "ACCESS_DENIED", false, false,
            false},
        Row{Reason::kIdentityRequired, StatusCode::UNAUTHENTICATED, "IDENTITY_REQUIRED", false,
            false, false},
        Row{Reason::kRunNotFound, StatusCode::NOT_FOUND, "RUN_NOT_FOUND", false, false, false},
        Row{Reason::kSuiteNotFound, StatusCode::NOT_FOUND, "SUITE_NOT_FOUND", false, false, false},
        Row{Reason::kRunDeleted, StatusCode::NOT_FOUND, "RUN_DELETED", false, false, false},
        Row{Reason::kUpstreamCredentials, StatusCode::PERMISSION_DENIED, "UPSTREAM_CREDENTIALS",
            false, false, false},
        Row{Reason::kUpstreamScope, StatusCode::PERMISSION_DENIED, "UPSTREAM_SCOPE", false, false,
            false},
        Row{Reason::kUpstreamUnavailable, StatusCode::UNAVAILABLE, "UPSTREAM_UNAVAILABLE", true,
            false, true},
        Row{Reason::kUpstreamProtocol, StatusCode::UNAVAILABLE, "UPSTREAM_PROTOCOL", true, false,
            true},
        Row{Reason::kRunBudgetSpent, StatusCode::RESOURCE_EXHAUSTED, "RUN_BUDGET_SPENT", true,
            false, false},
        Row{Reason::kRunVariants, StatusCode::RESOURCE_EXHAUSTED, "RUN_VARIANTS", false, false,
            false},
        Row{Reason::kCallerLimit, StatusCode::RESOURCE_EXHAUSTED, "CALLER_LIMIT", true, false,
            false},
        Row{Reason::kDraining, StatusCode::UNAVAILABLE, "DRAINING", true, true, false},
        Row{Reason::kOverloaded, StatusCode::UNAVAILABLE, "OVERLOADED", true, true, false},
        Row{Reason::kStreamMaxAge, StatusCode::UNAVAILABLE, "STREAM_MAX_AGE", true, false, true}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(StatusMappingTest, TheExactWaitOfAnErrorIsTheHint) {
  runs::RunError error = Error(Reason::kRunBudgetSpent);
  error.retry_after = absl::Milliseconds(12345);

  EXPECT_EQ(RetryOf(MapError(error, 0.9).status), absl::Milliseconds(12345));
}

TEST(StatusMappingTest, TroubleThatPassesLooksLikeAPlatformThatIsDown) {
  for (const Reason reason : {Reason::kUpstreamCredentials, Reason::kUpstreamScope}) {
    runs::RunError error = Error(reason);
    error.passing = true;
    const CallEnd end = MapError(error, 0.5);
    EXPECT_EQ(end.status.error_code(), StatusCode::UNAVAILABLE);
    EXPECT_EQ(end.reason, runs::ReasonName(reason));
    EXPECT_TRUE(end.headers_first);
    EXPECT_EQ(RetryOf(end.status), absl::Seconds(1));
  }
}

TEST(StatusMappingTest, AReasonThatNoWaitCuresNeverHints) {
  runs::RunError error = Error(Reason::kAccessDenied);
  error.retry_after = absl::Seconds(3);

  EXPECT_EQ(RetryOf(MapError(error, 0.9).status), std::nullopt);
}

TEST(StatusMappingTest, CallersOfADrainingGatewayAreSpreadOverTwoSeconds) {
  const CallEnd soonest = MapError(Error(Reason::kDraining), 0);
  const CallEnd latest = MapError(Error(Reason::kDraining), 1);

  EXPECT_EQ(RetryOf(soonest.status), absl::ZeroDuration());
  EXPECT_EQ(soonest.pushback_ms, 0);
  EXPECT_EQ(RetryOf(latest.status), absl::Seconds(2));
  EXPECT_EQ(latest.pushback_ms, 2000);
}

TEST(StatusMappingTest, WhatComesAfterThePlatformGoesAfterHeaders) {
  runs::RunError error = Error(Reason::kRunNotFound);
  error.after_upstream = true;

  EXPECT_TRUE(MapError(error, 0).headers_first);
}

TEST(StatusMappingTest, WordsOfTheErrorWinOverThoseOfTheTable) {
  runs::RunError error = Error(Reason::kRunNotFound);
  error.message = "run tr-17 of suite Smoke: the platform says 404";

  EXPECT_EQ(MapError(error, 0).status.error_message(), error.message);
}

TEST(StatusMappingTest, TextEndsAtTheLimitAndNotWithinACharacter) {
  runs::RunError error = Error(Reason::kUpstreamUnavailable);
  error.message = "x";
  while (error.message.size() < 4000) error.message += "ä";

  const grpc::Status status = MapError(error, 0).status;

  EXPECT_EQ(status.error_message().size(), 511u);
  EXPECT_LE(status.error_details().size(), 2048u);
  EXPECT_TRUE(DetailOf<details::v1::ErrorInfo>(status, "ErrorInfo").has_value());
}

TEST(StatusMappingTest, EveryViolationIsListed) {
  const CallEnd end =
      MapViolations({{"run.stream_id", "must not be empty"}, {"max_staleness", "too long"}});

  EXPECT_EQ(end.status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(end.status.error_message(), "run.stream_id: must not be empty (and 1 more)");
  const auto bad_request = DetailOf<details::v1::BadRequest>(end.status, "BadRequest");
  ASSERT_TRUE(bad_request.has_value());
  ASSERT_EQ(bad_request->field_violations_size(), 2);
  EXPECT_EQ(bad_request->field_violations(1).field(), "max_staleness");
  EXPECT_FALSE(end.headers_first);
}

TEST(StatusMappingTest, ACallerOverItsLimitLearnsWhichOne) {
  const CallEnd end = MapCallerLimit("spiffe://example.org/ci", "at most 3 open watches");

  EXPECT_EQ(end.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  const auto quota = DetailOf<details::v1::QuotaFailure>(end.status, "QuotaFailure");
  ASSERT_TRUE(quota.has_value());
  EXPECT_EQ(quota->violations(0).subject(), "spiffe://example.org/ci");
  EXPECT_EQ(quota->violations(0).description(), "at most 3 open watches");
}

TEST(StatusMappingTest, ALimitThatTheHubFoundReachedIsAQuotaFailureToo) {
  const CallEnd end = MapError(Error(Reason::kCallerLimit), 0);

  EXPECT_TRUE(DetailOf<details::v1::QuotaFailure>(end.status, "QuotaFailure").has_value());
}

TEST(StatusMappingTest, DetailsStayUnderTwoKibibytesWhateverTheCallerIsCalled) {
  const CallEnd end = MapCallerLimit(std::string(100000, 'x'), "at most 3 open watches");

  EXPECT_LE(end.status.error_details().size(), 2048u);
  EXPECT_LE(end.status.error_message().size(), 512u);
}

}  // namespace
}  // namespace runcast::rpc
