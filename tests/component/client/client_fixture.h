// Clients for tests: quick to reconnect, towards a scripted gateway.

#ifndef RUNCAST_TESTS_COMPONENT_CLIENT_CLIENT_FIXTURE_H_
#define RUNCAST_TESTS_COMPONENT_CLIENT_CLIENT_FIXTURE_H_

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "runcast/run_status_client.h"
#include "tests/component/client/scripted_gateway.h"

namespace runcast::tests {

inline client::ClientOptions OptionsFor(const std::string& target) {
  client::ClientOptions options;
  options.targets = {target};
  options.initial_backoff = absl::Milliseconds(5);
  options.max_backoff = absl::Milliseconds(50);
  return options;
}

inline client::ClientOptions OptionsFor(const ScriptedGateway& gateway) {
  return OptionsFor(gateway.target());
}

// An address where nobody listens, and that nobody else gets meanwhile: bound, never listening.
class DeadAddress {
 public:
  DeadAddress() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    target_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~DeadAddress() { close(socket_); }
  DeadAddress(const DeadAddress&) = delete;
  DeadAddress& operator=(const DeadAddress&) = delete;

  const std::string& target() const { return target_; }

 private:
  const int socket_;
  std::string target_;
};

// An address where connections are taken by the kernel and never answered.
class HangingAddress {
 public:
  HangingAddress() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(socket_, 16) != 0 ||
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    target_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~HangingAddress() { close(socket_); }
  HangingAddress(const HangingAddress&) = delete;
  HangingAddress& operator=(const HangingAddress&) = delete;

  const std::string& target() const { return target_; }

 private:
  const int socket_;
  std::string target_;
};

inline std::unique_ptr<client::RunStatusClient> MakeClient(client::ClientOptions options) {
  auto client = client::RunStatusClient::Make(std::move(options));
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

}  // namespace runcast::tests

#endif  // RUNCAST_TESTS_COMPONENT_CLIENT_CLIENT_FIXTURE_H_
