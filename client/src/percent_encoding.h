// Percent-encoding for metadata values: a byte outside ASCII in one aborts the whole process.

#ifndef RUNCAST_CLIENT_SRC_PERCENT_ENCODING_H_
#define RUNCAST_CLIENT_SRC_PERCENT_ENCODING_H_

#include <string>

#include "absl/strings/string_view.h"

namespace runcast::client {

// Keeps the unreserved characters of RFC 3986, section 2.3, and encodes every other byte as
// `%XX` with upper-case digits.
std::string PercentEncode(absl::string_view text);

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_PERCENT_ENCODING_H_
