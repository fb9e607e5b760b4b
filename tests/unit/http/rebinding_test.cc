// Whatever a name server says, no request leaves for an address that is not allowed. This
// program's own getaddrinfo takes the place of the C library's, and answers what the test wants.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/http/curl_client.h"
#include "tests/unit/http/fetcher.h"
#include "tests/unit/http/test_server.h"

namespace {

// What every name stands for. Guarded by a mutex of its own; never destroyed, for a resolver's
// thread may outlive the test.
struct NameServer {
  std::mutex mutex;
  std::vector<std::string> addresses;
  int asked = 0;
};

NameServer& TheNameServer() {
  static NameServer& server = *new NameServer;
  return server;
}

void Answer(std::vector<std::string> addresses) {
  NameServer& server = TheNameServer();
  std::lock_guard lock(server.mutex);
  server.addresses = std::move(addresses);
}

int TimesAsked() {
  std::lock_guard lock(TheNameServer().mutex);
  return TheNameServer().asked;
}

struct OwnAddress {
  addrinfo info;
  sockaddr_in6 socket_address;  // Large enough for both families.
};

addrinfo* Entry(const std::string& text, uint16_t port, addrinfo* next) {
  auto* const entry = static_cast<OwnAddress*>(std::calloc(1, sizeof(OwnAddress)));
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&entry->socket_address);
  entry->info.ai_addr = reinterpret_cast<sockaddr*>(&entry->socket_address);
  entry->info.ai_socktype = SOCK_STREAM;
  entry->info.ai_protocol = IPPROTO_TCP;
  entry->info.ai_next = next;
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    entry->info.ai_addrlen = sizeof(sockaddr_in);
  } else {
    inet_pton(AF_INET6, text.c_str(), &entry->socket_address.sin6_addr);
    entry->socket_address.sin6_family = AF_INET6;
    entry->socket_address.sin6_port = htons(port);
    entry->info.ai_addrlen = sizeof(sockaddr_in6);
  }
  entry->info.ai_family = entry->info.ai_addr->sa_family;
  return &entry->info;
}

}  // namespace

extern "C" int getaddrinfo(const char*, const char* service, const addrinfo*, addrinfo** result) {
  NameServer& server = TheNameServer();
  std::lock_guard lock(server.mutex);
  ++server.asked;
  *result = nullptr;
  for (auto text = server.addresses.rbegin(); text != server.addresses.rend(); ++text) {
    *result = Entry(*text, static_cast<uint16_t>(std::atoi(service)), *result);
  }
  return *result == nullptr ? EAI_NONAME : 0;
}

extern "C" void freeaddrinfo(addrinfo* list) {
  while (list != nullptr) {
    addrinfo* const next = list->ai_next;
    std::free(list);
    list = next;
  }
}

namespace runcast::http {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RebindingTest : public testing::Test {
 protected:
  RebindingTest()
      : server_([](TestConnection& connection) {
          while (connection.ReadRequest()) connection.Answer("{}", "Connection: close\r\n");
        }) {}

  // Everything but this machine's first address is as little allowed as with defaults.
  static CurlClient::Options Options() {
    CurlClient::Options options;
    options.allow_http = true;
    options.dns_cache = absl::ZeroDuration();
    options.allowed_addresses = {*base::IpRange::Parse("127.0.0.1")};
    return options;
  }
  std::string Url() const { return absl::StrCat("http://platform.test:", server_.port(), "/"); }

  TestServer server_;
};

TEST_F(RebindingTest, ANameThatMovesToAnInnerAddressIsNotFollowedThere) {
  Fetcher fetcher(Options(), true);
  Answer({"127.0.0.1"});
  ASSERT_TRUE(fetcher.Fetch(Url()).response.ok());
  const int asked = TimesAsked();

  for (const char* inner : {"127.0.0.2", "10.0.0.1", "169.254.169.254", "192.168.1.1", "::1",
                            "::ffff:127.0.0.2", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"}) {
    Answer({inner});
    const Fetched fetched = fetcher.Fetch(Url());

    EXPECT_TRUE(absl::IsPermissionDenied(fetched.response.status()))
        << inner << ": " << fetched.response.status();
    EXPECT_THAT(std::string(fetched.response.status().message()), HasSubstr("is not public"));
    EXPECT_THAT(fetched.sends, IsEmpty()) << inner;
  }
  EXPECT_GT(TimesAsked(), asked) << "the name was not looked up again: nothing was tested";
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(RebindingTest, AnInnerAddressAmongGoodOnesIsLeftOut) {
  Fetcher fetcher(Options(), true);
  Answer({"10.0.0.1", "127.0.0.1", "169.254.169.254"});

  const Fetched fetched = fetcher.Fetch(Url());

  EXPECT_TRUE(fetched.response.ok()) << fetched.response.status();
}

TEST_F(RebindingTest, AResolvedNameIsBelievedForItsTimeOnly) {
  EXPECT_EQ(CurlOptions().dns_cache, absl::Seconds(5));
  CurlClient::Options options = Options();
  options.dns_cache = absl::Seconds(2);
  Fetcher fetcher(options, true);
  Answer({"127.0.0.1"});
  ASSERT_TRUE(fetcher.Fetch(Url()).response.ok());
  const base::MonotonicTime start = fetcher.Now();
  const int asked = TimesAsked();

  // Each fetch needs a connection of its own, and so an address.
  while (TimesAsked() == asked && fetcher.Since(start) < absl::Seconds(10)) {
    fetcher.Run(absl::Milliseconds(20));
    ASSERT_TRUE(fetcher.Fetch(Url()).response.ok());
  }

  EXPECT_GT(TimesAsked(), asked) << "curl's own 60 s would be too long when an address moves";
  EXPECT_GE(fetcher.Since(start), absl::Seconds(1)) << "it is not asked for each time";
}

TEST_F(RebindingTest, WithoutAnAllowanceThisMachineIsAnInnerAddressToo) {
  CurlClient::Options options = Options();
  options.allowed_addresses.clear();
  Fetcher fetcher(options, true);
  Answer({"127.0.0.1"});

  EXPECT_TRUE(absl::IsPermissionDenied(fetcher.Fetch(Url()).response.status()));
  EXPECT_TRUE(absl::IsPermissionDenied(fetcher.Fetch(server_.Url("/")).response.status()))
      << "an address in the URL";
  EXPECT_EQ(server_.connections(), 0);
}

}  // namespace
}  // namespace runcast::http
