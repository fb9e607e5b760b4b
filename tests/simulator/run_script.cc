#include "tests/simulator/run_script.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "tests/simulator/base64url.h"
#include "tests/simulator/signed_token.h"
#include "tests/simulator/time_distribution.h"

namespace runcast::simulator {
namespace {

// A UUID-shaped text that depends on `name` only.
std::string StableUuid(const std::string& name) {
  const std::string hex = HexOf(Sha256(name).substr(0, 16));
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-5" + hex.substr(13, 3) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20, 12);
}

// Fills `results` so that TP + TN + FP + FN + failedUtteranceCount = utterances unless the caller
// fixed all of them (upstream reference, 4.3). What is not given follows the documented sample.
Json CompleteCounts(const Json& given, int64_t utterances) {
  Json counts;
  const auto take = [&](const char* name, int64_t otherwise) {
    counts[name] = given.value(name, otherwise);
    return counts[name].get<int64_t>();
  };
  const bool any = !given.empty();
  counts["TP"] = 0;
  const int64_t tn = take("TN", any ? 0 : utterances / 40);
  const int64_t fp = take("FP", any ? 0 : utterances / 40);
  const int64_t fn = take("FN", any ? 0 : utterances * 3 / 40);
  const int64_t unprocessed = given.value("failedUtteranceCount", int64_t{0});
  const int64_t tp = take("TP", std::max<int64_t>(0, utterances - tn - fp - fn - unprocessed));
  take("success", tp + tn);
  take("failure", fp + fn + unprocessed);
  take("traitSuccess", 0);
  take("traitFailure", 0);
  take("totalEntitiesCount", 12);
  take("matchedEntitiesCount", 11);
  take("totalTraitsCount", 0);
  take("matchedTraitsCount", 0);
  take("failedUtteranceCount", 0);
  take("failedEntitiesCount", 1);
  for (const auto& [name, value] : given.items()) {
    if (!counts.contains(name)) throw std::invalid_argument("unknown count: " + name);
  }
  return counts;
}

void ReadProgress(const Json& progress, RunScript& run) {
  if (progress.is_number()) {
    run.percent_step = progress.get<double>();
  } else if (progress == "none") {
    run.shows_percentage = run.shows_counts = false;
  } else if (progress == "percentage") {
    run.shows_counts = false;
  } else if (progress == "counts") {
    run.shows_percentage = false;
  } else if (progress != "utterances") {
    throw std::invalid_argument("progress: utterances, percentage, counts, none or percent step");
  }
}

}  // namespace

RunScript RunScriptFromJson(const Json& spec) {
  RunScript run;
  run.spec = spec;
  Json counts = Json::object();
  Json duration = run.duration_ms;
  Json per_utterance;
  bool utterances_given = false;
  for (const auto& [name, value] : spec.items()) {
    if (name == "run_id")
      value.get_to(run.run_id);
    else if (name == "stream")
      value.get_to(run.stream);
    else if (name == "suite")
      value.get_to(run.suite);
    else if (name == "suite_id")
      value.get_to(run.suite_id);
    else if (name == "language")
      value.get_to(run.language);
    else if (name == "run_type")
      value.get_to(run.run_type);
    else if (name == "utterances") {
      value.get_to(run.utterances);
      utterances_given = true;
    } else if (name == "duration_ms")
      duration = value;
    else if (name == "per_utterance_ms")
      per_utterance = value;
    else if (name == "ran")
      run.ran = value.get<int64_t>();
    else if (name == "progress")
      ReadProgress(value, run);
    else if (name == "outcome")
      value.get_to(run.outcome);
    else if (name == "phases") {
      for (const Json& phase : value) {
        run.phases.push_back({phase.at("after_ms"), phase.at("status").get<std::string>()});
      }
    } else if (name == "visible_after_ms")
      value.get_to(run.visible_after_ms);
    else if (name == "results_after_ms")
      value.get_to(run.results_after_ms);
    else if (name == "gone_after_ms")
      value.get_to(run.gone_after_ms);
    else if (name == "counts")
      counts = value;
    else if (name == "is_partial_failure")
      value.get_to(run.is_partial_failure);
    else if (name == "patch")
      run.patch = value;
    else if (name == "patch_active")
      run.patch_active = value;
    else if (name == "patch_terminal")
      run.patch_terminal = value;
    else if (name == "raw_body")
      run.raw_body = value.get<std::string>();
    else if (name == "raw_content_type")
      value.get_to(run.raw_content_type);
    else if (name == "stamp") {
      value.get_to(run.stamp);
      if (run.stamp != "" && run.stamp != "every" && run.stamp != "once") {
        throw std::invalid_argument("stamp: every, once or an empty text");
      }
    } else if (name == "started_ago_ms")
      continue;  // read by whoever starts it
    else
      throw std::invalid_argument("unknown member of a run: " + name);
  }
  if (run.run_id.empty()) throw std::invalid_argument("a run needs run_id");
  if (run.stream.empty()) throw std::invalid_argument("a run needs stream");
  if (run.suite.empty()) throw std::invalid_argument("a run needs suite");
  if (!utterances_given && !counts.empty()) {
    int64_t sum = 0;
    for (const char* name : {"TP", "TN", "FP", "FN", "failedUtteranceCount"}) {
      sum += counts.value(name, int64_t{0});
    }
    if (sum > 0) run.utterances = sum;
  }
  run.counts = CompleteCounts(counts, run.utterances);

  if (!per_utterance.is_null()) {
    TimeDistribution distribution(per_utterance, run.run_id);
    double end = 0;
    for (int64_t i = 0; i < run.utterances; ++i) {
      end += distribution.NextMillis();
      run.utterance_ends_ms.push_back(end);
    }
    run.duration_ms = end;
  } else {
    run.duration_ms = TimeDistribution(duration, run.run_id).NextMillis();
  }
  if (run.outcome == "never") run.never_ends = true;
  if (run.suite_id.empty()) run.suite_id = "ts-" + StableUuid(run.stream + "/" + run.suite);
  run.user_id = "u-" + StableUuid("user of " + run.stream);
  run.report_id = StableUuid("report of " + run.run_id);
  run.file_id = HexOf(Sha256(run.run_id).substr(0, 12));
  return run;
}

RunMoment RunScript::MomentAt(double elapsed_ms) const {
  RunMoment moment;
  moment.visible = elapsed_ms >= static_cast<double>(visible_after_ms) &&
                   (gone_after_ms < 0 || elapsed_ms < static_cast<double>(gone_after_ms));
  moment.terminal = !never_ends && !ran && elapsed_ms >= duration_ms;
  if (moment.terminal) {
    moment.status = outcome;
    moment.ran = utterances;
    moment.percentage = 100;
    moment.shows_progress = false;
    moment.shows_results =
        outcome == "completed" && elapsed_ms >= duration_ms + static_cast<double>(results_after_ms);
    return moment;
  }

  moment.status = "running";
  for (const Phase& phase : phases) {
    if (elapsed_ms >= static_cast<double>(phase.after_ms)) moment.status = phase.status;
  }
  double done = 0;  // share of the work
  if (ran) {
    moment.ran = *ran;
  } else if (!utterance_ends_ms.empty()) {
    moment.ran = std::upper_bound(utterance_ends_ms.begin(), utterance_ends_ms.end(), elapsed_ms) -
                 utterance_ends_ms.begin();
  } else if (duration_ms > 0) {
    done = std::clamp(elapsed_ms / duration_ms, 0.0, 1.0);
    moment.ran = static_cast<int64_t>(done * static_cast<double>(utterances));
  }
  // All utterances done and yet running happens only when a script says so by hand.
  if (!ran) moment.ran = std::min(moment.ran, std::max<int64_t>(0, utterances - 1));
  if (utterances > 0) {
    done = static_cast<double>(moment.ran) / static_cast<double>(utterances);
  }
  if (percent_step > 0) {
    moment.percentage = std::floor(done * 100 / percent_step + 1e-9) * percent_step;
    moment.ran = static_cast<int64_t>(
        std::ceil(moment.percentage / 100 * static_cast<double>(utterances) - 1e-9));
  } else {
    moment.percentage = std::floor(done * 100 + 1e-9);
  }
  return moment;
}

}  // namespace runcast::simulator
