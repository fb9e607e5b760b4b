#include "gateway/rpc/cork.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "gateway/base/listening_sockets.h"
#include "tests/unit/rpc/loopback_connection.h"

namespace runcast::rpc {
namespace {

bool IsHeld(const LoopbackConnection& connection) {
  int on = -1;
  socklen_t size = sizeof(on);
  EXPECT_EQ(::getsockopt(connection.descriptor(), IPPROTO_TCP, TCP_CORK, &on, &size), 0);
  return on != 0;
}

class CorkTest : public testing::Test {
 protected:
  void SendTo(int descriptor, bool more_follows) {
    cork_.Gather(more_follows, [&] { cork_.BeforeSend(descriptor, now_); });
  }

  const base::ListeningSockets server_ = *base::ListeningSockets::Open("127.0.0.1", 0, 16);
  const LoopbackConnection one_{server_}, other_{server_};
  base::MonotonicTime now_;
  Cork cork_{absl::Milliseconds(1)};
};

TEST_F(CorkTest, AConnectionIsHeldUntilTheLastOfTheRowIsSent) {
  SendTo(one_.descriptor(), true);
  EXPECT_TRUE(IsHeld(one_));
  SendTo(one_.descriptor(), true);
  cork_.Gather(false, [&] {
    cork_.BeforeSend(one_.descriptor(), now_);
    EXPECT_TRUE(IsHeld(one_));
    EXPECT_TRUE(cork_.holds());
  });

  EXPECT_FALSE(IsHeld(one_));
  EXPECT_FALSE(cork_.holds());
}

TEST_F(CorkTest, ALoneSendIsNotHeld) {
  EXPECT_TRUE(cork_.idle());
  cork_.Gather(false, [&] {
    EXPECT_TRUE(cork_.idle());
    cork_.BeforeSend(one_.descriptor(), now_);
    EXPECT_FALSE(IsHeld(one_));
  });
  EXPECT_TRUE(cork_.idle());
}

TEST_F(CorkTest, WhereTheLastSendsNothingTheRestLeavesAllTheSame) {
  SendTo(one_.descriptor(), true);
  cork_.Gather(false, [] {});
  EXPECT_FALSE(IsHeld(one_));
}

TEST_F(CorkTest, AnotherConnectionReleasesTheOneBefore) {
  SendTo(one_.descriptor(), true);
  SendTo(other_.descriptor(), true);
  EXPECT_FALSE(IsHeld(one_));
  EXPECT_TRUE(IsHeld(other_));

  // Outside of a row, such as a heartbeat.
  cork_.BeforeSend(one_.descriptor(), now_);
  EXPECT_FALSE(IsHeld(one_));
  EXPECT_FALSE(IsHeld(other_));
}

TEST_F(CorkTest, AnUnknownConnectionIsNotHeldAndReleasesTheOneBefore) {
  SendTo(one_.descriptor(), true);
  SendTo(ConnectionTable::kUnknown, true);
  EXPECT_FALSE(IsHeld(one_));
  EXPECT_FALSE(cork_.holds());
}

TEST_F(CorkTest, AReleaseIsOverdueAfterItsTimeAlsoIfMoreWasSentMeanwhile) {
  EXPECT_FALSE(cork_.IsOverdue(now_ + absl::Hours(1)));
  SendTo(one_.descriptor(), true);
  now_ = now_ + absl::Microseconds(900);
  SendTo(one_.descriptor(), true);
  EXPECT_FALSE(cork_.IsOverdue(now_));

  now_ = now_ + absl::Microseconds(100);
  EXPECT_TRUE(cork_.IsOverdue(now_));

  cork_.Release();
  EXPECT_FALSE(cork_.IsOverdue(now_));
}

}  // namespace
}  // namespace runcast::rpc
