#include "gateway/config/nearest_name.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"

namespace runcast::config {
namespace {

std::string LettersOnly(absl::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c != '_' && c != '-') letters.push_back(absl::ascii_tolower(c));
  }
  return letters;
}

// Levenshtein's distance: letters to insert, drop or change.
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> NearestName(absl::string_view word,
                                       const std::vector<std::string>& names) {
  // A name is short; what is not is no misspelling, and its distance would cost time.
  if (word.empty() || word.size() > 100) return std::nullopt;
  const std::string letters = LettersOnly(word);
  std::optional<std::string> nearest;
  size_t least = 0;
  for (const std::string& name : names) {
    const std::string name_letters = LettersOnly(name);
    const size_t distance = Distance(letters, name_letters);
    if (distance > std::max(letters.size(), name_letters.size()) / 3) continue;
    if (!nearest.has_value() || distance < least) {
      nearest = name;
      least = distance;
    }
  }
  return nearest;
}

}  // namespace runcast::config
