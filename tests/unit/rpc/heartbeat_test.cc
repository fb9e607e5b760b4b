#include "gateway/rpc/heartbeat.h"

#include <gtest/gtest.h>

#include "runcast/v1/run_status_service.pb.h"

namespace runcast::rpc {
namespace {

v1::WatchRunResponse Decoded(const std::string& bytes) {
  v1::WatchRunResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  EXPECT_TRUE(response.has_heartbeat());
  return response;
}

TEST(HeartbeatTest, ARunNobodyKnowsIsNeverSeenAndHasNoToken) {
  const v1::WatchRunResponse response = Decoded(EncodeHeartbeat(nullptr, nullptr));

  EXPECT_EQ(response.heartbeat().freshness().state(), v1::Freshness::STATE_NEVER_SEEN);
  EXPECT_FALSE(response.heartbeat().has_last_good_answer_at());
  EXPECT_FALSE(response.heartbeat().has_next_poll_at());
  EXPECT_FALSE(response.heartbeat().has_predicted_end_at());
  EXPECT_TRUE(response.resume_token().empty());
}

TEST(HeartbeatTest, ItSaysAllThatIsKnown) {
  runs::RunVitals vitals;
  vitals.last_good_answer = absl::FromUnixMillis(1500);
  vitals.next_poll = absl::FromUnixMillis(2500);
  vitals.predicted_end = absl::FromUnixSeconds(99);
  vitals.freshness.set_state(v1::Freshness::STATE_STALE);
  vitals.freshness.set_reason("UPSTREAM_UNAVAILABLE");
  runs::ResumeToken seen;
  seen.epoch = 3;
  seen.sequence = 4;

  const v1::WatchRunResponse response = Decoded(EncodeHeartbeat(&vitals, &seen));

  EXPECT_EQ(response.heartbeat().last_good_answer_at().seconds(), 1);
  EXPECT_EQ(response.heartbeat().last_good_answer_at().nanos(), 500000000);
  EXPECT_EQ(response.heartbeat().next_poll_at().seconds(), 2);
  EXPECT_EQ(response.heartbeat().predicted_end_at().seconds(), 99);
  EXPECT_EQ(response.heartbeat().freshness().state(), v1::Freshness::STATE_STALE);
  EXPECT_EQ(response.heartbeat().freshness().reason(), "UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(runs::DecodeResumeToken(response.resume_token()), seen);
}

TEST(HeartbeatTest, ItTellsNoTimeThatATimestampCannotBe) {
  const absl::Time end = absl::FromCivil(absl::CivilYear(10000), absl::UTCTimeZone());
  runs::RunVitals vitals;
  vitals.predicted_end = end - absl::Nanoseconds(1);
  EXPECT_EQ(Decoded(EncodeHeartbeat(&vitals, nullptr)).heartbeat().predicted_end_at().seconds(),
            absl::ToUnixSeconds(end) - 1);

  for (const absl::Time time : {end, absl::InfiniteFuture(), absl::InfinitePast(),
                                absl::FromCivil(absl::CivilYear(0), absl::UTCTimeZone())}) {
    vitals.predicted_end = time;
    EXPECT_FALSE(Decoded(EncodeHeartbeat(&vitals, nullptr)).heartbeat().has_predicted_end_at())
        << time;
  }
}

}  // namespace
}  // namespace runcast::rpc
