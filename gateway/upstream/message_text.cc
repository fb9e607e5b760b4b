#include "gateway/upstream/message_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace runcast::upstream {
namespace {

// Longest run of base64 characters that is shown: `ctr-` and a UUID have 40, the platform's
// client secrets about 44.
constexpr size_t kLongestShownRun = 40;
// A part of a token between two dots is at least this long; the parts of a host name are not.
constexpr size_t kTokenPart = 16;

struct Character {
  uint32_t code = 0;
  size_t bytes = 0;  // 0: not UTF-8.
};

Character FirstCharacter(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  uint32_t code = lead & (0xFFU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, bytes};
}

bool IsBlank(uint32_t code) {
  return code <= 0x20 || (code >= 0x7F && code <= 0xA0) ||  // C0, DEL, C1, no-break space
         (code >= 0x2028 && code <= 0x202E) ||              // line separators, directions
         (code >= 0x2066 && code <= 0x2069) ||              // isolates of direction
         code == 0x200E || code == 0x200F || code == 0xFEFF;
}

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::StrContains("-_.+/=$~%", absl::string_view(&c, 1));
}

bool LooksLikeToken(absl::string_view run) {
  if (run.size() > kLongestShownRun) return true;
  // The beginning of every JSON web token: `{"` in base64.
  if (run.size() >= kTokenPart && absl::StrContains(run, "eyJ")) return true;
  size_t long_parts = 0;
  for (const absl::string_view part : absl::StrSplit(run, '.')) {
    long_parts = part.size() >= kTokenPart ? long_parts + 1 : 0;
    if (long_parts == 2) return true;
  }
  return false;
}

bool LooksLikeLink(absl::string_view word) {
  if (absl::StrContains(word, "://")) return true;
  const size_t query = word.find('?');
  return query != absl::string_view::npos && absl::StrContains(word.substr(query), "=");
}

void AppendMasked(absl::string_view word, std::string& out) {
  if (LooksLikeLink(word)) {
    absl::StrAppend(&out, "[link]");
    return;
  }
  while (!word.empty()) {
    const bool in_run = IsTokenCharacter(word.front());
    const auto end = std::find_if(word.begin(), word.end(),
                                  [&](char c) { return IsTokenCharacter(c) != in_run; });
    const absl::string_view run = word.substr(0, static_cast<size_t>(end - word.begin()));
    absl::StrAppend(&out, in_run && LooksLikeToken(run) ? absl::string_view("[hidden]") : run);
    word.remove_prefix(run.size());
  }
}

}  // namespace

absl::string_view CutAtCharacter(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string OneLine(absl::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    if (character.bytes == 0) {
      line.push_back('?');
      text.remove_prefix(1);
      continue;
    }
    if (!IsBlank(character.code)) {
      absl::StrAppend(&line, text.substr(0, character.bytes));
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
    text.remove_prefix(character.bytes);
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string MaskSecrets(absl::string_view text) {
  std::string masked;
  masked.reserve(text.size());
  // Words end at blanks and at quotes; everything else can be part of a link.
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \"'<>`"), text.size());
    AppendMasked(text.substr(0, end), masked);
    if (end < text.size()) masked.push_back(text[end]);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return masked;
}

std::string FitToShow(absl::string_view text, size_t max_bytes) {
  return std::string(CutAtCharacter(MaskSecrets(OneLine(text)), max_bytes));
}

}  // namespace runcast::upstream
