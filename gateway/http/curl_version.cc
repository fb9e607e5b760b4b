#include "gateway/http/curl_version.h"

#include <curl/curl.h>

namespace runcast::http {

std::string CurlVersion() { return curl_version_info(CURLVERSION_NOW)->version; }

std::string Nghttp2Version() {
  const char* const version = curl_version_info(CURLVERSION_NOW)->nghttp2_version;
  return version == nullptr ? "none" : version;
}

}  // namespace runcast::http
