// Uses the library as its README shows, against an address where nobody listens: the answer must
// be a clean UNAVAILABLE.

#include <cstdio>

#include "absl/time/clock.h"
#include "runcast/error_reason.h"
#include "runcast/run_status_client.h"

int main() {
  auto client = runcast::client::RunStatusClient::Make({.targets = {"127.0.0.1:1"}});
  if (!client.ok()) {
    std::fprintf(stderr, "%s\n", client.status().ToString().c_str());
    return 1;
  }
  runcast::v1::RunReference run;
  run.set_stream_id("st-1");
  run.set_suite_name("smoke tests");
  run.set_run_id("tr-17");

  const auto answer = (*client)->GetStatus(run);
  std::printf("%s\n", answer.status().ToString().c_str());
  if (!absl::IsUnavailable(answer.status())) return 1;
  if (!runcast::client::ErrorReason(answer.status()).empty()) return 1;

  run.clear_run_id();
  const auto refused = (*client)->WaitUntilDone(run, absl::Now() + absl::Seconds(5));
  std::printf("%s\n", refused.status().ToString().c_str());
  return runcast::client::ErrorReason(refused.status()) == "INVALID_FIELD" ? 0 : 1;
}
