// A server on loopback whose every byte the test decides.

#ifndef RUNCAST_TESTS_UNIT_HTTP_TEST_SERVER_H_
#define RUNCAST_TESTS_UNIT_HTTP_TEST_SERVER_H_

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"

namespace runcast::http {

// One accepted connection, in the hands of the test's function. Reads end after 10 s.
class TestConnection {
 public:
  TestConnection(int fd, SSL* tls, int number) : fd_(fd), tls_(tls), number_(number) {}

  // 0 for the first connection that the server accepted.
  int number() const { return number_; }
  // The head of the next request; nothing when the peer closed.
  std::optional<std::string> ReadRequest();
  void Write(absl::string_view bytes);
  // A complete answer that leaves the connection open.
  void Answer(absl::string_view body, absl::string_view further_headers = "");
  // Answers every request the same way until the peer closes.
  void AnswerAll(absl::string_view body, absl::string_view further_headers = "");
  // Ends the connection with RST instead of FIN.
  void Reset();
  void WaitUntilPeerCloses();

 private:
  long Read(char* buffer, size_t size);

  const int fd_;
  SSL* const tls_;  // Null without TLS.
  const int number_;
  std::string unread_;
};

// Threads: one that accepts, and one for each connection, which runs the test's function and
// then closes. The destructor cuts all connections and waits for the threads.
class TestServer {
 public:
  using Serve = std::function<void(TestConnection&)>;
  struct Tls {
    std::string certificate_pem;
    std::string key_pem;
  };

  explicit TestServer(Serve serve, std::optional<Tls> tls = std::nullopt);
  ~TestServer();

  int port() const { return port_; }
  // `http://127.0.0.1:port/path`, or the same with `https`.
  std::string Url(absl::string_view path) const;
  int connections() const;
  // Connections that the server closed. Waits up to 10 s for `count` of them.
  bool WaitUntilClosed(int count) const;

 private:
  void AcceptAll();
  void ServeOne(int fd, int number);

  const Serve serve_;
  SSL_CTX* tls_context_ = nullptr;
  int listener_ = -1;
  int port_ = 0;

  mutable std::mutex mutex_;
  std::vector<int> open_;             // Guarded by mutex_.
  std::vector<std::thread> serving_;  // Guarded by mutex_.
  int accepted_ = 0;                  // Guarded by mutex_.
  int closed_ = 0;                    // Guarded by mutex_.
  std::thread accepting_;
};

}  // namespace runcast::http

#endif  // RUNCAST_TESTS_UNIT_HTTP_TEST_SERVER_H_
