#include "gateway/coordination/engine_breaker.h"

#include <gtest/gtest.h>

namespace runcast::coordination {
namespace {

TEST(EngineBreakerTest, IsDownUntilASessionWasRenewed) {
  EngineBreaker breaker;
  breaker.OnAnswer();
  EXPECT_FALSE(breaker.is_up());
  breaker.OnRenewed();

  EXPECT_TRUE(breaker.is_up());
}

TEST(EngineBreakerTest, ThreeTimeoutsInARowOpenIt) {
  EngineBreaker breaker;
  breaker.OnRenewed();
  breaker.OnTimeout();
  breaker.OnTimeout();
  breaker.OnAnswer();
  breaker.OnTimeout();
  breaker.OnTimeout();
  EXPECT_TRUE(breaker.is_up());
  breaker.OnTimeout();

  EXPECT_FALSE(breaker.is_up());
  breaker.OnAnswer();
  EXPECT_FALSE(breaker.is_up()) << "an answer alone is no session";
  breaker.OnRenewed();
  EXPECT_TRUE(breaker.is_up());
}

TEST(EngineBreakerTest, ALostConnectionOpensItAtOnce) {
  EngineBreaker breaker;
  breaker.OnRenewed();
  breaker.OnDisconnected();

  EXPECT_FALSE(breaker.is_up());
}

}  // namespace
}  // namespace runcast::coordination
