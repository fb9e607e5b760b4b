#include "tests/simulator/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>

#include "tests/simulator/key.h"

namespace runcast::simulator {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long kDay = 24 * 3600;

std::string OpenSslReason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  return code == 0 ? "unknown reason" : ERR_reason_error_string(code);
}

// Only HTTP/1.1 is spoken; a client that offers h2 too gets that answer.
int ChooseHttp11(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                 unsigned in_size, void*) {
  static const unsigned char kProtocols[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof kProtocols - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Key GenerateEcKey() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (key == nullptr) throw std::runtime_error("cannot make a key: " + OpenSslReason());
  return Key(key, EVP_PKEY_free);
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) throw std::runtime_error("bad extension: " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate NewCertificate(const std::string& common_name, const Key& key, X509* issuer,
                           long not_before, long not_after) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  std::random_device random;
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()),
                          (uint64_t{random()} << 31) | random());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), not_before);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), not_after);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), issuer == nullptr ? name : X509_get_subject_name(issuer));
  X509_set_pubkey(certificate.get(), key.get());
  return certificate;
}

template <typename Writer>
void WriteFile(const std::string& path, Writer write) {
  const std::unique_ptr<FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"),
                                                           std::fclose);
  if (!file || write(file.get()) != 1) throw std::runtime_error("cannot write " + path);
}

std::string AlternativeNames(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    unsigned char bytes[16];
    const bool address = inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
                         inet_pton(AF_INET6, name.c_str(), bytes) == 1;
    if (!list.empty()) list += ",";
    list += (address ? "IP:" : "DNS:") + name;
  }
  return list;
}

}  // namespace

SSL_CTX* MakeTlsContext(const std::string& certificate_file, const std::string& key_file) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, &ChooseHttp11, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    SSL_CTX_free(context);
    throw std::runtime_error("cannot use " + certificate_file + " with " + key_file + ": " +
                             OpenSslReason());
  }
  return context;
}

SelfSignedFiles MakeSelfSigned(const std::string& directory, const std::vector<std::string>& names,
                               bool expired) {
  std::filesystem::create_directories(directory);
  const SelfSignedFiles files{directory + "/ca.pem", directory + "/server.pem",
                              directory + "/server-key.pem"};
  const Key ca_key = GenerateEcKey();
  const Certificate ca = NewCertificate("simulator CA", ca_key, nullptr, -kDay, 10 * kDay);
  AddExtension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  X509_sign(ca.get(), ca_key.get(), EVP_sha256());

  const Key key = GenerateEcKey();
  const Certificate server = expired
                                 ? NewCertificate(names.front(), key, ca.get(), -2 * kDay, -kDay)
                                 : NewCertificate(names.front(), key, ca.get(), -kDay, 10 * kDay);
  AddExtension(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth");
  AddExtension(server.get(), ca.get(), NID_authority_key_identifier, "keyid:always");
  AddExtension(server.get(), ca.get(), NID_subject_alt_name, AlternativeNames(names));
  X509_sign(server.get(), ca_key.get(), EVP_sha256());

  WriteFile(files.ca, [&](FILE* file) { return PEM_write_X509(file, ca.get()); });
  WriteFile(files.certificate, [&](FILE* file) { return PEM_write_X509(file, server.get()); });
  WriteFile(files.key, [&](FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return files;
}

}  // namespace runcast::simulator
