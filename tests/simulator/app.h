// One "JWT app" of the platform: credentials, what they may do and where, and how its tokens must
// look. Plain value, read from and shown as JSON (README.md, "Apps").

#ifndef RUNCAST_TESTS_SIMULATOR_APP_H_
#define RUNCAST_TESTS_SIMULATOR_APP_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/json.h"
#include "tests/simulator/key.h"

namespace runcast::simulator {

struct App {
  std::string client_id;
  std::set<std::string> algorithms = {"HS256"};
  std::vector<std::string> secrets;  // each is accepted: a rotation keeps two for a while
  Key public_key;                    // for RS256, RS512
  std::set<std::string, std::less<>> streams;
  bool any_stream = false;
  bool any_suite = false;  // suites need not exist
  bool enforce_jti = false;
  bool enforce_jwe = false;
  Key jwe_key;
  std::string jwe_kid;
  bool may_execute = true;  // scope "Batch Tests Execution": status, run
  bool may_manage = true;   // scope "Batch Tests Management": suites, deletes
  Json spec;                // what it was read from, with a generated key filled in, for changes

  bool Owns(std::string_view stream) const { return any_stream || streams.contains(stream); }
};

// Throws std::exception with the reason for a member that is wrong or unknown.
App AppFromJson(const Json& json);

// Secrets as the first 12 hex digits of their SHA-256; keys as public keys.
Json AppToJson(const App& app);

// All apps by client id. Each change raises `generation`, which drops cached verifications.
class AppDirectory {
 public:
  void Put(App app);
  bool Remove(const std::string& client_id);
  void Clear();
  const App* Find(std::string_view client_id) const;
  // The app whose platform key has that id, one that owns `stream` before any other; without an
  // id, one that owns `stream`.
  const App* FindForDecryption(std::string_view kid, std::string_view stream) const;
  bool AnySuite(std::string_view stream) const;
  const std::map<std::string, App, std::less<>>& all() const { return apps_; }
  uint64_t generation() const { return generation_; }

 private:
  std::map<std::string, App, std::less<>> apps_;
  uint64_t generation_ = 0;
};

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_APP_H_
