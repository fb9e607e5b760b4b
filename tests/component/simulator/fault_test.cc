// Scripted faults, seen from a client.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/component/simulator/simulator_process.h"
#include "tests/component/simulator/test_token.h"

namespace runcast::simulator_test {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class FaultTest : public testing::Test {
 protected:
  FaultTest() {
    simulator_.Control("POST", "/runs",
                       {{"stream", "st-1"},
                        {"suite", "smoke"},
                        {"run_id", "tr-1"},
                        {"duration_ms", 4'000'000},
                        {"started_ago_ms", 1'000'000}});
  }
  Json Script(Json fault) { return simulator_.Control("POST", "/faults", fault); }
  Exchange Ask(const std::string& run = "tr-1") {
    return client_.Do("GET", simulator_.StatusUrl(run), {AuthHeader()});
  }

  SimulatorProcess simulator_{
      {"--default-app", std::string(kClientId) + ":" + kSecret, "--auto-run", "{}"}};
  HttpClient client_;
};

TEST_F(FaultTest, AnHttpErrorComesAsOftenAsToldForTheRunNamed) {
  Script({{"kind", "http"},
          {"status", 503},
          {"body", "busy"},
          {"retry_after", 3},
          {"headers", {{"X-Proxy", "front"}}},
          {"run", "tr-1"},
          {"count", 2}});

  EXPECT_EQ(Ask("tr-2").status, 200);
  const Exchange first = Ask();
  EXPECT_EQ(first.status, 503);
  EXPECT_EQ(first.body, "busy");
  EXPECT_EQ(first.headers.at("retry-after"), "3");
  EXPECT_EQ(first.headers.at("x-proxy"), "front");
  EXPECT_EQ(Ask().status, 503);
  EXPECT_EQ(Ask().status, 200);
  EXPECT_EQ(simulator_.Control("GET", "/faults")[0]["hits"], 2);
  EXPECT_EQ(simulator_.Requests("status=503").at(0)["fault"], "http");
}

TEST_F(FaultTest, AFaultMayLetRequestsThroughFirst) {
  Script({{"kind", "http"}, {"status", 500}, {"after", 1}, {"count", 1}});

  EXPECT_EQ(Ask().status, 200);
  EXPECT_EQ(Ask().status, 500);
  EXPECT_EQ(Ask().status, 200);
}

TEST_F(FaultTest, AFaultMayLastForATime) {
  Script({{"kind", "http"}, {"status", 500}, {"for_ms", 400}, {"stream", "st-1"}});

  EXPECT_EQ(Ask().status, 500);
  simulator_.Control("PUT", "/settings", {{"minute_limit", 0}, {"hour_limit", 0}});
  EXPECT_TRUE(SimulatorProcess::Eventually([&] { return Ask().status == 200; }));
}

TEST_F(FaultTest, ADeletedFaultStrikesNoMore) {
  const Json ids = Script({{"kind", "http"}, {"status", 500}})["ids"];
  EXPECT_EQ(Ask().status, 500);

  simulator_.Control("DELETE", "/faults/" + ids[0].dump());

  EXPECT_EQ(Ask().status, 200);
}

TEST_F(FaultTest, ErrorsMayComeWith200) {
  Script({{"kind", "errors"}, {"msg", "Internal Server Error"}, {"code", "500"}});

  const Exchange answer = Ask();

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Json()["errors"][0]["code"], "500");
}

TEST_F(FaultTest, ARedirectNamesItsTarget) {
  Script({{"kind", "redirect"}, {"location", "http://127.0.0.1:1/elsewhere"}});

  EXPECT_EQ(Ask().status, 302);
  EXPECT_EQ(Ask().headers.at("location"), "http://127.0.0.1:1/elsewhere");
}

TEST_F(FaultTest, ADelayedAnswerIsGood) {
  Script({{"kind", "delay"}, {"delay_ms", 150}});

  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(Ask().status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(150));
  const Json entry = simulator_.Requests("run=tr-1").at(0);
  EXPECT_GE(entry["answered_monotonic_ms"].get<double>() - entry["monotonic_ms"].get<double>(),
            149);
}

TEST_F(FaultTest, AHangShowsAsMuchAsItWasTold) {
  client_.set_limit(std::chrono::milliseconds(1000));
  Script({{"kind", "hang"}, {"at", "start"}, {"count", 1}});
  Script({{"kind", "hang"}, {"at", "headers"}, {"count", 1}});
  Script({{"kind", "hang"}, {"at", "body"}, {"count", 1}});

  const Exchange silent = Ask();
  const Exchange headers = Ask();
  const Exchange half = Ask();

  EXPECT_EQ(silent.curl, CURLE_OPERATION_TIMEDOUT);
  EXPECT_EQ(silent.status, 0);
  EXPECT_EQ(headers.curl, CURLE_OPERATION_TIMEDOUT);
  EXPECT_EQ(headers.status, 200);
  EXPECT_EQ(headers.body, "");
  EXPECT_EQ(half.curl, CURLE_OPERATION_TIMEDOUT);
  EXPECT_THAT(half.body, StartsWith("{\"_id\":\"tr-1\""));
}

TEST_F(FaultTest, AHangMayEnd) {
  Script({{"kind", "hang"}, {"at", "body"}, {"hang_ms", 50}});

  EXPECT_EQ(Ask().Json()["status"], "running");
}

