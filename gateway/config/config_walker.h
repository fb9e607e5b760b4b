// Fills the configuration message from a parsed file, collecting every fault on the way.

#ifndef RUNCAST_GATEWAY_CONFIG_CONFIG_WALKER_H_
#define RUNCAST_GATEWAY_CONFIG_CONFIG_WALKER_H_

#include <nlohmann/json.hpp>
#include <string>

#include "gateway/config/faults.h"
#include "google/protobuf/message.h"

namespace runcast::config {

// `config` holds its defaults already; a field that is at fault keeps them. `source` is the name
// of the file for faults. A list element starts with the defaults of its fields.
void FillFromDocument(const nlohmann::ordered_json& root, const std::string& source,
                      google::protobuf::Message& config, Faults& faults);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONFIG_WALKER_H_
