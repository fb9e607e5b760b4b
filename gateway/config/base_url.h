// What is wrong with the URL of the platform.

#ifndef RUNCAST_GATEWAY_CONFIG_BASE_URL_H_
#define RUNCAST_GATEWAY_CONFIG_BASE_URL_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace runcast::config {

// A good one is scheme, host and perhaps a port; one `/` at its end does no harm. Says what would
// be right; nothing when it is good. Never repeats the URL: it may hold a password.
std::optional<std::string> BaseUrlFault(absl::string_view url, bool allow_http);

// The host of a base URL without fault: a name, or an address without brackets.
std::string HostOf(absl::string_view url);

// What is wrong with the path before `/stream/…`. Empty is good.
std::optional<std::string> PathPrefixFault(absl::string_view path);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_BASE_URL_H_
