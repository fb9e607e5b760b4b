// Writes log events. One line an event: a fixed name, words for people, fields.
//
// Threads: any may log. A line is built by the thread that logs and written by a thread of
//   its own; between them is a bounded queue whose oldest lines go when it is full.

#ifndef RUNCAST_GATEWAY_TELEMETRY_LOG_H_
#define RUNCAST_GATEWAY_TELEMETRY_LOG_H_

#include <concepts>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace runcast::telemetry {

enum class Severity { kDebug, kInfo, kWarning, kError };

// One fact of an event. Values are escaped when written; never pass a secret or a link.
struct LogField {
  LogField(absl::string_view field, absl::string_view text) : name(field), value(text) {}
  template <std::integral Number>
  LogField(absl::string_view field, Number number) : name(field), is_bare(true) {
    if constexpr (std::same_as<Number, bool>) {
      value = number ? "true" : "false";
    } else {
      value = std::to_string(number);
    }
  }
  // Seconds and the like, to six digits after the point.
  LogField(absl::string_view field, double number);
  absl::string_view name;
  std::string value;
  bool is_bare = false;  // A number or truth value: no quotes in JSON.
};

struct LogOptions {
  enum class Format { kAutomatic, kJson, kText };
  Severity least = Severity::kInfo;
  Format format = Format::kAutomatic;  // JSON, or text when stderr is a terminal.
};

// Sets how lines look and which are written; they go to stderr. Before the first call, warnings,
// errors and the audit are written as text. Threads: once, before other threads log.
void StartLogging(const LogOptions& options);

// Changes both while others log. Threads: any.
void ChangeLogging(const LogOptions& options);

// Whether an event of this severity goes anywhere, for those to whom its fields cost something.
// Threads: any.
bool IsLogged(Severity severity);

// Threads: any. Never blocks on a slow disk: lines beyond a bounded queue are dropped and counted.
// `event` is a constant such as "credential.reloaded".
void Log(Severity severity, absl::string_view event, absl::string_view message,
         absl::Span<const LogField> fields = {});

// The same for an event of the audit: something handed out that somebody must be able to look up
// later. Written with severity INFO whatever the least one is, because lowering the noise of a log
// must not lower the audit; no caller may limit how often.
void LogAudit(absl::string_view event, absl::string_view message,
              absl::Span<const LogField> fields = {});

// Sees every event, whatever its severity: how tests look at what is logged.
// Threads: `OnEvent` runs on the thread that logs, before `Log` returns.
class LogObserver {
 public:
  virtual ~LogObserver() = default;
  virtual void OnEvent(Severity severity, absl::string_view event, absl::string_view message,
                       absl::Span<const LogField> fields) = 0;
};

// One at a time; null ends it. Threads: any, while no other thread logs.
void ObserveLog(LogObserver* observer);

// Waits until what was queued before is written, at most 2 s: a stderr that nobody reads must
// not keep the process from ending.
void FlushLogs();

// Lines that were never written: the queue was full, or stderr could not take them.
uint64_t DroppedLogLines();

}  // namespace runcast::telemetry

#endif  // RUNCAST_GATEWAY_TELEMETRY_LOG_H_
