// Which curl this program runs with.

#ifndef RUNCAST_GATEWAY_HTTP_CURL_VERSION_H_
#define RUNCAST_GATEWAY_HTTP_CURL_VERSION_H_

#include <string>

namespace runcast::http {

// Of the linked library, such as `7.88.1`. Threads: any.
std::string CurlVersion();

// Of the library that curl would speak HTTP/2 with. Threads: any.
std::string Nghttp2Version();

}  // namespace runcast::http

#endif  // RUNCAST_GATEWAY_HTTP_CURL_VERSION_H_
