#include "tests/component/simulator/test_token.h"

#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <chrono>
#include <memory>
#include <stdexcept>

extern "C" {  // these headers have no C++ guard
#include <jose/jwe.h>
#include <jose/openssl.h>
}

namespace runcast::simulator_test {
namespace {

std::string Base64Url(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : (c == '/' ? '_' : c);
  return text;
}

std::string SigningInput(const nlohmann::json& claims, const std::string& algorithm) {
  const nlohmann::json header = {{"alg", algorithm}, {"typ", "JWT"}};
  return Base64Url(header.dump()) + "." + Base64Url(claims.dump());
}

const EVP_MD* Digest(const std::string& algorithm) {
  return algorithm.ends_with("512") ? EVP_sha512() : EVP_sha256();
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Json = std::unique_ptr<json_t, decltype(&json_decref)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string Content(const Bio& bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

}  // namespace

int64_t NowSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

nlohmann::json GoodClaims() {
  const int64_t now = NowSeconds();
  return {{"appId", kClientId},
          {"iss", kClientId},
          {"sub", "component-test"},
          {"iat", now - 5},
          {"exp", now + 300}};
}

std::string SignHmac(const nlohmann::json& claims, const std::string& secret,
                     const std::string& algorithm) {
  const std::string input = SigningInput(claims, algorithm);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(Digest(algorithm), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, &size);
  return input + "." + Base64Url(std::string(reinterpret_cast<char*>(mac), size));
}

RsaPair NewRsaPair() {
  const Key key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const Bio private_bio(BIO_new(BIO_s_mem()), BIO_free);
  const Bio public_bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(private_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_PUBKEY(public_bio.get(), key.get());
  return {Content(private_bio), Content(public_bio)};
}

std::string SignRsa(const nlohmann::json& claims, const std::string& private_pem,
                    const std::string& algorithm) {
  const std::string input = SigningInput(claims, algorithm);
  const Bio bio(BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())),
                BIO_free);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  EVP_DigestSignInit(context.get(), nullptr, Digest(algorithm), nullptr, key.get());
  std::string signature(512, '\0');
  size_t size = signature.size();
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                 reinterpret_cast<const unsigned char*>(input.data()), input.size());
  signature.resize(size);
  return input + "." + Base64Url(signature);
}

// libjose does the encryption of the content; the wrapping of its key with RSA fails in libjose 11
// with OpenSSL 3 and is done by OpenSSL.
std::string Encrypt(const std::string& plain, const nlohmann::json& public_jwk,
                    const std::string& alg, const std::string& enc) {
  const nlohmann::json rsa = {{"kty", "RSA"}, {"n", public_jwk["n"]}, {"e", public_jwk["e"]}};
  const Json jwk(json_loads(rsa.dump().c_str(), 0, nullptr), json_decref);
  const Key key(jose_openssl_jwk_to_EVP_PKEY(nullptr, jwk.get()), EVP_PKEY_free);

  unsigned char content_key[32];
  const size_t content_key_size = enc == "A128GCM" ? 16 : 32;
  RAND_bytes(content_key, static_cast<int>(content_key_size));
  const std::string content_key_bytes(reinterpret_cast<char*>(content_key), content_key_size);

  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY_encrypt_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(),
                               alg == "RSA-OAEP" ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING);
  std::string wrapped(512, '\0');
  size_t wrapped_size = wrapped.size();
  EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char*>(wrapped.data()), &wrapped_size,
                   content_key, content_key_size);
  wrapped.resize(wrapped_size);

  const std::string kid = public_jwk.value("kid", "");
  const Json cek(json_pack("{s:s,s:s}", "kty", "oct", "k", Base64Url(content_key_bytes).c_str()),
                 json_decref);
  const Json jwe(json_pack("{s:{s:s,s:s,s:s,s:s}}", "protected", "alg", alg.c_str(), "enc",
                           enc.c_str(), "kid", kid.c_str(), "typ", "JWT"),
                 json_decref);
  if (!jose_jwe_enc_cek(nullptr, jwe.get(), cek.get(), plain.data(), plain.size())) {
    throw std::runtime_error("libjose cannot encrypt with " + enc);
  }
  const auto part = [&](const char* name) {
    return std::string(json_string_value(json_object_get(jwe.get(), name)));
  };
  return part("protected") + "." + Base64Url(wrapped) + "." + part("iv") + "." +
         part("ciphertext") + "." + part("tag");
}

std::string AuthHeader(const std::string& token) { return "auth: " + token; }
std::string AuthHeader() { return AuthHeader(SignHmac(GoodClaims())); }

}  // namespace runcast::simulator_test
