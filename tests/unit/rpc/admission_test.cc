#include "gateway/rpc/admission.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/fake_clock.h"

namespace runcast::rpc {
namespace {

using Answer = Admission::Answer;

const base::RunKey kRun{.stream_id = "st-1", .suite_name = "suite", .run_id = "tr-1"};

access::Caller Named(const char* name) { return {name, {name}}; }

TEST(AdmissionTest, WatchesInAllAreLimited) {
  fakes::FakeClock clock;
  Admission admission({.max_watches = 2});
  Admission::Place a, b, c;

  EXPECT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), a), Answer::kAdmitted);
  EXPECT_EQ(admission.AdmitWatch(Named("two"), "p", kRun, clock.Now(), b), Answer::kAdmitted);
  EXPECT_EQ(admission.AdmitWatch(Named("three"), "p", kRun, clock.Now(), c), Answer::kFull);
}

TEST(AdmissionTest, WatchesOfOneCallerAreLimitedAndOthersAreNot) {
  fakes::FakeClock clock;
  Admission admission({.max_watches_per_caller = 1});
  Admission::Place a, b, c;

  EXPECT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), a), Answer::kAdmitted);
  EXPECT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), b), Answer::kCallerWatches);
  EXPECT_EQ(admission.AdmitWatch(Named("two"), "p", kRun, clock.Now(), c), Answer::kAdmitted);
}

TEST(AdmissionTest, WatchesOfOneRunAreLimitedHoweverItIsNamedAndOtherRunsAreNot) {
  fakes::FakeClock clock;
  Admission admission({.max_watches_per_run = 1});
  base::RunKey variant = kRun;
  variant.suite_name = "Suite";
  variant.language = "de";
  base::RunKey another = kRun;
  another.run_id = "tr-2";
  Admission::Place next;
  {
    Admission::Place a, b;
    EXPECT_EQ(admission.AdmitWatch(Named("one"), "p:1", kRun, clock.Now(), a), Answer::kAdmitted);
    EXPECT_EQ(admission.AdmitWatch(Named("two"), "p:2", variant, clock.Now(), next),
              Answer::kRunWatches);
    EXPECT_EQ(admission.AdmitWatch(Named("two"), "p:2", another, clock.Now(), b),
              Answer::kAdmitted);
  }
  EXPECT_EQ(admission.AdmitWatch(Named("two"), "p:2", kRun, clock.Now(), next), Answer::kAdmitted);
}

TEST(AdmissionTest, RunsWithoutALimitHaveNone) {
  fakes::FakeClock clock;
  Admission admission({.max_watches_per_run = 0});
  Admission::Place a, b;

  EXPECT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), a), Answer::kAdmitted);
  EXPECT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), b), Answer::kAdmitted);
}

TEST(AdmissionTest, WatchesOfOneConnectionAreLimitedWhoeverOpensThem) {
  fakes::FakeClock clock;
  Admission admission({.max_watches_per_connection = 1});
  Admission::Place next;
  {
    Admission::Place a, b;
    EXPECT_EQ(admission.AdmitWatch(Named("one"), "p:1", kRun, clock.Now(), a), Answer::kAdmitted);
    EXPECT_EQ(admission.AdmitWatch(Named("two"), "p:1", kRun, clock.Now(), next),
              Answer::kConnectionWatches);
    EXPECT_EQ(admission.AdmitWatch(Named("one"), "p:2", kRun, clock.Now(), b), Answer::kAdmitted);
  }
  EXPECT_EQ(admission.AdmitWatch(Named("two"), "p:1", kRun, clock.Now(), next), Answer::kAdmitted);
}

TEST(AdmissionTest, ReadsOfOneCallerThatWaitAreLimitedAndOthersAreNot) {
  fakes::FakeClock clock;
  Admission admission({.max_waiting_reads_per_caller = 1});
  Admission::Place watch, other, next;
  {
    Admission::Place read;
    EXPECT_EQ(admission.AdmitWaitingRead(Named("one"), read), Answer::kAdmitted);
    EXPECT_EQ(admission.AdmitWaitingRead(Named("one"), next), Answer::kCallerReads);
    EXPECT_EQ(admission.AdmitWaitingRead(Named("two"), other), Answer::kAdmitted);
    EXPECT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), watch), Answer::kAdmitted);
  }
  EXPECT_EQ(admission.AdmitWaitingRead(Named("one"), next), Answer::kAdmitted);
}

