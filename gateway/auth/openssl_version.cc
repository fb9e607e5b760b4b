#include "gateway/auth/openssl_version.h"

#include <openssl/crypto.h>

namespace runcast::auth {

std::string OpenSslVersion() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

}  // namespace runcast::auth
