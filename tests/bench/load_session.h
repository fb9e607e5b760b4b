// What the driving script says to a load that stands: lines on standard input, answers as lines of
// JSON on standard output.
//
//   publish RATE [MESSAGE]   puts so many a second from now on; 0: none
//   measure SECONDS [CUT]    counts for so long, then waits CUT seconds (2) for late receipts
//   use                      tells the server's CPU time and memory
//   close                    ends all connections
//
// The end of the input ends the program.

#ifndef RUNCAST_TESTS_BENCH_LOAD_SESSION_H_
#define RUNCAST_TESTS_BENCH_LOAD_SESSION_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/bench/fleet.h"
#include "tests/bench/publisher.h"
#include "tests/bench/readers.h"
#include "tests/bench/watchers.h"

namespace runcast::bench {

// Threads: one.
class LoadSession {
 public:
  // One of `watchers` and `readers` is null.
  struct Parts {
    Watchers* watchers = nullptr;
    Readers* readers = nullptr;
    Publisher* publisher = nullptr;
  };

  explicit LoadSession(std::vector<int> server_pids);

  Fleet& fleet() { return fleet_; }
  // Serves commands until the input ends.
  void Run(const Parts& parts);
  static void Print(const nlohmann::json& line);

 private:
  void OnInput();
  void Handle(const std::string& command);
  void Measure(double seconds, double cut_off);
  void PollUntil(int64_t time);
  nlohmann::json Use() const;

  Fleet fleet_;
  const std::vector<int> server_pids_;
  Parts parts_;
  std::string input_;
  std::vector<std::string> commands_;
  bool input_ended_ = false;
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_LOAD_SESSION_H_
