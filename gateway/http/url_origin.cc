#include "gateway/http/url_origin.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace runcast::http {

std::optional<std::string> UrlOrigin(absl::string_view url) {
  // Curl reads a URL up to a NUL and would send some other characters raw.
  const bool printable =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable) return std::nullopt;

  absl::string_view rest = url;
  if (!absl::ConsumePrefix(&rest, "https://") && !absl::ConsumePrefix(&rest, "http://")) {
    return std::nullopt;
  }
  const absl::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty() || absl::StrContains(authority, '@')) return std::nullopt;
  return std::string(url.substr(0, url.size() - rest.size() + authority.size()));
}

}  // namespace runcast::http
