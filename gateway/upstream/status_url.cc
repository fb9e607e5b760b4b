#include "gateway/upstream/status_url.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace runcast::upstream {
namespace {

bool IsUnreserved(unsigned char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

absl::string_view WithoutSlashes(absl::string_view text) {
  while (absl::ConsumePrefix(&text, "/")) {
  }
  while (absl::ConsumeSuffix(&text, "/")) {
  }
  return text;
}

}  // namespace

std::string EncodeSegment(absl::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const bool is_step = text == "." || text == "..";
  std::string encoded;
  encoded.reserve(text.size() + 16);
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (IsUnreserved(byte) && !is_step) {
      encoded.push_back(character);
    } else {
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4]);
      encoded.push_back(kHex[byte & 0xF]);
    }
  }
  return encoded;
}

std::string StatusUrl(const UrlShape& shape, const base::RunKey& key) {
  absl::string_view base = shape.base_url;
  while (absl::ConsumeSuffix(&base, "/")) {
  }
  const absl::string_view prefix = WithoutSlashes(shape.path_prefix);
  return absl::StrCat(base, prefix.empty() ? "" : "/", prefix,
                      shape.resource == UrlShape::Resource::kBot ? "/bot/" : "/stream/",
                      EncodeSegment(key.stream_id), "/testsuite/", EncodeSegment(key.suite_name),
                      "/", EncodeSegment(key.run_id), "/status");
}

}  // namespace runcast::upstream
