// The comments of the configuration proto, for `--help`.

#ifndef RUNCAST_GATEWAY_CONFIG_FIELD_COMMENTS_H_
#define RUNCAST_GATEWAY_CONFIG_FIELD_COMMENTS_H_

#include "absl/strings/string_view.h"

namespace runcast::config {

// The comment above a field or message, as one line, by its full name such as
// `runcast.config.v1.PollingConfig.linger`; empty when it is unknown. The build takes the comments
// out of the proto file (field_comments_generator.cc): protobuf drops them from descriptors.
absl::string_view FieldComment(absl::string_view full_name);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_FIELD_COMMENTS_H_
