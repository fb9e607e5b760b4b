// How the curl client behaves.

#ifndef RUNCAST_GATEWAY_HTTP_CURL_OPTIONS_H_
#define RUNCAST_GATEWAY_HTTP_CURL_OPTIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/ip_range.h"

namespace runcast::http {

struct CurlOptions {
  // Longest time for name resolution, connection and TLS together.
  absl::Duration connect_timeout = absl::Seconds(3);
  // Longest time for a request, counted from `Get`, waiting for a connection included.
  absl::Duration total_timeout = absl::Seconds(10);
  // Largest body, counted after decompression.
  size_t max_body_bytes = size_t{1} << 20;
  // Most connections, busy and kept ones together; further requests wait in line.
  int max_connections = 256;
  // PEM file with authorities beside the directory of the system's. Empty: the system's alone.
  std::string ca_file;
  // Digests of public keys, one of which the server's certificate must have, beside being good:
  // `sha256//` and base64, joined by semicolons. Empty: any key.
  std::string pinned_keys;
  // What may be connected to although it is not public, such as this machine.
  std::vector<base::IpRange> allowed_addresses;
  // Allows `http://`; for simulators.
  bool allow_http = false;
  std::string user_agent = "runcast";
  // How long a resolved name is believed. Curl's own 60 s is too long when an address moves.
  absl::Duration dns_cache = absl::Seconds(5);
  // A connection older than this takes no further request, so that a new address is found even
  // while the old one still answers.
  absl::Duration max_connection_life = absl::Minutes(5);
};

}  // namespace runcast::http

#endif  // RUNCAST_GATEWAY_HTTP_CURL_OPTIONS_H_
