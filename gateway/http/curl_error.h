// What curl's result codes mean to callers of HttpClient.

#ifndef RUNCAST_GATEWAY_HTTP_CURL_ERROR_H_
#define RUNCAST_GATEWAY_HTTP_CURL_ERROR_H_

#include <curl/curl.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace runcast::http {

// The table in http_client.h, as code. `result` is not CURLE_OK. A request that we stopped
// ourselves (ABORTED, RESOURCE_EXHAUSTED) is known to the caller, not to this table.
absl::StatusCode CurlStatusCode(CURLcode result);

// The failure of a GET from `origin`. `detail` is what curl wrote into its error buffer; used
// only for failures of name, connection and TLS, whose texts hold names and numbers alone.
absl::Status CurlFailure(CURLcode result, absl::string_view origin, absl::string_view detail);

}  // namespace runcast::http

#endif  // RUNCAST_GATEWAY_HTTP_CURL_ERROR_H_
