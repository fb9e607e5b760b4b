#include "gateway/http/curl_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/unit/http/fetcher.h"
#include "tests/unit/http/test_server.h"

namespace runcast::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

CurlClient::Options PlainOptions() {
  CurlClient::Options options;
  options.allow_http = true;
  return options;
}

HttpRequest RequestTo(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST(CurlClientTest, AnAnswerCarriesStatusBodyAndTheHeadersSomebodyAsksAbout) {
  TestServer server([](TestConnection& connection) {
    connection.ReadRequest();
    connection.Write(
        "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nRetry-After: 7\r\n"
        "date: Wed, 02 Jan 2030 03:04:05 GMT\r\nContent-Length: 2\r\n\r\n{}");
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/status"));

  ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
  EXPECT_EQ(fetched.response->status, 503);
  EXPECT_EQ(fetched.response->body, "{}");
  EXPECT_EQ(fetched.response->content_type, "application/json");
  EXPECT_EQ(fetched.response->retry_after, "7");
  EXPECT_EQ(fetched.response->date, "Wed, 02 Jan 2030 03:04:05 GMT");
  EXPECT_THAT(fetched.sends, ElementsAre(1));
}

TEST(CurlClientTest, HeadersAndTheSecretOneGoOutAsGiven) {
  std::string seen;
  TestServer server([&](TestConnection& connection) {
    seen = connection.ReadRequest().value_or("");
    connection.Answer("{}");
  });
  Fetcher fetcher(PlainOptions());
  HttpRequest request = RequestTo(server.Url("/api/a%2Fb?x=%20"));
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
  request.secret_header_name = "auth";
  request.secret_header_value = base::SecretString("the-token");

  const Fetched fetched = fetcher.Fetch(std::move(request));

  ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
  EXPECT_THAT(seen, HasSubstr("GET /api/a%2Fb?x=%20 HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nauth: the-token\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nUser-Agent: runcast\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nAccept-Encoding: gzip\r\n"));
}

TEST(CurlClientTest, ANewTokenReplacesTheOneOfTheRequestBefore) {
  std::vector<std::string> seen;
  TestServer server([&](TestConnection& connection) {
    while (auto request = connection.ReadRequest()) {
      seen.push_back(*request);
      connection.Answer("{}");
    }
  });
  Fetcher fetcher(PlainOptions());

  for (const char* token : {"one", "one", "two"}) {
    HttpRequest request = RequestTo(server.Url("/"));
    request.secret_header_name = "auth";
    request.secret_header_value = base::SecretString(token);
    ASSERT_TRUE(fetcher.Fetch(std::move(request)).response.ok());
  }
  ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());

  ASSERT_EQ(seen.size(), 4u);
  EXPECT_THAT(seen[0], HasSubstr("auth: one\r\n"));
  EXPECT_THAT(seen[1], HasSubstr("auth: one\r\n"));
  EXPECT_THAT(seen[2], HasSubstr("auth: two\r\n"));
  EXPECT_THAT(seen[3], Not(HasSubstr("auth:")));
}

TEST(CurlClientTest, RequestsShareOneKeptConnection) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());

  for (int i = 0; i < 20; ++i) {
    const Fetched fetched = fetcher.Fetch(server.Url("/"));
    ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
    EXPECT_THAT(fetched.sends, ElementsAre(1));
  }

  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClientTest, ARequestThatAsksForAFreshConnectionGetsOne) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());
  ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());
  HttpRequest request = RequestTo(server.Url("/"));
  request.fresh_connection = true;

  const Fetched fetched = fetcher.Fetch(std::move(request));

  ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
  EXPECT_EQ(server.connections(), 2);
}

TEST(CurlClientTest, PathsGoOutAsTheyAre) {
  std::string seen;
  TestServer server([&seen](TestConnection& connection) {
    seen = connection.ReadRequest().value_or("");
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/a/../%2E%2E/./b%2Fc"));

  ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
  EXPECT_THAT(seen, HasSubstr("GET /a/../%2E%2E/./b%2Fc HTTP/1.1"));
}

TEST(CurlClientTest, ManyRequestsAtOnceAllEnd) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());
  std::vector<HttpRequest> requests(100, RequestTo(server.Url("/")));

  const std::vector<Fetched> all = fetcher.FetchAll(std::move(requests));

  for (const Fetched& fetched : all) {
    EXPECT_TRUE(fetched.response.ok()) << fetched.response.status();
  }
}

