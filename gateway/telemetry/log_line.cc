#include "gateway/telemetry/log_line.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace runcast::telemetry {
namespace {

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

// A JSON string with its quotes.
std::string Quoted(absl::string_view text) {
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Bare when it cannot be misread, quoted otherwise.
std::string TextValue(absl::string_view value) {
  bool plain = !value.empty();
  for (const char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) plain = false;
  }
  return plain ? std::string(value) : absl::StrCat("\"", absl::Utf8SafeCHexEscape(value), "\"");
}

// Words for people keep their quotes and blanks; only what could move the cursor is escaped.
std::string TextMessage(absl::string_view message) {
  std::string text;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f) {
      absl::StrAppend(&text, "\\x", absl::Hex(byte, absl::kZeroPad2));
    } else {
      text.push_back(c);
    }
  }
  return text;
}

}  // namespace

const char* SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return "DEBUG";
    case Severity::kInfo:
      return "INFO";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kError:
      return "ERROR";
  }
  return "ERROR";
}

std::string JsonLogLine(absl::Time time, Severity severity, absl::string_view event,
                        absl::string_view message, absl::Span<const LogField> fields) {
  std::string line =
      absl::StrCat("{\"time\":\"", Rfc3339(time), "\",\"severity\":\"", SeverityName(severity),
                   "\",\"event\":", Quoted(event), ",\"message\":", Quoted(message));
  for (const LogField& field : fields) {
    absl::StrAppend(&line, ",", Quoted(field.name), ":",
                    field.is_bare ? field.value : Quoted(field.value));
  }
  line.push_back('}');
  return line;
}

std::string TextLogLine(absl::Time time, Severity severity, absl::string_view event,
                        absl::string_view message, absl::Span<const LogField> fields) {
  std::string line = absl::StrCat(Rfc3339(time), " ", SeverityName(severity), " ", event, ": ",
                                  TextMessage(message));
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", field.name, "=", TextValue(field.value));
  }
  return line;
}

}  // namespace runcast::telemetry
