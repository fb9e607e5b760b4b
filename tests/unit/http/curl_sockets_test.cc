#include "gateway/http/curl_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "tests/fakes/fake_clock.h"

namespace runcast::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// A loop that only remembers what is watched; the test plays the events.
class WatchingLoop final : public base::EventLoop {
 public:
  const base::Clock& clock() const override { return clock_; }
  void Post(base::Task) override { std::abort(); }
  std::unique_ptr<base::Timer> NewTimer(base::Task) override { std::abort(); }
  std::unique_ptr<base::FdWatch> WatchFd(int fd, FdCallback callback) override {
    callbacks_[fd] = std::move(callback);
    return std::make_unique<Watch>(*this, fd);
  }

  void Fire(int fd, bool readable, bool writable) { callbacks_.at(fd)(readable, writable); }
  bool IsWatched(int fd) const { return callbacks_.contains(fd); }

  // Interests as they were set, changes only.
  std::vector<std::pair<bool, bool>> changes;

 private:
  class Watch final : public base::FdWatch {
   public:
    Watch(WatchingLoop& loop, int fd) : loop_(loop), fd_(fd) {}
    ~Watch() override { loop_.callbacks_.erase(fd_); }
    void SetInterest(bool readable, bool writable) override {
      const std::pair<bool, bool> wanted(readable, writable);
      if (wanted == interest_) return;
      interest_ = wanted;
      loop_.changes.push_back(wanted);
    }

   private:
    WatchingLoop& loop_;
    const int fd_;
    std::pair<bool, bool> interest_{false, false};
  };

  fakes::FakeClock clock_;
  std::map<int, FdCallback> callbacks_;
};

class CurlSocketsTest : public testing::Test {
 protected:
  CurlSocketsTest()
      : sockets_(loop_, [this](curl_socket_t fd, int events) { ready_.emplace_back(fd, events); }) {
  }

  int OpenConnection() {
    curl_sockaddr address{};
    address.family = AF_INET;
    address.socktype = SOCK_STREAM;
    address.protocol = IPPROTO_TCP;
    return sockets_.Open(address);
  }

  WatchingLoop loop_;
  std::vector<std::pair<int, int>> ready_;
  CurlSockets sockets_;
};

TEST_F(CurlSocketsTest, WhatCurlWantsIsWatchedAndTold) {
  const int fd = OpenConnection();

  sockets_.SetWanted(fd, CURL_POLL_OUT);
  loop_.Fire(fd, false, true);
  sockets_.SetWanted(fd, CURL_POLL_INOUT);
  loop_.Fire(fd, true, true);
  sockets_.SetWanted(fd, CURL_POLL_IN);
  loop_.Fire(fd, true, false);

  EXPECT_THAT(loop_.changes, ElementsAre(Pair(false, true), Pair(true, true), Pair(true, false)));
  EXPECT_THAT(ready_,
              ElementsAre(Pair(fd, CURL_CSELECT_OUT), Pair(fd, CURL_CSELECT_IN | CURL_CSELECT_OUT),
                          Pair(fd, CURL_CSELECT_IN)));
  sockets_.Close(fd);
}

TEST_F(CurlSocketsTest, AKeptConnectionCostsNoChangeBetweenPolls) {
  const int fd = OpenConnection();
  sockets_.SetWanted(fd, CURL_POLL_IN);
  loop_.changes.clear();

  for (int poll = 0; poll < 10; ++poll) {
    sockets_.SetWanted(fd, CURL_POLL_REMOVE);
    sockets_.SetWanted(fd, CURL_POLL_IN);
  }

  EXPECT_THAT(loop_.changes, IsEmpty());
  sockets_.Close(fd);
}

TEST_F(CurlSocketsTest, AnEventOnAnIdleConnectionEndsItsWatchUntilCurlWantsItAgain) {
  const int fd = OpenConnection();
  sockets_.SetWanted(fd, CURL_POLL_IN);
  sockets_.SetWanted(fd, CURL_POLL_REMOVE);
  loop_.changes.clear();

  loop_.Fire(fd, true, false);
  sockets_.SetWanted(fd, CURL_POLL_IN);

  EXPECT_THAT(ready_, IsEmpty());
  EXPECT_THAT(loop_.changes, ElementsAre(Pair(false, false), Pair(true, false)));
  sockets_.Close(fd);
}

TEST_F(CurlSocketsTest, AWritableIdleConnectionIsNotWatchedForWriting) {
  const int fd = OpenConnection();
  sockets_.SetWanted(fd, CURL_POLL_OUT);

  sockets_.SetWanted(fd, CURL_POLL_REMOVE);

  EXPECT_EQ(loop_.changes.back(), std::make_pair(true, false));
  sockets_.Close(fd);
}

TEST_F(CurlSocketsTest, AClosedConnectionIsNotWatched) {
  const int fd = OpenConnection();
  sockets_.SetWanted(fd, CURL_POLL_IN);

  sockets_.Close(fd);

  EXPECT_FALSE(loop_.IsWatched(fd));
}

TEST_F(CurlSocketsTest, CurlsOwnSocketsAreForgottenAtOnce) {
  const int resolver_fd = 3;
  sockets_.SetWanted(resolver_fd, CURL_POLL_IN);
  ASSERT_TRUE(loop_.IsWatched(resolver_fd));

  sockets_.SetWanted(resolver_fd, CURL_POLL_REMOVE);

  EXPECT_FALSE(loop_.IsWatched(resolver_fd));
}

}  // namespace
}  // namespace runcast::http
