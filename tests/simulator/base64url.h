// Base64 in the URL-safe alphabet without padding (RFC 4648, section 5), as in JOSE. Pure.

#ifndef RUNCAST_TESTS_SIMULATOR_BASE64URL_H_
#define RUNCAST_TESTS_SIMULATOR_BASE64URL_H_

#include <optional>
#include <string>
#include <string_view>

namespace runcast::simulator {

// Nothing when a character outside the alphabet (padding included) or an impossible length occurs.
std::optional<std::string> DecodeBase64Url(std::string_view text);

std::string EncodeBase64Url(std::string_view bytes);

std::string HexOf(std::string_view bytes);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_BASE64URL_H_
