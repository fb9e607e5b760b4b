#include "tests/simulator/fault.h"

#include <set>
#include <stdexcept>

namespace runcast::simulator {
namespace {

const std::set<std::string>& Kinds() {
  static const std::set<std::string> kinds = {
      "http",  "redirect",    "errors",      "delay",          "slow",         "hang",
      "cut",   "drop_reused", "close_after", "close_silently", "older",        "wrong_id",
      "empty", "garbage",     "html",        "wrong_types",    "invalid_utf8", "duplicate_keys",
      "deep",  "oversized",   "gzip_bomb",   "gzip_broken",    "truncated",    "not_an_object"};
  return kinds;
}

}  // namespace

Fault FaultFromJson(const Json& json, int64_t now_nanos) {
  Fault fault;
  fault.spec = json;
  for (const auto& [name, value] : json.items()) {
    if (name == "kind")
      value.get_to(fault.kind);
    else if (name == "run")
      value.get_to(fault.run);
    else if (name == "stream")
      value.get_to(fault.stream);
    else if (name == "call")
      value.get_to(fault.call);
    else if (name == "after")
      value.get_to(fault.after);
    else if (name == "count")
      value.get_to(fault.count);
    else if (name == "for_ms")
      fault.until_nanos = now_nanos + value.get<int64_t>() * 1'000'000;
    else if (name == "probability")
      value.get_to(fault.probability);
    else if (name == "delay_ms")
      value.get_to(fault.delay_ms);
    else if (name == "status")
      value.get_to(fault.status);
    else if (name == "headers") {
      for (const auto& [header, text] : value.items()) {
        fault.headers.emplace_back(header, text.get<std::string>());
      }
    } else if (name == "retry_after") {
      fault.headers.emplace_back("Retry-After",
                                 value.is_string() ? value.get<std::string>() : value.dump());
    } else if (name == "location")
      fault.headers.emplace_back("Location", value.get<std::string>());
    else if (name == "body")
      fault.body = value.is_string() ? value.get<std::string>() : value.dump();
    else if (name == "content_type")
      value.get_to(fault.content_type);
    else if (name == "at")
      value.get_to(fault.at);
    else if (name == "how")
      value.get_to(fault.how);
    else if (name == "hang_ms")
      value.get_to(fault.hang_ms);
    else if (name == "size" || name == "depth" || name == "bytes_per_second")
      value.get_to(fault.size);
    else if (name == "back_ms")
      value.get_to(fault.back_ms);
    else if (name == "msg")
      value.get_to(fault.msg);
    else if (name == "code")
      fault.code = value;
    else
      throw std::invalid_argument("unknown member of a fault: " + name);
  }
  if (!Kinds().contains(fault.kind)) throw std::invalid_argument("unknown kind: " + fault.kind);
  if (!fault.at.empty() && fault.at != "start" && fault.at != "headers" && fault.at != "body") {
    throw std::invalid_argument("at: start, headers or body");
  }
  if (!fault.how.empty() && fault.how != "reset" && fault.how != "close") {
    throw std::invalid_argument("how: reset or close");
  }
  if (fault.kind == "older" && fault.back_ms <= 0) {
    throw std::invalid_argument("older needs back_ms");
  }
  if (fault.kind == "http" && fault.status == 0) throw std::invalid_argument("http needs status");
  return fault;
}

}  // namespace runcast::simulator
