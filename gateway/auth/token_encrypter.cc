#include "gateway/auth/token_encrypter.h"

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdarg>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gateway/auth/jansson.h"

// These headers do not say by themselves that they are C.
extern "C" {
#include <jose/jwe.h>
#include <jose/openssl.h>
}

namespace runcast::auth {
namespace {

// RFC 7518, sections 4.2 and 4.3.
constexpr int kMinModulusBits = 2048;

constexpr std::array<absl::string_view, 2> kAlgorithms = {"RSA-OAEP", "RSA1_5"};
constexpr std::array<absl::string_view, 3> kEncryptions = {"A128CBC-HS256", "A128GCM", "A256GCM"};

// RFC 7518, sections 5.2.3 and 5.3: A128CBC-HS256 takes two keys of 16 bytes in one.
size_t ContentKeyBytes(absl::string_view encryption) { return encryption == "A128GCM" ? 16 : 32; }

absl::string_view TextMember(const json_t* object, const char* name) {
  const char* text = json_string_value(json_object_get(object, name));
  return text == nullptr ? absl::string_view() : absl::string_view(text);
}

// Libjose writes its errors to stderr unless told otherwise.
struct QuietJose {
  jose_cfg_t* const cfg = jose_cfg();
  QuietJose() {
    jose_cfg_set_err_func(
        cfg, [](void*, const char*, int, uint64_t, const char*, va_list) {}, nullptr);
  }
  ~QuietJose() { jose_cfg_decref(cfg); }
  QuietJose(const QuietJose&) = delete;
  QuietJose& operator=(const QuietJose&) = delete;
};

// The public part of the JWK, without `use` and `key_ops` of the console, which would make
// libjose refuse it, and without a private part, which has no business here.
absl::StatusOr<std::shared_ptr<EVP_PKEY>> PublicKey(const json_t* jwk) {
  const JsonPtr members(json_pack("{s:s, s:s, s:s}", "kty", "RSA", "n", TextMember(jwk, "n").data(),
                                  "e", TextMember(jwk, "e").data()));
  const QuietJose jose;
  std::shared_ptr<EVP_PKEY> key(
      members == nullptr ? nullptr : jose_openssl_jwk_to_EVP_PKEY(jose.cfg, members.get()),
      EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError("is a JWK without a readable \"n\" and \"e\"");
  }
  if (const int bits = EVP_PKEY_get_bits(key.get()); bits < kMinModulusBits) {
    return absl::InvalidArgumentError(absl::StrCat(
        "is a JWK whose \"n\" has ", bits, " bits; at least ", kMinModulusBits, " are needed"));
  }
  return key;
}

}  // namespace

TokenEncrypter::TokenEncrypter(std::shared_ptr<EVP_PKEY> key, const Options& options,
                               std::shared_ptr<json_t> header)
    : key_(std::move(key)), options_(options), header_(std::move(header)) {}

absl::StatusOr<TokenEncrypter> TokenEncrypter::Make(const base::SecretString& jwk,
                                                    const Options& options) {
  if (!absl::c_linear_search(kAlgorithms, options.algorithm)) {
    return absl::InvalidArgumentError("the JWE algorithm must be RSA-OAEP or RSA1_5");
  }
  if (!absl::c_linear_search(kEncryptions, options.encryption)) {
    return absl::InvalidArgumentError(
        "the JWE encryption must be A128CBC-HS256, A128GCM or A256GCM");
  }
  const std::string& text = jwk.Reveal();
  const JsonPtr given(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
  if (!json_is_object(given.get())) return absl::InvalidArgumentError("is no JSON object");
  if (TextMember(given.get(), "kty") != "RSA") {
    return absl::InvalidArgumentError("is no JWK with \"kty\": \"RSA\"");
  }
  const absl::string_view key_id = TextMember(given.get(), "kid");
  if (key_id.empty()) return absl::InvalidArgumentError("is a JWK without \"kid\"");
  absl::StatusOr<std::shared_ptr<EVP_PKEY>> key = PublicKey(given.get());
  if (!key.ok()) return key.status();

  std::shared_ptr<json_t> header(
      json_pack("{s:s, s:s, s:s, s:s, s:s*}", "alg", options.algorithm.c_str(), "enc",
                options.encryption.c_str(), "kid", key_id.data(), "typ", "JWT", "cty",
                options.content_type ? "JWT" : nullptr),
      JsonDecref());
  TokenEncrypter encrypter(*std::move(key), options, std::move(header));

  // What cannot encrypt shall be said now and not with the first poll.
  if (!encrypter.Encrypt(base::SecretString("trial")).ok()) {
    return absl::InvalidArgumentError("is a JWK that cannot encrypt");
  }
  return encrypter;
}

absl::StatusOr<base::SecretString> TokenEncrypter::Encrypt(const base::SecretString& token) const {
  std::string random(ContentKeyBytes(options_.encryption), '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()),
                 static_cast<int>(random.size())) != 1) {
    return absl::InternalError("OpenSSL has no random numbers");
  }
  const base::SecretString content_key(std::move(random));
  const absl::StatusOr<std::string> encrypted_key = EncryptContentKey(content_key);
  if (!encrypted_key.ok()) return encrypted_key.status();

  const QuietJose jose;
  const base::SecretString key_text(absl::WebSafeBase64Escape(content_key.Reveal()));
  const JsonPtr key(json_pack("{s:s, s:s}", "kty", "oct", "k", key_text.Reveal().c_str()));
  const JsonPtr jwe(json_pack("{s:o}", "protected", json_deep_copy(header_.get())));
  const std::string& content = token.Reveal();
  if (!jose_jwe_enc_cek(jose.cfg, jwe.get(), key.get(), content.data(), content.size())) {
    return absl::InternalError("libjose cannot encrypt the token");
  }
  return base::SecretString(
      absl::StrCat(TextMember(jwe.get(), "protected"), ".",
                   absl::WebSafeBase64Escape(*encrypted_key), ".", TextMember(jwe.get(), "iv"), ".",
                   TextMember(jwe.get(), "ciphertext"), ".", TextMember(jwe.get(), "tag")));
}

absl::StatusOr<std::string> TokenEncrypter::EncryptContentKey(
    const base::SecretString& content_key) const {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key_.get(), nullptr), EVP_PKEY_CTX_free);
  // OAEP by this name is the variant with SHA-1 in both places, which is OpenSSL's default.
  const int padding = options_.algorithm == "RSA-OAEP" ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING;
  const auto* bytes = reinterpret_cast<const unsigned char*>(content_key.Reveal().data());
  std::string encrypted(static_cast<size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  size_t size = encrypted.size();
  if (EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1 ||
      EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char*>(encrypted.data()), &size,
                       bytes, content_key.Reveal().size()) != 1) {
    ERR_clear_error();
    return absl::InternalError(absl::StrCat("OpenSSL cannot encrypt by ", options_.algorithm));
  }
  encrypted.resize(size);
  return encrypted;
}

}  // namespace runcast::auth
