#include "gateway/upstream/answer_cache.h"

namespace runcast::upstream {
namespace {

// What an entry takes beside its body, roughly: key, message, table.
constexpr size_t kEntryBytes = 1024;

}  // namespace

const PollAnswer* AnswerCache::Find(const base::RunKey& run, const http::HttpResponse& response) {
  if (response.status != 200) return nullptr;
  Entry* entry = nullptr;
  if (const auto young = young_.find(run); young != young_.end()) {
    entry = &young->second;
  } else if (const auto old = old_.find(run); old != old_.end()) {
    Entry kept = std::move(old->second);
    old_.erase(old);
    entry = &Insert(run, std::move(kept));
  }
  const bool same = entry != nullptr && entry->body == response.body &&
                    entry->content_type == response.content_type;
  return same ? &entry->answer : nullptr;
}

void AnswerCache::Put(const base::RunKey& run, http::HttpResponse& response,
                      const PollAnswer& answer) {
  if (answer.status.terminal() || !answer.report_link.empty() ||
      response.body.size() > kLargestBody) {
    if (const auto young = young_.find(run); young != young_.end()) {
      young_bytes_ -= young->second.body.size() + kEntryBytes;
      young_.erase(young);
    }
    old_.erase(run);
    return;
  }
  Insert(run, Entry{std::move(response.content_type), std::move(response.body), answer});
}

AnswerCache::Entry& AnswerCache::Insert(const base::RunKey& run, Entry entry) {
  if (young_bytes_ >= generation_bytes_) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  const size_t bytes = entry.body.size() + kEntryBytes;
  const auto [found, is_new] = young_.try_emplace(run);
  if (!is_new) young_bytes_ -= found->second.body.size() + kEntryBytes;
  young_bytes_ += bytes;
  found->second = std::move(entry);
  return found->second;
}

}  // namespace runcast::upstream