TEST_F(FaultTest, AResetMidBodyIsAReset) {
  Script({{"kind", "cut"}, {"at", "body"}, {"how", "reset"}});

  const Exchange answer = Ask();

  EXPECT_EQ(answer.curl, CURLE_RECV_ERROR);
  EXPECT_EQ(answer.status, 200);
}

TEST_F(FaultTest, AShortBodyEndsBeforeItsLength) {
  Script({{"kind", "cut"}, {"at", "body"}, {"how", "close"}});

  const Exchange answer = Ask();

  EXPECT_EQ(answer.curl, CURLE_PARTIAL_FILE);
  EXPECT_LT(answer.body.size(), std::stoul(answer.headers.at("content-length")));
}

TEST_F(FaultTest, ACutAtTheStartSaysNothing) {
  Script({{"kind", "cut"}, {"at", "start"}, {"how", "close"}});

  EXPECT_EQ(Ask().curl, CURLE_GOT_NOTHING);
  EXPECT_EQ(simulator_.Requests("run=tr-1").at(0)["status"], 0);
}

TEST_F(FaultTest, AReusedConnectionDiesWithItsRequestAndCurlSendsTheSameTokenAgain) {
  nlohmann::json claims = GoodClaims();
  EXPECT_EQ(Ask().status, 200);
  Script({{"kind", "drop_reused"}, {"count", 1}});
  claims["jti"] = "sent-twice";

  const Exchange answer =
      client_.Do("GET", simulator_.StatusUrl("tr-1"), {AuthHeader(SignHmac(claims))});

  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.ErrorMessage(), "error verifying the jwt: possibly a replay");
  const Json requests = simulator_.Requests("run=tr-1");
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[1]["status"], 0);
  EXPECT_EQ(requests[1]["connection"], requests[0]["connection"]);
  EXPECT_NE(requests[2]["connection"], requests[0]["connection"]);
  EXPECT_EQ(requests[2]["replay"], true);
}

TEST_F(FaultTest, AConnectionMayBeClosedAfterTheAnswer) {
  for (const char* kind : {"close_after", "close_silently"}) {
    Script({{"kind", kind}, {"count", 1}});
    EXPECT_EQ(Ask().status, 200);

    EXPECT_TRUE(SimulatorProcess::Eventually([&] {
      return simulator_.Control("GET", "/connections")["open"] == 0;
    })) << kind;
    EXPECT_EQ(Ask().new_connections, 1) << kind;
  }
}

TEST_F(FaultTest, ASlowAnswerArrivesWhole) {
  Script({{"kind", "slow"}, {"bytes_per_second", 4'000}});

  EXPECT_EQ(Ask().Json()["status"], "running");
}

TEST_F(FaultTest, AnOlderStateGoesBackward) {
  EXPECT_EQ(Ask().Json()["percentage"], 25);
  Script({{"kind", "older"}, {"back_ms", 400'000}});

  EXPECT_EQ(Ask().Json()["percentage"], 15);
}

TEST_F(FaultTest, AnAnswerMayBeForAnotherRun) {
  Script({{"kind", "wrong_id"}});

  EXPECT_NE(Ask().Json()["_id"], "tr-1");
  EXPECT_EQ(Ask().Json()["status"], "running");
}

TEST_F(FaultTest, BadBodiesAreBadInTheirOwnWay) {
  const auto body = [&](const Json& fault) {
    Json once = fault;
    once["count"] = 1;
    Script(once);
    return Ask();
  };

  EXPECT_EQ(body({{"kind", "empty"}}).body, "");
  EXPECT_TRUE(body({{"kind", "garbage"}}).Json().is_discarded());
  EXPECT_THAT(body({{"kind", "html"}}).body, StartsWith("<!DOCTYPE html>"));
  EXPECT_TRUE(body({{"kind", "truncated"}}).Json().is_discarded());
  EXPECT_TRUE(body({{"kind", "not_an_object"}}).Json().is_array());
  EXPECT_TRUE(body({{"kind", "wrong_types"}}).Json()["status"].is_number());
  EXPECT_TRUE(body({{"kind", "invalid_utf8"}}).Json().is_discarded());
  EXPECT_THAT(body({{"kind", "duplicate_keys"}}).body, HasSubstr("\"_id\":\"tr-duplicate\""));
  EXPECT_THAT(body({{"kind", "deep"}, {"depth", 10'000}}).body,
              HasSubstr(std::string(10'000, '[')));
  EXPECT_EQ(body({{"kind", "oversized"}}).body.size(), 10u * 1024 * 1024);
}

TEST_F(FaultTest, AGzipBombIsSmallUntilOpened) {
  Script({{"kind", "gzip_bomb"}, {"size", 20'000'000}});

  const Exchange packed = Ask();
  client_.set_decompress(true);
  const Exchange opened = Ask();

  EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 100'000u);
  EXPECT_EQ(opened.body.size(), 20'000'002u);
}

TEST_F(FaultTest, UnknownKindsAndMembersAreRefused) {
  EXPECT_THROW(Script({{"kind", "gremlin"}}), std::runtime_error);
  EXPECT_THROW(Script({{"kind", "http"}, {"status", 500}, {"cuont", 1}}), std::runtime_error);
  EXPECT_THROW(Script({{"kind", "http"}}), std::runtime_error);
  EXPECT_THROW(Script({{"kind", "older"}}), std::runtime_error);
}

}  // namespace
}  // namespace runcast::simulator_test
