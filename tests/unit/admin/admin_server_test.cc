#include "gateway/admin/admin_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/unit/admin/raw_connection.h"

namespace runcast::admin {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AdminServerTest : public testing::Test {
 protected:
  static AdminPages Pages(std::string metrics = "runcast_watchers 3\n") {
    AdminPages::Sources sources;
    sources.metrics = [metrics = std::move(metrics)] { return metrics; };
    sources.ready = [] { return false; };
    sources.versions = {{"runcast", "1.2.3"}};
    return AdminPages(std::move(sources));
  }

  static std::unique_ptr<AdminServer> Server(AdminServer::Options options = {}) {
    auto server = AdminServer::Start(options, Pages());
    EXPECT_TRUE(server.ok()) << server.status();
    return std::move(server).value();
  }

  static std::string Ask(const AdminServer& server, const std::string& method,
                         const std::string& path) {
    RawConnection connection(server.port());
    connection.Send(
        absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    return connection.ReadAll();
  }
};

TEST_F(AdminServerTest, PagesComeWithHeadersThatForbidEverything) {
  const auto server = Server();

  EXPECT_THAT(
      Ask(*server, "GET", "/metrics?x=1"),
      AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
            HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
            HasSubstr("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"),
            HasSubstr("X-Content-Type-Options: nosniff\r\n"),
            HasSubstr("Cache-Control: no-store\r\n"), HasSubstr("Content-Length: 19\r\n"),
            EndsWith("\r\n\r\nruncast_watchers 3\n")));
  EXPECT_THAT(Ask(*server, "GET", "/readyz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Ask(*server, "GET", "/nowhere"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask(*server, "GET", "/version"), HasSubstr("\"runcast\": \"1.2.3\""));
}

TEST_F(AdminServerTest, HeadTellsTheLengthAndSendsNoBody) {
  const auto server = Server();

  EXPECT_THAT(Ask(*server, "HEAD", "/metrics"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 19\r\n"),
                    EndsWith("\r\n\r\n")));
}

TEST_F(AdminServerTest, OtherMethodsAreToldWhichAreAllowed) {
  const auto server = Server();

  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    EXPECT_THAT(Ask(*server, method, "/healthz"),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")))
        << method;
  }
}

TEST_F(AdminServerTest, OneConnectionServesManyRequests) {
  const auto server = Server();
  RawConnection connection(server->port());

  for (int i = 0; i < 3; ++i) {
    connection.Send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(connection.ReadUntil("alive\n"), EndsWith("alive\n"));
  }
  EXPECT_FALSE(connection.closed());
}

TEST_F(AdminServerTest, ALargeAnswerComesWhole) {
  auto server = AdminServer::Start({}, Pages(std::string(4 << 20, 'm')));
  ASSERT_TRUE(server.ok());

  const std::string answer = Ask(**server, "GET", "/metrics");

  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, size_t{4 << 20});
}

class LargeAnswerTest : public AdminServerTest {
 protected:
  // More than the kernel takes for somebody who does not read.
  static constexpr size_t kBytes = 16 << 20;

  static std::unique_ptr<AdminServer> Server(AdminServer::Options options) {
    auto server = AdminServer::Start(options, Pages(std::string(kBytes, 'm')));
    EXPECT_TRUE(server.ok()) << server.status();
    return std::move(server).value();
  }

  // Whoever asks and reads no further than the headers. Returns what was read.
  static std::string Begin(RawConnection& slow) {
    slow.Send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return slow.ReadUntil("\r\n\r\n");
  }

