#include "gateway/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace runcast::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

// Renaming one breaks dashboards and alerts of other people: this list changes on purpose only.
constexpr const char* kNames[] = {
    "counter grpc_server_handled_total",
    "counter grpc_server_msg_sent_total",
    "counter grpc_server_started_total",
    "counter process_cpu_seconds_total",
    "counter runcast_accept_pauses_total",
    "counter runcast_access_denied_total",
    "counter runcast_access_policy_loads_total",
    "counter runcast_access_policy_refusals_total",
    "counter runcast_certificate_loads_total",
    "counter runcast_certificate_refusals_total",
    "counter runcast_config_reload_refusals_total",
    "counter runcast_config_reloads_total",
    "counter runcast_connections_accepted_total",
    "counter runcast_connections_cut_total",
    "counter runcast_coordination_claims_total",
    "counter runcast_coordination_failures_total",
    "counter runcast_coordination_handovers_total",
    "counter runcast_coordination_lost_leases_total",
    "counter runcast_coordination_publish_refusals_total",
    "counter runcast_coordination_records_total",
    "counter runcast_coordination_takeovers_total",
    "counter runcast_heartbeats_sent_total",
    "counter runcast_limit_refusals_total",
    "counter runcast_log_lines_dropped_total",
    "counter runcast_new_runs_refused_total",
    "counter runcast_reads_from_memory_total",
    "counter runcast_reads_joined_total",
    "counter runcast_reads_refused_total",
    "counter runcast_report_links_given_total",
    "counter runcast_secrets_reloaded_total",
    "counter runcast_snapshots_published_total",
    "counter runcast_stalls_total",
    "counter runcast_statuses_conflated_total",
    "counter runcast_statuses_sent_total",
    "counter runcast_stream_ends_total",
    "counter runcast_tokens_signed_total",
    "counter runcast_unreadable_fields_total",
    "counter runcast_upstream_failures_total",
    "counter runcast_upstream_polls_total",
    "counter runcast_upstream_repeats_total",
    "counter runcast_upstream_requests_total",
    "gauge process_max_fds",
    "gauge process_open_fds",
    "gauge process_resident_memory_bytes",
    "gauge process_start_time_seconds",
    "gauge process_threads",
    "gauge process_virtual_memory_bytes",
    "gauge runcast_breaker_open",
    "gauge runcast_budget_logs",
    "gauge runcast_build_info",
    "gauge runcast_certificate_expiry_timestamp_seconds",
    "gauge runcast_coordination_lost_replicas",
    "gauge runcast_coordination_owned_runs",
    "gauge runcast_coordination_replicas",
    "gauge runcast_coordination_up",
    "gauge runcast_draining",
    "gauge runcast_followed_runs",
    "gauge runcast_kept_bytes",
    "gauge runcast_kept_runs",
    "gauge runcast_live_calls",
    "gauge runcast_memory_full",
    "gauge runcast_oldest_answer_seconds",
    "gauge runcast_stale_runs",
    "gauge runcast_token_expiry_seconds",
    "gauge runcast_watchers",
    "gauge runcast_watchers_limit",
    "gauge runcast_budget_used_ratio",
    "histogram grpc_server_handling_seconds",
    "histogram runcast_coordination_publish_seconds",
    "histogram runcast_coordination_renew_seconds",
    "histogram runcast_delivery_seconds",
    "histogram runcast_upstream_poll_seconds",
};

std::set<std::string> NamesIn(const std::string& text) {
  std::set<std::string> names;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() == 4 && words[1] == "TYPE") names.insert(words[3] + " " + words[2]);
  }
  return names;
}

double Value(const std::string& text, absl::string_view sample) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, absl::StrCat(sample, " "))) {
      return std::stod(std::string(line.substr(sample.size() + 1)));
    }
  }
  ADD_FAILURE() << sample << " is not in\n" << text;
  return -1;
}

TEST(MetricsTest, NamesAndTypesAreTheGoldenList) {
  Metrics metrics;

  EXPECT_EQ(NamesIn(metrics.WriteText()),
            std::set<std::string>(std::begin(kNames), std::end(kNames)));
}

