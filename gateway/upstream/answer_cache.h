// Remembers what the last answer about each run meant, so that the same bytes are not decoded
// again: most polls of a run bring no news, and decoding costs more than all the rest of a poll's
// own work (tests/bench/README.md, row 8).

#ifndef RUNCAST_GATEWAY_UPSTREAM_ANSWER_CACHE_H_
#define RUNCAST_GATEWAY_UPSTREAM_ANSWER_CACHE_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "gateway/base/run_key.h"
#include "gateway/http/http_client.h"
#include "gateway/upstream/status_client.h"

namespace runcast::upstream {

// Holds answers about active runs only: an end is asked for once, and its answer carries the
// signed link, which is kept nowhere.
//
// Memory: two generations of at most `generation_bytes` each; what was not asked for while a
// generation filled up goes.
// Pure. Threads: one.
class AnswerCache {
 public:
  static constexpr size_t kLargestBody = 8 << 10;

  explicit AnswerCache(size_t generation_bytes = 32 << 20) : generation_bytes_(generation_bytes) {}

  // What this response means, if it is the last one about the run byte for byte; else null.
  // Valid until the next call.
  const PollAnswer* Find(const base::RunKey& run, const http::HttpResponse& response);

  // `response` means `answer`. Takes the body out of the response if it keeps it.
  void Put(const base::RunKey& run, http::HttpResponse& response, const PollAnswer& answer);

 private:
  struct Entry {
    std::string content_type;
    std::string body;
    PollAnswer answer;
  };
  using Generation = absl::flat_hash_map<base::RunKey, Entry>;

  // Puts into the younger generation; makes it the older one when it is full.
  Entry& Insert(const base::RunKey& run, Entry entry);

  const size_t generation_bytes_;
  Generation young_;
  Generation old_;
  size_t young_bytes_ = 0;
};

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_ANSWER_CACHE_H_
