// What an answer of Redis holds; nothing where it is of another shape than expected.

#ifndef RUNCAST_GATEWAY_COORDINATION_REDIS_REPLY_H_
#define RUNCAST_GATEWAY_COORDINATION_REDIS_REPLY_H_

#include <hiredis/hiredis.h>

#include <cstddef>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace runcast::coordination {

inline size_t ElementCount(const redisReply* reply) {
  return reply != nullptr && reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

inline absl::string_view TextOf(const redisReply* reply) {
  if (reply == nullptr) return {};
  const bool is_text = reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS ||
                       reply->type == REDIS_REPLY_ERROR;
  return is_text ? absl::string_view(reply->str, static_cast<size_t>(reply->len))
                 : absl::string_view();
}

inline uint64_t NumberOf(absl::string_view text) {
  uint64_t number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

inline int64_t NumberOf(const redisReply* reply) {
  if (reply == nullptr) return 0;
  if (reply->type == REDIS_REPLY_INTEGER) return reply->integer;
  return static_cast<int64_t>(NumberOf(TextOf(reply)));
}

// Whether an error says that another engine, or another login, may do what this one does not: it is
// no primary any more, or does not know us. Redis before 7 wraps what a script ran into:
// "ERR Error running script (call to f_…): @user_script:5: @user_script: 5: -READONLY You can't…".
inline bool IsOfAnother(absl::string_view error) {
  return absl::StartsWith(error, "NOAUTH") || absl::StartsWith(error, "READONLY") ||
         absl::StrContains(error, " -READONLY ");
}

// The value of a field in a list of fields and values in turn.
inline absl::string_view FieldOf(const redisReply* fields, absl::string_view name) {
  for (size_t i = 0; i + 1 < ElementCount(fields); i += 2) {
    if (TextOf(fields->element[i]) == name) return TextOf(fields->element[i + 1]);
  }
  return {};
}

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_REDIS_REPLY_H_
