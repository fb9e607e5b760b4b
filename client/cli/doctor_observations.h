// What `runcast doctor` saw.

#ifndef RUNCAST_CLIENT_CLI_DOCTOR_OBSERVATIONS_H_
#define RUNCAST_CLIENT_CLI_DOCTOR_OBSERVATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace runcast::cli {

// One call and what became of it.
struct ObservedCall {
  absl::Status status;  // With the gateway's details.
  absl::Duration took;
};

// One stream that was held open.
struct ObservedStream {
  enum class Kind {
    kHeartbeats,  // A watch with a heartbeat each `interval`.
    kSilent,      // A watch whose heartbeats never come in time.
    kHealth,      // Health.Watch: says something only when health changes.
  };
  Kind kind = Kind::kSilent;
  absl::Duration interval;
  bool answered = false;  // Headers or a message have come.
  absl::Duration answered_after;
  absl::Duration lived;      // Until it ended, or until the doctor had seen enough.
  bool ended = false;        // Before that.
  absl::Status end;          // Then.
  absl::Duration last_word;  // Silence at its end.
  absl::Duration longest_silence;
  int messages = 0;
  int heartbeats = 0;
  bool terminal = false;  // The run has ended, and so the stream as it should.
};

struct Observations {
  std::string gateway;
  bool tls = false;
  bool client_certificate = false;  // With TLS: whether we have one to show.
  // Whether a bare TCP connection could be made, and else why not. Not tried where only gRPC knows
  // how to connect, such as `dns:///gateway:8443`.
  bool tcp_tried = true;
  absl::Status tcp;
  ObservedCall health;
  std::string health_word;  // Such as `SERVING`.
  // The same call with TLS instead of plaintext or the other way round, made only when the first
  // one could not connect.
  std::optional<ObservedCall> other_mode;
  std::optional<ObservedCall> reflection;
  bool lists_service = false;  // Reflection names the gateway's service.
  std::optional<ObservedCall> read;
  std::string state;      // Of the run, such as `running`.
  std::string freshness;  // `fresh`, `stale`, `never seen`.
  std::string reason;     // Why it is not fresh.
  std::string message;
  bool run_ended = false;
  // How far the gateway's clock is ahead of ours, if an answer told.
  std::optional<absl::Duration> clock_ahead;
  std::string proxy;  // What the header `server` says, if there is one.
  absl::Duration held_for;
  std::vector<ObservedStream> streams;
};

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_DOCTOR_OBSERVATIONS_H_
