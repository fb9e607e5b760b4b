// Where tokens for the platform come from.

#ifndef RUNCAST_GATEWAY_AUTH_TOKEN_SOURCE_H_
#define RUNCAST_GATEWAY_AUTH_TOKEN_SOURCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/base/secret_string.h"

namespace runcast::auth {

// The tokens of one credential.
//
// Threads: poll loop only.
// Errors: FAILED_PRECONDITION when no usable secret was ever read.
class TokenSource {
 public:
  virtual ~TokenSource() = default;

  virtual const std::string& credential_name() const = 0;

  // A token good for one request now. Shared by many requests unless `single_use`.
  virtual absl::StatusOr<base::SecretString> GetToken() = 0;

  // Whether every request, also a repeated one, needs a token of its own (`jti`).
  virtual bool single_use() const = 0;

  // The platform refused a token: reads the secret again at once and drops the cached token, unless
  // both were done a moment ago.
  // True when the secret differs from the one that was refused, so that trying again with a
  // new token makes sense.
  virtual bool OnRefused() = 0;
};

// Which credential serves which stream id.
//
// Threads: `Serves` from any thread, all else on the poll loop.
class Credentials {
 public:
  virtual ~Credentials() = default;

  virtual bool Serves(absl::string_view stream_id) const = 0;

  // Null when no credential serves the stream id. Owned by this object.
  virtual TokenSource* Find(absl::string_view stream_id) = 0;

  // Tells the time that the platform's `Date` header showed; tokens follow its clock when the
  // median of the last three differences is above 5 s.
  virtual void OnPlatformDate(absl::Time platform_time) = 0;
};

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_TOKEN_SOURCE_H_
