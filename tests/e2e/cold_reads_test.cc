// Reads of a run that nobody follows share one call to the platform.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runcast/v1/run_status_service.grpc.pb.h"
#include "tests/e2e/deployment.h"

namespace runcast::e2e {
namespace {

constexpr int kConnections = 100;
constexpr int kReadsPerConnection = 100;

struct Read {
  grpc::ClientContext context;
  v1::GetStatusRequest request;
  v1::GetStatusResponse response;
  grpc::Status status;
};

TEST(ColdReadsTest, TenThousandAtOnceCostOneCallToThePlatform) {
  Deployment deployment;
  const std::string run = deployment.StartRun({{"duration_ms", 600'000}, {"ran", 17}});
  // The answer takes so long that all reads are there before it.
  deployment.simulator().Control("PUT", "/settings", {{"latency_ms", 7000}});
  std::vector<std::unique_ptr<v1::RunStatusService::Stub>> stubs;
  for (int i = 0; i < kConnections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(deployment.grpc_address(),
                                                   grpc::InsecureChannelCredentials(), arguments);
    ASSERT_TRUE(
        channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)));
    stubs.push_back(v1::RunStatusService::NewStub(channel));
  }

  std::mutex mutex;
  std::condition_variable changed;
  int left = kConnections * kReadsPerConnection;
  std::vector<std::unique_ptr<Read>> reads;
  for (int i = 0; i < kConnections * kReadsPerConnection; ++i) {
    Read& read = *reads.emplace_back(std::make_unique<Read>());
    *read.request.mutable_run() = deployment.Reference(run);
    read.context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stubs[static_cast<size_t>(i % kConnections)]->async()->GetStatus(
        &read.context, &read.request, &read.response, [&](grpc::Status status) {
          read.status = std::move(status);
          std::lock_guard lock(mutex);
          if (--left == 0) changed.notify_all();
        });
  }
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(90), [&] { return left == 0; }));
  }

  for (const auto& read : reads) {
    ASSERT_TRUE(read->status.ok()) << read->status.error_message();
    ASSERT_EQ(read->response.status().progress().utterances_done(), 17);
  }
  EXPECT_EQ(deployment.CallsFor(run).at("calls"), 1);
}

}  // namespace
}  // namespace runcast::e2e
