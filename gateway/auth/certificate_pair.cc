#include "gateway/auth/certificate_pair.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <utility>
#include <vector>

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
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;

Bio Reader(absl::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Asked when a key is encrypted; without it OpenSSL would ask on the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

// All certificates of a PEM text. Errors: INVALID_ARGUMENT when there is none, or one of them
// cannot be read.
absl::StatusOr<std::vector<Certificate>> ReadCertificates(absl::string_view pem) {
  std::vector<Certificate> certificates;
  const Bio reader = Reader(pem);
  for (;;) {
    Certificate next(PEM_read_bio_X509(reader.get(), nullptr, &NoPassphrase, nullptr));
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  // "No start line" is how OpenSSL says that the text has ended.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return absl::InvalidArgumentError(
        absl::StrCat("certificate ", certificates.size() + 1, " in it cannot be read"));
  }
  if (certificates.empty()) {
    return absl::InvalidArgumentError("there is no certificate in it");
  }
  return certificates;
}

std::string SubjectOf(X509* certificate) {
  const Bio memory(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

std::string SerialOf(X509* certificate) {
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* const text = BN_bn2hex(number.get());
  std::string serial(text);
  OPENSSL_free(text);
  return serial;
}

absl::Time EndOf(X509* certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return absl::InfinitePast();
  return absl::FromTM(end, absl::UTCTimeZone());
}

// Why OpenSSL would not serve with them; nothing when it would.
const char* WhyNotServed(const std::vector<Certificate>& chain, EVP_PKEY* key) {
  const Context context(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate(context.get(), chain.front().get()) != 1) {
    return "the certificate cannot be served, because its key is too short or of a kind that TLS "
           "does not know";
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) != 1) {
      return "a certificate behind the first one cannot be served";
    }
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return "the key is not that of the certificate";
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<CertificateFacts> CheckCertificatePair(absl::string_view chain,
                                                      absl::string_view key, absl::Time now) {
  const absl::StatusOr<std::vector<Certificate>> certificates = ReadCertificates(chain);
  if (!certificates.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the certificate cannot be read as PEM: ", certificates.status().message()));
  }
  const Key private_key(
      PEM_read_bio_PrivateKey(Reader(key).get(), nullptr, &NoPassphrase, nullptr));
  const char* const fault = private_key == nullptr
                                ? "the private key cannot be read as PEM without a passphrase"
                                : WhyNotServed(*certificates, private_key.get());
  ERR_clear_error();
  if (fault != nullptr) return absl::InvalidArgumentError(fault);

  X509* const leaf = certificates->front().get();
  CertificateFacts facts{SubjectOf(leaf), SerialOf(leaf), EndOf(leaf)};
  if (facts.not_after < now) return absl::InvalidArgumentError("the certificate has expired");
  return facts;
}

absl::Status CheckCertificates(absl::string_view pem) { return ReadCertificates(pem).status(); }

}  // namespace runcast::auth