  static bool ComesToHaveRoom(const AdminServer& server) {
    const absl::Time give_up = absl::Now() + absl::Seconds(20);
    while (absl::Now() < give_up) {
      RawConnection other(server.port());
      if (absl::StartsWith(Begin(other), "HTTP/1.1 200 ")) return true;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return false;
  }
};

TEST_F(LargeAnswerTest, ThoseThatAreUnderWayAreLimitedAndSmallOnesAreNot) {
  const auto server = Server({.most_large_answers = 2});
  RawConnection first(server->port());
  RawConnection second(server->port());
  EXPECT_THAT(Begin(first), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Begin(second), StartsWith("HTTP/1.1 200 "));

  EXPECT_THAT(Ask(*server, "GET", "/metrics"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Ask(*server, "HEAD", "/metrics"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Ask(*server, "GET", "/healthz"), EndsWith("alive\n"));
}

TEST_F(LargeAnswerTest, OneThatIsSentMakesRoom) {
  const auto server = Server({.most_large_answers = 1});

  for (int i = 0; i < 3; ++i) {
    const std::string answer = Ask(*server, "GET", "/metrics");
    EXPECT_THAT(answer.substr(0, 13), "HTTP/1.1 200 ");
    EXPECT_GT(answer.size(), kBytes);
  }
}

TEST_F(LargeAnswerTest, AReaderWhoLeavesMakesRoom) {
  const auto server = Server({.most_large_answers = 1});
  {
    RawConnection slow(server->port());
    Begin(slow);
  }

  EXPECT_TRUE(ComesToHaveRoom(*server));
}

TEST_F(LargeAnswerTest, AReaderWhoTakesTooLongIsCutOffAndMakesRoom) {
  const auto server = Server({.most_large_answers = 1, .longest_answer = absl::Milliseconds(500)});
  RawConnection slow(server->port());
  size_t received = Begin(slow).size();

  EXPECT_TRUE(ComesToHaveRoom(*server));

  received += slow.ReadAll().size();
  EXPECT_TRUE(slow.closed());
  EXPECT_LT(received, kBytes);
}

TEST_F(LargeAnswerTest, StoppingWaitsForNoReader) {
  auto server = Server({});
  RawConnection slow(server->port());
  Begin(slow);

  server.reset();

  slow.ReadAll();
  EXPECT_TRUE(slow.closed());
}

TEST_F(AdminServerTest, OversizedRequestsAreRefused) {
  const auto server = Server();
  RawConnection headers(server->port());
  RawConnection body(server->port());

  headers.Send(
      absl::StrCat("GET /healthz HTTP/1.1\r\nX: ", std::string(64 << 10, 'x'), "\r\n\r\n"));
  body.Send("GET /healthz HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
  body.Send(std::string(100'000, 'x'));

  EXPECT_THAT(headers.ReadUntil("\r\n\r\n"), Not(HasSubstr("200 OK")));
  EXPECT_THAT(body.ReadUntil("\r\n\r\n"), Not(HasSubstr("200 OK")));
  EXPECT_THAT(Ask(*server, "GET", "/healthz"), EndsWith("alive\n"));
}

TEST_F(AdminServerTest, GarbageIsRefusedAndHarmsNobody) {
  const auto server = Server();
  for (const std::string& garbage :
       {std::string("\0\1\2\r\n\r\n", 7), std::string("GET\r\n\r\n"), std::string("\r\n\r\n\r\n"),
        std::string("GET /healthz HTTP/9.9\r\n\r\n"), std::string("BREW /pot HTTP/1.1\r\n\r\n"),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")}) {
    RawConnection connection(server->port());
    connection.Send(garbage);
  }

  EXPECT_THAT(Ask(*server, "GET", "/healthz"), EndsWith("alive\n"));
}

TEST_F(AdminServerTest, AConnectionOnWhichNothingMovesIsClosed) {
  const auto server = Server({.idle_timeout = absl::Seconds(1)});
  RawConnection silent(server->port());
  RawConnection half(server->port());
  half.Send("GET /healthz HT");

  silent.ReadAll();
  half.ReadAll();

  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(half.closed());
}

TEST_F(AdminServerTest, APortInUseIsAClearError) {
  const auto first = Server();

  const auto second = AdminServer::Start({.port = first->port()}, Pages());

  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second.status().message(),
            absl::StrCat("cannot listen on 127.0.0.1:", first->port(), ": Address already in use"));
}

TEST_F(AdminServerTest, AHostThatIsNotOursIsAClearError) {
  EXPECT_THAT(std::string(AdminServer::Start({.host = "192.0.2.1"}, Pages()).status().message()),
              AllOf(StartsWith("cannot listen on 192.0.2.1:0: ")));
}

TEST_F(AdminServerTest, StoppingClosesThePortAndTheNextCanHaveIt) {
  auto server = Server();
  const uint16_t port = server->port();
  RawConnection open(port);
  open.Send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  open.ReadUntil("alive\n");

  server.reset();

  open.ReadAll();
  EXPECT_TRUE(open.closed());
  EXPECT_FALSE(RawConnection().Connect(port));
  EXPECT_TRUE(AdminServer::Start({.port = port}, Pages()).ok());
}

TEST_F(AdminServerTest, ManyAskAtOnce) {
  const auto server = Server();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&server] {
      for (int j = 0; j < 20; ++j) {
        EXPECT_THAT(Ask(*server, "GET", "/healthz"), EndsWith("alive\n"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(AdminServerTest, ConnectionsWaitWhileDescriptorsAreUsedUp) {
  const auto server = Server();
  RawConnection waiting;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next_fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(next_fd);
  const rlimit used_up{static_cast<rlim_t>(next_fd), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &used_up), 0);

  waiting.Connect(server->port());
  waiting.Send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const clock_t cpu_before = ::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // Time in which it may go wrong.
  const clock_t cpu = ::clock() - cpu_before;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

  EXPECT_THAT(waiting.ReadAll(), EndsWith("alive\n"));
  EXPECT_LT(cpu, CLOCKS_PER_SEC / 10) << "the thread turned in circles";
}

}  // namespace
}  // namespace runcast::admin
