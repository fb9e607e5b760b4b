#include "gateway/config/base_url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/config/listen_address.h"

namespace runcast::config {
namespace {

constexpr const char* kExample = "such as https://platform.kore.ai";

bool ConsumeScheme(absl::string_view& url, absl::string_view scheme) {
  if (!absl::StartsWithIgnoreCase(url, scheme)) return false;
  url.remove_prefix(scheme.size());
  return true;
}

bool IsHostAndPort(absl::string_view authority) {
  // A port must follow the last colon outside of brackets; without one any port will do.
  const size_t colon = authority.rfind(':');
  const bool has_port =
      colon != absl::string_view::npos && authority.find(']', colon) == absl::string_view::npos;
  const auto address =
      ParseListenAddress(has_port ? std::string(authority) : absl::StrCat(authority, ":443"));
  return address.has_value() && address->port != 0;
}

}  // namespace

std::optional<std::string> BaseUrlFault(absl::string_view url, bool allow_http) {
  if (!ConsumeScheme(url, "https://")) {
    if (!ConsumeScheme(url, "http://")) {
      return absl::StrCat("must begin with https:// and name a host, ", kExample);
    }
    if (!allow_http) {
      return "must begin with https://; http:// needs upstream.allow_http, because tokens then "
             "travel in clear";
    }
  }
  if (absl::StrContains(url, '@')) return "must not hold a user name or password";
  if (url.find_first_of("?#") != absl::string_view::npos) {
    return "must not have a query or fragment";
  }
  const size_t slash = url.find('/');
  if (slash != absl::string_view::npos && slash + 1 != url.size()) {
    return absl::StrCat("must end after host and port, ", kExample,
                        "; a path belongs to upstream.path_prefix");
  }
  if (!IsHostAndPort(url.substr(0, slash))) {
    return absl::StrCat("must name a host, and perhaps a port from 1 to 65535, ", kExample);
  }
  return std::nullopt;
}

std::string HostOf(absl::string_view url) {
  if (!ConsumeScheme(url, "https://")) ConsumeScheme(url, "http://");
  const absl::string_view authority = url.substr(0, url.find('/'));
  if (absl::StartsWith(authority, "["))
    return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find(':')));
}

std::optional<std::string> PathPrefixFault(absl::string_view path) {
  if (path.empty()) return std::nullopt;
  if (path.front() != '/' || path.back() == '/') {
    return "must begin with a slash and not end with one, such as /api/public";
  }
  if (!std::all_of(path.begin(), path.end(), absl::ascii_isgraph) ||
      path.find_first_of("?#\\\"<>{}|^`") != absl::string_view::npos) {
    return "must be a path as it stands in a URL, without query; encode other characters as %XX";
  }
  for (size_t at = path.find('%'); at != absl::string_view::npos; at = path.find('%', at + 1)) {
    if (at + 2 >= path.size() || !absl::ascii_isxdigit(path[at + 1]) ||
        !absl::ascii_isxdigit(path[at + 2])) {
      return "must have two hexadecimal digits after each %";
    }
  }
  for (const absl::string_view segment : absl::StrSplit(path.substr(1), '/')) {
    if (segment.empty() || segment == "." || segment == "..") {
      return "must not have empty segments, . or ..";
    }
  }
  return std::nullopt;
}

}  // namespace runcast::config
