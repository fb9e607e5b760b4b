// The one JSON type of the simulator: it keeps members in the order they were written, because
// answers shall look like the platform's samples.

#ifndef RUNCAST_TESTS_SIMULATOR_JSON_H_
#define RUNCAST_TESTS_SIMULATOR_JSON_H_

#include <nlohmann/json.hpp>

namespace runcast::simulator {

using Json = nlohmann::ordered_json;

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_JSON_H_
