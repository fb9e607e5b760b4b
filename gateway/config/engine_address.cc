#include "gateway/config/engine_address.h"

#include "absl/strings/strip.h"
#include "gateway/config/listen_address.h"

namespace runcast::config {

std::optional<EngineAddress> ParseEngineAddress(absl::string_view text) {
  if (absl::ConsumePrefix(&text, "unix:")) {
    if (text.empty() || text[0] != '/') return std::nullopt;
    return EngineAddress{.socket_path = std::string(text)};
  }
  // A password in an address would be shown with it.
  if (text.find('@') != absl::string_view::npos || text.find('/') != absl::string_view::npos) {
    return std::nullopt;
  }
  const auto address = ParseListenAddress(text);
  if (!address.has_value() || address->port == 0 || address->host.empty()) return std::nullopt;
  return EngineAddress{.host = address->host, .port = address->port};
}

}  // namespace runcast::config
