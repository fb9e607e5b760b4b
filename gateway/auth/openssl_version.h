// Which OpenSSL this program runs with.

#ifndef RUNCAST_GATEWAY_AUTH_OPENSSL_VERSION_H_
#define RUNCAST_GATEWAY_AUTH_OPENSSL_VERSION_H_

#include <string>

namespace runcast::auth {

// Of the linked library, such as `3.0.17`. Threads: any.
std::string OpenSslVersion();

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_OPENSSL_VERSION_H_
