// JSON values of jansson, the library that libjose speaks, with an owner.

#ifndef RUNCAST_GATEWAY_AUTH_JANSSON_H_
#define RUNCAST_GATEWAY_AUTH_JANSSON_H_

#include <jansson.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace runcast::auth {

struct JsonDecref {
  void operator()(json_t* value) const { json_decref(value); }
};
using JsonPtr = std::unique_ptr<json_t, JsonDecref>;

// On one line, members in the order they were set. Empty for a null pointer.
inline std::string CompactJson(const json_t* value) {
  const std::unique_ptr<char, decltype(&std::free)> text(json_dumps(value, JSON_COMPACT),
                                                         &std::free);
  return text == nullptr ? std::string() : std::string(text.get());
}

}  // namespace runcast::auth

#endif  // RUNCAST_GATEWAY_AUTH_JANSSON_H_
