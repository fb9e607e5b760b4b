#include "tests/simulator/key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <optional>
#include <stdexcept>
#include <vector>

#include "tests/simulator/base64url.h"

namespace runcast::simulator {
namespace {

Key Own(EVP_PKEY* key, const char* what) {
  if (key == nullptr) throw std::invalid_argument(what);
  return Key(key, EVP_PKEY_free);
}

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using BigNumber = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

Key PrivateKeyFromJwk(const Json& jwk) {
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder(
      OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  std::vector<BigNumber> numbers;
  const auto push = [&](const char* member, const char* parameter, bool required) {
    if (!jwk.contains(member)) {
      if (required) throw std::invalid_argument(std::string("JWK without ") + member);
      return;
    }
    const std::optional<std::string> bytes = DecodeBase64Url(jwk.at(member).get<std::string>());
    if (!bytes) throw std::invalid_argument(std::string("JWK member is not base64url: ") + member);
    numbers.emplace_back(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes->data()),
                                   static_cast<int>(bytes->size()), nullptr),
                         BN_free);
    OSSL_PARAM_BLD_push_BN(builder.get(), parameter, numbers.back().get());
  };
  push("n", OSSL_PKEY_PARAM_RSA_N, true);
  push("e", OSSL_PKEY_PARAM_RSA_E, true);
  push("d", OSSL_PKEY_PARAM_RSA_D, true);
  push("p", OSSL_PKEY_PARAM_RSA_FACTOR1, false);
  push("q", OSSL_PKEY_PARAM_RSA_FACTOR2, false);
  push("dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, false);
  push("dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, false);
  push("qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, false);
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
      OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get());
  return Own(key, "JWK is not an RSA private key");
}

std::string NumberOf(const Key& key, const char* parameter) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key.get(), parameter, &number);
  const BigNumber owned(number, BN_free);
  std::string bytes(static_cast<size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

std::string ContentOf(const Bio& bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

}  // namespace

Key PublicKeyFromPem(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return Own(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), "not a public key in PEM");
}

Key PrivateKeyFrom(const Json& pem_or_jwk) {
  if (pem_or_jwk.is_object()) return PrivateKeyFromJwk(pem_or_jwk);
  const auto pem = pem_or_jwk.get<std::string>();
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return Own(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr),
             "not a private key in PEM");
}

Json PublicJwk(const Key& key, const std::string& kid) {
  return {{"kty", "RSA"},
          {"kid", kid},
          {"n", EncodeBase64Url(NumberOf(key, OSSL_PKEY_PARAM_RSA_N))},
          {"e", EncodeBase64Url(NumberOf(key, OSSL_PKEY_PARAM_RSA_E))}};
}

std::string PublicPem(const Key& key) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PUBKEY(bio.get(), key.get());
  return ContentOf(bio);
}

std::string PrivatePem(const Key& key) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return ContentOf(bio);
}

Key GenerateRsaKey(unsigned bits) { return Own(EVP_RSA_gen(bits), "cannot make an RSA key"); }

}  // namespace runcast::simulator
