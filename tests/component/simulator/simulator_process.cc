#include "tests/component/simulator/simulator_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace runcast::simulator_test {
namespace {

using std::chrono::steady_clock;

std::string ReadLine(int descriptor) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  std::string line;
  while (steady_clock::now() < deadline) {
    pollfd ready{descriptor, POLLIN, 0};
    if (poll(&ready, 1, 200) <= 0) continue;
    char c = 0;
    if (read(descriptor, &c, 1) != 1) break;
    if (c == '\n') return line;
    line.push_back(c);
  }
  throw std::runtime_error("runcast-simulator did not say that it is ready");
}

}  // namespace

SimulatorProcess::SimulatorProcess(std::vector<std::string> flags) {
  flags.insert(flags.begin(), RUNCAST_SIMULATOR);
  std::vector<char*> arguments;
  for (std::string& flag : flags) arguments.push_back(flag.data());
  arguments.push_back(nullptr);

  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  const int failed =
      posix_spawn(&pid_, RUNCAST_SIMULATOR, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  if (failed != 0) throw std::runtime_error("cannot start " RUNCAST_SIMULATOR);
  const auto ready = nlohmann::json::parse(ReadLine(out[0]));
  close(out[0]);
  api_ = ready.at("api").get<std::string>();
  control_ = ready.at("control").get<std::string>();
}

SimulatorProcess::~SimulatorProcess() {
  if (pid_ < 0) return;
  kill(pid_, SIGTERM);
  if (WaitForExit() >= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string SimulatorProcess::StatusUrl(const std::string& run, const std::string& suite,
                                        const std::string& stream) const {
  return api_ + "/api/public/stream/" + stream + "/testsuite/" + suite + "/" + run + "/status";
}

nlohmann::ordered_json SimulatorProcess::Control(const std::string& method, const std::string& path,
                                                 const nlohmann::ordered_json& body) {
  const Exchange exchange =
      control_client_.Do(method, control_ + path, {}, body.is_null() ? "" : body.dump());
  if (exchange.curl != CURLE_OK || exchange.status != 200) {
    throw std::runtime_error(method + " " + path + ": " + std::to_string(exchange.status) + " " +
                             exchange.body);
  }
  return exchange.Json();
}

nlohmann::ordered_json SimulatorProcess::Requests(const std::string& query) {
  return Control("GET", "/requests?" + query).at("requests");
}

bool SimulatorProcess::Eventually(const std::function<bool()>& done, int seconds) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(seconds);
  while (!done()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

int SimulatorProcess::WaitForExit() {
  int state = 0;
  const bool ended = Eventually([&] { return waitpid(pid_, &state, WNOHANG) == pid_; });
  if (!ended) return -1;
  pid_ = -1;
  return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

}  // namespace runcast::simulator_test
