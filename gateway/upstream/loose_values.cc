#include "gateway/upstream/loose_values.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/upstream/message_text.h"

namespace runcast::upstream {
namespace {

constexpr size_t kLongestWord = 512;
// Doubles hold every whole number up to here.
constexpr double kLargestExact = 9007199254740992.0;

}  // namespace

std::optional<int64_t> ReadCount(const JsonValue& value) {
  int64_t count = 0;
  if (const auto* number = std::get_if<int64_t>(&value)) {
    count = *number;
  } else if (const auto* large = std::get_if<uint64_t>(&value)) {
    if (*large > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    count = static_cast<int64_t>(*large);
  } else if (const auto* text = std::get_if<std::string>(&value);
             text == nullptr || !absl::SimpleAtoi(*text, &count)) {
    const std::optional<double> number_with_point = ReadNumber(value);
    if (!number_with_point.has_value() || *number_with_point != std::trunc(*number_with_point) ||
        std::abs(*number_with_point) > kLargestExact) {
      return std::nullopt;
    }
    count = static_cast<int64_t>(*number_with_point);
  }
  if (count < 0) return std::nullopt;
  return count;
}

std::optional<double> ReadNumber(const JsonValue& value) {
  double number = 0;
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    number = static_cast<double>(*whole);
  } else if (const auto* large = std::get_if<uint64_t>(&value)) {
    number = static_cast<double>(*large);
  } else if (const auto* with_point = std::get_if<double>(&value)) {
    number = *with_point;
  } else if (const auto* text = std::get_if<std::string>(&value);
             text == nullptr || !absl::SimpleAtod(*text, &number)) {
    return std::nullopt;
  }
  if (!std::isfinite(number)) return std::nullopt;  // SimpleAtod knows `nan` and `inf`.
  return number;
}

std::optional<double> ReadScore(const JsonValue& value) {
  const std::optional<double> score = ReadNumber(value);
  if (!score.has_value() || *score < 0 || *score > 1) return std::nullopt;
  return score;
}

std::optional<bool> ReadFlag(const JsonValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* text = std::get_if<std::string>(&value)) {
    const absl::string_view word = absl::StripAsciiWhitespace(*text);
    if (absl::EqualsIgnoreCase(word, "true")) return true;
    if (absl::EqualsIgnoreCase(word, "false")) return false;
  }
  const std::optional<int64_t> number = ReadCount(value);
  if (!number.has_value() || *number > 1) return std::nullopt;
  return *number == 1;
}

std::optional<std::string> ReadText(const JsonValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::nullopt;
  return std::string(CutAtCharacter(*text, kLongestWord));
}

std::optional<std::string> ReadId(const JsonValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<int64_t>(&value)) return absl::StrCat(*number);
  if (const auto* number = std::get_if<uint64_t>(&value)) return absl::StrCat(*number);
  return std::nullopt;
}

std::optional<absl::Time> ReadTime(const JsonValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  absl::Time time;
  if (text == nullptr || !absl::ParseTime(absl::RFC3339_full, *text, &time, nullptr)) {
    return std::nullopt;
  }
  // The parser also knows `infinite-future` and years that protobuf cannot hold.
  static const absl::Time kFirst = absl::FromUnixSeconds(-62135596800);  // 0001-01-01
  static const absl::Time kEnd = absl::FromUnixSeconds(253402300800);    // 10000-01-01
  if (time < kFirst || time >= kEnd) return std::nullopt;
  return time;
}

std::optional<std::string> ReadLink(const JsonValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::nullopt;
  const bool is_web =
      absl::StartsWithIgnoreCase(*text, "https://") || absl::StartsWithIgnoreCase(*text, "http://");
  const bool is_one_word = std::none_of(text->begin(), text->end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
  });
  if (!is_web || !is_one_word) return std::nullopt;
  return *text;
}

}  // namespace runcast::upstream
