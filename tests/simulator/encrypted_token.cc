#include "tests/simulator/encrypted_token.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <memory>

#include "tests/simulator/base64url.h"

namespace runcast::simulator {
namespace {

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::optional<std::string> UnwrapKey(const EncryptedToken& token, const Key& private_key) {
  const std::string alg = token.Member("alg");
  int padding = 0;
  if (alg == "RSA-OAEP") {
    padding = RSA_PKCS1_OAEP_PADDING;
  } else if (alg == "RSA1_5") {
    padding = RSA_PKCS1_PADDING;
  } else {
    return std::nullopt;
  }
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(private_key.get(), nullptr), EVP_PKEY_CTX_free);
  size_t size = static_cast<size_t>(EVP_PKEY_get_size(private_key.get()));
  std::string key(size, '\0');
  if (EVP_PKEY_decrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1 ||
      EVP_PKEY_decrypt(context.get(), Bytes(key), &size, Bytes(token.encrypted_key),
                       token.encrypted_key.size()) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  key.resize(size);
  return key;
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

std::optional<std::string> OpenGcm(const EncryptedToken& token, const std::string& key,
                                   const EVP_CIPHER* cipher) {
  if (static_cast<int>(key.size()) != EVP_CIPHER_get_key_length(cipher) || token.iv.size() != 12 ||
      token.tag.size() != 16) {
    return std::nullopt;
  }
  const CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string plain(token.ciphertext.size() + 16, '\0');
  std::string tag = token.tag;
  int size = 0;
  int rest = 0;
  if (EVP_DecryptInit_ex(context.get(), cipher, nullptr, Bytes(key), Bytes(token.iv)) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, Bytes(token.protected_text),
                        static_cast<int>(token.protected_text.size())) != 1 ||
      EVP_DecryptUpdate(context.get(), Bytes(plain), &size, Bytes(token.ciphertext),
                        static_cast<int>(token.ciphertext.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, 16, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(context.get(), Bytes(plain) + size, &rest) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  plain.resize(static_cast<size_t>(size + rest));
  return plain;
}

// RFC 7518, section 5.2.2.2: first half of the key is for the MAC, second half for AES; the MAC
// covers the header, the IV, the ciphertext and the header's length in bits as eight bytes.
std::optional<std::string> OpenCbcHmac(const EncryptedToken& token, const std::string& key) {
  if (key.size() != 32 || token.iv.size() != 16 || token.tag.size() != 16) return std::nullopt;
  std::string covered = token.protected_text + token.iv + token.ciphertext;
  const uint64_t bits = uint64_t{token.protected_text.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) {
    covered.push_back(static_cast<char>((bits >> shift) & 0xff));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned mac_size = 0;
  HMAC(EVP_sha256(), key.data(), 16, Bytes(covered), covered.size(), mac.data(), &mac_size);
  if (CRYPTO_memcmp(mac.data(), token.tag.data(), 16) != 0) return std::nullopt;

  const CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string plain(token.ciphertext.size() + 16, '\0');
  int size = 0;
  int rest = 0;
  if (EVP_DecryptInit_ex(context.get(), EVP_aes_128_cbc(), nullptr,
                         Bytes(std::string_view(key).substr(16)), Bytes(token.iv)) != 1 ||
      EVP_DecryptUpdate(context.get(), Bytes(plain), &size, Bytes(token.ciphertext),
                        static_cast<int>(token.ciphertext.size())) != 1 ||
      EVP_DecryptFinal_ex(context.get(), Bytes(plain) + size, &rest) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  plain.resize(static_cast<size_t>(size + rest));
  return plain;
}

}  // namespace

std::string EncryptedToken::Member(const char* name) const {
  const auto member = header.find(name);
  return member != header.end() && member->is_string() ? member->get<std::string>() : "";
}

std::optional<EncryptedToken> ParseEncryptedToken(std::string_view compact) {
  if (std::count(compact.begin(), compact.end(), '.') != 4) return std::nullopt;
  std::array<std::string, 5> parts;
  EncryptedToken token;
  for (size_t i = 0; i < parts.size(); ++i) {
    const size_t end = compact.find('.');
    const std::string_view part = compact.substr(0, end);
    if (i == 0) token.protected_text = part;
    const std::optional<std::string> decoded = DecodeBase64Url(part);
    if (!decoded) return std::nullopt;
    parts[i] = *decoded;
    if (end != std::string_view::npos) compact.remove_prefix(end + 1);
  }
  token.header = Json::parse(parts[0], nullptr, false);
  if (!token.header.is_object()) return std::nullopt;
  token.encrypted_key = parts[1];
  token.iv = parts[2];
  token.ciphertext = parts[3];
  token.tag = parts[4];
  return token;
}

std::optional<std::string> OpenEncryptedToken(const EncryptedToken& token, const Key& private_key) {
  const std::optional<std::string> key = UnwrapKey(token, private_key);
  if (!key) return std::nullopt;
  const std::string enc = token.Member("enc");
  if (enc == "A128GCM") return OpenGcm(token, *key, EVP_aes_128_gcm());
  if (enc == "A256GCM") return OpenGcm(token, *key, EVP_aes_256_gcm());
  if (enc == "A128CBC-HS256") return OpenCbcHmac(token, *key);
  return std::nullopt;
}

}  // namespace runcast::simulator
