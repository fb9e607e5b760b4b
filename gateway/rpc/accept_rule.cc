#include "gateway/rpc/accept_rule.h"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace runcast::rpc {

bool ConnectionHasGone(int error) {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

int DescriptorCeiling(rlim_t soft, int spare) {
  // "No limit" is the largest number.
  constexpr rlim_t kMost = std::numeric_limits<int>::max();
  const int limit = static_cast<int>(std::min(soft, kMost));
  return limit - std::min(spare, limit / 2);
}

}  // namespace runcast::rpc
