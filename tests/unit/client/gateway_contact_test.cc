#include "client/cli/gateway_contact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/src/status_translation.h"
#include "runcast/details/v1/error_details.pb.h"

namespace runcast::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using State = client::ConnectionNews::State;

constexpr char kContext[] = "watch of run tr-17: ";
constexpr auto At = [](double seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); };

absl::Status Refused() {
  return absl::UnavailableError("watch of run tr-17: connect to gateway:8443: Connection refused");
}

absl::Status WithReason(const std::string& reason) {
  details::v1::ErrorInfo info;
  info.set_reason(reason);
  absl::Status status = absl::UnavailableError("watch of run tr-17: the gateway's words");
  status.SetPayload(client::kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

class GatewayContactTest : public ::testing::Test {
 protected:
  std::string Connecting(double at) {
    return contact_.OnNews({.state = State::kConnecting}, At(at));
  }
  std::string Open(double at) { return contact_.OnNews({.state = State::kOpen}, At(at)); }
  std::string Waiting(double at, const absl::Status& error) {
    return contact_.OnNews({.state = State::kWaiting, .error = error}, At(at));
  }
  std::string Tick(double at) { return contact_.OnTick(At(at)); }

  GatewayContact contact_{"gateway:8443", kContext, At(0)};
};

TEST_F(GatewayContactTest, SaysNothingWhenAllGoesWell) {
  EXPECT_EQ(Connecting(0), "");
  EXPECT_EQ(Tick(1), "");
  EXPECT_EQ(Open(1.2), "");
  EXPECT_EQ(Tick(100), "");
  EXPECT_EQ(contact_.Brief(), "");
}

TEST_F(GatewayContactTest, SaysAfterASecondAndAHalfThatNothingHasComeYetAndOnlyOnce) {
  Connecting(0);

  EXPECT_EQ(Tick(1.4), "");
  EXPECT_EQ(Tick(1.5), "waiting for the first answer of the gateway gateway:8443");
  EXPECT_EQ(Tick(2), "");
  EXPECT_EQ(Tick(60), "");
}

TEST_F(GatewayContactTest, AGatewayThatWasNeverReachedIsToldAtOnceWithAHint) {
  Connecting(0);

  EXPECT_THAT(
      Waiting(0.2, Refused()),
      AllOf(StartsWith("cannot reach the gateway gateway:8443, trying again: Connection refused"),
            HasSubstr("\n  hint: is the gateway running there")));
  EXPECT_EQ(contact_.Brief(), "connecting to gateway:8443 (attempt 1: Connection refused)");
}

TEST_F(GatewayContactTest, TheErrorIsToldAlsoAfterTheWaiting) {
  Connecting(0);
  Tick(2);

  EXPECT_THAT(Waiting(5, Refused()), StartsWith("cannot reach"));
}

TEST_F(GatewayContactTest, WhatLastsIsSaidEveryTenSecondsWithTheNumberOfTheAttempt) {
  for (int i = 0; i < 5; ++i) {
    Connecting(i);
    EXPECT_EQ(Waiting(i, Refused()).empty(), i > 0);
  }

  EXPECT_EQ(Tick(9.9), "");
  EXPECT_EQ(Tick(10), "still trying gateway:8443, attempt 5: Connection refused");
  EXPECT_EQ(Tick(11), "");
  EXPECT_THAT(Tick(20), StartsWith("still trying"));
}

TEST_F(GatewayContactTest, ALossAndItsEndAreToldOnce) {
  Connecting(0);
  Open(1);

  EXPECT_EQ(Waiting(50, Refused()),
            "lost the gateway gateway:8443, trying again: Connection refused");
  EXPECT_EQ(contact_.Brief(), "lost the gateway (Connection refused)");
  Connecting(50.1);
  EXPECT_EQ(Waiting(50.2, Refused()), "");
  Connecting(50.3);
  EXPECT_EQ(Open(50.4), "the gateway is back");
  EXPECT_EQ(contact_.Brief(), "");
}

TEST_F(GatewayContactTest, AGatewayThatComesUpLateAnswers) {
  Connecting(0);
  Waiting(0.1, Refused());
  Connecting(0.2);

  EXPECT_EQ(Open(0.3), "the gateway gateway:8443 answers");
}

TEST_F(GatewayContactTest, ADrainIsToldAsWhatItIs) {
  Connecting(0);
  Open(1);

  EXPECT_EQ(Waiting(50, WithReason("DRAINING")),
            "the gateway is shutting down; opening the watch again");
}

TEST_F(GatewayContactTest, AGatewayThatRefusesIsReachedAndNotLost) {
  Connecting(0);

  EXPECT_THAT(
      Waiting(0.2, WithReason("CALLER_LIMIT")),
      AllOf(StartsWith("the gateway gateway:8443 refuses, trying again: the gateway's words"),
            HasSubstr("\n  hint: this caller has too many calls open")));
  EXPECT_EQ(contact_.Brief(), "refused by the gateway (attempt 1: the gateway's words)");
  Open(1);

  EXPECT_THAT(Waiting(50, WithReason("OVERLOADED")),
              StartsWith("the gateway gateway:8443 refuses, trying again: the gateway's words"));
  EXPECT_EQ(contact_.Brief(), "refused by the gateway (the gateway's words)");
  Connecting(51);
  Waiting(51.1, Refused());
  EXPECT_EQ(contact_.Brief(), "lost the gateway (attempt 1: Connection refused)");
}

TEST_F(GatewayContactTest, AStreamThatReachedItsAgeIsNoTrouble) {
  Connecting(0);
  Open(1);

  EXPECT_EQ(Waiting(3000, WithReason("STREAM_MAX_AGE")), "");
  EXPECT_EQ(contact_.Brief(), "");
  Connecting(3001);
  EXPECT_EQ(Open(3001), "");
}

}  // namespace
}  // namespace runcast::cli
