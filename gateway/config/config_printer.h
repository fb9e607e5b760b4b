// Writes a configuration as a file that loads again.

#ifndef RUNCAST_GATEWAY_CONFIG_CONFIG_PRINTER_H_
#define RUNCAST_GATEWAY_CONFIG_CONFIG_PRINTER_H_

#include <string>

#include "google/protobuf/message.h"

namespace runcast::config {

// JSON with every field, defaults included, in the order of the proto file: words of enums short,
// durations as people write them, secrets as `***`. Ends with a line end.
std::string PrintConfig(const google::protobuf::Message& config);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONFIG_PRINTER_H_
