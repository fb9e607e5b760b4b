#include "gateway/admin/run_list.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"

namespace runcast::admin {
namespace {

using nlohmann::json;

const absl::Time kNow = absl::FromUnixSeconds(1893553445);

RunRow Row(const std::string& run_id, uint32_t watchers = 1,
           v1::Freshness::State freshness = v1::Freshness::STATE_FRESH) {
  v1::RunStatus status;
  status.set_state(v1::RUN_STATE_RUNNING);
  status.set_raw_state("in_progress");
  status.mutable_progress()->set_percent(25);
  status.mutable_progress()->set_utterances_done(10);
  status.mutable_progress()->set_utterances_total(40);
  status.set_sequence(7);
  RunRow row{{"st-1", "Smoke tests", run_id, "en"}, {}, watchers};
  row.entry.snapshot = runs::Snapshot::Make(status);
  row.entry.vitals.followed = true;
  row.entry.vitals.freshness.set_state(freshness);
  row.entry.vitals.last_good_answer = kNow - absl::Seconds(2);
  row.entry.vitals.next_poll = kNow + absl::Milliseconds(100);
  row.entry.vitals.budget = {.minute = 5, .minute_limit = 58, .hour = 50, .hour_limit = 1782};
  return row;
}

json Shown(RunList list) { return json::parse(RunListJson(std::move(list))); }

TEST(RunListTest, ARunIsShownWithAllThatIsKnownOfIt) {
  RunRow stale = Row("tr-1", 3, v1::Freshness::STATE_STALE);
  stale.entry.vitals.freshness.set_reason("UPSTREAM_UNAVAILABLE");
  stale.entry.vitals.freshness.set_message("status of run tr-1: HTTP 503");

  const json run = Shown({.now = kNow, .rows = {stale}}).at("runs").at(0);

  EXPECT_EQ(run, json::parse(R"({
    "stream": "st-1", "suite": "Smoke tests", "run": "tr-1", "language": "en", "watchers": 3,
    "followed": true, "freshness": "stale", "reason": "UPSTREAM_UNAVAILABLE",
    "message": "status of run tr-1: HTTP 503", "last_good_answer_ms": 1893553443000,
    "next_poll_ms": 1893553445100, "predicted_end_ms": null,
    "budget": {"minute": 5, "minute_limit": 58, "hour": 50, "hour_limit": 1782},
    "state": "running", "raw_state": "in_progress", "terminal": false, "sequence": 7,
    "percent": 25.0, "done": 10, "total": 40})"));
}

TEST(RunListTest, WhatIsNotKnownIsAbsent) {
  RunRow row{{"st-1", "suite", "tr-1", ""}, {}, 0};
  row.entry.vitals.freshness.set_state(v1::Freshness::STATE_NEVER_SEEN);

  const json run = Shown({.now = kNow, .rows = {row}}).at("runs").at(0);

  EXPECT_EQ(run.at("state"), "unknown");
  EXPECT_EQ(run.at("freshness"), "never_seen");
  EXPECT_EQ(run.at("last_good_answer_ms"), nullptr);
  EXPECT_FALSE(run.contains("percent"));
}

TEST(RunListTest, TroubleComesFirstThenTheMostWatched) {
  RunList list{.now = kNow, .rows = {Row("tr-few", 1), Row("tr-many", 9)}};
  list.rows.push_back(Row("tr-stale", 1, v1::Freshness::STATE_STALE));
  list.rows.push_back(Row("tr-past", 0, v1::Freshness::STATE_STALE));
  list.rows.back().entry.vitals.followed = false;

  const json runs = Shown(list).at("runs");

  const char* const expected[] = {"tr-stale", "tr-many", "tr-few", "tr-past"};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(runs.at(i).at("run"), expected[i]);
}

TEST(RunListTest, OfVeryManyRunsTheRestIsOnlyCounted) {
  RunList list{.now = kNow};
  for (int i = 0; i < 3000; ++i) list.rows.push_back(Row(absl::StrCat("tr-", i)));

  const json shown = Shown(list);

  EXPECT_EQ(shown.at("runs").size(), RunList::kMostShown);
  EXPECT_EQ(shown.at("total_runs"), 3000);
}

TEST(RunListTest, IdsThatAreNotUtf8DoNotBreakThePage) {
  EXPECT_EQ(Shown({.now = kNow, .rows = {Row("tr-\xff<script>")}}).at("runs").size(), 1u);
}

TEST(RunListTest, ActivityAndHealthAreShown) {
  RunList list{.now = kNow, .version = "1.2.3", .ready = true, .breaker_open = true};
  list.activity.push_back(
      {kNow, {.watchers = 4, .messages_sent = 9, .polls_good = 2, .polls_bad = 1}});

  const json shown = Shown(list);

  EXPECT_EQ(shown.at("version"), "1.2.3");
  EXPECT_EQ(shown.at("ready"), true);
  EXPECT_EQ(shown.at("breaker_open"), true);
  EXPECT_EQ(shown.at("activity").at(0).at("watchers"), 4);
  EXPECT_EQ(shown.at("activity").at(0).at("polls_bad"), 1);
}

TEST(RunListTest, ReplicasAreShownWhereThereIsAnEngine) {
  EXPECT_FALSE(Shown({.now = kNow}).contains("replicas"));
  const json shown =
      Shown({.now = kNow,
             .replicas = ReplicaFacts{.engine_up = true, .live = 3, .lost = 1, .owned_runs = 12}});

  EXPECT_EQ(shown.at("replicas"),
            json({{"engine_up", true}, {"live", 3}, {"lost", 1}, {"owned_runs", 12}}));
}

TEST(ActivityHistoryTest, KeepsTenMinutes) {
  ActivityHistory history;
  for (int i = 0; i < 500; ++i) history.Add({kNow + i * ActivityHistory::kStep, {.watchers = i}});

  const auto samples = history.Samples();

  EXPECT_EQ(samples.size(), ActivityHistory::kMostSamples);
  EXPECT_EQ(samples.back().activity.watchers, 499);
  EXPECT_EQ(samples.back().at - samples.front().at, absl::Minutes(10));
}

}  // namespace
}  // namespace runcast::admin
