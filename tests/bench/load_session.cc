#include "tests/bench/load_session.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <utility>

#include "tests/bench/load_clock.h"
#include "tests/bench/process_use.h"

namespace runcast::bench {

LoadSession::LoadSession(std::vector<int> server_pids)
    : fleet_([this] { OnInput(); }), server_pids_(std::move(server_pids)) {}

void LoadSession::Print(const nlohmann::json& line) { std::cout << line.dump() << std::endl; }

void LoadSession::Run(const Parts& parts) {
  parts_ = parts;
  while (true) {
    while (!commands_.empty()) {
      const std::string command = commands_.front();
      commands_.erase(commands_.begin());
      Handle(command);
    }
    if (input_ended_) return;
    PollUntil(NowNanos() + Nanos(0.05));
  }
}

void LoadSession::OnInput() {
  char bytes[4096];
  const ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
  if (got <= 0) {
    input_ended_ = true;
    return;
  }
  input_.append(bytes, static_cast<size_t>(got));
  for (size_t end; (end = input_.find('\n')) != std::string::npos; input_.erase(0, end + 1)) {
    commands_.push_back(input_.substr(0, end));
  }
}

void LoadSession::Handle(const std::string& command) {
  std::istringstream words(command);
  std::string name;
  words >> name;
  if (name == "publish") {
    double rate = 0;
    size_t message = 0;
    words >> rate >> message;
    if (parts_.publisher != nullptr) parts_.publisher->Start(rate, message);
    Print({{"publishing", rate}});
  } else if (name == "measure") {
    double seconds = 1;
    double cut_off = 2;
    words >> seconds >> cut_off;
    Measure(seconds, cut_off);
  } else if (name == "use") {
    Print(Use());
  } else if (name == "close") {
    fleet_.Close();
    Print({{"closed", true}});
  } else {
    Print({{"error", "no such command: " + name}});
  }
}

nlohmann::json LoadSession::Use() const {
  const ProcessUse use = ProcessUse::Of(server_pids_);
  return {{"cpu_seconds", use.cpu_seconds}, {"resident_kib", use.resident_kib}};
}

void LoadSession::Measure(double seconds, double cut_off) {
  const int64_t begin = NowNanos();
  const int64_t end = begin + Nanos(seconds);
  if (parts_.watchers != nullptr) parts_.watchers->StartWindow(begin, end);
  if (parts_.readers != nullptr) parts_.readers->StartWindow();
  const ProcessUse before = ProcessUse::Of(server_pids_);
  const ProcessUse own_before = ProcessUse::Of({getpid()});
  PollUntil(end);
  const ProcessUse after = ProcessUse::Of(server_pids_);
  const ProcessUse own_after = ProcessUse::Of({getpid()});
  const double took = static_cast<double>(NowNanos() - begin) / 1e9;
  const int64_t units =
      parts_.watchers != nullptr ? parts_.watchers->updates() : parts_.readers->ended();

  nlohmann::json result;
  if (parts_.watchers != nullptr) {
    if (cut_off > 0) PollUntil(NowNanos() + Nanos(cut_off));
    result = parts_.watchers->CloseWindow(took);
  } else {
    result = parts_.readers->CloseWindow(took);
  }
  // Server CPU of the window goes with the receipts of the window.
  result["units"] = units;
  result["server_cpu_seconds"] = after.cpu_seconds - before.cpu_seconds;
  result["server_resident_kib"] = after.resident_kib;
  result["load_cpu_seconds"] = own_after.cpu_seconds - own_before.cpu_seconds;
  if (parts_.publisher != nullptr) result["failed_puts"] = parts_.publisher->failed();
  Print(result);
}

void LoadSession::PollUntil(int64_t time) {
  while (true) {
    const int64_t now = NowNanos();
    int64_t next = time;
    if (parts_.publisher != nullptr) next = std::min(next, parts_.publisher->SendDue(now));
    if (now >= time) return;
    fleet_.Poll(std::clamp<int64_t>(next - now, 0, Nanos(0.05)));
  }
}

}  // namespace runcast::bench
