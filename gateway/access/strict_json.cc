#include "gateway/access/strict_json.h"

#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"

namespace runcast::access {
namespace {

using nlohmann::json;

// Far more than any schema needs; bounds what a hostile document can make us hold.
constexpr size_t kMostLevels = 32;

struct TooDeep {};

// Follows the parser and knows where it is. nlohmann keeps the last of two equal keys and says
// nothing.
class DuplicateFinder {
 public:
  explicit DuplicateFinder(std::vector<std::string>& found) : found_(found) {}

  void OnEvent(json::parse_event_t event, const json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start: {
        if (open_.size() == kMostLevels) throw TooDeep();
        std::string path = NextPath();
        open_.push_back(
            {.path = std::move(path), .is_array = event == json::parse_event_t::array_start});
        return;
      }
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        open_.pop_back();
        EndValue();
        return;
      case json::parse_event_t::key:
        OnKey(parsed.get_ref<const std::string&>());
        return;
      case json::parse_event_t::value:
        EndValue();
        return;
    }
  }

 private:
  struct Container {
    std::string path;
    bool is_array = false;
    size_t index = 0;
    std::string key;
    std::set<std::string> keys;
  };

  std::string NextPath() const {
    if (open_.empty()) return "";
    const Container& in = open_.back();
    return in.is_array ? absl::StrCat(in.path, "[", in.index, "]") : MemberPath(in.path, in.key);
  }

  void OnKey(const std::string& key) {
    Container& in = open_.back();
    in.key = key;
    if (!in.keys.insert(key).second) found_.push_back(MemberPath(in.path, key));
  }

  void EndValue() {
    if (!open_.empty()) ++open_.back().index;
  }

  std::vector<std::string>& found_;
  std::vector<Container> open_;
};

}  // namespace

std::string MemberPath(absl::string_view parent, absl::string_view key) {
  // Keys come from outside and go into messages.
  const std::string safe = absl::CHexEscape(key.substr(0, 64));
  return parent.empty() ? safe : absl::StrCat(parent, ".", safe);
}

JsonDocument ParseStrictJson(absl::string_view text, json& root) {
  JsonDocument document;
  // To the parser it would be the end of the text, whatever stands behind it.
  if (text.find('\0') != absl::string_view::npos) {
    document.syntax_error = "has a NUL byte";
    return document;
  }
  DuplicateFinder finder(document.duplicate_keys);
  try {
    root = json::parse(
        text.begin(), text.end(),
        [&](int, json::parse_event_t event, json& parsed) {
          finder.OnEvent(event, parsed);
          return true;
        },
        /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const TooDeep&) {
    document.syntax_error = absl::StrCat("nested deeper than ", kMostLevels, " levels");
  } catch (const json::exception& error) {
    // Only what comes after `[json.exception…] `, which is for programmers.
    const absl::string_view what = error.what();
    const size_t end = what.find("] ");
    // It may quote bytes of the document.
    document.syntax_error = absl::StrReplaceAll(
        absl::CHexEscape(end == absl::string_view::npos ? what : what.substr(end + 2)),
        {{"\\'", "'"}, {"\\\"", "\""}});
  }
  return document;
}

}  // namespace runcast::access
