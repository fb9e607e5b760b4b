#include "client/cli/status_words.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
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

// What somebody can do about an error of this reason; `text` is what the gateway says of it.
std::string HintForReason(absl::string_view reason, absl::string_view text) {
  // A wrong path on the platform looks like a run that it does not know, but for the number: the
  // platform itself says 400.
  if (reason == "RUN_NOT_FOUND" && absl::StrContains(text, "HTTP 404")) {
    return "check the run id, the stream and the suite; HTTP 404 may also mean that the gateway's "
           "setting `upstream.path_prefix` (or `upstream.base_url`) is wrong";
  }
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
  return "";
}

// For a gateway that is not reached, by gRPC's words.
std::string HintForConnection(absl::string_view text) {
  if (absl::StrContains(text, "http1.x")) {
    return "an HTTP/1 server answers there, such as the gateway's admin port; give the gRPC port";
  }
  if (absl::StrContains(text, "wrong version number")) {
    return "what answers there does not speak TLS; leave out --tls and its files";
  }
  if (absl::StrContains(text, "certificate verify failed") ||
      absl::StrContains(text, "not in peer certificate")) {
    return "the gateway's certificate is not trusted, or is for another name (--tls-ca FILE, "
           "--tls-server-name NAME)";
  }
  if (absl::StrContains(text, "connect to ") && absl::StrContains(text, "Socket closed")) {
    return "TLS is on on one side only (--tls, --tls-ca), or the gateway asks for a client "
           "certificate that it knows (--tls-cert, --tls-key; server.tls_client_ca_file)";
  }
  return "is the gateway running there, and is TLS on or off on both sides? "
         "(--gateway HOST:PORT, RUNCAST_GATEWAY, --tls)";
}

// The same for an error, by its code where it has no reason.
std::string HintFor(const absl::Status& error) {
  const absl::string_view text(error.message().data(), error.message().size());
  const std::string reason = client::ErrorReason(error);
  if (!reason.empty()) return HintForReason(reason, text);
  if (absl::IsUnavailable(error)) return HintForConnection(text);
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
    words = "no status yet";
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

std::string BriefFreshness(const v1::Freshness& freshness, absl::Time now) {
  if (freshness.state() != v1::Freshness::STATE_STALE || !freshness.has_stale_since()) {
    return FreshnessWords(freshness);
  }
  // Not below zero, should the clocks differ.
  const absl::Duration age = std::max(
      now - absl::FromUnixSeconds(freshness.stale_since().seconds()), absl::ZeroDuration());
  return absl::StrCat("stale for ", ShortDuration(age), freshness.reason().empty() ? "" : ": ",
                      PrintableText(freshness.reason()));
}

std::string FreshnessDetail(const v1::Freshness& freshness) {
  if (FreshnessWords(freshness).empty()) return "";
  std::string lines;
  if (!freshness.message().empty()) {
    absl::StrAppend(&lines, "\n  ", PrintableText(freshness.message()));
  }
  const std::string hint = HintForReason(freshness.reason(), freshness.message());
  if (!hint.empty()) absl::StrAppend(&lines, "\n  hint: ", hint);
  return lines;
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
  return words + HintLine(error);
}

std::string HintLine(const absl::Status& error) {
  const std::string hint = HintFor(error);
  return hint.empty() ? "" : absl::StrCat("\n  hint: ", hint);
}

}  // namespace runcast::cli