TEST(CurlClientTest, ADeadKeptConnectionAsksAgainBeforeTheSecondSend) {
  TestServer server([](TestConnection& connection) {
    if (connection.number() > 0) return connection.AnswerAll("fresh");
    connection.ReadRequest();
    connection.Answer("kept");
    connection.ReadRequest();  // Closes instead of answering.
  });
  Fetcher fetcher(PlainOptions());
  ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
  EXPECT_EQ(fetched.response->body, "fresh");
  EXPECT_THAT(fetched.sends, ElementsAre(1, 2));
}

TEST(CurlClientTest, ARefusedSecondSendIsAbortedAndNothingGoesOut) {
  std::atomic<int> requests_seen = 0;
  TestServer server([&](TestConnection& connection) {
    if (connection.ReadRequest().has_value()) ++requests_seen;
    if (connection.number() > 0) return connection.Answer("fresh");
    connection.Answer("kept");
    if (connection.ReadRequest().has_value()) ++requests_seen;
  });
  Fetcher fetcher(PlainOptions());
  ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());

  const Fetched fetched = fetcher.Fetch(server.Url("/"), /*allowed_sends=*/1);

  EXPECT_TRUE(absl::IsAborted(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(fetched.sends, ElementsAre(1, 2));
  EXPECT_EQ(requests_seen, 2);
}

TEST(CurlClientTest, ARefusedFirstSendIsAbortedAndTheClientGoesOn) {
  std::atomic<int> requests_seen = 0;
  TestServer server([&](TestConnection& connection) {
    while (connection.ReadRequest().has_value()) {
      ++requests_seen;
      connection.Answer("{}");
    }
  });
  Fetcher fetcher(PlainOptions());

  const Fetched refused = fetcher.Fetch(server.Url("/"), /*allowed_sends=*/0);
  const Fetched allowed = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsAborted(refused.response.status())) << refused.response.status();
  EXPECT_TRUE(allowed.response.ok()) << allowed.response.status();
  EXPECT_EQ(requests_seen, 1);
}

TEST(CurlClientTest, AConnectionClosedWhileIdleIsReplacedWithoutASecondSend) {
  TestServer server([](TestConnection& connection) {
    connection.ReadRequest();
    connection.Answer("{}");
  });
  Fetcher fetcher(PlainOptions());
  ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());
  ASSERT_TRUE(server.WaitUntilClosed(1));

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
  EXPECT_THAT(fetched.sends, ElementsAre(1));
  EXPECT_EQ(server.connections(), 2);
}

