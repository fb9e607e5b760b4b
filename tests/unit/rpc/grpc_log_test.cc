#include "gateway/rpc/grpc_log.h"

#include <gtest/gtest.h>

#include "runcast/v1/run_status_service.pb.h"

namespace runcast::rpc {
namespace {

TEST(GrpcLogTest, ARequestThatIsNotUtf8WritesNothingPastTheLog) {
  RouteGrpcLog();
  // GetStatusRequest.run.stream_id with the byte FF.
  const char request[] = "\x0a\x03\x0a\x01\xff";

  testing::internal::CaptureStderr();
  v1::GetStatusRequest parsed;
  const bool good = parsed.ParseFromArray(request, sizeof(request) - 1);

  EXPECT_FALSE(good);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace runcast::rpc
