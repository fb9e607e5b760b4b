// Request headers that the test writes down.

#ifndef RUNCAST_TESTS_UNIT_ACCESS_FAKE_HEADERS_H_
#define RUNCAST_TESTS_UNIT_ACCESS_FAKE_HEADERS_H_

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/access/access_control.h"

namespace runcast::access {

// Threads: any, once built.
class FakeHeaders final : public HeaderLookup {
 public:
  FakeHeaders(std::initializer_list<std::pair<std::string, std::string>> headers)
      : headers_(headers) {}

  std::vector<absl::string_view> Values(absl::string_view key) const override {
    std::vector<absl::string_view> values;
    for (const auto& [name, value] : headers_) {
      if (name == key) values.push_back(value);
    }
    return values;
  }

 private:
  const std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace runcast::access

#endif  // RUNCAST_TESTS_UNIT_ACCESS_FAKE_HEADERS_H_
