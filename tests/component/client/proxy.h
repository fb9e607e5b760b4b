// A real nginx or HAProxy of one test, in front of a gateway.

#ifndef RUNCAST_TESTS_COMPONENT_CLIENT_PROXY_H_
#define RUNCAST_TESTS_COMPONENT_CLIENT_PROXY_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "tests/fakes/temp_directory.h"

namespace runcast::tests {

// Takes plaintext HTTP/2 on loopback and passes it on. Time-outs are nginx' own and, for HAProxy,
// which has none, those of Debian's configuration. The gateway behind it may come and go.
//
// A call tells the gateway by `x-forwarded-for: ADDRESS:PORT` which connection it came on.
//
// Lifetime: the destructor ends it and waits.
// Errors: aborts with a sentence, and what the proxy said, when it does not answer within 20 s.
class Proxy {
 public:
  struct Options {
    // 0: as many as the proxy allows by default, nginx 128 and HAProxy 100.
    int max_streams_per_connection = 0;
  };

  // The one that the variable RUNCAST_CLIENT_PROXY names, `nginx` or `haproxy`, in front of
  // `gateway` (host:port); null when it names none.
  static std::unique_ptr<Proxy> FromEnvironment(const std::string& gateway);
  static std::unique_ptr<Proxy> FromEnvironment(const std::string& gateway, Options options);

  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // What a client is given in place of the gateway: host:port.
  std::string target() const;

 private:
  enum class Kind { kNginx, kHaproxy };

  Proxy(Kind kind, const std::string& gateway, Options options);

  void Spawn(Kind kind);
  bool HasEnded();
  [[noreturn]] void Die(const std::string& complaint) const;

  const fakes::TempDirectory folder_;
  // Bound, never listening: nobody else gets the port before the proxy or after it.
  const int reservation_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace runcast::tests

#endif  // RUNCAST_TESTS_COMPONENT_CLIENT_PROXY_H_
