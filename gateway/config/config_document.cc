#include "gateway/config/config_document.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/config/faults.h"

namespace runcast::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kDeepest = 32;

// Builds the value while it is read, as nlohmann's own parser does, which drops the first of
// two equal keys without a word.
class DocumentBuilder final : public Json::json_sax_t {
 public:
  explicit DocumentBuilder(ConfigDocument& document) : document_(document) {}

  bool null() override { return Take(Json(nullptr)); }
  bool boolean(bool value) override { return Take(Json(value)); }
  bool number_integer(number_integer_t value) override { return Take(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Take(Json(value)); }
  bool number_float(number_float_t value, const string_t&) override { return Take(Json(value)); }
  bool string(string_t& value) override { return Take(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }  // JSON text has none.

  bool start_object(size_t) override { return Open(Json::object()); }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    level.key = name;
    if (level.value.contains(name)) {
      document_.duplicate_paths.push_back(MemberPath(level.path, name));
    }
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    // `[json.exception.parse_error.101] parse error at line 2, column 5: …`
    absl::string_view what = error.what();
    // What was read last may be a secret that lacks its closing quote.
    what = what.substr(0, what.find("; last read"));
    const size_t place = what.find(" at ");
    document_.syntax_fault =
        absl::StrCat("no good JSON: ",
                     std::string(place == absl::string_view::npos ? what : what.substr(place + 4)));
    return false;
  }

 private:
  struct Level {
    Json value;
    std::string path;
    std::string key;  // Of the member that comes next, in an object.
  };

  std::string NextPath() const {
    if (levels_.empty()) return "";
    const Level& level = levels_.back();
    return level.value.is_object() ? MemberPath(level.path, level.key)
                                   : ElementPath(level.path, static_cast<int>(level.value.size()));
  }

  bool Take(Json value) {
    if (levels_.empty()) {
      document_.root = std::move(value);
    } else if (Level& level = levels_.back(); level.value.is_object()) {
      level.value[level.key] = std::move(value);
    } else {
      level.value.push_back(std::move(value));
    }
    return true;
  }

  bool Open(Json value) {
    if (levels_.size() == kDeepest) {
      document_.syntax_fault = absl::StrCat("nested deeper than ", kDeepest, " levels");
      return false;
    }
    levels_.push_back({std::move(value), NextPath(), ""});
    return true;
  }

  bool Close() {
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    return Take(std::move(value));
  }

  ConfigDocument& document_;
  std::vector<Level> levels_;
};

}  // namespace

ConfigDocument ParseConfigDocument(absl::string_view text) {
  ConfigDocument document;
  DocumentBuilder builder(document);
  const bool good =
      Json::sax_parse(text.begin(), text.end(), &builder, nlohmann::detail::input_format_t::json,
                      /*strict=*/true, /*ignore_comments=*/true);
  if (!good) document.root.reset();
  return document;
}

}  // namespace runcast::config
