#include "gateway/http/curl_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace runcast::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Row {
  CURLcode result;
  absl::StatusCode expected;
};

class CurlStatusCodeTest : public testing::TestWithParam<Row> {};

TEST_P(CurlStatusCodeTest, FollowsTheTable) {
  EXPECT_EQ(CurlStatusCode(GetParam().result), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, CurlStatusCodeTest,
    testing::Values(Row{CURLE_COULDNT_RESOLVE_HOST, absl::StatusCode::kUnavailable},
                    Row{CURLE_COULDNT_CONNECT, absl::StatusCode::kUnavailable},
                    Row{CURLE_GOT_NOTHING, absl::StatusCode::kUnavailable},
                    Row{CURLE_PARTIAL_FILE, absl::StatusCode::kUnavailable},
                    Row{CURLE_RECV_ERROR, absl::StatusCode::kUnavailable},
                    Row{CURLE_SEND_ERROR, absl::StatusCode::kUnavailable},
                    Row{CURLE_SSL_CONNECT_ERROR, absl::StatusCode::kUnavailable},
                    Row{CURLE_OPERATION_TIMEDOUT, absl::StatusCode::kDeadlineExceeded},
                    Row{CURLE_FILESIZE_EXCEEDED, absl::StatusCode::kResourceExhausted},
                    Row{CURLE_PEER_FAILED_VERIFICATION, absl::StatusCode::kFailedPrecondition},
                    Row{CURLE_BAD_CONTENT_ENCODING, absl::StatusCode::kDataLoss},
                    Row{CURLE_WEIRD_SERVER_REPLY, absl::StatusCode::kDataLoss},
                    Row{CURLE_SSL_CACERT_BADFILE, absl::StatusCode::kFailedPrecondition},
                    Row{CURLE_URL_MALFORMAT, absl::StatusCode::kInvalidArgument},
                    Row{CURLE_UNSUPPORTED_PROTOCOL, absl::StatusCode::kDataLoss}));

TEST(CurlFailureTest, SaysWhatWasTriedAndWhatCameBack) {
  const absl::Status failure =
      CurlFailure(CURLE_COULDNT_CONNECT, "https://a.test", "Connection refused");

  EXPECT_EQ(failure.message(), "GET from https://a.test: Connection refused");
}

TEST(CurlFailureTest, ASignatureThatDoesNotFitIsTheCertificatesFault) {
  const absl::Status failure =
      CurlFailure(CURLE_SSL_CONNECT_ERROR, "https://a.test",
                  "OpenSSL/3.0.0: error:06880006:asn1 encoding routines::EVP lib");

  EXPECT_TRUE(absl::IsFailedPrecondition(failure)) << failure;
}

TEST(CurlFailureTest, TextsThatMayHoldWhatTheServerSaidAreNotShown) {
  const absl::Status failure =
      CurlFailure(CURLE_WEIRD_SERVER_REPLY, "https://a.test", "from the server");

  EXPECT_THAT(std::string(failure.message()), Not(HasSubstr("from the server")));
}

TEST(CurlFailureTest, LongTextsAreCut) {
  const absl::Status failure =
      CurlFailure(CURLE_COULDNT_CONNECT, "https://a.test", std::string(5000, 'x'));

  EXPECT_LT(failure.message().size(), 400u);
}

}  // namespace
}  // namespace runcast::http
