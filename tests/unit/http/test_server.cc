#include "tests/unit/http/test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace runcast::http {
namespace {

void Require(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::abort();
}

SSL_CTX* NewTlsContext(const TestServer::Tls& tls) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* certificate_bio = BIO_new_mem_buf(tls.certificate_pem.data(), -1);
  X509* certificate = PEM_read_bio_X509(certificate_bio, nullptr, nullptr, nullptr);
  BIO* key_bio = BIO_new_mem_buf(tls.key_pem.data(), -1);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
  Require(SSL_CTX_use_certificate(context, certificate) == 1, "certificate");
  Require(SSL_CTX_use_PrivateKey(context, key) == 1, "key");
  X509_free(certificate);
  EVP_PKEY_free(key);
  BIO_free(certificate_bio);
  BIO_free(key_bio);
  return context;
}

}  // namespace

long TestConnection::Read(char* buffer, size_t size) {
  if (tls_ != nullptr) return SSL_read(tls_, buffer, static_cast<int>(size));
  return recv(fd_, buffer, size, 0);
}

std::optional<std::string> TestConnection::ReadRequest() {
  size_t end;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    char buffer[4096];
    const long got = Read(buffer, sizeof(buffer));
    if (got <= 0) return std::nullopt;
    unread_.append(buffer, static_cast<size_t>(got));
  }
  std::string head = unread_.substr(0, end + 4);
  unread_.erase(0, end + 4);
  return head;
}

void TestConnection::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = tls_ != nullptr
                          ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                          : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // The peer has enough.
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void TestConnection::Answer(absl::string_view body, absl::string_view further_headers) {
  Write(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n", further_headers,
                     "\r\n", body));
}

void TestConnection::AnswerAll(absl::string_view body, absl::string_view further_headers) {
  while (ReadRequest().has_value()) Answer(body, further_headers);
}

void TestConnection::Reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void TestConnection::WaitUntilPeerCloses() {
  char buffer[4096];
  while (Read(buffer, sizeof(buffer)) > 0) {
  }
}

TestServer::TestServer(Serve serve, std::optional<Tls> tls) : serve_(std::move(serve)) {
  if (tls.has_value()) tls_context_ = NewTlsContext(*tls);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Require(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0, "bind");
  Require(listen(listener_, 128) == 0, "listen");
  socklen_t size = sizeof(address);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { AcceptAll(); });
}

TestServer::~TestServer() {
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  close(listener_);
  std::vector<std::thread> serving;
  {
    std::lock_guard lock(mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    serving.swap(serving_);
  }
  for (std::thread& thread : serving) thread.join();
  SSL_CTX_free(tls_context_);
}

std::string TestServer::Url(absl::string_view path) const {
  return absl::StrCat(tls_context_ != nullptr ? "https" : "http", "://127.0.0.1:", port_, path);
}

int TestServer::connections() const {
  std::lock_guard lock(mutex_);
  return accepted_;
}

bool TestServer::WaitUntilClosed(int count) const {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < limit) {
    {
      std::lock_guard lock(mutex_);
      if (closed_ >= count) return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

void TestServer::AcceptAll() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    std::lock_guard lock(mutex_);
    open_.push_back(fd);
    serving_.emplace_back([this, fd, number = accepted_++] { ServeOne(fd, number); });
  }
}

void TestServer::ServeOne(int fd, int number) {
  // For this thread only: the client must not need it.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  SSL* tls = nullptr;
  bool good = true;
  if (tls_context_ != nullptr) {
    tls = SSL_new(tls_context_);
    SSL_set_fd(tls, fd);
    good = SSL_accept(tls) == 1;
  }
  if (good) {
    TestConnection connection(fd, tls, number);
    serve_(connection);
  }
  SSL_free(tls);
  std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  close(fd);
  ++closed_;
}

}  // namespace runcast::http
