#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/commands.h"
#include "client/cli/progress_display.h"
#include "client/cli/result_output.h"
#include "client/cli/result_table.h"
#include "client/cli/status_words.h"
#include "client/cli/terminal.h"
#include "client/cli/watch_events.h"
#include "runcast/run_status_client.h"

namespace runcast::cli {
namespace {

// How often the remaining time is drawn anew.
constexpr absl::Duration kTick = absl::Milliseconds(500);

ProgressDisplay::Mode ModeFor(const CommandLine& line) {
  if (line.json) return ProgressDisplay::Mode::kTroubleOnly;
  return CanRedraw(STDERR_FILENO) && !line.plain ? ProgressDisplay::Mode::kBar
                                                 : ProgressDisplay::Mode::kLines;
}

client::WatchCallbacks CallbacksInto(WatchEvents& events) {
  client::WatchCallbacks callbacks;
  callbacks.on_status = [&events](const v1::RunStatus& status) { events.Put(status); };
  callbacks.on_heartbeat = [&events](const v1::Heartbeat& heartbeat) { events.Put(heartbeat); };
  callbacks.on_connection = [&events](const client::ConnectionNews& news) { events.Put(news); };
  callbacks.on_done = [&events](const absl::Status& status) { events.Put(status); };
  return callbacks;
}

// One run of the command: reacts to events until one of them ends it.
class WatchSession {
 public:
  explicit WatchSession(const CommandLine& line)
      : line_(line),
        display_(stderr, ModeFor(line), line.run.run_id(),
                 absl::StrJoin(line.client.targets, ", ")) {}

  void operator()(v1::RunStatus& status) {
    if (line_.json) PrintData(JsonLine({.status = status}));
    // What is no number can be neither drawn nor reckoned with. Data for programs stays as it is.
    if (!std::isfinite(status.progress().percent())) status.mutable_progress()->clear_percent();
    display_.OnStatus(status);
    newest_ = std::move(status);
  }
  void operator()(const v1::Heartbeat& heartbeat) { display_.OnHeartbeat(heartbeat); }
  void operator()(const client::ConnectionNews& news) { display_.OnConnection(news); }
  void operator()(const absl::Status& end) {
    display_.Clear();
    code_ = end.ok() ? ExitCode::kGood : TellError(end);
  }
  void operator()(Interrupted) {
    display_.Clear();
    std::fprintf(stderr, "runcast: interrupted; %s, and the run goes on\n", LastSeen().c_str());
    code_ = ExitCode::kInterrupted;
  }
  void OnDeadline() {
    display_.Clear();
    std::fprintf(stderr, "runcast: the run did not end within %s; %s\n",
                 absl::FormatDuration(*line_.timeout).c_str(), LastSeen().c_str());
    code_ = ExitCode::kDeadline;
  }
  void OnTick() { display_.Tick(); }

  const std::optional<ExitCode>& code() const { return code_; }
  const std::optional<v1::RunStatus>& newest() const { return newest_; }

 private:
  std::string LastSeen() const {
    if (!newest_) return "nothing was seen of the run";
    const std::string progress = ProgressWords(*newest_);
    return absl::StrCat("last seen ", StateWords(*newest_), progress.empty() ? "" : ", ", progress);
  }

  const CommandLine& line_;
  ProgressDisplay display_;
  std::optional<v1::RunStatus> newest_;
  std::optional<ExitCode> code_;
};

// The result of a run that has ended.
ExitCode PrintResult(const CommandLine& line, const v1::RunStatus& status,
                     client::RunStatusClient& client) {
  std::string report_link;
  ExitCode link_code = ExitCode::kGood;
  if (line.report_link) {
    const auto answer = client.GetStatus(line.run, {.include_report_link = true});
    if (!answer.ok()) {
      link_code = TellError(answer.status());
    } else {
      report_link = answer->report_link;
      if (line.json) PrintData(JsonLine(*answer));
      link_code = TellMissingLink(*answer);
    }
  }
  if (!line.json) PrintData(RenderResultTable(status, report_link));
  const ExitCode verdict = TellVerdict(status, line.rules);
  return verdict == ExitCode::kGood ? link_code : verdict;
}

}  // namespace

ExitCode RunWatch(const CommandLine& line) {
  // Before the client: its threads must inherit the blocked signals.
  WatchEvents events(line.json ? STDOUT_FILENO : -1);
  auto client = client::RunStatusClient::Make(line.client);
  if (!client.ok()) return TellError(client.status());

  WatchSession session(line);
  // Monotonic, so that a wall clock that is set does not move the end.
  const auto start = std::chrono::steady_clock::now();
  client::WatchHandle watch = (*client)->Watch(line.run, CallbacksInto(events));
  while (!session.code()) {
    const auto left = line.timeout.value_or(absl::InfiniteDuration()) -
                      absl::FromChrono(std::chrono::steady_clock::now() - start);
    if (left <= absl::ZeroDuration()) {
      session.OnDeadline();
    } else if (auto event = events.Wait(std::min(left, kTick))) {
      std::visit(session, *event);
    } else {
      session.OnTick();
    }
  }
  watch.Cancel();
  if (*session.code() != ExitCode::kGood) return CheckOutput(*session.code());
  // What is left may wait for the gateway, and there is nothing to clean up any more.
  ExitOnInterrupt();
  events.ReleaseSignals();
  return CheckOutput(PrintResult(line, *session.newest(), **client));
}

}  // namespace runcast::cli
