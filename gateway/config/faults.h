// What is wrong with a configuration, all of it, each with the place to look at.

#ifndef RUNCAST_GATEWAY_CONFIG_FAULTS_H_
#define RUNCAST_GATEWAY_CONFIG_FAULTS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace runcast::config {

// Collects faults by the path of their field, such as `polling.linger` or
// `credentials[0].stream_ids[2]`, and knows which source gave which field, so that a line
// names what to edit: `flag --polling-linger: …`, `gateway.json: polling.linger: …`.
// Threads: one.
class Faults {
 public:
  // From now on faults of `path` are told as faults of `where`.
  void SetOrigin(const std::string& path, std::string where);

  // Where the field was given. Without an origin of its own a field is named below the nearest
  // section or list element that has one; without any, by its path alone.
  std::string Where(const std::string& path) const;

  // `text` says what would be right. Lines come out in the order they were added.
  void Add(const std::string& path, absl::string_view text);

  // A fault of no field, such as a file that cannot be read. Whatever a line quotes of the file,
  // it is printable.
  void AddLine(absl::string_view line);

  // Whether `path`, something above it, or something below it is at fault: what follows from
  // such a value need not be told as well.
  bool Has(const std::string& path) const;

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::map<std::string, std::string> origins_;
  std::set<std::string> paths_;
  std::vector<std::string> lines_;
};

// Paths of members and elements. An empty `path` is the whole configuration.
std::string MemberPath(const std::string& path, absl::string_view name);
std::string ElementPath(const std::string& path, int index);

}  // namespace runcast::config

#endif  // RUNCAST_GATEWAY_CONFIG_FAULTS_H_
