// How a client reaches the gateway and how patient it is.

#ifndef RUNCAST_CLIENT_OPTIONS_H_
#define RUNCAST_CLIENT_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace runcast::client {

// TLS towards the gateway. Files are PEM and are read again for every new connection pool entry,
// so that renewed certificates take effect; unreadable ones leave the last good ones in use.
struct TlsOptions {
  // Authorities to trust. Empty: those of the system.
  std::string ca_file;
  // What this client proves itself with. Both or none.
  std::string certificate_file;
  std::string key_file;
  // The name to expect in the gateway's certificate. Empty: the host of the target.
  std::string server_name;
};

struct ClientOptions {
  // `HOST:PORT`, or any name that gRPC resolves; no URL. With several, calls go to the first that
  // works: after a failure the next one is tried, round and round. At least one.
  std::vector<std::string> targets;

  // Nothing: plaintext.
  std::optional<TlsOptions> tls;

  // Longest time of one GetStatus, its repetitions included.
  absl::Duration call_timeout = absl::Seconds(15);

  // After how much silence the gateway sends a heartbeat, 5 s to 10 min.
  absl::Duration heartbeat_interval = absl::Seconds(20);

  // Silence after which a watch opens its stream again. Zero: three heartbeats.
  absl::Duration silence_limit;

  // A proxy that allows fewer streams on a connection than are open lets the next one hang
  // without a word. After this time without headers a watch moves to another connection.
  absl::Duration headers_timeout = absl::Seconds(5);

  // HAProxy allows 100 streams a connection by default, nginx 128; beyond this number a
  // further connection is made.
  int max_streams_per_channel = 80;

  // A channel that failed this often in a row without a message is replaced by a new one. With
  // several targets once is enough.
  int failures_before_new_channel = 3;

  // Wait before a watch opens its stream again: drawn evenly from zero to a bound that starts
  // here and doubles up to the maximum, on top of what the gateway asks for.
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(2);

  // How long a watch goes on without any message from the gateway before it ends with the last
  // error. It never gives up by default.
  absl::Duration outage_limit = absl::InfiniteDuration();
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_OPTIONS_H_
