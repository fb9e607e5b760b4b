// Clients for tests: quick to reconnect, towards a scripted gateway.

#ifndef RUNCAST_TESTS_COMPONENT_CLIENT_CLIENT_FIXTURE_H_
#define RUNCAST_TESTS_COMPONENT_CLIENT_CLIENT_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "runcast/run_status_client.h"
#include "tests/component/client/scripted_gateway.h"

namespace runcast::tests {

inline client::ClientOptions OptionsFor(const ScriptedGateway& gateway) {
  client::ClientOptions options;
  options.targets = {gateway.target()};
  options.initial_backoff = absl::Milliseconds(5);
  options.max_backoff = absl::Milliseconds(50);
  return options;
}

// Options for an address where nobody listens any more.
inline client::ClientOptions OptionsForNobody() {
  const ScriptedGateway gone({});
  return OptionsFor(gone);
}

inline std::unique_ptr<client::RunStatusClient> MakeClient(client::ClientOptions options) {
  auto client = client::RunStatusClient::Make(std::move(options));
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

}  // namespace runcast::tests

#endif  // RUNCAST_TESTS_COMPONENT_CLIENT_CLIENT_FIXTURE_H_
