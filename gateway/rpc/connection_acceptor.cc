#include "gateway/rpc/connection_acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "gateway/rpc/accept_rule.h"
#include "gateway/rpc/peer_socket.h"
#include "gateway/telemetry/log.h"

namespace runcast::rpc {
namespace {

// At once, before the loop looks at anything else.
constexpr int kBatch = 64;

// Asked each time: it can be changed from outside.
rlim_t DescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return limit.rlim_cur;
}

void Prepare(int connection, const ConnectionAcceptor::Options& options) {
  // Messages are small and each counts.
  const int on = 1;
  ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(connection, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes,
               sizeof(options.receive_buffer_bytes));
  const int timeout_ms = static_cast<int>(absl::ToInt64Milliseconds(options.send_timeout));
  ::setsockopt(connection, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

}  // namespace

ConnectionAcceptor::ConnectionAcceptor(base::EventLoop& loop, base::ListeningSockets sockets,
                                       Options options, ConnectionTable& connections,
                                       telemetry::Metrics& metrics, OnConnection on_connection)
    : loop_(loop),
      sockets_(std::move(sockets)),
      options_(options),
      connections_(connections),
      metrics_(metrics),
      on_connection_(std::move(on_connection)),
      resume_(loop.NewTimer([this] { SetAccepting(true); })) {
  for (size_t i = 0; i < sockets_.fds().size(); ++i) {
    watches_.push_back(loop.WatchFd(sockets_.fds()[i], [this, i](bool, bool) { AcceptSome(i); }));
  }
  SetAccepting(true);
}

bool ConnectionAcceptor::AcceptSome(size_t listener) {
  const int ceiling = DescriptorCeiling(DescriptorLimit(), options_.spare_descriptors);
  for (int i = 0; i < kBatch; ++i) {
    const int socket = sockets_.fds()[listener];
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    const int connection =
        ::accept4(socket, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
      if (ConnectionHasGone(errno)) continue;
      Pause();
      return false;
    }
    if (connection >= ceiling) {
      ::close(connection);
      Pause();
      return false;
    }
    const std::string name = PeerName(peer);
    if (!held_off_.empty() && IsHeldOff(name)) {
      ::close(connection);
      continue;
    }
    Prepare(connection, options_);
    connections_.Add(name, connection);
    metrics_.connections_accepted.Add();
    on_connection_(socket, connection);
  }
  return true;
}

void ConnectionAcceptor::Close() {
  for (size_t i = 0; i < sockets_.fds().size(); ++i) {
    while (AcceptSome(i)) {
    }
  }
  watches_.clear();
  for (const int socket : sockets_.Release()) ::close(socket);
}

void ConnectionAcceptor::Cut(const std::string& peer) {
  bool is_cut = false;
  for (const int descriptor : connections_.FindAll(peer)) {
    if (!ShutDownPeer(descriptor, peer)) continue;
    is_cut = true;
    metrics_.connections_cut.Add();
  }
  // It may have gone by itself.
  if (!is_cut) return;
  held_off_[std::string(PeerAddressPart(peer))] = loop_.clock().Now() + options_.hold_off;
  telemetry::Log(telemetry::Severity::kWarning, "connection.cut",
                 "a connection was closed: too many of its calls were cancelled at once",
                 {{"peer", peer}});
}

bool ConnectionAcceptor::IsHeldOff(const std::string& peer) {
  const base::MonotonicTime now = loop_.clock().Now();
  absl::erase_if(held_off_, [&](const auto& entry) { return entry.second <= now; });
  return held_off_.contains(PeerAddressPart(peer));
}

void ConnectionAcceptor::Pause() {
  metrics_.accept_pauses.Add();
  SetAccepting(false);
  resume_->Set(loop_.clock().Now() + options_.pause);
}

void ConnectionAcceptor::SetAccepting(bool accepting) {
  for (const auto& watch : watches_) watch->SetInterest(accepting, false);
}

}  // namespace runcast::rpc
