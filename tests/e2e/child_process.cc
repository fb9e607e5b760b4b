#include "tests/e2e/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_join.h"
#include "tests/e2e/capture.h"

extern char** environ;

namespace runcast::e2e {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string NameOf(const std::string& entry) { return entry.substr(0, entry.find('=') + 1); }

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> arguments,
                           std::vector<std::string> environment) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    bool replaced = false;
    for (const std::string& ours : environment) replaced |= NameOf(ours) == NameOf(*entry);
    if (!replaced) environment.emplace_back(*entry);
  }
  int out[2];
  int err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) std::abort();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  const int failure = posix_spawn(&pid_, arguments[0].c_str(), &actions, nullptr,
                                  Pointers(arguments).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  close(err[1]);
  if (failure != 0) {
    std::fprintf(stderr, "cannot start %s\n", arguments[0].c_str());
    std::abort();
  }
  readers_.emplace_back([this, fd = out[0]] { ReadOutput(fd, stdout_lines_); });
  readers_.emplace_back([this, fd = err[0]] { ReadOutput(fd, stderr_lines_); });
  waiter_ = std::thread([this] {
    int status = 0;
    waitpid(pid_, &status, 0);
    std::lock_guard lock(mutex_);
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    changed_.notify_all();
  });
}

ChildProcess::~ChildProcess() {
  Kill();
  waiter_.join();
  for (std::thread& reader : readers_) reader.join();
  CaptureOutput(Output());
}

void ChildProcess::Signal(int signal) {
  std::lock_guard lock(mutex_);
  // Once it was waited for, the id may belong to somebody else.
  if (!exit_code_.has_value()) kill(pid_, signal);
}

void ChildProcess::Kill() {
  Signal(SIGKILL);
  WaitForExit(absl::Seconds(30));
}

std::optional<int> ChildProcess::WaitForExit(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMilliseconds(limit),
                    [&] { return exit_code_.has_value(); });
  return exit_code_;
}

std::optional<std::string> ChildProcess::WaitForLine(
    const std::function<bool(const std::string&)>& wanted, absl::Duration limit) {
  std::unique_lock lock(mutex_);
  std::optional<std::string> found;
  size_t looked_at = 0;
  changed_.wait_for(lock, absl::ToChronoMilliseconds(limit), [&] {
    for (; looked_at < lines_.size(); ++looked_at) {
      if (wanted(lines_[looked_at])) {
        found = lines_[looked_at];
        return true;
      }
    }
    return open_streams_ == 0;
  });
  return found;
}

std::string ChildProcess::Output() const {
  std::lock_guard lock(mutex_);
  return absl::StrJoin(lines_, "\n");
}

std::vector<std::string> ChildProcess::LinesOfStdout(absl::Duration limit) {
  return WaitForLines(stdout_lines_, limit);
}

std::vector<std::string> ChildProcess::LinesOfStderr(absl::Duration limit) {
  return WaitForLines(stderr_lines_, limit);
}

std::vector<std::string> ChildProcess::WaitForLines(const std::vector<std::string>& lines,
                                                    absl::Duration limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMilliseconds(limit), [&] { return open_streams_ == 0; });
  return lines;
}

void ChildProcess::ReadOutput(int fd, std::vector<std::string>& lines) {
  std::FILE* stream = fdopen(fd, "r");
  char* line = nullptr;
  size_t capacity = 0;
  ssize_t length;
  while ((length = getline(&line, &capacity, stream)) >= 0) {
    if (length > 0 && line[length - 1] == '\n') --length;
    std::lock_guard lock(mutex_);
    lines_.emplace_back(line, static_cast<size_t>(length));
    lines.push_back(lines_.back());
    changed_.notify_all();
  }
  std::free(line);
  std::fclose(stream);
  std::lock_guard lock(mutex_);
  --open_streams_;
  changed_.notify_all();
}

}  // namespace runcast::e2e
