#include "gateway/auth/certificate_pair.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstddef>
#include <memory>

#include "absl/strings/str_cat.h"

namespace runcast::auth {
namespace {

template <auto kFree>
struct Deleter {
  template <typename Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;

Bio Reader(absl::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Asked when a key is encrypted; without it OpenSSL would ask on the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

}  // namespace

absl::Status CheckCertificatePair(absl::string_view chain, absl::string_view key) {
  const std::unique_ptr<X509, Deleter<X509_free>> certificate(
      PEM_read_bio_X509(Reader(chain).get(), nullptr, &NoPassphrase, nullptr));
  const std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>> private_key(
      PEM_read_bio_PrivateKey(Reader(key).get(), nullptr, &NoPassphrase, nullptr));
  const bool belong_together = certificate != nullptr && private_key != nullptr &&
                               X509_check_private_key(certificate.get(), private_key.get()) == 1;
  ERR_clear_error();
  if (certificate == nullptr) {
    return absl::InvalidArgumentError("the certificate cannot be read as PEM");
  }
  if (private_key == nullptr) {
    return absl::InvalidArgumentError("the private key cannot be read as PEM without a passphrase");
  }
  if (!belong_together) {
    return absl::InvalidArgumentError("the key is not that of the certificate");
  }
  return absl::OkStatus();
}

absl::Status CheckCertificates(absl::string_view pem) {
  const Bio reader = Reader(pem);
  size_t read = 0;
  while (const std::unique_ptr<X509, Deleter<X509_free>> certificate{
      PEM_read_bio_X509(reader.get(), nullptr, &NoPassphrase, nullptr)}) {
    ++read;
  }
  // "No start line" is how OpenSSL says that the text has ended.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return absl::InvalidArgumentError(
        absl::StrCat("certificate ", read + 1, " in it cannot be read"));
  }
  if (read == 0) return absl::InvalidArgumentError("there is no certificate in it");
  return absl::OkStatus();
}

}  // namespace runcast::auth
