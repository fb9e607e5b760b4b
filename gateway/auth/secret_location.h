// Where a secret is written.

#ifndef RUNCAST_GATEWAY_AUTH_SECRET_LOCATION_H_
#define RUNCAST_GATEWAY_AUTH_SECRET_LOCATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "gateway/base/secret_string.h"

namespace runcast::auth {

// Exactly one of the two is given.
struct SecretLocation {
  std::string file;         // A path.
  std::string environment;  // The name of a variable.
};

// For messages: ``file `/run/secret` `` or ``environment variable `NAME` ``.
std::string DescribeLocation(const SecretLocation& location);

// What is written there now, without white space at its end (editors and `echo` add a line
// break that is no part of the secret).
// Errors: FAILED_PRECONDITION when there is nothing, more than 64 KiB, a NUL byte, no ordinary
//   file, or no right to read it. Messages name the location and never hold a part of the secret.
absl::StatusOr<base::SecretString> ReadSecret(const SecretLocation& location);

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_SECRET_LOCATION_H_
