// A name server that does not answer must not stop the loop. This program's own getaddrinfo
// takes the place of the C library's, and answers when the test lets it.

#include <gtest/gtest.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "gateway/http/curl_client.h"
#include "tests/unit/http/fetcher.h"

namespace {

struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int inside = 0;
};

// Never destroyed: a resolver's thread may outlive the test.
Gate& TheGate() {
  static Gate& gate = *new Gate;
  return gate;
}

}  // namespace

extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo** result) {
  Gate& gate = TheGate();
  std::unique_lock lock(gate.mutex);
  ++gate.inside;
  gate.changed.notify_all();
  gate.changed.wait_for(lock, std::chrono::seconds(10), [&] { return gate.open; });
  --gate.inside;
  gate.changed.notify_all();
  *result = nullptr;
  return EAI_NONAME;
}

namespace runcast::http {
namespace {

TEST(HangingResolverTest, EndsAtTheConnectTimeOutWhileTheLoopGoesOn) {
  CurlClient::Options options;
  options.connect_timeout = absl::Milliseconds(300);
  Fetcher fetcher(options);
  int ticks = 0;
  std::unique_ptr<base::Timer> ticker = fetcher.loop().NewTimer([&] {
    ++ticks;
    ticker->Set(fetcher.Now() + absl::Milliseconds(10));
  });
  ticker->Set(fetcher.Now());
  const base::MonotonicTime start = fetcher.Now();

  const Fetched fetched = fetcher.Fetch("https://never-answers.test/");

  const absl::Duration took = fetcher.Since(start);
  EXPECT_TRUE(absl::IsDeadlineExceeded(fetched.response.status())) << fetched.response.status();
  EXPECT_LT(took, absl::Seconds(5));
  EXPECT_GT(ticks, 5);

  // The thread that still resolves ends after the client, which must not matter.
  fetcher.DestroyClient();
  Gate& gate = TheGate();
  std::unique_lock lock(gate.mutex);
  gate.open = true;
  gate.changed.notify_all();
  EXPECT_TRUE(
      gate.changed.wait_for(lock, std::chrono::seconds(10), [&] { return gate.inside == 0; }));
}

TEST(HangingResolverTest, AnUnknownNameIsUnavailable) {
  {
    Gate& gate = TheGate();
    std::lock_guard lock(gate.mutex);
    gate.open = true;
  }
  Fetcher fetcher(CurlClient::Options{});

  const Fetched fetched = fetcher.Fetch("https://unknown.test/");

  EXPECT_TRUE(absl::IsUnavailable(fetched.response.status())) << fetched.response.status();
}

}  // namespace
}  // namespace runcast::http
