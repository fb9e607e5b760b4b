// Where a watcher stopped, as opaque bytes that every replica understands.

#ifndef RUNCAST_GATEWAY_RUNS_RESUME_TOKEN_H_
#define RUNCAST_GATEWAY_RUNS_RESUME_TOKEN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::runs {

// What a watcher had seen last. A pure value.
struct ResumeToken {
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  // Of the platform's facts in the status, not of what the gateway added, so that the same
  // state has the same fingerprint on every replica and after a restart.
  uint64_t fingerprint = 0;
  // Whether the status was terminal, and how far its progress was (-1: unknown).
  bool terminal = false;
  int64_t utterances_done = -1;
  double percent = -1;

  friend bool operator==(const ResumeToken&, const ResumeToken&) = default;
};

// The token of a complete status.
ResumeToken MakeResumeToken(const v1::RunStatus& status);

std::string EncodeResumeToken(const ResumeToken& token);

// Nothing when the bytes are not a token of ours; a caller then starts with the newest status.
std::optional<ResumeToken> DecodeResumeToken(absl::string_view bytes);

// Whether `newer` is behind what the token's holder has seen: not terminal after terminal, or
// less progress. Such a status is held back until it has caught up.
bool IsBehind(const ResumeToken& newer, const ResumeToken& seen);

// Stable across processes and versions of protobuf: FNV-1a over the fields in a fixed order.
uint64_t FingerprintOfPlatformFacts(const v1::RunStatus& status);

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_RESUME_TOKEN_H_
