#include "tests/simulator/app.h"

#include <stdexcept>
#include <utility>

#include "tests/simulator/base64url.h"
#include "tests/simulator/signed_token.h"

namespace runcast::simulator {
namespace {

std::vector<std::string> Strings(const Json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  return value.get<std::vector<std::string>>();
}

}  // namespace

App AppFromJson(const Json& json) {
  App app;
  app.spec = json;
  bool algorithms_given = false;
  for (const auto& [name, value] : json.items()) {
    if (name == "client_id") {
      app.client_id = value.get<std::string>();
    } else if (name == "alg" || name == "algs") {
      const std::vector<std::string> names = Strings(value);
      app.algorithms = {names.begin(), names.end()};
      algorithms_given = true;
    } else if (name == "secret" || name == "secrets") {
      app.secrets = Strings(value);
    } else if (name == "public_key") {
      app.public_key = PublicKeyFromPem(value.get<std::string>());
    } else if (name == "streams") {
      for (const std::string& stream : Strings(value)) {
        if (stream == "*") app.any_stream = true;
        app.streams.insert(stream);
      }
    } else if (name == "any_suite") {
      app.any_suite = value.get<bool>();
    } else if (name == "enforce_jti") {
      app.enforce_jti = value.get<bool>();
    } else if (name == "enforce_jwe") {
      app.enforce_jwe = value.get<bool>();
    } else if (name == "jwe_private_key") {
      // "generate" makes a key; the answer shows its public JWK.
      app.jwe_key = value == "generate" ? GenerateRsaKey(2048) : PrivateKeyFrom(value);
      if (value == "generate") app.spec["jwe_private_key"] = PrivatePem(app.jwe_key);
      if (value.is_object()) app.jwe_kid = value.value("kid", app.jwe_kid);
    } else if (name == "jwe_kid") {
      app.jwe_kid = value.get<std::string>();
    } else if (name == "scopes") {
      const std::vector<std::string> scopes = Strings(value);
      app.may_execute = app.may_manage = false;
      for (const std::string& scope : scopes) {
        if (scope == "execution") {
          app.may_execute = true;
        } else if (scope == "management") {
          app.may_manage = true;
        } else {
          throw std::invalid_argument("unknown scope: " + scope);
        }
      }
    } else {
      throw std::invalid_argument("unknown member of an app: " + name);
    }
  }
  if (app.client_id.empty()) throw std::invalid_argument("an app needs client_id");
  if (app.public_key && !algorithms_given) app.algorithms = {"RS256"};
  for (const std::string& algorithm : app.algorithms) {
    const bool rsa = algorithm == "RS256" || algorithm == "RS512";
    if (!rsa && algorithm != "HS256" && algorithm != "HS512") {
      throw std::invalid_argument("unknown alg: " + algorithm);
    }
    if (rsa && !app.public_key) throw std::invalid_argument(algorithm + " needs public_key");
    if (!rsa && app.secrets.empty()) throw std::invalid_argument(algorithm + " needs secrets");
  }
  if (app.enforce_jwe && !app.jwe_key) {
    throw std::invalid_argument("enforce_jwe needs jwe_private_key");
  }
  return app;
}

Json AppToJson(const App& app) {
  Json json = {{"client_id", app.client_id}, {"algs", app.algorithms}};
  Json& secrets = json["secrets_sha256"] = Json::array();
  for (const std::string& secret : app.secrets) {
    secrets.push_back(HexOf(Sha256(secret)).substr(0, 12));
  }
  if (app.public_key) json["public_key"] = PublicPem(app.public_key);
  json["streams"] = app.streams;
  json["any_suite"] = app.any_suite;
  json["enforce_jti"] = app.enforce_jti;
  json["enforce_jwe"] = app.enforce_jwe;
  if (app.jwe_key) json["jwe_public_jwk"] = PublicJwk(app.jwe_key, app.jwe_kid);
  Json& scopes = json["scopes"] = Json::array();
  if (app.may_execute) scopes.push_back("execution");
  if (app.may_manage) scopes.push_back("management");
  return json;
}

void AppDirectory::Put(App app) {
  ++generation_;
  const std::string client_id = app.client_id;
  apps_.insert_or_assign(client_id, std::move(app));
}

bool AppDirectory::Remove(const std::string& client_id) {
  ++generation_;
  return apps_.erase(client_id) > 0;
}

void AppDirectory::Clear() {
  ++generation_;
  apps_.clear();
}

const App* AppDirectory::Find(std::string_view client_id) const {
  const auto found = apps_.find(client_id);
  return found == apps_.end() ? nullptr : &found->second;
}

const App* AppDirectory::FindForDecryption(std::string_view kid, std::string_view stream) const {
  const App* other = nullptr;
  for (const auto& [id, app] : apps_) {
    if (!app.jwe_key || (!kid.empty() && app.jwe_kid != kid)) continue;
    if (app.Owns(stream)) return &app;
    if (!kid.empty()) other = &app;
  }
  return other;
}

bool AppDirectory::AnySuite(std::string_view stream) const {
  for (const auto& [id, app] : apps_) {
    if (app.any_suite && app.Owns(stream)) return true;
  }
  return false;
}

}  // namespace runcast::simulator
