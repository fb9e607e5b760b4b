// Runs the program `runcast` as its user does.

#ifndef RUNCAST_TESTS_COMPONENT_CLIENT_PROGRAM_H_
#define RUNCAST_TESTS_COMPONENT_CLIENT_PROGRAM_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace runcast::tests {

// What a program left behind.
struct Finished {
  int code = -1;  // Exit code, or 128 + the signal.
  std::string out;
  std::string err;
};

// How it is started. Variables are `NAME=value`; of ours only PATH and those of sanitizers go with
// it, so that the machine's settings do not matter.
struct Start {
  std::vector<std::string> arguments;
  std::vector<std::string> environment = {};
  // Gives it a terminal of that many columns as stderr, or none for 0.
  int terminal_columns = 0;
  // A descriptor to take as stdout, or none for -1; what goes there is not in `Finished`.
  int out = -1;
  // Called with the process id once it runs.
  std::function<void(pid_t)> running = {};
};

// Waits for the end; kills it after 20 s.
Finished RunProgram(const Start& start);

}  // namespace runcast::tests

#endif  // RUNCAST_TESTS_COMPONENT_CLIENT_PROGRAM_H_
