#include "tests/e2e/deployment.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/e2e/capture.h"

namespace runcast::e2e {
namespace {

using nlohmann::ordered_json;

constexpr char kClientId[] = "cs-e2e";
// As long as the platform's own.
constexpr char kSecret[] = "e2e-secret-of-the-length-the-platform-gives.";
constexpr char kStream[] = "st-e2e";
constexpr char kSuite[] = "Smoke tests / täglich";

std::vector<std::string> SimulatorFlags(std::vector<std::string> flags) {
  flags.push_back("--default-app");
  flags.push_back(absl::StrCat(kClientId, ":", kSecret));
  return flags;
}

// Whole lines, as many as somebody reads.
std::string LastPart(const std::string& output) {
  constexpr size_t kMost = 30'000;
  if (output.size() <= kMost) return output;
  return output.substr(output.find('\n', output.size() - kMost) + 1);
}

}  // namespace

std::string GatewayProgram() {
  const char* other = std::getenv("E2E_GATEWAY");
  return other == nullptr ? RUNCAST_GATEWAY : other;
}

Deployment::Deployment(Options options)
    : options_(std::move(options)), simulator_(SimulatorFlags(options_.simulator_flags)) {
  ordered_json config = {
      {"server", {{"reflection", true}}},
      {"upstream", {{"base_url", simulator_.api()}, {"allow_http", true}}},
      {"credentials",
       {{{"name", "e2e"},
         {"client_id", kClientId},
         {"secret_file", folder_.Write("secret", absl::StrCat(kSecret, "\n"))},
         {"stream_ids", {"*"}}}}},
      {"drain", {{"delay", "0s"}, {"spread", "0s"}}},
  };
  // What leaks at the level that operators turn on in trouble leaks as well.
  if (IsCapturing()) config["log"] = {{"level", "DEBUG"}};
  if (options_.config.is_object()) config.merge_patch(options_.config);
  folder_.Write("gateway.json", config.dump(2));
  CaptureSecret(kSecret);
  StartGateway();
}

Deployment::~Deployment() {
  // Its log, and why it died if it did: the output of a test is all there is of a failed run.
  if (gateway_ != nullptr && testing::Test::HasFailure()) {
    std::cerr << "the gateway said:\n" << LastPart(gateway_->Output());
  }
  // Not when a test has ended it.
  if (gateway_ != nullptr && !gateway_->WaitForExit(absl::ZeroDuration()).has_value()) {
    CapturePages(admin_address_);
  }
}

void Deployment::StartGateway() {
  std::vector<std::string> arguments = {
      GatewayProgram(),  "--config",     folder_.Path("gateway.json"),
      "--server-listen", grpc_address_,  "--admin-listen",
      "127.0.0.1:0",     "--log-format", "json"};
  arguments.insert(arguments.end(), options_.gateway_flags.begin(), options_.gateway_flags.end());
  gateway_ = std::make_unique<ChildProcess>(std::move(arguments), options_.gateway_environment);
  const auto line = gateway_->WaitForLine(
      [](const std::string& text) { return text.find("gateway.ready") != std::string::npos; },
      absl::Seconds(20));
  if (!line.has_value()) {
    throw std::runtime_error(absl::StrCat("the gateway did not start: ", gateway_->Output()));
  }
  const ordered_json ready = ordered_json::parse(*line);
  grpc_address_ = ready.at("grpc");
  admin_address_ = ready.at("admin");
}

std::string Deployment::StartRun(ordered_json run) {
  run.emplace("stream", kStream);
  run.emplace("suite", kSuite);
  return simulator_.Control("POST", "/runs", run).at("run_ids").at(0);
}

v1::RunReference Deployment::Reference(const std::string& run_id) const {
  return Reference(run_id, kStream);
}

v1::RunReference Deployment::Reference(const std::string& run_id,
                                       const std::string& stream_id) const {
  v1::RunReference reference;
  reference.set_stream_id(stream_id);
  reference.set_suite_name(kSuite);
  reference.set_run_id(run_id);
  return reference;
}

ordered_json Deployment::CallsFor(const std::string& run_id) {
  const ordered_json stats = simulator_.Control("GET", absl::StrCat("/stats?run=", run_id));
  return stats.at("runs").value(run_id, ordered_json::object());
}

ordered_json Deployment::Counts() { return simulator_.Control("GET", "/stats?runs=0"); }

}  // namespace runcast::e2e
