// What names one run inside the gateway.

#ifndef RUNCAST_GATEWAY_BASE_RUN_KEY_H_
#define RUNCAST_GATEWAY_BASE_RUN_KEY_H_

#include <string>
#include <utility>

namespace runcast::base {

// A run in one variant: the same run id with another suite spelling or language is another
// variant of the same run. All parts are opaque text, exactly as the caller gave them.
struct RunKey {
  std::string stream_id;
  std::string suite_name;
  std::string run_id;
  std::string language;  // Empty: none asked for.

  friend bool operator==(const RunKey&, const RunKey&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const RunKey& key) {
    return H::combine(std::move(h), key.stream_id, key.suite_name, key.run_id, key.language);
  }
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_RUN_KEY_H_
