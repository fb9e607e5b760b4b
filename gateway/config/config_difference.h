// What differs between two configurations.

#ifndef RUNCAST_GATEWAY_CONFIG_CONFIG_DIFFERENCE_H_
#define RUNCAST_GATEWAY_CONFIG_CONFIG_DIFFERENCE_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace runcast::config {

struct FieldChange {
  std::string path;  // Such as `log.level` or `credentials[0].stream_ids[1]`.
  std::string text;  // Such as `"INFO" to "DEBUG"`; what was or is not there is `nothing`.
};

// In the order of paths. Secrets and where they lie are not in any text. Both messages are of one
// type and complete with defaults.
std::vector<FieldChange> DifferenceOf(const google::protobuf::Message& before,
                                      const google::protobuf::Message& after);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONFIG_DIFFERENCE_H_
