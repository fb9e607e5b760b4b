#include "tests/simulator/signed_token.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <memory>

#include "tests/simulator/base64url.h"

namespace runcast::simulator {
namespace {

const EVP_MD* DigestOf(std::string_view algorithm) {
  return algorithm.ends_with("512") ? EVP_sha512() : EVP_sha256();
}

const unsigned char* BytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string SignedToken::Algorithm() const {
  const auto alg = header.find("alg");
  return alg != header.end() && alg->is_string() ? alg->get<std::string>() : "";
}

std::optional<SignedToken> ParseSignedToken(std::string_view compact) {
  const size_t first = compact.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = compact.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto header = DecodeBase64Url(compact.substr(0, first));
  const auto claims = DecodeBase64Url(compact.substr(first + 1, second - first - 1));
  const auto signature = DecodeBase64Url(compact.substr(second + 1));
  if (!header || !claims || !signature) return std::nullopt;
  SignedToken token;
  token.header = Json::parse(*header, nullptr, false);
  token.claims = Json::parse(*claims, nullptr, false);
  if (!token.header.is_object() || !token.claims.is_object()) return std::nullopt;
  token.signing_input = compact.substr(0, second);
  token.signature = *signature;
  return token;
}

bool HasValidHmac(const SignedToken& token, std::string_view secret) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(DigestOf(token.Algorithm()), secret.data(), static_cast<int>(secret.size()),
       BytesOf(token.signing_input), token.signing_input.size(), mac, &size);
  return token.signature.size() == size && CRYPTO_memcmp(token.signature.data(), mac, size) == 0;
}

bool HasValidRsaSignature(const SignedToken& token, const Key& public_key) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  if (EVP_DigestVerifyInit(context.get(), nullptr, DigestOf(token.Algorithm()), nullptr,
                           public_key.get()) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), BytesOf(token.signature), token.signature.size(),
                          BytesOf(token.signing_input), token.signing_input.size()) == 1;
}

std::string Sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(BytesOf(bytes), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace runcast::simulator