TEST(CurlClientTest, NoListenerIsUnavailable) {
  std::string url;
  {
    TestServer server([](TestConnection&) {});
    url = server.Url("/secret-path?signature=abc");
  }
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(url);

  EXPECT_TRUE(absl::IsUnavailable(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(std::string(fetched.response.status().message()), HasSubstr("GET from http://127"));
  EXPECT_THAT(std::string(fetched.response.status().message()), Not(HasSubstr("secret-path")));
  EXPECT_THAT(fetched.sends, IsEmpty());
}

TEST(CurlClientTest, AnEmptyReplyIsUnavailable) {
  TestServer server([](TestConnection& connection) { connection.ReadRequest(); });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsUnavailable(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(fetched.sends, ElementsAre(1));
}

TEST(CurlClientTest, AResetMidBodyIsUnavailable) {
  TestServer server([](TestConnection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half");
    connection.Reset();
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsUnavailable(fetched.response.status())) << fetched.response.status();
}

TEST(CurlClientTest, AnAnswerCutShortIsUnavailable) {
  TestServer server([](TestConnection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half");
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsUnavailable(fetched.response.status())) << fetched.response.status();
}

TEST(CurlClientTest, GarbageInsteadOfHttpIsDataLoss) {
  TestServer server([](TestConnection& connection) {
    connection.ReadRequest();
    connection.Write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsDataLoss(fetched.response.status())) << fetched.response.status();
}

struct Hang {
  const char* name;
  const char* before;  // What the server writes before it falls silent.
};

class HangTest : public testing::TestWithParam<Hang> {};

TEST_P(HangTest, EndsAtTheTotalTimeOut) {
  TestServer server([](TestConnection& connection) {
    connection.ReadRequest();
    connection.Write(GetParam().before);
    connection.WaitUntilPeerCloses();
  });
  CurlClient::Options options = PlainOptions();
  options.total_timeout = absl::Milliseconds(200);
  Fetcher fetcher(options);
  const base::MonotonicTime start = fetcher.Now();

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsDeadlineExceeded(fetched.response.status())) << fetched.response.status();
  EXPECT_GE(fetcher.Since(start), absl::Milliseconds(199));
  EXPECT_LT(fetcher.Since(start), absl::Seconds(3));
}

INSTANTIATE_TEST_SUITE_P(
    All, HangTest,
    testing::Values(Hang{"AfterAccept", ""},
                    Hang{"AfterHeaders", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"},
                    Hang{"MidBody", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(CurlClientTest, ARequestEndsAtItsOwnDeadlineWhenThatIsSooner) {
  TestServer server([](TestConnection& connection) {
    connection.ReadRequest();
    connection.WaitUntilPeerCloses();
  });
  Fetcher fetcher(PlainOptions());
  const base::MonotonicTime start = fetcher.Now();
  HttpRequest request = RequestTo(server.Url("/"));
  request.deadline = start + absl::Milliseconds(200);

  const Fetched fetched = fetcher.Fetch(std::move(request));

  EXPECT_TRUE(absl::IsDeadlineExceeded(fetched.response.status())) << fetched.response.status();
  EXPECT_GE(fetcher.Since(start), absl::Milliseconds(199));
  EXPECT_LT(fetcher.Since(start), absl::Seconds(3));
}

TEST(CurlClientTest, ADeadlineThatIsOverSendsNothing) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());
  HttpRequest request = RequestTo(server.Url("/"));
  request.deadline = fetcher.Now();

  const Fetched fetched = fetcher.Fetch(std::move(request));

  EXPECT_TRUE(absl::IsDeadlineExceeded(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(fetched.sends, IsEmpty());
}

TEST(CurlClientTest, InLineARequestWithLessTimeGoesBeforeTheOthers) {
  TestServer server([](TestConnection& connection) {
    if (connection.number() == 0) return connection.WaitUntilPeerCloses();
    connection.AnswerAll("{}");
  });
  CurlClient::Options options = PlainOptions();
  options.max_connections = 1;
  Fetcher fetcher(options);
  std::vector<HttpRequest> requests(3, RequestTo(server.Url("/")));
  requests[0].deadline =
      fetcher.Now() + absl::Milliseconds(600);  // Keeps the connection till then.
  requests[2].deadline = fetcher.Now() + absl::Milliseconds(300);

  const base::MonotonicTime start = fetcher.Now();
  const std::vector<Fetched> all = fetcher.FetchAll(std::move(requests));

  EXPECT_TRUE(absl::IsDeadlineExceeded(all[0].response.status())) << all[0].response.status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(all[2].response.status())) << all[2].response.status();
  EXPECT_THAT(all[2].sends, IsEmpty()) << "its time was over while it was in line";
  EXPECT_TRUE(all[1].response.ok()) << all[1].response.status();
  EXPECT_LT(fetcher.Since(start), absl::Seconds(5));
}

TEST(CurlClientTest, ARequestBehindOneThatIsOverdueIsStartedAtOnce) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());
  std::vector<HttpRequest> requests(2, RequestTo(server.Url("/")));
  requests[0].deadline = fetcher.Now();

  const base::MonotonicTime start = fetcher.Now();
  const std::vector<Fetched> all = fetcher.FetchAll(std::move(requests));

  EXPECT_TRUE(absl::IsDeadlineExceeded(all[0].response.status())) << all[0].response.status();
  EXPECT_TRUE(all[1].response.ok()) << all[1].response.status();
  EXPECT_LT(fetcher.Since(start), absl::Seconds(5));
}

TEST(CurlClientTest, AConnectionThatIsTooOldTakesNoFurtherRequest) {
  EXPECT_EQ(CurlOptions().max_connection_life, absl::Minutes(5));
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  CurlClient::Options options = PlainOptions();
  options.max_connection_life = absl::Seconds(1);
  Fetcher fetcher(options);
  const base::MonotonicTime start = fetcher.Now();

  ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());
  while (server.connections() < 2 && fetcher.Since(start) < absl::Seconds(10)) {
    fetcher.Run(absl::Milliseconds(20));
    ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());
  }

  EXPECT_EQ(server.connections(), 2) << "though it was never idle for long";
  EXPECT_GE(fetcher.Since(start), absl::Seconds(1));
}

TEST(CurlClientTest, AHandshakeThatHangsEndsAtTheConnectTimeOut) {
  TestServer server([](TestConnection& connection) { connection.WaitUntilPeerCloses(); });
  CurlClient::Options options = PlainOptions();
  options.connect_timeout = absl::Milliseconds(200);
  Fetcher fetcher(options);
  const base::MonotonicTime start = fetcher.Now();

  const Fetched fetched = fetcher.Fetch(absl::StrCat("https://127.0.0.1:", server.port(), "/"));

  EXPECT_TRUE(absl::IsDeadlineExceeded(fetched.response.status())) << fetched.response.status();
  EXPECT_LT(fetcher.Since(start), absl::Seconds(3));
  EXPECT_THAT(fetched.sends, IsEmpty());
}

TEST(CurlClientTest, ABodyOfExactlyTheLimitIsTakenAndOneByteMoreIsNot) {
  CurlClient::Options options = PlainOptions();
  options.max_body_bytes = 1000;
  TestServer exact(
      [](TestConnection& connection) { connection.AnswerAll(std::string(1000, 'x')); });
  TestServer above(
      [](TestConnection& connection) { connection.AnswerAll(std::string(1001, 'x')); });
  Fetcher fetcher(options);

  const Fetched taken = fetcher.Fetch(exact.Url("/"));
  const Fetched refused = fetcher.Fetch(above.Url("/"));

  ASSERT_TRUE(taken.response.ok()) << taken.response.status();
  EXPECT_EQ(taken.response->body.size(), 1000u);
  EXPECT_TRUE(absl::IsResourceExhausted(refused.response.status())) << refused.response.status();
}

TEST(CurlClientTest, NothingOfALargeAnswerIsKept) {
  TestServer endless(
      [](TestConnection& connection) { connection.AnswerAll(std::string(2'000'000, 'x')); });
  TestServer large(
      [](TestConnection& connection) { connection.AnswerAll(std::string(100'000, 'x')); });
  TestServer small([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());

  const Fetched refused = fetcher.Fetch(endless.Url("/"));
  const Fetched after = fetcher.Fetch(small.Url("/"));
  const Fetched taken = fetcher.Fetch(large.Url("/"));

  EXPECT_TRUE(absl::IsResourceExhausted(refused.response.status())) << refused.response.status();
  ASSERT_TRUE(after.response.ok() && taken.response.ok());
  EXPECT_LT(after.response->body.capacity(), 1000u);
  EXPECT_LT(taken.response->body.capacity(), 110'000u);
}

TEST(CurlClientTest, AnEndlessBodyOfUnknownLengthStopsAtTheLimit) {
  TestServer server([](TestConnection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = absl::StrCat("1000\r\n", std::string(0x1000, 'x'), "\r\n");
    for (int i = 0; i < 10000; ++i) connection.Write(chunk);
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsResourceExhausted(fetched.response.status())) << fetched.response.status();
}

TEST(CurlClientTest, GzipIsUnpacked) {
  TestServer server([](TestConnection& connection) {
    connection.AnswerAll(Gzip("{\"status\": \"running\"}"), "Content-Encoding: gzip\r\n");
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
  EXPECT_EQ(fetched.response->body, "{\"status\": \"running\"}");
}

TEST(CurlClientTest, AGzipBombStopsAtTheLimit) {
  const std::string bomb = Gzip(std::string(50'000'000, '\0'));
  TestServer server([&](TestConnection& connection) {
    connection.AnswerAll(bomb, "Content-Encoding: gzip\r\n");
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_TRUE(absl::IsResourceExhausted(fetched.response.status())) << fetched.response.status();
}

TEST(CurlClientTest, BrokenGzipIsDataLoss) {
  TestServer server([](TestConnection& connection) {
    connection.AnswerAll("this is not gzip at all", "Content-Encoding: gzip\r\n");
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  EXPECT_TRUE(absl::IsDataLoss(fetched.response.status())) << fetched.response.status();
}

TEST(CurlClientTest, ARedirectIsAnAnswerAndIsNotFollowed) {
  TestServer other([](TestConnection& connection) { connection.AnswerAll("followed"); });
  TestServer server([&](TestConnection& connection) {
    connection.ReadRequest();
    connection.Write(absl::StrCat("HTTP/1.1 302 Found\r\nLocation: ", other.Url("/"),
                                  "\r\nContent-Length: 0\r\n\r\n"));
  });
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
  EXPECT_EQ(fetched.response->status, 302);
  EXPECT_EQ(other.connections(), 0);
}

TEST(CurlClientTest, CookiesAreForgotten) {
  std::vector<std::string> seen;
  TestServer server([&](TestConnection& connection) {
    while (auto request = connection.ReadRequest()) {
      seen.push_back(*request);
      connection.Answer("{}", "Set-Cookie: session=1\r\n");
    }
  });
  Fetcher fetcher(PlainOptions());

  ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());
  ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());

  ASSERT_EQ(seen.size(), 2u);
  EXPECT_FALSE(absl::StrContains(seen[1], "session"));
}

TEST(CurlClientTest, ProxiesOfTheEnvironmentAreIgnored) {
  TestServer proxy([](TestConnection& connection) { connection.AnswerAll("from the proxy"); });
  TestServer server([](TestConnection& connection) { connection.AnswerAll("direct"); });
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) {
    setenv(name, proxy.Url("").c_str(), 1);
  }
  Fetcher fetcher(PlainOptions());

  const Fetched fetched = fetcher.Fetch(server.Url("/"));

  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  ASSERT_TRUE(fetched.response.ok()) << fetched.response.status();
  EXPECT_EQ(fetched.response->body, "direct");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST(CurlClientTest, MoreRequestsThanConnectionsWaitInLine) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  CurlClient::Options options = PlainOptions();
  options.max_connections = 2;
  Fetcher fetcher(options);

  const std::vector<Fetched> all =
      fetcher.FetchAll(std::vector<HttpRequest>(30, RequestTo(server.Url("/"))));

  for (const Fetched& fetched : all) {
    EXPECT_TRUE(fetched.response.ok()) << fetched.response.status();
  }
  EXPECT_EQ(server.connections(), 2);
}

TEST(CurlClientTest, ARequestInLineEndsAtItsTotalTimeOut) {
  TestServer server([](TestConnection& connection) { connection.WaitUntilPeerCloses(); });
  CurlClient::Options options = PlainOptions();
  options.max_connections = 1;
  options.total_timeout = absl::Milliseconds(200);
  Fetcher fetcher(options);
  const base::MonotonicTime start = fetcher.Now();

  const std::vector<Fetched> all =
      fetcher.FetchAll(std::vector<HttpRequest>(5, RequestTo(server.Url("/"))));

  for (const Fetched& fetched : all) {
    EXPECT_TRUE(absl::IsDeadlineExceeded(fetched.response.status())) << fetched.response.status();
  }
  EXPECT_LT(fetcher.Since(start), absl::Seconds(3));
}

struct BadRequest {
  const char* name;
  const char* url;
  const char* header_value;
};

class BadRequestTest : public testing::TestWithParam<BadRequest> {};

TEST_P(BadRequestTest, IsInvalidAndNothingIsSent) {
  CurlClient::Options options;  // Without allow_http.
  Fetcher fetcher(options);
  HttpRequest request = RequestTo(GetParam().url);
  request.headers = {{"X-Test", GetParam().header_value}};

  const Fetched fetched = fetcher.Fetch(std::move(request));

  EXPECT_TRUE(absl::IsInvalidArgument(fetched.response.status())) << fetched.response.status();
  EXPECT_THAT(fetched.sends, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, BadRequestTest,
                         testing::Values(BadRequest{"Http", "http://127.0.0.1:1/", "x"},
                                         BadRequest{"NoScheme", "127.0.0.1:1/", "x"},
                                         BadRequest{"OtherScheme", "file:///etc/passwd", "x"},
                                         BadRequest{"Empty", "", "x"},
                                         BadRequest{"UserName", "https://a:b@127.0.0.1:1/", "x"},
                                         BadRequest{"Blank", "https://127.0.0.1:1/a b", "x"},
                                         BadRequest{"BadPort", "https://127.0.0.1:99999/", "x"},
                                         BadRequest{"LineBreak", "https://127.0.0.1:1/",
                                                    "x\r\nX-Other: y"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(CurlClientTest, NothingIsCalledBeforeGetReturns) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());
  ASSERT_TRUE(fetcher.Fetch(server.Url("/")).response.ok());
  bool called = false;

  for (const std::string& url : {server.Url("/"), std::string("no url")}) {
    fetcher.client().Get(
        RequestTo(url), [&](int) { return called = true; },
        [&](absl::StatusOr<HttpResponse>) { called = true; });
  }

  EXPECT_FALSE(called);
  fetcher.DestroyClient();
  EXPECT_FALSE(called);
}

TEST(CurlClientTest, ADestroyedClientCallsNobody) {
  TestServer server([](TestConnection& connection) { connection.WaitUntilPeerCloses(); });
  CurlClient::Options options = PlainOptions();
  options.max_connections = 1;
  Fetcher fetcher(options);
  bool called = false;
  for (int i = 0; i < 3; ++i) {
    fetcher.client().Get(
        RequestTo(server.Url("/")),
        [&](int) {
          fetcher.loop().Stop();
          return true;
        },
        [&](absl::StatusOr<HttpResponse>) { called = true; });
  }
  fetcher.Run(absl::Seconds(10));

  fetcher.DestroyClient();
  fetcher.loop().Stop();
  fetcher.Run(absl::Seconds(10));

  EXPECT_FALSE(called);
}

TEST(CurlClientTest, TheClientMayBeDestroyedInsideDone) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());
  int ended = 0;
  for (int i = 0; i < 3; ++i) {
    fetcher.client().Get(
        RequestTo(server.Url("/")), [](int) { return true; },
        [&](absl::StatusOr<HttpResponse>) {
          ++ended;
          fetcher.DestroyClient();
          fetcher.loop().Stop();
        });
  }

  fetcher.Run(absl::Seconds(10));

  EXPECT_EQ(ended, 1);
}

TEST(CurlClientTest, ADoneMayGetAgainAtOnce) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());
  int ended = 0;
  std::function<void()> get = [&] {
    fetcher.client().Get(
        RequestTo(server.Url("/")), [](int) { return true; },
        [&](absl::StatusOr<HttpResponse> response) {
          EXPECT_TRUE(response.ok()) << response.status();
          if (++ended == 50) return fetcher.loop().Stop();
          get();
        });
  };

  get();
  fetcher.Run(absl::Seconds(20));

  EXPECT_EQ(ended, 50);
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClientTest, AnOnSendMayGetAgain) {
  TestServer server([](TestConnection& connection) { connection.AnswerAll("{}"); });
  Fetcher fetcher(PlainOptions());
  int ended = 0;
  const auto done = [&](absl::StatusOr<HttpResponse> response) {
    EXPECT_TRUE(response.ok()) << response.status();
    if (++ended == 2) fetcher.loop().Stop();
  };

  fetcher.client().Get(
      RequestTo(server.Url("/")),
      [&](int) {
        fetcher.client().Get(
            RequestTo(server.Url("/")), [](int) { return true; }, done);
        return true;
      },
      done);
  fetcher.Run(absl::Seconds(10));

  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace runcast::http
