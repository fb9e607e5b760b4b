#include "gateway/base/trace_context.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace runcast::base {
namespace {

// W3C allows 512 bytes of `tracestate`; the others are shorter.
constexpr size_t kLongestValue = 512;

}  // namespace

void TraceContext::Add(absl::string_view name, absl::string_view value) {
  if (std::find(kTraceHeaders.begin(), kTraceHeaders.end(), name) == kTraceHeaders.end()) return;
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
    return c == ' ' || absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (value.empty() || value.size() > kLongestValue || !printable) return;
  headers_.emplace_back(std::string(name), std::string(value));
}

absl::string_view TraceContext::Find(absl::string_view name) const {
  for (const auto& [header, value] : headers_) {
    if (header == name) return value;
  }
  return "";
}

absl::string_view TraceContext::TraceId() const {
  // version-trace id-parent id-flags
  const absl::string_view parent = Find("traceparent");
  if (parent.size() >= 35 && parent[2] == '-' && (parent.size() == 35 || parent[35] == '-')) {
    return parent.substr(3, 32);
  }
  // trace id-span id-…, or one letter that only says whether to record.
  const absl::string_view b3 = Find("b3");
  if (const size_t dash = b3.find('-'); dash != absl::string_view::npos) return b3.substr(0, dash);
  const absl::string_view b3_id = Find("x-b3-traceid");
  return b3_id.empty() ? Find("x-request-id") : b3_id;
}

TraceContext TraceContext::Start(uint64_t random_high, uint64_t random_low, uint64_t random_span) {
  TraceContext context;
  // All zeros is no legal id.
  context.Add("traceparent", absl::StrCat("00-", absl::Hex(random_high, absl::kZeroPad16),
                                          absl::Hex(random_low | 1, absl::kZeroPad16), "-",
                                          absl::Hex(random_span | 1, absl::kZeroPad16), "-00"));
  return context;
}

}  // namespace runcast::base