TEST(MetricsTest, CountersEndInTotalAndGaugesDoNot) {
  for (const std::string name : kNames) {
    EXPECT_EQ(absl::StartsWith(name, "counter"), absl::EndsWith(name, "_total")) << name;
    EXPECT_TRUE(!absl::StartsWith(name, "histogram") || absl::EndsWith(name, "_seconds")) << name;
  }
}

TEST(MetricsTest, CallsOfAllLoopsAreAddedUp) {
  Metrics metrics;
  LoopCounters& one = metrics.AddLoop();
  LoopCounters& two = metrics.AddLoop();

  one.watch_run_started.Add(3);
  two.watch_run_started.Add();
  one.get_status_handled.Add(0);
  two.get_status_handled.Add(0);
  two.get_status_handled.Add(14);
  two.get_status_handled.Add(99);
  one.statuses_sent.Add(5);
  two.heartbeats_sent.Add(2);

  const std::string text = metrics.WriteText();
  EXPECT_EQ(
      Value(
          text,
          R"(grpc_server_started_total{grpc_type="server_stream",grpc_service="runcast.v1.RunStatusService",grpc_method="WatchRun"})"),
      4);
  const std::string handled =
      R"(grpc_server_handled_total{grpc_type="unary",grpc_service="runcast.v1.RunStatusService",grpc_method="GetStatus",grpc_code=)";
  EXPECT_EQ(Value(text, handled + "\"OK\"}"), 2);
  EXPECT_EQ(Value(text, handled + "\"Unavailable\"}"), 1);
  EXPECT_EQ(Value(text, handled + "\"Unknown\"}"), 1);
  EXPECT_EQ(
      Value(
          text,
          R"(grpc_server_msg_sent_total{grpc_type="server_stream",grpc_service="runcast.v1.RunStatusService",grpc_method="WatchRun"})"),
      7);
}

TEST(MetricsTest, PollsAreCountedByOutcome) {
  Metrics metrics;

  metrics.polls[static_cast<size_t>(PollOutcome::kWentBack)].Add(2);

  EXPECT_EQ(Value(metrics.WriteText(), R"(runcast_upstream_polls_total{outcome="went_back"})"), 2);
  std::set<std::string> outcomes;
  for (size_t i = 0; i < metrics.polls.size(); ++i) {
    outcomes.insert(PollOutcomeName(static_cast<PollOutcome>(i)));
  }
  EXPECT_EQ(outcomes.size(), metrics.polls.size());
  EXPECT_THAT(outcomes, Not(testing::Contains("unknown")));
}

TEST(MetricsTest, AHistogramsBucketsHoldAllThatIsNotLonger) {
  Metrics metrics;

  for (const double seconds : {0.0, 0.005, 0.3, 0.4, 60.0}) metrics.poll_seconds.Observe(seconds);

  const std::string text = metrics.WriteText();
  const std::string name = "runcast_upstream_poll_seconds";
  EXPECT_EQ(Value(text, name + R"(_bucket{le="0.001"})"), 1);
  EXPECT_EQ(Value(text, name + R"(_bucket{le="0.005"})"), 2);
  EXPECT_EQ(Value(text, name + R"(_bucket{le="0.25"})"), 2);
  EXPECT_EQ(Value(text, name + R"(_bucket{le="0.5"})"), 4);
  EXPECT_EQ(Value(text, name + R"(_bucket{le="10"})"), 4);
  EXPECT_EQ(Value(text, name + R"(_bucket{le="+Inf"})"), 5);
  EXPECT_EQ(Value(text, name + "_count"), 5);
  EXPECT_NEAR(Value(text, name + "_sum"), 60.705, 1e-6);
}

