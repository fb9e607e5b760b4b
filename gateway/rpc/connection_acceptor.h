// Takes new connections from the kernel, for gRPC to serve, and notes whose they are.
//
// gRPC's own listener closes for good when one accept fails because no descriptor is left. This
// one waits instead, and leaves some descriptors to those who ask the platform and open files.

#ifndef RUNCAST_GATEWAY_RPC_CONNECTION_ACCEPTOR_H_
#define RUNCAST_GATEWAY_RPC_CONNECTION_ACCEPTOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "gateway/base/event_loop.h"
#include "gateway/base/listening_sockets.h"
#include "gateway/rpc/connection_table.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::rpc {

// When descriptors run short, new connections wait in the kernel's queue (one each `pause` is
// closed, which is how the shortage is noticed); what is open goes on. Accepting goes on within
// `pause` of the end of the shortage. The same for errors nobody thought of: better late than in
// a tight loop.
//
// Threads: the loop's only; made before the loop runs, destroyed after.
// Lifetime: `loop`, `connections` and `metrics` outlive this object.
class ConnectionAcceptor {
 public:
  struct Options {
    // Descriptors that connections leave to the rest of the process, if that is not more than half.
    int spare_descriptors = 64;
    absl::Duration pause = absl::Milliseconds(100);
    // For how long what was sent may stay unacknowledged (TCP_USER_TIMEOUT).
    absl::Duration send_timeout = absl::Seconds(20);
    // For how long the address of a connection that was cut gets no new one.
    absl::Duration hold_off = absl::Seconds(1);
    // What the kernel keeps of what a peer sent and nobody has read (SO_RCVBUF; it takes twice as
    // much). Requests are small; and what gRPC is slow to parse, a peer must not pile up.
    int receive_buffer_bytes = 16384;
  };

  // Gets the new connection, which does not block, and the socket it came from.
  using OnConnection = absl::AnyInvocable<void(int listener, int connection)>;

  ConnectionAcceptor(base::EventLoop& loop, base::ListeningSockets sockets, Options options,
                     ConnectionTable& connections, telemetry::Metrics& metrics,
                     OnConnection on_connection);

  // Ends the connections of `peer`, as gRPC names it, because it does harm. New ones from its
  // address are closed for a while; others that are open go on, since a proxy may stand there.
  void Cut(const std::string& peer);

  // Takes who has connected already and closes the port. A proxy whose connection is refused asks
  // another replica by itself; one that is answered with DRAINING would give its caller the error.
  void Close();

 private:
  // Whether more may be waiting.
  bool AcceptSome(size_t listener);
  bool IsHeldOff(const std::string& peer);
  void Pause();
  void SetAccepting(bool accepting);

  base::EventLoop& loop_;
  base::ListeningSockets sockets_;
  const Options options_;
  ConnectionTable& connections_;
  telemetry::Metrics& metrics_;
  OnConnection on_connection_;
  std::vector<std::unique_ptr<base::FdWatch>> watches_;  // As many as sockets, in their order.
  const std::unique_ptr<base::Timer> resume_;
  // Addresses, and until when; those whose time is over go with the next new connection.
  absl::flat_hash_map<std::string, base::MonotonicTime> held_off_;
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_CONNECTION_ACCEPTOR_H_
