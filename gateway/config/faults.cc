#include "gateway/config/faults.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/config/printable_line.h"

namespace runcast::config {
namespace {

bool IsBelow(absl::string_view path, absl::string_view above) {
  return absl::StartsWith(path, above) && path.size() > above.size() &&
         (path[above.size()] == '.' || path[above.size()] == '[');
}

}  // namespace

void Faults::SetOrigin(const std::string& path, std::string where) {
  origins_[path] = std::move(where);
}

std::string Faults::Where(const std::string& path) const {
  for (size_t end = path.size(); end != std::string::npos && end != 0;
       end = path.find_last_of(".[", end - 1)) {
    const auto found = origins_.find(path.substr(0, end));
    if (found != origins_.end()) return found->second + path.substr(end);
  }
  return path;
}

void Faults::Add(const std::string& path, absl::string_view text) {
  paths_.insert(path);
  AddLine(absl::StrCat(Where(path), ": ", text));
}

void Faults::AddLine(absl::string_view line) { lines_.push_back(PrintableLine(line)); }

bool Faults::Has(const std::string& path) const {
  return std::any_of(paths_.begin(), paths_.end(), [&](const std::string& faulty) {
    return faulty == path || IsBelow(faulty, path) || IsBelow(path, faulty);
  });
}

std::string MemberPath(const std::string& path, absl::string_view name) {
  // Keys of a file may hold anything; paths are printed.
  const std::string shown = absl::Utf8SafeCHexEscape(name);
  return path.empty() ? shown : absl::StrCat(path, ".", shown);
}

std::string ElementPath(const std::string& path, int index) {
  return absl::StrCat(path, "[", index, "]");
}

}  // namespace runcast::config
