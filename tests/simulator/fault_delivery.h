// Turns a good answer into what a fault makes of it: first the content, then the way it goes over
// the wire. Pure.

#ifndef RUNCAST_TESTS_SIMULATOR_FAULT_DELIVERY_H_
#define RUNCAST_TESTS_SIMULATOR_FAULT_DELIVERY_H_

#include <string_view>

#include "tests/simulator/fault.h"
#include "tests/simulator/http_answer.h"

namespace runcast::simulator {

// Status, headers and body after the fault.
HttpAnswer Distort(const Fault& fault, HttpAnswer good);

// Steps on the wire after the fault.
WirePlan Deliver(const Fault& fault, const HttpAnswer& answer, std::string_view date,
                 bool keep_alive);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_FAULT_DELIVERY_H_
