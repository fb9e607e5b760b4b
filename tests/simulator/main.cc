// runcast-simulator: flags, scenario, two listeners, one event loop.

#include <event2/event.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulator/control_api.h"
#include "tests/simulator/http_server.h"
#include "tests/simulator/platform.h"
#include "tests/simulator/platform_api.h"
#include "tests/simulator/tls_context.h"

namespace runcast::simulator {
namespace {

constexpr const char* kExamples = R"(Examples:
  # Any stream, any suite, HS256 with this secret; runs are created over the control port.
  runcast-simulator --default-app cs-1:a-secret-of-about-forty-four-characters-long

  # Every run anybody asks for exists and takes ten seconds; windows of 5 in 2 s and 20 in 60 s.
  runcast-simulator --default-app cs-1:secret --auto-run '{"duration_ms":10000}' \
      --minute-limit 5 --minute-window-ms 2000 --hour-limit 20 --hour-window-ms 60000

  # TLS with a certificate made on the spot; clients trust /tmp/sim/ca.pem.
  runcast-simulator --scenario scenario.json --tls-self-signed /tmp/sim

  # Start a run, then answer its next three status calls with 503.
  curl -d '{"stream":"st-1","suite":"smoke","run_id":"tr-1"}' CONTROL/runs
  curl -d '{"kind":"http","status":503,"run":"tr-1","count":3}' CONTROL/faults

The first line on stdout is {"api":"http://127.0.0.1:PORT","control":"http://127.0.0.1:PORT"}.
Scenario file, control calls and faults: tests/simulator/README.md
)";

struct Flags {
  std::string api_listen = "127.0.0.1:0";
  std::string control_listen = "127.0.0.1:0";
  std::string scenario_file;
  std::vector<std::string> default_apps;
  std::string run_template;
  std::string auto_run;
  std::string tls_certificate;
  std::string tls_key;
  std::string tls_self_signed;
  std::vector<std::string> tls_names = {"localhost", "127.0.0.1", "::1"};
  bool tls_expired = false;
  bool no_log = false;
  Json settings = Json::object();
};

// One flag for each setting, named after it.
void AddSettingFlags(CLI::App& parser, Json& chosen) {
  const Json defaults = Settings().ToJson();
  for (const auto& [name, value] : defaults.items()) {
    if (value.is_boolean()) continue;  // --no-log
    std::string flag = "--" + name;
    for (char& c : flag) c = c == '_' ? '-' : c;
    parser
        .add_option_function<std::string>(
            flag,
            [&chosen, member = name, is_text = value.is_string()](const std::string& text) {
              if (is_text) {
                chosen[member] = text;
              } else {
                try {
                  chosen[member] = std::stoll(text);
                } catch (const std::exception&) {
                  throw CLI::ValidationError(member, "is not a number: " + text);
                }
              }
            },
            "default " + value.dump())
        ->group("Settings");
  }
}

// Thousands of kept connections need as many descriptors as we may have.
void RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void Prepare(Platform& platform, const Flags& flags) {
  if (!flags.scenario_file.empty()) {
    std::ifstream file(flags.scenario_file);
    if (!file) throw std::runtime_error("cannot read " + flags.scenario_file);
    platform.LoadScenario(Json::parse(file, nullptr, true, /*ignore_comments=*/true));
  }
  for (const std::string& text : flags.default_apps) {
    const size_t colon = text.find(':');
    if (colon == std::string::npos) throw std::runtime_error("--default-app CLIENT_ID:SECRET");
    platform.apps.Put(AppFromJson({{"client_id", text.substr(0, colon)},
                                   {"secret", text.substr(colon + 1)},
                                   {"streams", "*"},
                                   {"any_suite", true}}));
  }
  if (!flags.run_template.empty()) platform.run_template = Json::parse(flags.run_template);
  if (!flags.auto_run.empty()) platform.auto_run = Json::parse(flags.auto_run);
  platform.ChangeSettings(flags.settings);
  if (flags.no_log) platform.ChangeSettings({{"log", false}});
}

void OnSignal(evutil_socket_t, short, void* base) {
  event_base_loopbreak(static_cast<event_base*>(base));
}

event_base* NewEventBase() {
  event_config* config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  return base;
}

void Serve(const Flags& flags) {
  Platform platform;
  const std::unique_ptr<event_base, decltype(&event_base_free)> base(NewEventBase(),
                                                                     event_base_free);
  PlatformApi api(platform);
  HttpServer api_server(base.get(),
                        [&](const HttpRequest& request) { return api.Handle(request); });
  ControlApi control(platform, api_server, [&] {
    // A moment for the answer to leave.
    const timeval soon{0, 20'000};
    event_base_loopexit(base.get(), &soon);
  });
  HttpServer control_server(base.get(),
                            [&](const HttpRequest& request) { return control.Handle(request); });

  SelfSignedFiles files{"", flags.tls_certificate, flags.tls_key};
  if (!flags.tls_self_signed.empty()) {
    files = MakeSelfSigned(flags.tls_self_signed, flags.tls_names, flags.tls_expired);
  }
  const bool tls = !files.certificate.empty();
  if (tls) api_server.UseTls(MakeTlsContext(files.certificate, files.key));

  platform.on_idle_timeout = [&](int64_t millis) { api_server.SetIdleTimeout(millis); };
  Prepare(platform, flags);

  std::vector<std::unique_ptr<event, decltype(&event_free)>> signals;
  for (const int number : {SIGTERM, SIGINT}) {
    signals.emplace_back(evsignal_new(base.get(), number, &OnSignal, base.get()), event_free);
    evsignal_add(signals.back().get(), nullptr);
  }

  for (const auto& [server, address] : {std::pair(&api_server, flags.api_listen),
                                        std::pair(&control_server, flags.control_listen)}) {
    const std::string error = server->Listen(address);
    if (!error.empty()) throw std::runtime_error(error);
  }
  api.set_own_address((tls ? "https://" : "http://") + api_server.bound_address());
  const Json ready = {{"api", (tls ? "https://" : "http://") + api_server.bound_address()},
                      {"control", "http://" + control_server.bound_address()}};
  std::cout << ready.dump() << std::endl;

  event_base_dispatch(base.get());
}

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Flags flags;
  CLI::App parser("A stand-in for the platform's batch-test API, for tests.", "runcast-simulator");
  parser.footer(kExamples);
  parser.add_option("--api-listen", flags.api_listen, "address of the public API")
      ->capture_default_str();
  parser.add_option("--control-listen", flags.control_listen, "address of the control interface")
      ->capture_default_str();
  parser.add_option("--scenario", flags.scenario_file, "JSON file with apps, suites, runs, faults");
  parser.add_option("--default-app", flags.default_apps,
                    "CLIENT_ID:SECRET of an app that may use any stream and any suite; repeatable");
  parser.add_option("--run-template", flags.run_template,
                    "JSON: members of runs that the run call starts");
  parser.add_option("--auto-run", flags.auto_run,
                    "JSON: an unknown run comes into being like this when first asked for");
  parser.add_option("--tls-cert", flags.tls_certificate, "certificate chain, PEM");
  parser.add_option("--tls-key", flags.tls_key, "its key, PEM");
  parser.add_option("--tls-self-signed", flags.tls_self_signed,
                    "make a CA and a certificate in this directory and use them");
  parser.add_option("--tls-names", flags.tls_names, "names in the self-signed certificate")
      ->delimiter(',')
      ->capture_default_str();
  parser.add_flag("--tls-expired", flags.tls_expired, "the self-signed certificate is expired");
  parser.add_flag("--no-log", flags.no_log, "keep no request log");
  AddSettingFlags(parser, flags.settings);
  CLI11_PARSE(parser, argc, argv);
  if (flags.tls_certificate.empty() != flags.tls_key.empty()) {
    std::cerr << "runcast-simulator: --tls-cert and --tls-key go together\n";
    return 2;
  }

  RaiseDescriptorLimit();
  try {
    Serve(flags);
  } catch (const std::exception& error) {
    std::cerr << "runcast-simulator: " << error.what() << "\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace runcast::simulator

int main(int argc, char** argv) { return runcast::simulator::Main(argc, argv); }
