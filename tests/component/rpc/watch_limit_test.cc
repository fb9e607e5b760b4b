// Limits of new runs refuse those whom they are meant for, whoever else waits for the same run.

#include <string>

#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Ended;
using runs::Reason;

constexpr char kGreedy[] = "greedy.example.org";
constexpr char kModest[] = "modest.example.org";

class WatchLimitTest : public RpcTest {
 protected:
  WatchLimitTest() {
    options_.loops = 1;
    options_.identity.trusted_header = access::TrustedHeader::kLinkerdClientId;
  }
  static v1::WatchRunRequest Resuming() {
    v1::WatchRunRequest request = WatchRequest();
    request.set_resume_token(runs::EncodeResumeToken(Frozen(Running(3, 5))->token()));
    return request;
  }
  // Until so many watches, in all, were let in: what the hub says from now on comes after that.
  bool WaitForWatches(int count) {
    return WaitUntil([&] { return access_.checks() >= count; });
  }
  static std::string ReasonOfEnd(Watch& watch) {
    EXPECT_FALSE(watch.Next().has_value());
    return ReasonOf(watch.End());
  }
};

TEST_F(WatchLimitTest, TheLimitOfOneCallerDoesNotEndAnotherCallersWatch) {
  StartServer();
  Watch greedy(stub(), WatchRequest(), kGreedy);
  ASSERT_TRUE(hub_.WaitForFollows(1));
  Watch modest(stub(), WatchRequest(), kModest);
  ASSERT_TRUE(WaitForWatches(2));

  hub_.Say(Key(), Ended{Error(Reason::kCallerLimit)});

  EXPECT_EQ(ReasonOfEnd(greedy), "CALLER_LIMIT");
  ASSERT_TRUE(hub_.WaitForFollows(2));
  EXPECT_EQ(hub_.follows()[1].caller, kModest);
  hub_.Say(Key(), Admitted{Frozen(Running(1, 1))});
  EXPECT_EQ(modest.NextSequence(), 1);
}

TEST_F(WatchLimitTest, TheLimitOfOneCallerEndsAllItsWatchesAtOnce) {
  StartServer();
  Watch first(stub(), WatchRequest(), kGreedy);
  ASSERT_TRUE(hub_.WaitForFollows(1));
  Watch second(stub(), WatchRequest(), kGreedy);
  ASSERT_TRUE(WaitForWatches(2));

  hub_.Say(Key(), Ended{Error(Reason::kCallerLimit)});

  EXPECT_EQ(ReasonOfEnd(first), "CALLER_LIMIT");
  EXPECT_EQ(ReasonOfEnd(second), "CALLER_LIMIT");
  EXPECT_TRUE(WaitForNoCalls());
  EXPECT_EQ(hub_.follows().size(), 1u);
}

TEST_F(WatchLimitTest, ARefusalThatComesLateDoesNotEndAnotherCallersWatch) {
  StartServer();
  {
    const Watch greedy(stub(), WatchRequest(), kGreedy);
    ASSERT_TRUE(hub_.WaitForFollows(1));
  }
  ASSERT_TRUE(hub_.WaitForUnfollows(1));
  Watch modest(stub(), WatchRequest(), kModest);
  ASSERT_TRUE(hub_.WaitForFollows(2));

  hub_.Say(Key(), Ended{Error(Reason::kCallerLimit), hub_.follows()[0].id});
  hub_.Say(Key(), Admitted{Frozen(Running(1, 1))});

  EXPECT_EQ(modest.NextSequence(), 1);
}

TEST_F(WatchLimitTest, WhoResumesKeepsTheWiderLimitBehindOneWhoDoesNot) {
  for (const Reason reason : {Reason::kCallerLimit, Reason::kOverloaded}) {
    server_ = nullptr;
    StartServer();
    const size_t follows = hub_.follows().size();
    const int checks = access_.checks();
    Watch fresh(stub(), WatchRequest(), kGreedy);
    ASSERT_TRUE(hub_.WaitForFollows(follows + 1));
    Watch resuming(stub(), Resuming(), kGreedy);
    ASSERT_TRUE(WaitForWatches(checks + 2));

    hub_.Say(Key(), Ended{Error(reason)});

    EXPECT_EQ(ReasonOfEnd(fresh), runs::ReasonName(reason));
    ASSERT_TRUE(hub_.WaitForFollows(follows + 2));
    EXPECT_TRUE(hub_.follows().back().resumed);
    hub_.Say(Key(), Admitted{Frozen(Running(4, 6))});
    EXPECT_EQ(resuming.NextSequence(), 4);
  }
}

TEST_F(WatchLimitTest, WhenAlsoTheWiderLimitIsReachedNobodyWaitsInVain) {
  StartServer();
  Watch resuming(stub(), Resuming(), kGreedy);
  ASSERT_TRUE(hub_.WaitForFollows(1));
  Watch fresh(stub(), WatchRequest(), kModest);
  ASSERT_TRUE(WaitForWatches(2));

  hub_.Say(Key(), Ended{Error(Reason::kOverloaded)});

  EXPECT_EQ(ReasonOfEnd(resuming), "OVERLOADED");
  EXPECT_EQ(ReasonOfEnd(fresh), "OVERLOADED");
  EXPECT_TRUE(WaitForNoCalls());
}

TEST_F(WatchLimitTest, WhatIsTrueOfTheRunEndsAllWhoWait) {
  StartServer();
  Watch first(stub(), WatchRequest(), kGreedy);
  ASSERT_TRUE(hub_.WaitForFollows(1));
  Watch second(stub(), Resuming(), kModest);
  ASSERT_TRUE(WaitForWatches(2));

  hub_.Say(Key(), Ended{Error(Reason::kRunVariants)});

  EXPECT_EQ(ReasonOfEnd(first), "RUN_VARIANTS");
  EXPECT_EQ(ReasonOfEnd(second), "RUN_VARIANTS");
}

}  // namespace
}  // namespace runcast::rpc