TEST(MetricsTest, HistogramsOfAllLoopsAreAddedUp) {
  Metrics metrics;
  metrics.AddLoop().get_status_seconds.Observe(0.002);
  metrics.AddLoop().get_status_seconds.Observe(0.2);

  const std::string text = metrics.WriteText();
  const std::string labels =
      R"({grpc_type="unary",grpc_service="runcast.v1.RunStatusService",grpc_method="GetStatus")";
  EXPECT_EQ(Value(text, "grpc_server_handling_seconds_count" + labels + "}"), 2);
  EXPECT_EQ(Value(text, "grpc_server_handling_seconds_bucket" + labels + R"(,le="0.1"})"), 1);
}

TEST(MetricsTest, ATokenIsShownByTheTimeUntilItExpires) {
  Metrics metrics;
  metrics.AddCredential("main").token_expires_at.Set(
      absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()) + 240);
  metrics.AddCredential("fresh one for each request");

  const std::string text = metrics.WriteText();
  EXPECT_NEAR(Value(text, R"(runcast_token_expiry_seconds{credential="main"})"), 240, 30);
  EXPECT_THAT(text, Not(HasSubstr("fresh one")));
}

TEST(MetricsTest, StreamEndsAreABoundedSetOfReasons) {
  Metrics metrics;

  metrics.CountStreamEnd("OK");
  metrics.CountStreamEnd("OK");
  for (int i = 0; i < 1000; ++i) metrics.CountStreamEnd(absl::StrCat("REASON_", i));

  const std::string text = metrics.WriteText();
  EXPECT_EQ(Value(text, R"(runcast_stream_ends_total{reason="OK"})"), 2);
  // Of the 64, six are there from the start.
  EXPECT_EQ(Value(text, R"(runcast_stream_ends_total{reason="OTHER"})"), 1000 - 57);
}

// A counter that appears with its first count shows Prometheus no increase.
TEST(MetricsTest, WhatAlertsLookForIsThereFromTheStart) {
  const std::string text = Metrics().WriteText();

  for (
      const char* call :
      {R"(grpc_type="unary",grpc_service="runcast.v1.RunStatusService",grpc_method="GetStatus")",
       R"(grpc_type="server_stream",grpc_service="runcast.v1.RunStatusService",grpc_method="WatchRun")"}) {
    for (const char* code : {"Internal", "Unknown"}) {
      const std::string sample =
          absl::StrCat("grpc_server_handled_total{", call, ",grpc_code=\"", code, "\"} 0\n");
      EXPECT_THAT(text, HasSubstr(sample));
    }
  }
  for (const char* reason : {"OVERLOADED", "UPSTREAM_CREDENTIALS", "UPSTREAM_PROTOCOL",
                             "UPSTREAM_SCOPE", "UPSTREAM_UNAVAILABLE", "UPSTREAM_WENT_BACK"}) {
    EXPECT_THAT(text,
                HasSubstr(absl::StrCat("runcast_stream_ends_total{reason=\"", reason, "\"} 0\n")));
  }
}

TEST(MetricsTest, BuildAndProcessAreKnown) {
  const std::string text = Metrics().WriteText();

  EXPECT_THAT(text, HasSubstr("runcast_build_info{version=\""));
  EXPECT_GT(Value(text, "process_start_time_seconds"), 1.6e9);
  EXPECT_GT(Value(text, "process_resident_memory_bytes"), 1e6);
  EXPECT_GE(Value(text, "process_open_fds"), 3);
  EXPECT_GE(Value(text, "process_threads"), 1);
  EXPECT_GE(Value(text, "process_max_fds"), Value(text, "process_open_fds"));
}

TEST(MetricsTest, CountingWhileScrapingIsAllowed) {
  Metrics metrics;
  LoopCounters& loop = metrics.AddLoop();
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) {
      loop.statuses_sent.Add();
      metrics.upstream_sends.Add();
      metrics.watchers.Add(1);
      metrics.CountStreamEnd("OK");
    }
  });

  for (int i = 0; i < 20; ++i) EXPECT_THAT(metrics.WriteText(), HasSubstr("runcast_watchers"));
  writer.join();

  EXPECT_EQ(Value(metrics.WriteText(), "runcast_statuses_sent_total"), 1000);
}

}  // namespace
}  // namespace runcast::telemetry
