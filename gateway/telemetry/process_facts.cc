#include "gateway/telemetry/process_facts.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace runcast::telemetry {
namespace {

std::string ReadAll(const char* path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

double Number(const std::vector<absl::string_view>& words, size_t index) {
  double value = 0;
  return index < words.size() && absl::SimpleAtod(words[index], &value) ? value : 0;
}

// Seconds since 1970 at which the kernel started; it never changes.
double BootTime() {
  static const double boot_time = [] {
    const std::string stat = ReadAll("/proc/stat");
    const size_t at = stat.find("\nbtime ");
    double value = 0;
    if (at == std::string::npos) return value;
    const size_t begin = at + 7;
    return absl::SimpleAtod(stat.substr(begin, stat.find('\n', begin) - begin), &value) ? value
                                                                                        : 0.0;
  }();
  return boot_time;
}

}  // namespace

double ReadResidentBytes() {
  // proc(5): the second number counts resident pages.
  const std::string statm = ReadAll("/proc/self/statm");
  return Number(absl::StrSplit(statm, ' '), 1) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

ProcessFacts ReadProcessFacts() {
  ProcessFacts facts;
  // proc(5): the second field is the program's name in brackets, which may hold blanks and
  // brackets; fields are counted from the last bracket, where field 3 begins.
  const std::string stat = ReadAll("/proc/self/stat");
  const size_t name_end = stat.rfind(')');
  if (name_end != std::string::npos && name_end + 2 < stat.size()) {
    const std::vector<absl::string_view> fields =
        absl::StrSplit(absl::string_view(stat).substr(name_end + 2), ' ');
    const auto field = [&](size_t number) { return Number(fields, number - 3); };
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    facts.cpu_seconds = (field(14) + field(15)) / ticks;
    facts.threads = field(20);
    if (const double boot = BootTime(); boot > 0) {
      facts.start_time_seconds = boot + field(22) / ticks;
    }
    facts.virtual_bytes = field(23);
    facts.resident_bytes = field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }

  std::error_code error;
  std::filesystem::directory_iterator fds("/proc/self/fd", error);
  if (!error) {
    // One of them is the iterator's own.
    facts.open_fds = static_cast<double>(std::distance(begin(fds), end(fds))) - 1;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    facts.max_fds = static_cast<double>(limit.rlim_cur);
  }
  return facts;
}

}  // namespace runcast::telemetry
