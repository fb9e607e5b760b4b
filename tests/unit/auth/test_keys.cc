#include "tests/unit/auth/test_keys.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"

// These headers do not say by themselves that they are C.
extern "C" {
#include <jose/jwe.h>
#include <jose/openssl.h>
}

namespace runcast::auth {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string ToPem(EVP_PKEY* key, const char* passphrase = nullptr) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, passphrase == nullptr ? nullptr : EVP_aes_128_cbc(),
                                passphrase, passphrase == nullptr ? 0 : 11, nullptr, nullptr);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

KeyPtr FromPem(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  KeyPtr key(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr), EVP_PKEY_free);
  BIO_free(bio);
  return key;
}

std::string Decode(absl::string_view base64url) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(base64url, &bytes)) std::abort();
  return bytes;
}

// RFC 7518, sections 4.2 and 4.3. Empty when the key does not fit.
std::string DecryptContentKey(const std::string& algorithm, const std::string& encrypted,
                              const std::string& pem) {
  const KeyPtr key = FromPem(pem);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY_decrypt_init(context.get());
  if (algorithm == "RSA-OAEP") {
    EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING);
    EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha1());
    EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha1());
  }
  std::string content_key(512, '\0');
  size_t size = content_key.size();
  if (EVP_PKEY_decrypt(context.get(), reinterpret_cast<unsigned char*>(content_key.data()), &size,
                       reinterpret_cast<const unsigned char*>(encrypted.data()),
                       encrypted.size()) != 1) {
    return "";
  }
  content_key.resize(size);
  return content_key;
}

}  // namespace

std::string NewRsaPem(int bits) {
  return ToPem(KeyPtr(EVP_RSA_gen(static_cast<unsigned>(bits)), EVP_PKEY_free).get());
}

const std::string& RsaPem() {
  static const std::string& pem = *new std::string(NewRsaPem(2048));
  return pem;
}

const std::string& OtherRsaPem() {
  static const std::string& pem = *new std::string(NewRsaPem(2048));
  return pem;
}

std::string NewEcPem() { return ToPem(KeyPtr(EVP_EC_gen("P-256"), EVP_PKEY_free).get()); }

std::string ProtectedRsaPem() { return ToPem(FromPem(RsaPem()).get(), "open sesame"); }

std::string Rfc7515RsaPem() {
  const JsonPtr jwk(json_pack(
      "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kty", "RSA", "e", "AQAB", "n",
      "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"
      "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re"
      "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX"
      "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
      "d",
      "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXO"
      "oAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51"
      "gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3c"
      "cPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
      "p",
      "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5P"
      "JdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
      "q",
      "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZ"
      "D_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
      "dp",
      "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R"
      "6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
      "dq",
      "h_96-mK1R_"
      "7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaH"
      "F-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
      "qi",
      "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_"
      "QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0J"
      "KSHuLFkuQ3U"));
  const KeyPtr key(jose_openssl_jwk_to_EVP_PKEY(nullptr, jwk.get()), EVP_PKEY_free);
  return ToPem(key.get());
}

std::string PublicJwkText(const std::string& pem, const std::string& key_id) {
  const JsonPtr jwk(jose_openssl_jwk_from_EVP_PKEY(nullptr, FromPem(pem).get()));
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi"}) json_object_del(jwk.get(), member);
  json_object_set_new(jwk.get(), "kid", json_string(key_id.c_str()));
  return CompactJson(jwk.get());
}

bool SignatureFits(SigningAlgorithm algorithm, const std::string& secret,
                   const std::string& message, const std::string& signature) {
  const bool is_256 =
      algorithm == SigningAlgorithm::kHs256 || algorithm == SigningAlgorithm::kRs256;
  const EVP_MD* digest = is_256 ? EVP_sha256() : EVP_sha512();
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  if (IsSymmetric(algorithm)) {
    unsigned char expected[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(digest, secret.data(), static_cast<int>(secret.size()), bytes, message.size(), expected,
         &size);
    return signature == std::string(reinterpret_cast<char*>(expected), size);
  }
  const KeyPtr key = FromPem(secret);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool fits =
      EVP_DigestVerifyInit(context, nullptr, digest, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), bytes, message.size()) == 1;
  EVP_MD_CTX_free(context);
  return fits;
}

std::string ReadToken::Text(const char* claim) const {
  const char* text = json_string_value(json_object_get(claims.get(), claim));
  return text == nullptr ? "" : text;
}

long long ReadToken::Number(const char* claim) const {
  const json_t* value = json_object_get(claims.get(), claim);
  return json_is_integer(value) ? json_integer_value(value) : -1;
}

ReadToken Read(const std::string& token) {
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  if (parts.size() != 3) std::abort();
  return ReadToken{.header = Decode(parts[0]),
                   .claims = JsonPtr(json_loads(Decode(parts[1]).c_str(), 0, nullptr)),
                   .signed_part = parts[0] + "." + parts[1],
                   .signature = Decode(parts[2])};
}

std::string DecryptJwe(const std::string& compact, const std::string& pem) {
  const std::vector<std::string> parts = absl::StrSplit(compact, '.');
  if (parts.size() != 5) return "";
  const JsonPtr header(json_loads(Decode(parts[0]).c_str(), 0, nullptr));
  const std::string algorithm = json_string_value(json_object_get(header.get(), "alg"));
  const std::string content_key = DecryptContentKey(algorithm, Decode(parts[1]), pem);
  if (content_key.empty()) return "";

  const JsonPtr key(
      json_pack("{s:s, s:s}", "kty", "oct", "k", absl::WebSafeBase64Escape(content_key).c_str()));
  const JsonPtr jwe(json_pack("{s:s, s:s, s:s, s:s}", "protected", parts[0].c_str(), "iv",
                              parts[2].c_str(), "ciphertext", parts[3].c_str(), "tag",
                              parts[4].c_str()));
  size_t size = 0;
  char* content = static_cast<char*>(jose_jwe_dec_cek(nullptr, jwe.get(), key.get(), &size));
  std::string text = content == nullptr ? "" : std::string(content, size);
  std::free(content);
  return text;
}

}  // namespace runcast::auth