TEST(AdmissionTest, APlaceComesBackWhenItIsDestroyed) {
  fakes::FakeClock clock;
  Admission admission({.max_watches = 1, .max_watches_per_caller = 1});
  Admission::Place next;
  {
    Admission::Place place;
    ASSERT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), place), Answer::kAdmitted);
    ASSERT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), next), Answer::kFull);
  }
  EXPECT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), next), Answer::kAdmitted);
}

TEST(AdmissionTest, APlaceThatMovedComesBackOnce) {
  fakes::FakeClock clock;
  Admission admission({.max_watches = 2});
  Admission::Place a, b, c, d;
  ASSERT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), a), Answer::kAdmitted);
  ASSERT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), b), Answer::kAdmitted);

  a = std::move(b);
  Admission::Place moved(std::move(a));

  EXPECT_EQ(moved.caller().name, "one");
  EXPECT_EQ(admission.AdmitWatch(Named("two"), "p", kRun, clock.Now(), c), Answer::kAdmitted);
  EXPECT_EQ(admission.AdmitWatch(Named("two"), "p", kRun, clock.Now(), d), Answer::kFull);
}

TEST(AdmissionTest, APlaceKnowsItsCaller) {
  fakes::FakeClock clock;
  Admission admission({});
  Admission::Place place;
  const access::Caller caller{"spiffe://a", {"spiffe://a", "dns.example"}};

  ASSERT_EQ(admission.AdmitWatch(caller, "p", kRun, clock.Now(), place), Answer::kAdmitted);

  EXPECT_EQ(place.caller().name, caller.name);
  EXPECT_EQ(place.caller().principals, caller.principals);
}

// Otherwise an open stream would be checked again as somebody of whom more is known.
TEST(AdmissionTest, CallersWhoseNamesWereLeftOutAreNotThoseWhoHaveNoMore) {
  fakes::FakeClock clock;
  Admission admission({});
  Admission::Place known, unknown;
  access::Caller caller = Named("one");
  ASSERT_EQ(admission.AdmitWatch(caller, "p", kRun, clock.Now(), known), Answer::kAdmitted);

  caller.names_left_out = true;
  ASSERT_EQ(admission.AdmitWatch(caller, "p", kRun, clock.Now(), unknown), Answer::kAdmitted);

  EXPECT_FALSE(known.caller().names_left_out);
  EXPECT_TRUE(unknown.caller().names_left_out);
}

TEST(AdmissionTest, CallsASecondAreLimitedForEachCallerWatchesIncluded) {
  fakes::FakeClock clock;
  Admission admission({.calls_per_second_per_caller = 2});
  Admission::Place place;

  EXPECT_EQ(admission.AdmitCall(Named("one"), clock.Now()), Answer::kAdmitted);
  EXPECT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), place), Answer::kAdmitted);
  EXPECT_EQ(admission.AdmitCall(Named("one"), clock.Now()), Answer::kCallerRate);
  EXPECT_EQ(admission.AdmitCall(Named("two"), clock.Now()), Answer::kAdmitted);

  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(admission.AdmitCall(Named("one"), clock.Now()), Answer::kAdmitted);
}

TEST(AdmissionTest, AWatchThatIsOverTheRateTakesNoPlace) {
  fakes::FakeClock clock;
  Admission admission({.max_watches = 1, .calls_per_second_per_caller = 1});
  Admission::Place place;
  ASSERT_EQ(admission.AdmitCall(Named("one"), clock.Now()), Answer::kAdmitted);
  ASSERT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), place), Answer::kCallerRate);

  EXPECT_EQ(admission.AdmitWatch(Named("two"), "p", kRun, clock.Now(), place), Answer::kAdmitted);
}

TEST(AdmissionTest, ThreadsNeverGetMorePlacesThanThereAre) {
  fakes::FakeClock clock;
  Admission admission({.max_watches = 10});
  std::atomic<int> most{0}, open{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 2000; ++j) {
        std::vector<Admission::Place> places;
        for (int k = 0; k < 4; ++k) {
          Admission::Place place;
          if (admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), place) !=
              Answer::kAdmitted)
            break;
          places.push_back(std::move(place));
          const int now = ++open;
          int seen = most.load();
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
        }
        open -= static_cast<int>(places.size());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_LE(most.load(), 10);
  Admission::Place place;
  EXPECT_EQ(admission.AdmitWatch(Named("one"), "p", kRun, clock.Now(), place), Answer::kAdmitted);
}

}  // namespace
}  // namespace runcast::rpc
