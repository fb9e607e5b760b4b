// Paths, methods and the other calls of the public API.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/component/simulator/simulator_process.h"
#include "tests/component/simulator/test_token.h"

namespace runcast::simulator_test {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::StartsWith;

class PlatformCallTest : public testing::Test {
 protected:
  PlatformCallTest() {
    simulator_.Control("POST", "/apps",
                       {{"client_id", kClientId}, {"secret", kSecret}, {"streams", {"st-1"}}});
    simulator_.Control("POST", "/suites", {{"stream", "st-1"}, {"name", "smoke"}});
    simulator_.Control("POST", "/runs",
                       {{"stream", "st-1"}, {"suite", "smoke"}, {"run_id", "tr-1"}});
  }
  Exchange Call(const std::string& method, const std::string& path, const std::string& body = "") {
    return client_.Do(method, simulator_.api() + path, {AuthHeader()}, body);
  }

  SimulatorProcess simulator_;
  HttpClient client_;
};

TEST_F(PlatformCallTest, BothPrefixesAndBothSpellingsOfTheStreamAnswer) {
  for (const char* base :
       {"/api/public/stream", "/api/public/bot", "/api/1.1/public/stream", "/api/1.1/public/bot"}) {
    EXPECT_EQ(Call("GET", std::string(base) + "/st-1/testsuite/smoke/tr-1/status").status, 200)
        << base;
  }
}

TEST_F(PlatformCallTest, TheWrongMethodIsSaidBeforeTheToken) {
  const Exchange answer = client_.Do("POST", simulator_.StatusUrl("tr-1"));

  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.ErrorCode(), 405);
  EXPECT_EQ(answer.ErrorMessage(), "Method Not Allowed");
}

TEST_F(PlatformCallTest, AnUnknownPathIs404) { EXPECT_EQ(Call("GET", "/api/other").status, 404); }

TEST_F(PlatformCallTest, AnUnknownSuiteIsABadRequestUnlessToldOtherwise) {
  const std::string path = "/api/public/stream/st-1/testsuite/other/tr-1/status";

  EXPECT_EQ(Call("GET", path).status, 400);
  EXPECT_EQ(Call("GET", path).ErrorMessage(), "Test Suite not found");
  EXPECT_EQ(Call("GET", path).ErrorCode(), 400);

  simulator_.Control("PUT", "/settings", {{"suite_not_found_status", 404}});
  EXPECT_EQ(Call("GET", path).status, 404);
}

TEST_F(PlatformCallTest, AnUnknownRunIsABadRequestUnlessToldOtherwise) {
  const std::string path = "/api/public/stream/st-1/testsuite/smoke/tr-9/status";

  EXPECT_EQ(Call("GET", path).status, 400);
  EXPECT_EQ(Call("GET", path).ErrorMessage(), "Test Result not found.");

  simulator_.Control("PUT", "/settings", {{"run_not_found_status", 404}});
  EXPECT_EQ(Call("GET", path).status, 404);
}

TEST_F(PlatformCallTest, SuiteNamesAreDecodedAsOneSegment) {
  simulator_.Control("POST", "/runs",
                     {{"stream", "st-1"}, {"suite", "a/b ü 100%"}, {"run_id", "tr-2"}});

  EXPECT_EQ(
      Call("GET", "/api/public/stream/st-1/testsuite/a%2Fb%20%C3%BC%20100%25/tr-2/status").status,
      200);
}

TEST_F(PlatformCallTest, TheRunCallStartsARun) {
  simulator_.Control("PUT", "/defaults", {{"run_template", {{"utterances", 7}}}});

  const Exchange answer = Call("POST", "/api/public/stream/st-1/testsuite/smoke/run",
                               R"({"version":"inDevelopment","engine":"dgpt"})");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Json()["status"], "accepted");
  const auto run = answer.Json()["requestId"].get<std::string>();
  EXPECT_THAT(run, StartsWith("tr-"));
  const Json status =
      Call("GET", "/api/public/stream/st-1/testsuite/smoke/" + run + "/status").Json();
  EXPECT_EQ(status["utterance_count"], 7);
  EXPECT_EQ(status["result"]["runType"], "inDevelopment");
}

TEST_F(PlatformCallTest, ABadBodyOfTheRunCallIs412) {
  for (const char* body : {"{}", "[]", "nonsense", R"({"version":"latest"})",
                           R"({"version":"published","engine":"magic"})"}) {
    const Exchange answer = Call("POST", "/api/public/stream/st-1/testsuite/smoke/run", body);
    EXPECT_EQ(answer.status, 412) << body;
    EXPECT_EQ(answer.ErrorMessage(), "Validation errors/ Invalid arguments");
  }
}

TEST_F(PlatformCallTest, TheSuiteListMixesCountsWithSuites) {
  simulator_.Control("POST", "/suites",
                     {{"stream", "st-1"},
                      {"name", "Developer defined utterances"},
                      {"type", "prebuilt"},
                      {"listed_as", "AllMlUtterances"}});
  simulator_.Control("PATCH", "/runs/tr-1", {{"finish_now", true}});

  const Json all = Call("GET", "/api/public/bot/st-1/testsuite?skip=0&limit=10").Json();
  const Json page = Call("GET", "/api/public/bot/st-1/testsuite?skip=0&limit=1").Json();

  EXPECT_EQ(all["count"], 2);
  EXPECT_EQ(all["moreAvailable"], false);
  EXPECT_EQ(all["AllMlUtterances"]["testSuiteType"], "prebuilt");
  const std::string id = simulator_.Control("GET", "/runs/tr-1").at("suite_id").get<std::string>();
  EXPECT_EQ(all[id]["name"], "smoke");
  EXPECT_EQ(all[id]["results"][0]["_id"], "tr-1");
  EXPECT_EQ(all[id]["results"][0]["results"]["TP"], 35);
  EXPECT_FALSE(all[id]["results"][0]["results"].contains("traitSuccess"));
  EXPECT_EQ(page["moreAvailable"], true);
  EXPECT_EQ(page.size(), 3u);
}

TEST_F(PlatformCallTest, SuitesAreImportedExportedAndDeleted) {
  const std::string base = "/api/public/bot/st-1/testsuite";

  EXPECT_EQ(Call("POST", base + "/import", R"({"name":"new","fileName":"f","fileType":"csv"})")
                .Json()["name"],
            "new");
  EXPECT_TRUE(Call("POST", base + "/new/export").Json().contains("downloadUrl"));
  EXPECT_TRUE(Call("DELETE", base + "/new").Json().contains("message"));
  EXPECT_EQ(Call("POST", base + "/new/export").ErrorMessage(), "Test Suite not found");
}

TEST_F(PlatformCallTest, ADeletedRunIsNotFound) {
  EXPECT_TRUE(
      Call("DELETE", "/api/1.1/public/bot/st-1/testsuite/smoke/tr-1").Json().contains("message"));
  EXPECT_EQ(Call("DELETE", "/api/1.1/public/bot/st-1/testsuite/smoke/tr-1").ErrorMessage(),
            "Test Result not found.");
}

}  // namespace
}  // namespace runcast::simulator_test
