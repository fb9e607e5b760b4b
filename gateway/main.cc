// runcast-gateway: configuration, start, wait for a signal (SIGHUP: configuration again), drain,
// exit code.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "gateway/app/class_options.h"
#include "gateway/app/config_reload.h"
#include "gateway/app/descriptor_limit.h"
#include "gateway/app/drain.h"
#include "gateway/app/gateway.h"
#include "gateway/app/linked_versions.h"
#include "gateway/app/lock_checks.h"
#include "gateway/app/process_secrecy.h"
#include "gateway/app/termination_signals.h"
#include "gateway/config/load_config.h"
#include "gateway/telemetry/log.h"

namespace {

using runcast::telemetry::FlushLogs;
using runcast::telemetry::Log;
using runcast::telemetry::Severity;

// 0 is an orderly end; `--help` lists them.
constexpr int kCannotStart = 2;
constexpr int kForcedEnd = 3;

void PrintLines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::cerr << "runcast-gateway: " << line << "\n";
}

// False, after saying why, when not all of `text` has come out: a disk may be full.
bool Print(const std::string& text) {
  if (std::cout << text << std::flush) return true;
  std::perror("runcast-gateway: cannot write to stdout");
  return false;
}

// Where the log is asked for as JSON, whoever reads it expects nothing else, least of all of a
// gateway that does not start.
bool LogsJson(const runcast::config::v1::GatewayConfig& config) {
  return config.log().format() == runcast::config::v1::LogConfig::FORMAT_JSON;
}

void TellFaults(const std::vector<std::string>& faults,
                const runcast::config::v1::GatewayConfig& config) {
  if (!LogsJson(config)) {
    PrintLines(faults);
    return;
  }
  for (const std::string& fault : faults) Log(Severity::kError, "gateway.cannot_start", fault);
  FlushLogs();
}

// With what is to be said about the configuration first.
void StartLogging(const runcast::config::LoadResult& loaded) {
  runcast::telemetry::StartLogging(runcast::app::LogOptionsOf(loaded.config));
  for (const std::string& warning : loaded.warnings) {
    Log(Severity::kWarning, "config.warning", warning);
  }
}

// Reads the configuration as the process was told to when it started.
using Load = std::function<runcast::config::LoadResult()>;

int Serve(runcast::config::v1::GatewayConfig config, const Load& load,
          runcast::app::TerminationSignals& signals) {
  const uint64_t descriptors = runcast::app::RaiseDescriptorLimit();
  runcast::app::Gateway gateway;
  if (const auto faults = gateway.Start(config); !faults.empty()) {
    FlushLogs();
    TellFaults(faults, config);
    return kCannotStart;
  }
  Log(Severity::kInfo, "gateway.ready", "serving",
      {{"grpc", gateway.grpc_address()},
       {"admin", gateway.admin_address()},
       {"version", RUNCAST_VERSION},
       {"descriptors", descriptors}});

  std::optional<int> signal;
  while (!signal.has_value() || *signal == SIGHUP) {
    signal = signals.Wait(absl::Hours(24));
    if (signal == SIGHUP) runcast::app::ReloadConfig(load(), config, gateway);
  }

  Log(Severity::kInfo, "gateway.draining", "a signal asks for the end", {{"signal", *signal}});
  switch (DrainOnce(gateway, runcast::app::DrainTimesOf(config), signals)) {
    case runcast::app::DrainEnd::kComplete:
      Log(Severity::kInfo, "gateway.stopped", "every call has ended");
      return EXIT_SUCCESS;
    case runcast::app::DrainEnd::kSecondSignal:
      Log(Severity::kWarning, "gateway.killed", "a second signal asks for the end at once");
      break;
    case runcast::app::DrainEnd::kHardDeadline:
      Log(Severity::kError, "gateway.killed", "the hard deadline of the drain has passed");
      break;
  }
  FlushLogs();
  // The drain is still under way on its thread: nothing may be destroyed.
  std::_Exit(kForcedEnd);
}

}  // namespace

int main(int argc, char** argv) {
  runcast::app::ForbidDumps();
  runcast::app::StopLockChecks();
  // First of all, because threads inherit which signals are blocked.
  runcast::app::TerminationSignals signals;
  const Load load = [&] {
    return runcast::config::LoadConfig(argc, argv, runcast::config::ProcessEnvironment(),
                                       runcast::app::VersionText());
  };
  const runcast::config::LoadResult loaded = load();
  // Nothing is printed where it goes on to serve, and then stdout may be closed.
  if (!loaded.output.empty() && !Print(loaded.output)) return kCannotStart;
  if (!loaded.run) {
    if (LogsJson(loaded.config)) {
      StartLogging(loaded);
    } else {
      PrintLines(loaded.warnings);
    }
    TellFaults(loaded.faults, loaded.config);
    return loaded.exit_code;
  }
  StartLogging(loaded);
  const int exit_code = Serve(loaded.config, load, signals);
  FlushLogs();
  return exit_code;
}
