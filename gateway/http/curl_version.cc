#include "gateway/http/curl_version.h"

#include <curl/curl.h>

namespace runcast::http {

std::string CurlVersion() { return curl_version_info(CURLVERSION_NOW)->version; }

}  // namespace runcast::http
