// How long the end of a run goes unnoticed, in virtual time: the gateway's own poll loop against
// runs of known lengths, beside policies that others use.
//
// Printed per distribution of lengths and step of progress: mean, 95th percentile and largest delay
// between the end and the poll that sees it (request time aside), and the polls spent.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <future>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/runs/poll_loop.h"
#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/fake_follower.h"
#include "tests/fakes/fake_status_client.h"

namespace runcast {
namespace {

// How many runs of each distribution; the command line can say fewer.
int g_runs = 1000;

struct Lengths {
  const char* name;
  std::function<double(std::mt19937&)> draw;  // In seconds.
};

struct Run {
  base::MonotonicTime start;
  absl::Duration length;
  absl::Duration delay = -absl::InfiniteDuration();
  int polls = 0;
  std::vector<base::MonotonicTime> sends;
};

struct Outcome {
  double mean = 0;
  double p95 = 0;
  double largest = 0;
  double polls_per_minute = 0;
  int violations = 0;
};

int Violations(const std::vector<base::MonotonicTime>& sends) {
  const auto exceeds = [&](absl::Duration window, size_t limit) {
    int count = 0;
    for (size_t first = 0, last = 0; last < sends.size(); ++last) {
      while (sends[first] + window <= sends[last]) ++first;
      count += last - first + 1 > limit;
    }
    return count;
  };
  return exceeds(absl::Seconds(60), 60) + exceeds(absl::Hours(1), 1800);
}

Outcome Summarize(const std::vector<Run>& runs) {
  Outcome outcome;
  std::vector<double> delays;
  double minutes = 0;
  double polls = 0;
  for (const Run& run : runs) {
    delays.push_back(absl::ToDoubleSeconds(run.delay));
    minutes += absl::ToDoubleMinutes(run.length + run.delay);
    polls += run.polls;
    outcome.violations += Violations(run.sends);
  }
  std::sort(delays.begin(), delays.end());
  for (const double delay : delays) outcome.mean += delay / static_cast<double>(delays.size());
  outcome.p95 = delays[delays.size() * 95 / 100];
  outcome.largest = delays.back();
  outcome.polls_per_minute = polls / minutes;
  return outcome;
}

// `step`: progress comes in steps of so many percent; 0: there is none.
Outcome SimulateGateway(const Lengths& lengths, double step) {
  std::mt19937 random(11);
  fakes::FakeEventLoop loop;
  fakes::FakeStatusClient client(loop);
  telemetry::Metrics metrics;
  fakes::FakeFollower follower;
  runs::PollLoop::Options options;
  options.seed = 5;
  options.gate.max_requests_per_second = 1e6;
  options.gate.max_polls_in_flight = 1 << 20;
  options.max_budget_logs = 1 << 20;
  runs::PollLoop poll_loop(options, loop, client, metrics);
  // A gateway that has been up for a while: what came before it is forgotten.
  loop.AdvanceBy(absl::Minutes(61));

  std::map<std::string, Run> runs;
  client.AnswerAllBy([&](const base::RunKey& key) -> upstream::PollResult {
    Run& run = runs[key.run_id];
    ++run.polls;
    const base::MonotonicTime now = loop.clock().Now();
    run.sends.push_back(now);
    upstream::PollAnswer answer;
    const absl::Duration age = now - run.start;
    if (age >= run.length) {
      if (run.delay < absl::ZeroDuration()) run.delay = age - run.length;
      answer.status.set_state(v1::RUN_STATE_COMPLETED);
      answer.status.set_terminal(true);
      answer.has_results = true;
      return answer;
    }
    answer.status.set_state(v1::RUN_STATE_RUNNING);
    if (step > 0) {
      const double percent = 100 * absl::FDivDuration(age, run.length);
      answer.status.mutable_progress()->set_percent(std::floor(percent / step) * step);
    }
    return answer;
  });
  for (int i = 0; i < g_runs; ++i) {
    const std::string id = absl::StrCat("tr-", i);
    // A fraction of a second apart: a watch is opened when it is opened.
    loop.AdvanceBy(absl::Milliseconds(std::uniform_int_distribution(1, 97)(random)));
    runs[id] = Run{.start = loop.clock().Now(), .length = absl::Seconds(lengths.draw(random))};
    poll_loop.Follow(&follower, {{"st", "suite", id, ""}, "caller", true});
  }
  const auto is_over = [](const auto& run) { return run.second.delay >= absl::ZeroDuration(); };
  while (!std::all_of(runs.begin(), runs.end(), is_over)) loop.AdvanceBy(absl::Minutes(1));

  std::vector<Run> all;
  for (const auto& [id, run] : runs) all.push_back(run);
  return Summarize(all);
}

// A policy that knows nothing of the run: the wait before the poll with this number.
Outcome SimulateFixed(const Lengths& lengths, const std::function<double(int)>& wait) {
  std::mt19937 random(11);
  std::vector<Run> runs;
  for (int i = 0; i < g_runs; ++i) {
    const double length = lengths.draw(random);
    double now = std::uniform_real_distribution<double>(0, wait(0))(random);
    int polls = 1;
    for (; now < length; ++polls) now += wait(polls);
    runs.push_back(
        Run{.length = absl::Seconds(length), .delay = absl::Seconds(now - length), .polls = polls});
  }
  return Summarize(runs);
}

void Print(const char* lengths, const std::string& policy, const Outcome& outcome) {
  std::printf("%-28s %-28s %8.3f %8.3f %8.3f %8.1f %6d\n", lengths, policy.c_str(), outcome.mean,
              outcome.p95, outcome.largest, outcome.polls_per_minute, outcome.violations);
}

int Main() {
  const Lengths all[] = {
      {"uniform 10 s to 10 min",
       [](std::mt19937& r) { return std::uniform_real_distribution<double>(10, 600)(r); }},
      {"exponential, mean 10 min",
       [](std::mt19937& r) { return std::exponential_distribution<double>(1.0 / 600)(r); }},
      {"log-normal, median 5 min",
       [](std::mt19937& r) { return std::lognormal_distribution<double>(std::log(300), 0.8)(r); }},
      {"long: 1 h to 3 h",
       [](std::mt19937& r) { return std::uniform_real_distribution<double>(3600, 10800)(r); }},
  };
  std::printf("%-28s %-28s %8s %8s %8s %8s %6s\n", "lengths", "policy", "mean s", "p95 s", "max s",
              "polls/m", "over");
  for (const Lengths& lengths : all) {
    // Each in a thread of its own; they share nothing.
    std::vector<std::pair<double, std::future<Outcome>>> outcomes;
    for (const double step : {0.0, 5.0, 1.0, 0.1}) {
      outcomes.emplace_back(step, std::async(std::launch::async, [&lengths, step] {
                              return SimulateGateway(lengths, step);
                            }));
    }
    for (auto& [step, outcome] : outcomes) {
      Print(lengths.name,
            step == 0 ? "runcast, no progress" : absl::StrCat("runcast, ", step, " % steps"),
            outcome.get());
    }
    Print(lengths.name, "every 2 s", SimulateFixed(lengths, [](int) { return 2.0; }));
    // google-cloud-cpp: from 1 s, doubling up to 45 s; AWS waiters: from 15 s up to 75 s and more.
    Print(lengths.name, "back-off up to 45 s", SimulateFixed(lengths, [](int n) {
            return std::min(45.0, std::pow(2.0, std::min(n, 10)));
          }));
    Print(lengths.name, "back-off up to 75 s", SimulateFixed(lengths, [](int n) {
            return std::min(75.0, 15.0 * std::pow(2.0, std::min(n, 10)));
          }));
  }
  return 0;
}

}  // namespace
}  // namespace runcast

// policy-simulation [RUNS]
int main(int argc, char** argv) {
  if (argc > 1) runcast::g_runs = std::stoi(argv[1]);
  return runcast::Main();
}
