#include "gateway/auth/secret_location.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace runcast::auth {
namespace {

// The largest RSA key in PEM has 13 kB.
constexpr size_t kMaxSecretBytes = 64 * 1024;

absl::Status Unreadable(const SecretLocation& location, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(DescribeLocation(location), " ", why));
}

absl::StatusOr<base::SecretString> Trimmed(const SecretLocation& location, absl::string_view text) {
  if (text.size() > kMaxSecretBytes) {
    return Unreadable(location, absl::StrCat("holds more than ", kMaxSecretBytes, " bytes"));
  }
  text = absl::StripTrailingAsciiWhitespace(text);
  if (text.empty()) return Unreadable(location, "is empty");
  if (text.find('\0') != absl::string_view::npos) {
    return Unreadable(location, "holds a NUL byte");
  }
  return base::SecretString(std::string(text));
}

absl::StatusOr<base::SecretString> ReadFile(const SecretLocation& location) {
  // O_NONBLOCK: opening a pipe without a writer would block the loop.
  const int fd = open(location.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Unreadable(location, absl::StrCat("cannot be read: ", strerror(errno)));
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(fd);
    return Unreadable(location, "is no ordinary file");
  }
  // One byte more than allowed tells a file that is too large from one that just fits.
  std::string buffer(kMaxSecretBytes + 1, '\0');
  size_t size = 0;
  ssize_t got;
  while ((got = read(fd, buffer.data() + size, buffer.size() - size)) > 0) {
    size += static_cast<size_t>(got);
  }
  const int error = errno;
  close(fd);
  absl::StatusOr<base::SecretString> secret =
      got < 0 ? Unreadable(location, absl::StrCat("cannot be read: ", strerror(error)))
              : Trimmed(location, absl::string_view(buffer).substr(0, size));
  explicit_bzero(buffer.data(), size);
  return secret;
}

}  // namespace

std::string DescribeLocation(const SecretLocation& location) {
  if (!location.file.empty()) return absl::StrCat("file `", location.file, "`");
  return absl::StrCat("environment variable `", location.environment, "`");
}

absl::StatusOr<base::SecretString> ReadSecret(const SecretLocation& location) {
  if (location.file.empty() == location.environment.empty()) {
    return absl::FailedPreconditionError(
        "exactly one of a file and an environment variable must be given");
  }
  if (!location.file.empty()) return ReadFile(location);
  const char* value = getenv(location.environment.c_str());
  if (value == nullptr) return Unreadable(location, "is not set");
  return Trimmed(location, value);
}

}  // namespace runcast::auth
