#include "client/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace runcast::cli {
namespace {

absl::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? absl::string_view() : absl::string_view(value);
}

bool LocaleIsUtf8() {
  // The order in which the C library looks.
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = absl::AsciiStrToLower(Environment(name));
    if (value.empty()) continue;
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

bool CanRedraw(int fd) { return isatty(fd) == 1 && Environment("TERM") != "dumb"; }

LineStyle StyleOf(int fd) {
  LineStyle style;
  winsize size{};
  // One column stays free: a full last column makes some terminals break the line.
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.columns = size.ws_col;
  style.columns = std::max(style.columns - 1, 1);
  style.color = Environment("NO_COLOR").empty() && isatty(fd) == 1;
  style.unicode = LocaleIsUtf8();
  return style;
}

}  // namespace runcast::cli
