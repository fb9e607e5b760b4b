// Text that must not be seen: secrets, tokens, signed links.

#ifndef RUNCAST_GATEWAY_BASE_SECRET_STRING_H_
#define RUNCAST_GATEWAY_BASE_SECRET_STRING_H_

#include <string>
#include <utility>

namespace runcast::base {

// Has no stream operator, no conversion to text and no place in a log line; `Reveal` is the
// one way to its content, so that a search finds every use. Wiped when destroyed.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string text) : text_(std::move(text)) {}
  SecretString(const SecretString&) = default;
  SecretString(SecretString&& other) noexcept;
  SecretString& operator=(const SecretString& other);
  SecretString& operator=(SecretString&& other) noexcept;
  ~SecretString();

  const std::string& Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const SecretString&, const SecretString&) = default;

 private:
  void Wipe();

  std::string text_;
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_SECRET_STRING_H_
