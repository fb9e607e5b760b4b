// The part of a URL that may be shown.

#ifndef RUNCAST_GATEWAY_HTTP_URL_ORIGIN_H_
#define RUNCAST_GATEWAY_HTTP_URL_ORIGIN_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::http {

// `scheme://host:port` as written in `url`, without path and query, which can hold signatures.
// Nothing when the text is no URL to send a request to: no `http` or `https`, no host, a user
// name, or a blank, control or non-ASCII character anywhere.
std::optional<std::string> UrlOrigin(absl::string_view url);

}  // namespace runcast::http

#endif  // RUNCAST_GATEWAY_HTTP_URL_ORIGIN_H_
