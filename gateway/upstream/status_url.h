// Where the platform answers for the status of a run.

#ifndef RUNCAST_GATEWAY_UPSTREAM_STATUS_URL_H_
#define RUNCAST_GATEWAY_UPSTREAM_STATUS_URL_H_

#include <string>

#include "absl/strings/string_view.h"
#include "gateway/base/run_key.h"

namespace runcast::upstream {

// The parts of the address that are the same for all runs.
struct UrlShape {
  enum class Resource { kStream, kBot };  // Two spellings of one thing: `/stream/…`, `/bot/…`.

  std::string base_url;  // Scheme and host; a slash at its end does no harm.
  std::string path_prefix = "/api/public";
  Resource resource = Resource::kStream;
};

// Encodes `text` as one segment of a path: RFC 3986 unreserved characters stay, every other
// byte becomes `%XX`. The segments `.` and `..` would be taken for steps in the tree, so their
// dots are encoded too; the HTTP client must send paths as they are.
std::string EncodeSegment(absl::string_view text);

// The address of the status call: upstream reference, section 2, call 1. Empty parts are refused
// by callers. The language is not part of it.
std::string StatusUrl(const UrlShape& shape, const base::RunKey& key);

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_STATUS_URL_H_
