#include "gateway/upstream/answer_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace runcast::upstream {
namespace {

const base::RunKey kRun{"st-1", "smoke", "tr-1", ""};

http::HttpResponse Response(std::string body) {
  http::HttpResponse response;
  response.status = 200;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

PollAnswer Active(double percent) {
  PollAnswer answer;
  answer.status.set_state(v1::RUN_STATE_RUNNING);
  answer.status.mutable_progress()->set_percent(percent);
  return answer;
}

void Put(AnswerCache& cache, const base::RunKey& run, const std::string& body,
         const PollAnswer& answer) {
  http::HttpResponse response = Response(body);
  cache.Put(run, response, answer);
}

TEST(AnswerCacheTest, KnowsTheSameBytesAgain) {
  AnswerCache cache;
  Put(cache, kRun, "{25}", Active(25));

  const PollAnswer* known = cache.Find(kRun, Response("{25}"));

  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->status.progress().percent(), 25);
}

TEST(AnswerCacheTest, OtherBytesAnotherRunOrAnotherKindOfAnswerAreNotKnown) {
  AnswerCache cache;
  Put(cache, kRun, "{25}", Active(25));

  EXPECT_EQ(cache.Find(kRun, Response("{26}")), nullptr);
  EXPECT_EQ(cache.Find({"st-1", "smoke", "tr-2", ""}, Response("{25}")), nullptr);
  EXPECT_EQ(cache.Find({"st-1", "smoke", "tr-1", "de"}, Response("{25}")), nullptr);
  http::HttpResponse refused = Response("{25}");
  refused.status = 503;
  EXPECT_EQ(cache.Find(kRun, refused), nullptr);
  http::HttpResponse page = Response("{25}");
  page.content_type = "text/html";
  EXPECT_EQ(cache.Find(kRun, page), nullptr);
}

TEST(AnswerCacheTest, OnlyTheLastAnswerOfARunIsKept) {
  AnswerCache cache;
  Put(cache, kRun, "{25}", Active(25));
  Put(cache, kRun, "{26}", Active(26));

  EXPECT_EQ(cache.Find(kRun, Response("{25}")), nullptr);
  EXPECT_NE(cache.Find(kRun, Response("{26}")), nullptr);
}

TEST(AnswerCacheTest, AnEndAndASignedLinkAreNeverKept) {
  AnswerCache cache;
  Put(cache, kRun, "{25}", Active(25));
  PollAnswer ended = Active(100);
  ended.status.set_terminal(true);
  Put(cache, kRun, "{100}", ended);
  EXPECT_EQ(cache.Find(kRun, Response("{100}")), nullptr);
  EXPECT_EQ(cache.Find(kRun, Response("{25}")), nullptr);

  PollAnswer with_link = Active(30);
  with_link.report_link = base::SecretString("https://platform.example/x?s=1");
  Put(cache, kRun, "{30}", with_link);
  EXPECT_EQ(cache.Find(kRun, Response("{30}")), nullptr);
}

TEST(AnswerCacheTest, LargeBodiesAreNotKept) {
  AnswerCache cache;
  const std::string body(AnswerCache::kLargestBody + 1, 'x');
  Put(cache, kRun, body, Active(25));

  EXPECT_EQ(cache.Find(kRun, Response(body)), nullptr);
}

TEST(AnswerCacheTest, WhatIsNotAskedForMakesRoomAndWhatIsStays) {
  AnswerCache cache(/*generation_bytes=*/20'000);
  Put(cache, kRun, "{25}", Active(25));
  const base::RunKey forgotten{"st-1", "smoke", "tr-forgotten", ""};
  Put(cache, forgotten, "{1}", Active(1));
  for (int i = 0; i < 100; ++i) {
    Put(cache, {"st-1", "smoke", absl::StrCat("tr-many-", i), ""}, "{2}", Active(2));
    ASSERT_NE(cache.Find(kRun, Response("{25}")), nullptr) << i;
  }

  EXPECT_EQ(cache.Find(forgotten, Response("{1}")), nullptr);
}

}  // namespace
}  // namespace runcast::upstream
