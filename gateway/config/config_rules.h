// What the rules of fields ask of a whole configuration: required values and readable files.

#ifndef RUNCAST_GATEWAY_CONFIG_CONFIG_RULES_H_
#define RUNCAST_GATEWAY_CONFIG_CONFIG_RULES_H_

#include "gateway/config/faults.h"
#include "google/protobuf/message.h"

namespace runcast::config {

// To be called when all sources have been read. Opens the files that the configuration names, and
// reads nothing from them.
void CheckRules(const google::protobuf::Message& config, Faults& faults);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_CONFIG_RULES_H_
