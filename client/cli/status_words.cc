#include "client/cli/status_words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/cli/printable_text.h"
#include "client/cli/progress_bar.h"
#include "runcast/error_reason.h"

namespace runcast::cli {
namespace {

const char* StateWord(v1::RunState state) {
  switch (state) {
    case v1::RUN_STATE_RUNNING:
      return "running";
    case v1::RUN_STATE_COMPLETED:
      return "completed";
    case v1::RUN_STATE_FAILED:
      return "failed";
    case v1::RUN_STATE_CANCELLED:
      return "cancelled";
    default:
      return "unknown";
  }
}

// What somebody can do about an error, by its reason; by its code where there is none.
std::string HintFor(const absl::Status& error, absl::string_view reason) {
  static constexpr struct {
    absl::string_view reason;
    absl::string_view hint;
  } kHints[] = {
      {"INVALID_FIELD", "check STREAM, SUITE and RUN; quote a suite name that has blanks"},
      {"STREAM_NOT_SERVED", "add the stream id to a credential of the gateway's configuration"},
      {"ACCESS_DENIED", "ask the gateway's operator to let you see this run"},
      {"IDENTITY_REQUIRED", "give a client certificate: --tls-cert and --tls-key"},
      {"RUN_NOT_FOUND", "check the run id, the stream and the suite it was started in"},
      {"SUITE_NOT_FOUND", "give the suite's name as the console shows it, not its id"},
      {"RUN_DELETED", "the run was deleted on the platform; nothing more will come"},
      {"UPSTREAM_CREDENTIALS", "the platform refuses the gateway's credential for this stream"},
      {"UPSTREAM_SCOPE",
       "the gateway's JWT app needs the scope `Batch Tests Execution`, published"},
      {"UPSTREAM_UNAVAILABLE", "the platform does not answer the gateway; try again later"},
      {"UPSTREAM_PROTOCOL", "the platform's answer could not be read; see the gateway's log"},
      {"RUN_BUDGET_SPENT", "the platform's calls for this run are used up; wait as told"},
      {"RUN_VARIANTS", "use one spelling of suite and language for this run"},
      {"CALLER_LIMIT", "this caller has too many calls open; close some"},
      {"DRAINING", "the gateway is being restarted; try again"},
      {"OVERLOADED", "the gateway is full; try again later"},
  };
  for (const auto& [known, hint] : kHints) {
    if (known == reason) return std::string(hint);
  }
  if (absl::IsUnavailable(error)) {
    return "is the gateway running there, and is TLS on or off on both sides? "
           "(--gateway HOST:PORT, RUNCAST_GATEWAY, --tls)";
  }
  if (absl::IsUnimplemented(error)) return "what answers there is not a runcast gateway";
  if (absl::IsDeadlineExceeded(error)) return "give it more time with --timeout";
  return "";
}

}  // namespace

std::string StateWords(const v1::RunStatus& status) {
  std::string words = StateWord(status.state());
  if (!status.raw_state().empty() && absl::AsciiStrToLower(status.raw_state()) != words) {
    absl::StrAppend(&words, " (", PrintableText(status.raw_state()), ")");
  }
  return words;
}

std::string ProgressWords(const v1::RunStatus& status) {
  const v1::Progress& progress = status.progress();
  std::string words;
  if (progress.has_percent()) words = absl::StrFormat("%.4g %%", progress.percent());
  if (progress.has_utterances_done() && progress.has_utterances_total()) {
    absl::StrAppend(&words, words.empty() ? "" : ", ", progress.utterances_done(), " of ",
                    progress.utterances_total());
  }
  return words;
}

std::string FreshnessWords(const v1::Freshness& freshness) {
  std::string words;
  if (freshness.state() == v1::Freshness::STATE_NEVER_SEEN) {
    words = "no answer from the platform yet";
  } else if (freshness.state() == v1::Freshness::STATE_STALE) {
    words = "stale";
    if (freshness.has_stale_since()) {
      absl::StrAppend(&words, " since ",
                      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC",
                                       absl::FromUnixSeconds(freshness.stale_since().seconds()),
                                       absl::UTCTimeZone()));
    }
  } else {
    return "";
  }
  if (!freshness.reason().empty()) absl::StrAppend(&words, ": ", PrintableText(freshness.reason()));
  return words;
}

std::string StatusLine(const v1::RunStatus& status, const ProgressEstimate& estimate,
                       absl::Time now) {
  std::string line = absl::StrCat(PrintableText(status.run().run_id()), " ", StateWords(status));
  if (const std::string progress = ProgressWords(status); !progress.empty()) {
    absl::StrAppend(&line, ", ", progress);
  }
  if (!status.terminal()) {
    if (const auto rate = estimate.UtterancesPerSecond()) {
      absl::StrAppendFormat(&line, ", %.1f/s", *rate);
    }
    if (const auto remaining = estimate.Remaining(now)) {
      absl::StrAppend(&line, ", ", ShortDuration(*remaining), " left");
    }
  }
  if (const std::string freshness = FreshnessWords(status.freshness()); !freshness.empty()) {
    absl::StrAppend(&line, ", ", freshness);
  }
  return line;
}

std::string ErrorWords(const absl::Status& error) {
  const std::string reason = client::ErrorReason(error);
  std::string words =
      PrintableText(absl::string_view(error.message().data(), error.message().size()));
  if (!reason.empty()) absl::StrAppend(&words, " [", PrintableText(reason), "]");
  if (const auto delay = client::RetryDelay(error); delay && *delay > absl::ZeroDuration()) {
    absl::StrAppend(&words, " (ask again after ", ShortDuration(*delay), ")");
  }
  if (const std::string hint = HintFor(error, reason); !hint.empty()) {
    absl::StrAppend(&words, "\n  hint: ", hint);
  }
  return words;
}

}  // namespace runcast::cli
