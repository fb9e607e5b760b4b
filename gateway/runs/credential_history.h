// Whether the platform ever took our token for a stream id: a refusal after that is the
// platform's or an operator's passing trouble, before it is most likely a wrong configuration.
//
// Pure. Source: contract, "Errors", the rows on credentials.

#ifndef RUNCAST_GATEWAY_RUNS_CREDENTIAL_HISTORY_H_
#define RUNCAST_GATEWAY_RUNS_CREDENTIAL_HISTORY_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "gateway/base/clock.h"

namespace runcast::runs {

// Memory: stream ids that were refused and never worked are forgotten 10 min after their last
// refusal, and beyond 10,000 of them new ones get no patience.
class CredentialHistory {
 public:
  void OnAccepted(absl::string_view stream_id);
  void OnRefused(absl::string_view stream_id, base::MonotonicTime now);

  // Whether a refusal counts as passing: the token worked before, or the first refusal is less
  // than 60 s ago (the secret is read again at the first).
  bool IsPatient(absl::string_view stream_id, base::MonotonicTime now) const;

 private:
  struct Record {
    bool worked = false;
    base::MonotonicTime first_refusal = base::MonotonicTime::InfiniteFuture();
    base::MonotonicTime last_refusal = base::MonotonicTime::InfinitePast();
  };

  absl::flat_hash_map<std::string, Record> records_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_CREDENTIAL_HISTORY_H_
