#include "gateway/access/forwarded_client_cert.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"

namespace runcast::access {
namespace {

// Reads the header from left to right; every method leaves `rest_` behind what it read.
class Reader {
 public:
  explicit Reader(absl::string_view header) : rest_(header) {}

  std::optional<TlsPeer> ReadLastElement() {
    std::optional<TlsPeer> element;
    do {
      element = ReadElement();
      if (!element.has_value()) return std::nullopt;
    } while (Consume(','));
    // Such as text behind a closing quote.
    if (!rest_.empty()) return std::nullopt;
    return element;
  }

 private:
  bool Consume(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void SkipBlanks() {
    while (Consume(' ')) {
    }
  }

  std::optional<TlsPeer> ReadElement() {
    TlsPeer element;
    bool has_subject = false;
    do {
      // Proxies that join lists put a blank behind the comma.
      SkipBlanks();
      const size_t key_size = rest_.find_first_of("=,;\"\\");
      if (key_size == 0 || key_size == absl::string_view::npos || rest_[key_size] != '=') {
        return std::nullopt;
      }
      const absl::string_view key = rest_.substr(0, key_size);
      rest_.remove_prefix(key_size + 1);
      std::optional<std::string> value = ReadValue();
      if (!value.has_value()) return std::nullopt;
      if (absl::EqualsIgnoreCase(key, "URI")) {
        if (!value->empty()) element.uris.push_back(*std::move(value));
      } else if (absl::EqualsIgnoreCase(key, "DNS")) {
        if (!value->empty()) element.dns_names.push_back(*std::move(value));
      } else if (absl::EqualsIgnoreCase(key, "Subject")) {
        if (std::exchange(has_subject, true)) return std::nullopt;
        element.subject = *std::move(value);
      }
    } while (Consume(';'));
    return element;
  }

  std::optional<std::string> ReadValue() {
    if (Consume('"')) return ReadQuoted();
    // `=` and `\` stay as they are: Envoy writes URIs without quotes, whatever is in them.
    const size_t size = std::min(rest_.find_first_of(",;\""), rest_.size());
    if (size < rest_.size() && rest_[size] == '"') return std::nullopt;
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }

  // Behind the opening quote. Envoy escapes nothing itself: the backslashes in a subject are those
  // of RFC 2253, where `\` before `,`, `"`, `\` and others belongs to the subject's text. Only `\"`
  // is Envoy's as well, so that one is undone, and other pairs are kept.
  std::optional<std::string> ReadQuoted() {
    std::string value;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return value;
      if (c == '\\') {
        if (rest_.empty()) return std::nullopt;
        if (rest_.front() != '"') value.push_back('\\');
        value.push_back(rest_.front());
        rest_.remove_prefix(1);
        continue;
      }
      value.push_back(c);
    }
    return std::nullopt;
  }

  absl::string_view rest_;
};

}  // namespace

std::optional<TlsPeer> ParseForwardedClientCert(absl::string_view header) {
  std::optional<TlsPeer> peer = Reader(header).ReadLastElement();
  if (peer.has_value() && peer->uris.empty() && peer->dns_names.empty() && peer->subject.empty()) {
    return std::nullopt;
  }
  return peer;
}

}  // namespace runcast::access
