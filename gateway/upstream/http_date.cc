#include "gateway/upstream/http_date.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace runcast::upstream {

std::optional<absl::Time> ParseHttpDate(absl::string_view text) {
  constexpr const char* kForms[] = {
      "%a, %d %b %Y %H:%M:%S GMT",  // Sun, 06 Nov 1994 08:49:37 GMT
      "%A, %d-%b-%y %H:%M:%S GMT",  // Sunday, 06-Nov-94 08:49:37 GMT
      "%a %b %e %H:%M:%S %Y",       // Sun Nov  6 08:49:37 1994
  };
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  // The parser also knows `infinite-future`.
  if (trimmed.empty() || !absl::ascii_isupper(static_cast<unsigned char>(trimmed[0]))) {
    return std::nullopt;
  }
  for (const char* form : kForms) {
    absl::Time time;
    if (absl::ParseTime(form, trimmed, &time, nullptr)) return time;
  }
  return std::nullopt;
}

std::optional<absl::Time> HttpDateReader::Read(absl::string_view text) {
  if (text != last_text_) {
    last_text_ = std::string(text);
    last_ = ParseHttpDate(text);
  }
  return last_;
}

std::optional<absl::Duration> ParseRetryAfter(absl::string_view text, absl::Time now) {
  constexpr absl::Duration kLongest = absl::Hours(24);
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  if (trimmed.empty()) return std::nullopt;
  if (std::all_of(trimmed.begin(), trimmed.end(),
                  [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); })) {
    uint64_t seconds = 0;
    // All digits, so a failure means more than fits.
    if (!absl::SimpleAtoi(trimmed, &seconds)) return kLongest;
    return std::min(absl::Seconds(std::min<uint64_t>(seconds, 1'000'000)), kLongest);
  }
  const std::optional<absl::Time> date = ParseHttpDate(trimmed);
  if (!date.has_value()) return std::nullopt;
  return std::clamp(*date - now, absl::ZeroDuration(), kLongest);
}

}  // namespace runcast::upstream
