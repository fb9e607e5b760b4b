#include "tests/simulator/token_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "tests/simulator/base64url.h"
#include "tests/simulator/encrypted_token.h"
#include "tests/simulator/signed_token.h"

namespace runcast::simulator {
namespace {

constexpr int kSdkCode = 4002;
constexpr int kVerifyCode = 401;
constexpr const char* kInvalidCredentials = "Invalid SDK credentials";
constexpr const char* kInvalidToken = "Invalid JWT token";
constexpr const char* kWrongScope = "Permission denied. Scope is incorrect!";
constexpr const char* kVerifying = "error verifying the jwt: ";
constexpr int64_t kMaxJtiLifeSeconds = 3'600;
constexpr size_t kMaxJtis = 2'000'000;
constexpr size_t kMaxTokenHashes = 4'000'000;
constexpr size_t kMaxInspected = 20'000;

std::string Text(const Json& claims, const char* name) {
  const auto claim = claims.find(name);
  return claim != claims.end() && claim->is_string() ? claim->get<std::string>() : "";
}

// `preferred` is the platform's own name for a claim whose usual name the issuer needs otherwise.
std::string Text(const Json& claims, const char* preferred, const char* usual) {
  std::string value = Text(claims, preferred);
  return value.empty() ? Text(claims, usual) : value;
}

bool IsSeconds(const Json& claims, const char* name) {
  const auto claim = claims.find(name);
  return claim != claims.end() && claim->is_number_integer();
}

}  // namespace

TokenVerdict TokenCheck::Check(std::string_view auth_header, bool has_header,
                               std::string_view stream, Scope scope, int64_t platform_millis) {
  TokenVerdict verdict;
  const auto refuse = [&](int code, std::string msg) {
    verdict.code = code;
    verdict.msg = std::move(msg);
    return verdict;
  };
  if (!has_header || auth_header.empty()) return refuse(kSdkCode, kInvalidCredentials);

  const Inspected& inspected = Inspect(std::string(auth_header), stream);
  verdict.token = inspected.token;
  const App* app = inspected.client_id.empty() ? nullptr : apps_.Find(inspected.client_id);

  // A repeated jti is noticed whatever else is wrong, since it tells of a client that reuses one.
  std::string jti_fault;
  if (inspected.token->claims.is_object()) {
    static const App kUnknownApp{};
    jti_fault = JudgeJti(app != nullptr ? *app : kUnknownApp, inspected.token->claims,
                         platform_millis, verdict.replay);
    if (verdict.replay) ++replays_;
  }
  if (app == nullptr) return refuse(inspected.code, inspected.msg);
  verdict.app = app;
  if (!app->Owns(stream)) return refuse(kSdkCode, kInvalidCredentials);
  if (scope == Scope::kExecution ? !app->may_execute : !app->may_manage) {
    return refuse(kSdkCode, kWrongScope);
  }
  std::string time_fault = JudgeTimes(inspected.token->claims, platform_millis);
  if (!time_fault.empty()) return refuse(kVerifyCode, kVerifying + time_fault);
  if (!jti_fault.empty()) return refuse(kVerifyCode, kVerifying + jti_fault);
  verdict.accepted = true;
  return verdict;
}

void TokenCheck::Reset() {
  jtis_.clear();
  jtis_by_age_.clear();
  token_hashes_.clear();
  distinct_tokens_ = 0;
  replays_ = 0;
  inspected_.clear();
}

const TokenCheck::Inspected& TokenCheck::Inspect(const std::string& text, std::string_view stream) {
  if (inspected_generation_ != apps_.generation() || inspected_.size() >= kMaxInspected) {
    inspected_.clear();
    inspected_generation_ = apps_.generation();
  }
  const auto found = inspected_.find(text);
  if (found != inspected_.end()) return found->second;
  Inspected inspected = InspectAfresh(text, stream);
  CountToken(inspected.token->sha256);
  return inspected_.emplace(text, std::move(inspected)).first->second;
}

TokenCheck::Inspected TokenCheck::InspectAfresh(const std::string& text,
                                                std::string_view stream) const {
  Inspected result;
  auto token = std::make_shared<SeenToken>();
  result.token = token;
  token->sha256 = HexOf(Sha256(text));
  const auto refuse = [&](const char* msg) {
    result.code = kSdkCode;
    result.msg = msg;
    return result;
  };

  std::string compact = text;
  const App* opened_by = nullptr;
  if (std::optional<EncryptedToken> encrypted = ParseEncryptedToken(text)) {
    token->jose_header = encrypted->header;
    opened_by = apps_.FindForDecryption(encrypted->Member("kid"), stream);
    if (opened_by == nullptr) return refuse(kInvalidToken);
    std::optional<std::string> plain = OpenEncryptedToken(*encrypted, opened_by->jwe_key);
    if (!plain) return refuse(kInvalidToken);
    compact = std::move(*plain);
  }
  const std::optional<SignedToken> jwt = ParseSignedToken(compact);
  if (!jwt) return refuse(kInvalidToken);
  if (opened_by == nullptr) token->jose_header = jwt->header;
  token->claims = jwt->claims;

  const App* app = apps_.Find(Text(jwt->claims, "appId"));
  if (app == nullptr) return refuse(kInvalidCredentials);
  if (Text(jwt->claims, "kore_iss", "iss") != app->client_id) return refuse(kInvalidCredentials);
  if (app->enforce_jwe && (opened_by == nullptr || opened_by->jwe_key != app->jwe_key)) {
    return refuse(kInvalidToken);
  }
  const std::string algorithm = jwt->Algorithm();
  if (!app->algorithms.contains(algorithm)) return refuse(kInvalidCredentials);
  const bool valid =
      algorithm.starts_with("RS")
          ? HasValidRsaSignature(*jwt, app->public_key)
          : std::any_of(app->secrets.begin(), app->secrets.end(),
                        [&](const auto& secret) { return HasValidHmac(*jwt, secret); });
  if (!valid) return refuse(kInvalidCredentials);
  result.client_id = app->client_id;
  return result;
}

void TokenCheck::CountToken(const std::string& digest) {
  if (token_hashes_.size() >= kMaxTokenHashes) return;
  if (token_hashes_.insert(std::hash<std::string>()(digest)).second) ++distinct_tokens_;
}

std::string TokenCheck::JudgeTimes(const Json& claims, int64_t platform_millis) const {
  if (Text(claims, "kore_sub", "sub").empty()) return "\"sub\" claim is required";
  if (!IsSeconds(claims, "iat")) return "\"iat\" claim must be whole seconds";
  if (claims.at("iat").get<int64_t>() * 1'000 > platform_millis + settings_.skew_tolerance_ms) {
    return "jwt not active";
  }
  if (!claims.contains("exp")) return {};
  if (!IsSeconds(claims, "exp")) return "\"exp\" claim must be whole seconds";
  if (claims.at("exp").get<int64_t>() * 1'000 <= platform_millis - settings_.skew_tolerance_ms) {
    return "jwt expired";
  }
  return {};
}

std::string TokenCheck::JudgeJti(const App& app, const Json& claims, int64_t platform_millis,
                                 bool& replay) {
  const std::string jti = Text(claims, "kore_jti", "jti");
  if (jti.empty()) return app.enforce_jti ? "\"jti\" claim is required" : "";

  while (!jtis_by_age_.empty() &&
         (jtis_by_age_.front().first < platform_millis - settings_.jti_memory_s * 1'000 ||
          jtis_by_age_.size() >= kMaxJtis)) {
    jtis_.erase(jtis_by_age_.front().second);
    jtis_by_age_.pop_front();
  }
  if (!jtis_.insert(jti).second) {
    replay = true;
  } else {
    jtis_by_age_.emplace_back(platform_millis, jti);
  }

  // "exp must be <= 1 hour(s)": from iat or from now is undocumented, so both must hold.
  const bool dated = IsSeconds(claims, "exp") && IsSeconds(claims, "iat");
  const int64_t exp = dated ? claims.at("exp").get<int64_t>() : 0;
  if (!dated || exp - claims.at("iat").get<int64_t>() > kMaxJtiLifeSeconds ||
      exp * 1'000 - platform_millis > kMaxJtiLifeSeconds * 1'000 + settings_.skew_tolerance_ms) {
    return "if \"jti\" claim \"exp\" must be <= 1 hour(s)";
  }
  if (replay) return "possibly a replay";
  return {};
}

}  // namespace runcast::simulator
