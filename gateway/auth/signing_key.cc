#include "gateway/auth/signing_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace runcast::auth {
namespace {

// RFC 7518, section 3.3.
constexpr int kMinRsaBits = 2048;

const EVP_MD* Digest(SigningAlgorithm algorithm) {
  switch (algorithm) {
    case SigningAlgorithm::kHs256:
    case SigningAlgorithm::kRs256:
      return EVP_sha256();
    case SigningAlgorithm::kHs512:
    case SigningAlgorithm::kRs512:
      return EVP_sha512();
  }
  return nullptr;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> MakeHmacKey(const std::string& secret) {
  std::shared_ptr<EVP_PKEY> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, nullptr,
                                   reinterpret_cast<const unsigned char*>(secret.data()),
                                   secret.size()),
      EVP_PKEY_free);
  if (key == nullptr) return absl::InternalError("OpenSSL refuses the secret as an HMAC key");
  return key;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> ReadRsaKey(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  // Without it OpenSSL asks for a passphrase on the terminal.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr),
                                EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError("is no complete PEM private key without passphrase");
  }
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return absl::InvalidArgumentError("is a private key, but not an RSA key");
  }
  const int bits = EVP_PKEY_get_bits(key.get());
  if (bits < kMinRsaBits) {
    return absl::InvalidArgumentError(
        absl::StrCat("is an RSA key of ", bits, " bits; at least ", kMinRsaBits, " are needed"));
  }
  return key;
}

}  // namespace

const char* SigningAlgorithmName(SigningAlgorithm algorithm) {
  switch (algorithm) {
    case SigningAlgorithm::kHs256:
      return "HS256";
    case SigningAlgorithm::kHs512:
      return "HS512";
    case SigningAlgorithm::kRs256:
      return "RS256";
    case SigningAlgorithm::kRs512:
      return "RS512";
  }
  return "";
}

bool IsSymmetric(SigningAlgorithm algorithm) {
  return algorithm == SigningAlgorithm::kHs256 || algorithm == SigningAlgorithm::kHs512;
}

SigningKey::SigningKey(SigningAlgorithm algorithm, std::shared_ptr<EVP_PKEY> key)
    : algorithm_(algorithm), key_(std::move(key)) {}

absl::StatusOr<SigningKey> SigningKey::Make(SigningAlgorithm algorithm,
                                            const base::SecretString& secret) {
  if (secret.empty()) return absl::InvalidArgumentError("is empty");
  absl::StatusOr<std::shared_ptr<EVP_PKEY>> key =
      IsSymmetric(algorithm) ? MakeHmacKey(secret.Reveal()) : ReadRsaKey(secret.Reveal());
  if (!key.ok()) return key.status();
  return SigningKey(algorithm, *std::move(key));
}

absl::StatusOr<std::string> SigningKey::Sign(absl::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  unsigned char signature[2048];  // RSA of 16,384 bits, the most that OpenSSL takes.
  size_t size = sizeof(signature);
  // PKCS #1 v1.5 is what OpenSSL does with an RSA key unless told otherwise.
  if (EVP_DigestSignInit(context.get(), nullptr, Digest(algorithm_), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature, &size, bytes, message.size()) != 1) {
    ERR_clear_error();
    return absl::InternalError(
        absl::StrCat("OpenSSL cannot sign with ", SigningAlgorithmName(algorithm_)));
  }
  return std::string(reinterpret_cast<const char*>(signature), size);
}

}  // namespace runcast::auth
