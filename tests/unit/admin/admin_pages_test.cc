#include "gateway/admin/admin_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace runcast::admin {
namespace {

using testing::HasSubstr;

AdminPages Pages(const bool* ready = nullptr) {
  AdminPages::Sources sources;
  sources.metrics = [] { return "runcast_watchers 3\n"; };
  sources.ready = [ready] { return ready != nullptr && *ready; };
  sources.config = [] { return "{\"log\": {}}\n"; };
  sources.runs = [] { return "{\"runs\": []}\n"; };
  sources.versions = {{"runcast", "1.2.3"}, {"grpc", "1.51.1"}};
  return AdminPages(std::move(sources));
}

TEST(AdminPagesTest, MetricsAreTheTextOfTheSourceAsFormat004) {
  const PageAnswer answer = Pages().Answer("GET", "/metrics");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(answer.body, "runcast_watchers 3\n");
}

TEST(AdminPagesTest, HealthIsGoodWhileTheProcessLives) {
  EXPECT_EQ(Pages().Answer("GET", "/healthz").status, 200);
}

TEST(AdminPagesTest, ReadinessIsAskedEachTime) {
  bool ready = true;
  AdminPages pages = Pages(&ready);

  EXPECT_EQ(pages.Answer("GET", "/readyz").status, 200);
  ready = false;
  EXPECT_EQ(pages.Answer("GET", "/readyz").status, 503);
  EXPECT_EQ(pages.Answer("GET", "/readyz").body, "not ready\n");
}

TEST(AdminPagesTest, VersionIsJsonInTheOrderGiven) {
  const PageAnswer answer = Pages().Answer("GET", "/version");

  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body, "{\n  \"runcast\": \"1.2.3\",\n  \"grpc\": \"1.51.1\"\n}\n");
}

TEST(AdminPagesTest, ConfigurationAndRunsAreTheJsonOfTheirSources) {
  for (const char* path : {"/configz", "/runs"}) {
    const PageAnswer answer = Pages().Answer("GET", path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_THAT(answer.content_policy, testing::StartsWith("default-src 'none'"));
  }
  EXPECT_EQ(Pages().Answer("GET", "/runs").body, "{\"runs\": []}\n");
}

TEST(AdminPagesTest, TheLivePageNeedsNothingFromElsewhere) {
  const PageAnswer answer = Pages().Answer("GET", "/");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/html; charset=utf-8");
  for (const char* outside : {"src=", "<link", "@import", "url(", "http://localhost", "https://"}) {
    EXPECT_THAT(answer.body, testing::Not(HasSubstr(outside)));
  }
  for (const char* unsafe : {"innerHTML", "insertAdjacent", "document.write", "eval("}) {
    EXPECT_THAT(answer.body, testing::Not(HasSubstr(unsafe)));
  }
}

TEST(AdminPagesTest, ThePolicyOfTheLivePageAllowsItsOwnScriptByHashAndNothingElse) {
  const std::string policy = Pages().Answer("GET", "/").content_policy;

  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("style-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, testing::Not(HasSubstr("unsafe")));
}

TEST(AdminPagesTest, EveryOtherPathIsNotFoundAndTellsThePages) {
  for (const char* path : {"", "/runs/", "/metrics/", "//metrics", "/Metrics", "/../etc/passwd",
                           "/%6detrics", "/favicon.ico"}) {
    const PageAnswer answer = Pages().Answer("GET", path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(answer.body, HasSubstr("/ /runs /configz /metrics /healthz /readyz /version"));
  }
}

TEST(AdminPagesTest, OnlyGetAndHeadAreAllowed) {
  EXPECT_EQ(Pages().Answer("HEAD", "/healthz").status, 200);
  for (const char* method : {"POST", "PUT", "DELETE", "other", "get"}) {
    EXPECT_EQ(Pages().Answer(method, "/healthz").status, 405) << method;
    EXPECT_EQ(Pages().Answer(method, "/nowhere").status, 405) << method;
  }
}

}  // namespace
}  // namespace runcast::admin
