// Writes log events. One line an event: a fixed name, words for people, fields.

#ifndef RUNCAST_GATEWAY_TELEMETRY_LOG_H_
#define RUNCAST_GATEWAY_TELEMETRY_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::telemetry {

enum class Severity { kDebug, kInfo, kWarning, kError };

// One fact of an event. Values are escaped when written; never pass a secret or a link.
struct LogField {
  LogField(absl::string_view name, absl::string_view value) : name(name), value(value) {}
  LogField(absl::string_view name, int64_t value) : name(name), value(std::to_string(value)) {}
  absl::string_view name;
  std::string value;
};

struct LogOptions {
  enum class Format { kAutomatic, kJson, kText };
  Severity least = Severity::kInfo;
  Format format = Format::kAutomatic;  // JSON, or text when stderr is a terminal.
};

// Sets how lines look and which are written; they go to stderr. Before the first call, warnings
// and errors are written as text. Threads: once, before other threads log.
void StartLogging(const LogOptions& options);

// Threads: any. Never blocks on a slow disk: lines beyond a bounded queue are dropped and counted.
// `event` is a constant such as "credential.reloaded".
void Log(Severity severity, absl::string_view event, absl::string_view message,
         std::initializer_list<LogField> fields = {});

// Writes what is queued. Call before the process ends.
void FlushLogs();

}  // namespace runcast::telemetry

#endif  // RUNCAST_GATEWAY_TELEMETRY_LOG_H_
