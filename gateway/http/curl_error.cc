#include "gateway/http/curl_error.h"

#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace runcast::http {
namespace {

// Enough for the longest host name in a sentence.
constexpr size_t kMaxDetailBytes = 300;

bool MayShowDetail(CURLcode result) {
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return true;
    default:
      return false;
  }
}

// A chain that ends at the name of a trusted authority, but not at its key, is for curl a failed
// handshake like any other; only OpenSSL's text tells it from a connection that broke.
bool IsWrongSignature(absl::string_view detail) {
  return absl::StrContains(detail, "asn1 encoding routines") ||
         absl::StrContains(detail, "rsa routines") || absl::StrContains(detail, "x509 certificate");
}

}  // namespace

absl::StatusCode CurlStatusCode(CURLcode result) {
  switch (result) {
    case CURLE_URL_MALFORMAT:
    case CURLE_LOGIN_DENIED:  // A user name in the URL.
      return absl::StatusCode::kInvalidArgument;
    case CURLE_OPERATION_TIMEDOUT:
      return absl::StatusCode::kDeadlineExceeded;
    case CURLE_FILESIZE_EXCEEDED:
      return absl::StatusCode::kResourceExhausted;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return absl::StatusCode::kFailedPrecondition;
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9.
    case CURLE_WEIRD_SERVER_REPLY:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

absl::Status CurlFailure(CURLcode result, absl::string_view origin, absl::string_view detail) {
  absl::string_view text = curl_easy_strerror(result);
  if (MayShowDetail(result) && !detail.empty()) text = detail.substr(0, kMaxDetailBytes);
  absl::StatusCode code = CurlStatusCode(result);
  if (result == CURLE_SSL_CONNECT_ERROR && IsWrongSignature(detail)) {
    code = absl::StatusCode::kFailedPrecondition;
  }
  return absl::Status(code, absl::StrCat("GET from ", origin, ": ", text));
}

}  // namespace runcast::http
