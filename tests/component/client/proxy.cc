#include "tests/component/client/proxy.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

extern char** environ;

namespace runcast::tests {
namespace {

constexpr char kVariable[] = "RUNCAST_CLIENT_PROXY";

constexpr std::chrono::seconds kLimit(20);

// Of what it could write to /var, all is here. `reuseport` because of the reservation.
constexpr char kNginxConfiguration[] = R"(
daemon off;
worker_processes 1;
pid FOLDER/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
  MAX_STREAMS
  server {
    listen 127.0.0.1:PORT http2 reuseport;
    location / {
      grpc_pass grpc://GATEWAY;
      grpc_set_header x-forwarded-for $remote_addr:$remote_port;
    }
  }
}
)";

// Without maxconn it prepares for as many connections as there may be descriptors, which can be a
// thousand million.
constexpr char kHaproxyConfiguration[] = R"(
global
  maxconn 400
  MAX_STREAMS
defaults
  mode http
  timeout connect 5000
  timeout client 50000
  timeout server 50000
frontend callers
  bind 127.0.0.1:PORT proto h2
  http-request set-header x-forwarded-for %[src]:%[src_port]
  default_backend gateway
backend gateway
  server gateway GATEWAY proto h2
)";

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// Whether it speaks HTTP/2. That nginx accepts is not enough: it listens before it knows what to do
// with signals, and a SIGTERM in between would be lost.
bool Answers(int port) {
  constexpr char kHello[] =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";  // Empty SETTINGS.
  const int attempt = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience = {.tv_sec = 1, .tv_usec = 0};
  setsockopt(attempt, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const sockaddr_in address = Loopback(port);
  char answer = 0;
  const bool answers =
      connect(attempt, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      send(attempt, kHello, sizeof(kHello) - 1, MSG_NOSIGNAL) > 0 &&
      recv(attempt, &answer, sizeof(answer), 0) == sizeof(answer);
  close(attempt);
  return answers;
}

// Asks again and again; false when `done` does not hold within the limit.
bool Within(std::chrono::seconds limit, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace

std::unique_ptr<Proxy> Proxy::FromEnvironment(const std::string& gateway) {
  return FromEnvironment(gateway, Options());
}

std::unique_ptr<Proxy> Proxy::FromEnvironment(const std::string& gateway, Options options) {
  const char* value = std::getenv(kVariable);
  const std::string name = value == nullptr ? "" : value;
  if (name.empty()) return nullptr;
  if (name == "nginx") return std::unique_ptr<Proxy>(new Proxy(Kind::kNginx, gateway, options));
  if (name == "haproxy") return std::unique_ptr<Proxy>(new Proxy(Kind::kHaproxy, gateway, options));
  std::fprintf(stderr, "%s is \"%s\", neither nginx nor haproxy\n", kVariable, value);
  std::abort();
}

Proxy::Proxy(Kind kind, const std::string& gateway, Options options)
    : reservation_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  // With this option on both sockets the proxy, and it alone, can bind the port too.
  const int on = 1;
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (setsockopt(reservation_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
      bind(reservation_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(reservation_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("has no port");
  }
  port_ = ntohs(address.sin_port);

  const int streams = options.max_streams_per_connection;
  std::string max_streams;
  if (streams > 0) {
    max_streams = kind == Kind::kNginx ? absl::StrCat("http2_max_concurrent_streams ", streams, ";")
                                       : absl::StrCat("tune.h2.max-concurrent-streams ", streams);
  }
  folder_.Write("configuration", absl::StrReplaceAll(kind == Kind::kNginx ? kNginxConfiguration
                                                                          : kHaproxyConfiguration,
                                                     {{"FOLDER", folder_.Path("")},
                                                      {"PORT", absl::StrCat(port_)},
                                                      {"GATEWAY", gateway},
                                                      {"MAX_STREAMS", max_streams}}));
  Spawn(kind);
  if (!Within(kLimit, [this] { return HasEnded() || Answers(port_); })) Die("does not answer");
  if (pid_ < 0) Die("ended at its start");
}

Proxy::~Proxy() {
  if (pid_ > 0) kill(pid_, SIGTERM);  // Not SIGKILL: nginx has a worker, which would stay.
  if (!Within(kLimit, [this] { return HasEnded(); })) Die("does not end");
  close(reservation_);
}

std::string Proxy::target() const { return absl::StrCat("127.0.0.1:", port_); }

void Proxy::Spawn(Kind kind) {
  const std::string configuration = folder_.Path("configuration");
  std::vector<std::string> words =
      kind == Kind::kNginx
          ? std::vector<std::string>{RUNCAST_NGINX, "-e", "stderr", "-c", configuration}
          : std::vector<std::string>{RUNCAST_HAPROXY, "-db", "-f", configuration};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, folder_.Path("log").c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const int failed =
      posix_spawn(&pid_, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) Die("cannot be started");
}

bool Proxy::HasEnded() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

void Proxy::Die(const std::string& complaint) const {
  std::ifstream log(folder_.Path("log"));
  const std::string said((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
  std::fprintf(stderr, "the proxy %s; it said: %s\n", complaint.c_str(), said.c_str());
  std::abort();
}

}  // namespace runcast::tests
