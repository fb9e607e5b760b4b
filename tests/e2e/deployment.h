// The real programs as their users run them: a simulated platform and a gateway in front of it.

#ifndef RUNCAST_TESTS_E2E_DEPLOYMENT_H_
#define RUNCAST_TESTS_E2E_DEPLOYMENT_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runcast/v1/run_status.pb.h"
#include "tests/component/simulator/simulator_process.h"
#include "tests/e2e/child_process.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::e2e {

// The program under test.
std::string GatewayProgram();

// One app, which may see every stream id; plaintext on loopback; ports chosen by the system.
//
// Threads: one. `simulator()` and its control calls too.
// Lifetime: the destructor ends both programs.
// Errors: std::runtime_error, with what the program said, when one does not start within 20 s.
class Deployment {
 public:
  struct Options {
    std::vector<std::string> simulator_flags;
    std::vector<std::string> gateway_flags;
    std::vector<std::string> gateway_environment;
    // Merged into the gateway's configuration file (RFC 7396); null: nothing.
    nlohmann::ordered_json config;
  };

  Deployment() : Deployment(Options()) {}
  explicit Deployment(Options options);
  ~Deployment();

  simulator_test::SimulatorProcess& simulator() { return simulator_; }
  ChildProcess& gateway() { return *gateway_; }
  // host:port; the gateway keeps it when it is started again.
  const std::string& grpc_address() const { return grpc_address_; }
  const std::string& admin_address() const { return admin_address_; }
  const fakes::TempDirectory& folder() const { return folder_; }

  // After the gateway was killed or has ended.
  void StartGateway();

  // Starts a run with these members (tests/simulator/README.md), of the stream id and suite that
  // Reference() names unless it has its own; returns its id.
  std::string StartRun(nlohmann::ordered_json run);
  v1::RunReference Reference(const std::string& run_id) const;
  // Of another stream id, same suite.
  v1::RunReference Reference(const std::string& run_id, const std::string& stream_id) const;

  // What the platform counted for a run: `calls`, `peak_minute`, `violations`, …
  nlohmann::ordered_json CallsFor(const std::string& run_id);
  // What the platform counted for all.
  nlohmann::ordered_json Counts();

 private:
  const Options options_;
  fakes::TempDirectory folder_;
  simulator_test::SimulatorProcess simulator_;
  std::unique_ptr<ChildProcess> gateway_;
  std::string grpc_address_ = "127.0.0.1:0";
  std::string admin_address_;
};

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_DEPLOYMENT_H_
