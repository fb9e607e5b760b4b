// One scripted fault: which requests it strikes and what it does to them. Plain value.
//
// Kinds and members: README.md, "Faults".

#ifndef RUNCAST_TESTS_SIMULATOR_FAULT_H_
#define RUNCAST_TESTS_SIMULATOR_FAULT_H_

#include <cstdint>
#include <string>

#include "tests/simulator/http_answer.h"
#include "tests/simulator/json.h"

namespace runcast::simulator {

struct Fault {
  uint64_t id = 0;
  std::string kind;

  // Which requests; empty = any.
  std::string run;
  std::string stream;
  std::string call = "status";  // or "any"
  int64_t after = 0;            // matching requests let through first
  int64_t count = -1;           // then strikes that many; negative = no limit
  int64_t until_nanos = 0;      // monotonic; 0 = no limit
  double probability = 1;

  // What it does.
  int64_t delay_ms = 0;  // before anything else
  int status = 0;
  HttpHeaders headers;
  std::string body;
  std::string content_type;
  std::string at;   // "start", "headers", "body"
  std::string how;  // "reset", "close"
  int64_t hang_ms = 0;
  int64_t size = 0;  // bytes, depth or bytes a second
  int64_t back_ms = 0;
  std::string msg;
  Json code;

  uint64_t seen = 0;  // matching requests
  uint64_t hits = 0;  // strikes
  Json spec;          // as given
};

// Throws std::exception naming what is wrong. `now_nanos` starts the clock of `for_ms`.
Fault FaultFromJson(const Json& json, int64_t now_nanos);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_FAULT_H_
