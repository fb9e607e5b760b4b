#include "tests/simulator/run_body.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "tests/simulator/base64url.h"
#include "tests/simulator/platform_clock.h"
#include "tests/simulator/signed_token.h"

namespace runcast::simulator {
namespace {

constexpr int64_t kReportLifeSeconds = 3'600;

// Two places; 0/0 is shown as "0.00".
std::string Ratio(double part, double whole) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", whole > 0 ? part / whole : 0.0);
  return text.data();
}

struct Scores {
  std::string precision, recall, f1;
};

Scores ScoresOf(const Json& counts) {
  const auto count = [&](const char* name) { return counts.at(name).get<double>(); };
  const double tp = count("TP");
  const double fp = count("FP");
  const double fn = count("FN");
  // F1 = 2PR/(P+R) = 2TP/(2TP+FP+FN), without the rounding of P and R.
  return {Ratio(tp, tp + fp), Ratio(tp, tp + fn), Ratio(2 * tp, 2 * tp + fp + fn)};
}

std::string ReportLink(const RunScript& run, int64_t platform_millis, const std::string& base,
                       uint64_t nonce) {
  const int64_t expiry = platform_millis / 1'000 + kReportLifeSeconds;
  const std::time_t seconds = platform_millis / 1'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> day{};
  std::strftime(day.data(), day.size(), "%d-%m-%y", &parts);
  const std::string signature =
      EncodeBase64Url(Sha256(run.run_id + std::to_string(nonce)).substr(0, 16));
  std::string name;
  for (const char c : run.suite) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    name.push_back(plain ? c : '_');
  }
  // 16 bytes are 22 characters of base64 and two of padding, which the platform writes as `$`.
  return base + "/api/getMediaStream/media/f-" + run.report_id +
         ".csv?e=" + std::to_string(expiry) +
         "&n=" + std::to_string(1'000'000'000 + nonce % 9'000'000'000) + "&s=" + signature +
         "$$&clientfilename=" + name + "-" + day.data() + ".csv&batchtesting=true";
}

std::string TimeMark(int64_t nanos) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "@T%016llx", static_cast<unsigned long long>(nanos));
  return text.data();
}

}  // namespace

Json StatusBody(const RunScript& run, const RunMoment& moment, int64_t platform_millis,
                const std::string& file_url_base, uint64_t nonce) {
  Json result = {
      {"_id", run.run_id}, {"isPartialFailure", run.is_partial_failure}, {"status", moment.status}};
  if (moment.shows_results) result["isAvailable"] = true;
  result["testSuiteId"] = run.suite_id;
  result["triggeredBy"] = run.stamped_nanos == 0 ? run.user_id : TimeMark(run.stamped_nanos);
  result["streamId"] = run.stream;
  result["botLanguage"] = run.language;
  result["runType"] = run.run_type;
  result["utterance_count"] = run.utterances;
  result["startTime"] = Rfc3339(run.started_wall_millis);
  result["__v"] = 0;
  if (moment.terminal) {
    result["endTime"] = Rfc3339(run.started_wall_millis + static_cast<int64_t>(run.duration_ms));
  }
  if (moment.shows_results) {
    const Scores scores = ScoresOf(run.counts);
    result["f1_score"] = scores.f1;
    result["fileId"] = run.file_id;
    result["precision"] = scores.precision;
    result["recall"] = scores.recall;
    result["results"] = run.counts;
    result["fileUrl"] = ReportLink(run, platform_millis, file_url_base, nonce);
  }

  Json body = {{"_id", run.run_id},
               {"streamId", run.stream},
               {"testSuiteId", run.suite_id},
               {"status", moment.status},
               {"utterance_count", run.utterances},
               {"result", std::move(result)}};
  if (moment.shows_progress && run.shows_counts) {
    body["totalUtterances"] = run.utterances;
    body["utterance_ran"] = moment.ran;
  }
  if (moment.shows_progress && run.shows_percentage) {
    const auto whole = static_cast<int64_t>(moment.percentage);
    if (static_cast<double>(whole) == moment.percentage) {
      body["percentage"] = whole;
    } else {
      body["percentage"] = moment.percentage;
    }
  }
  if (!run.patch.is_null()) body.merge_patch(run.patch);
  const Json& patch = moment.terminal ? run.patch_terminal : run.patch_active;
  if (!patch.is_null()) body.merge_patch(patch);
  return body;
}

Json ListedRun(const RunScript& run, const RunMoment& moment) {
  Json listed = {{"_id", run.run_id}, {"version", run.run_type}};
  if (!moment.shows_results) return listed;
  const Scores scores = ScoresOf(run.counts);
  Json counts = run.counts;
  for (const char* trait :
       {"traitSuccess", "traitFailure", "totalTraitsCount", "matchedTraitsCount"}) {
    counts.erase(trait);
  }
  listed["results"] = counts;
  listed["recall"] = scores.recall;
  listed["precision"] = scores.precision;
  listed["f1_score"] = scores.f1;
  return listed;
}

std::string ErrorBody(std::string_view msg, int code) {
  const Json body = {{"errors", Json::array({Json{{"msg", msg}, {"code", code}}})}};
  return body.dump();
}

}  // namespace runcast::simulator
