#include "gateway/base/secret_string.h"

#include <string.h>

namespace runcast::base {

SecretString::SecretString(SecretString&& other) noexcept : text_(std::move(other.text_)) {
  // A short text was copied, not moved: it would stay behind in `other`.
  other.Wipe();
}

SecretString& SecretString::operator=(const SecretString& other) {
  if (this != &other) {
    Wipe();
    text_ = other.text_;
  }
  return *this;
}

SecretString& SecretString::operator=(SecretString&& other) noexcept {
  if (this != &other) {
    Wipe();
    text_ = std::move(other.text_);
    other.Wipe();
  }
  return *this;
}

SecretString::~SecretString() { Wipe(); }

void SecretString::Wipe() {
  // explicit_bzero: an ordinary memset of memory about to be freed is optimised away.
  explicit_bzero(text_.data(), text_.capacity());
  text_.clear();
}

}  // namespace runcast::base
