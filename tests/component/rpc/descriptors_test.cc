// What happens when descriptors are used up. A program of its own, because it lowers its limit.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Published;

// As many as the soft limit allows are left to the process while it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t limit) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = limit;
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

class DescriptorsTest : public RpcTest {
 protected:
  // All descriptors that are left.
  static std::vector<int> TakeAllDescriptors() {
    std::vector<int> taken;
    for (int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); fd >= 0;
         fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) {
      taken.push_back(fd);
    }
    return taken;
  }
};

TEST_F(DescriptorsTest, OpenStreamsGoOnAndNewConnectionsAreServedOnceDescriptorsAreFree) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch open(stub(), WatchRequest());
  ASSERT_EQ(open.NextSequence(), 1);
  // A client in another process does not need our descriptors.
  const int newcomer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server_->port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

  const FewDescriptors few(1024);
  std::vector<int> taken = TakeAllDescriptors();
  ASSERT_FALSE(taken.empty());
  ASSERT_EQ(connect(newcomer, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_TRUE(WaitUntil([&] { return metrics_.accept_pauses.value() >= 3; }));

  hub_.Say(Key(), Published{Frozen(Running(2, 2))});
  EXPECT_EQ(open.NextSequence(), 2);

  const uint64_t accepted = metrics_.connections_accepted.value();
  for (const int fd : taken) close(fd);
  EXPECT_TRUE(WaitUntil([&] { return metrics_.connections_accepted.value() > accepted; }));
  close(newcomer);
}

TEST_F(DescriptorsTest, AsManyAsAskedForAreLeftToTheRestOfTheProcess) {
  options_.spare_descriptors = 100;
  StartServer();
  const FewDescriptors few(256);
  std::vector<int> newcomers;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server_->port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  while (metrics_.accept_pauses.value() == 0) {
    const uint64_t seen = metrics_.connections_accepted.value();
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(fd, 0) << "the acceptor took all descriptors";
    newcomers.push_back(fd);
    ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    // One after the other: this program's own ends of the connections take descriptors too.
    ASSERT_TRUE(WaitUntil([&] {
      return metrics_.connections_accepted.value() > seen || metrics_.accept_pauses.value() > 0;
    }));
  }

  // This program's own ends of the connections are beside them.
  const std::vector<int> left = TakeAllDescriptors();
  EXPECT_GE(left.size(), 90u);
  for (const int fd : left) close(fd);
  for (const int fd : newcomers) close(fd);
}

}  // namespace
}  // namespace runcast::rpc
