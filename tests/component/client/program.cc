#include "tests/component/client/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "absl/strings/match.h"

extern char** environ;

namespace runcast::tests {
namespace {

constexpr std::chrono::seconds kLimit(20);

[[noreturn]] void Fail(const char* what) {
  perror(what);
  abort();
}

struct Ends {
  int ours = -1;
  int theirs = -1;
};

Ends MakePipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) Fail("pipe2");
  return {fds[0], fds[1]};
}

Ends MakeTerminal(int columns) {
  Ends ends;
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(columns);
  if (openpty(&ends.ours, &ends.theirs, nullptr, nullptr, &size) != 0) Fail("openpty");
  fcntl(ends.ours, F_SETFD, FD_CLOEXEC);
  fcntl(ends.theirs, F_SETFD, FD_CLOEXEC);
  return ends;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentFor(const Start& start) {
  std::vector<std::string> environment = start.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (absl::StartsWith(*entry, "PATH=") || absl::StrContains(*entry, "SAN_OPTIONS=")) {
      environment.emplace_back(*entry);
    }
  }
  return environment;
}

pid_t Spawn(const Start& start, int out, int err) {
  std::vector<std::string> arguments = start.arguments;
  arguments.insert(arguments.begin(), RUNCAST_PROGRAM);
  std::vector<std::string> environment = EnvironmentFor(start);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int fault = posix_spawn(&pid, RUNCAST_PROGRAM, &actions, nullptr,
                                Pointers(arguments).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  errno = fault;
  if (fault != 0) Fail(RUNCAST_PROGRAM);
  return pid;
}

// Appends what can be read; false at the end of the stream (EIO is that of a terminal).
bool ReadInto(int fd, std::string& text) {
  char buffer[4096];
  const ssize_t count = read(fd, buffer, sizeof(buffer));
  if (count <= 0) return false;
  text.append(buffer, static_cast<size_t>(count));
  return true;
}

}  // namespace

Finished RunProgram(const Start& start) {
  const Ends out = MakePipe();
  const Ends err = start.terminal_columns > 0 ? MakeTerminal(start.terminal_columns) : MakePipe();
  const pid_t pid = Spawn(start, start.out >= 0 ? start.out : out.theirs, err.theirs);
  close(out.theirs);
  close(err.theirs);
  std::thread helper;
  if (start.running) helper = std::thread([&] { start.running(pid); });

  Finished finished;
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  pollfd fds[] = {{out.ours, POLLIN, 0}, {err.ours, POLLIN, 0}};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        limit - std::chrono::steady_clock::now());
    if (left.count() <= 0 || poll(fds, 2, static_cast<int>(left.count())) == 0) {
      kill(pid, SIGKILL);
      break;
    }
    if (fds[0].revents != 0 && !ReadInto(out.ours, finished.out)) fds[0].fd = -1;
    if (fds[1].revents != 0 && !ReadInto(err.ours, finished.err)) fds[1].fd = -1;
  }
  int status = 0;
  waitpid(pid, &status, 0);
  finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (helper.joinable()) helper.join();
  close(out.ours);
  close(err.ours);
  return finished;
}

}  // namespace runcast::tests
