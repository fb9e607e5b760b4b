// A program under test, as its user starts it.

#ifndef RUNCAST_TESTS_E2E_CHILD_PROCESS_H_
#define RUNCAST_TESTS_E2E_CHILD_PROCESS_H_

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"

namespace runcast::e2e {

// Starts in the constructor; its output is read line by line. The destructor kills it and waits.
//
// Threads: any.
class ChildProcess {
 public:
  // `environment` entries (NAME=value) are added to ours.
  ChildProcess(std::vector<std::string> arguments, std::vector<std::string> environment = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);
  // SIGKILL, and waits for the end.
  void Kill();

  // The exit code, or 128 + the signal, once it has ended; nothing when it has not by then.
  std::optional<int> WaitForExit(absl::Duration limit);

  // The first line of stdout or stderr, past or future, for which `wanted` says yes; nothing
  // after `limit` or when the program ended without one.
  std::optional<std::string> WaitForLine(const std::function<bool(const std::string&)>& wanted,
                                         absl::Duration limit);

  // Everything it wrote so far, both streams, in order of arrival.
  std::string Output() const;
  // Everything it wrote to one of them until it ended, which it must do within `limit`.
  std::vector<std::string> LinesOfStdout(absl::Duration limit);
  std::vector<std::string> LinesOfStderr(absl::Duration limit);

 private:
  void ReadOutput(int fd, std::vector<std::string>& lines);
  std::vector<std::string> WaitForLines(const std::vector<std::string>& lines,
                                        absl::Duration limit);

  pid_t pid_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;         // Of both. Guarded by mutex_.
  std::vector<std::string> stdout_lines_;  // Guarded by mutex_.
  std::vector<std::string> stderr_lines_;  // Guarded by mutex_.
  int open_streams_ = 2;                   // Guarded by mutex_.
  std::optional<int> exit_code_;           // Guarded by mutex_.
  std::vector<std::thread> readers_;
  std::thread waiter_;
};

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_CHILD_PROCESS_H_
