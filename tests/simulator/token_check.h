// Decides what the platform says to the `auth` header of a request (upstream reference, sections 3
// and 5), and remembers which tokens and jti values came.
//
// Order of the checks, first failure wins: present · a JWT or JWE · decryption · app known, `appId`
// and `iss` · algorithm and signature · app owns the stream · scope · exp, iat · jti.
//
// Threads: the event loop only. Lifetime: apps and settings outlive it.
// Memory: at most 2 million jti values, 4 million token hashes and 20,000 verified tokens.

#ifndef RUNCAST_TESTS_SIMULATOR_TOKEN_CHECK_H_
#define RUNCAST_TESTS_SIMULATOR_TOKEN_CHECK_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "tests/simulator/app.h"
#include "tests/simulator/settings.h"

namespace runcast::simulator {

// What the log keeps of a token: never its text.
struct SeenToken {
  std::string sha256;  // hex
  Json jose_header;    // of the outer part
  Json claims;         // null when they cannot be read
};

struct TokenVerdict {
  bool accepted = false;
  int code = 0;     // `code` in the envelope when refused; HTTP status is always 401
  std::string msg;  // text when refused
  bool replay = false;
  std::shared_ptr<const SeenToken> token;  // null without an auth header
  const App* app = nullptr;                // the app that signed it, when that is known
};

enum class Scope { kExecution, kManagement };

class TokenCheck {
 public:
  TokenCheck(const AppDirectory& apps, const Settings& settings)
      : apps_(apps), settings_(settings) {}

  // `platform_millis` is the platform's clock. A jti counts as used by this call.
  TokenVerdict Check(std::string_view auth_header, bool has_header, std::string_view stream,
                     Scope scope, int64_t platform_millis);

  uint64_t distinct_tokens() const { return distinct_tokens_; }
  uint64_t replays() const { return replays_; }
  // Counts go to zero and every jti is forgotten.
  void Reset();

 private:
  // A token whose signature and shape were found good or bad once; time, stream, scope and jti are
  // judged again each time.
  struct Inspected {
    std::shared_ptr<const SeenToken> token;
    std::string client_id;  // empty when refused
    int code = 0;
    std::string msg;
  };

  const Inspected& Inspect(const std::string& text, std::string_view stream);
  Inspected InspectAfresh(const std::string& text, std::string_view stream) const;
  void CountToken(const std::string& digest);
  // Empty when fine.
  std::string JudgeTimes(const Json& claims, int64_t platform_millis) const;
  std::string JudgeJti(const App& app, const Json& claims, int64_t platform_millis, bool& replay);

  const AppDirectory& apps_;
  const Settings& settings_;
  std::unordered_map<std::string, Inspected> inspected_;
  uint64_t inspected_generation_ = 0;
  std::unordered_set<std::string> jtis_;
  std::deque<std::pair<int64_t, std::string>> jtis_by_age_;  // platform millis when seen
  std::unordered_set<uint64_t> token_hashes_;
  uint64_t distinct_tokens_ = 0;
  uint64_t replays_ = 0;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_TOKEN_CHECK_H_
