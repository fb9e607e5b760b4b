// One stream that the doctor holds open, watched by a thread of its own.

#ifndef RUNCAST_CLIENT_CLI_HELD_STREAM_H_
#define RUNCAST_CLIENT_CLI_HELD_STREAM_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/time/time.h"
#include "client/cli/doctor_observations.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::cli {

// Threads: one makes, asks and stops it. Lifetime: the destructor cancels and waits.
class HeldStream {
 public:
  // `run` is for watches. Opens at once, on a channel that others may use too.
  HeldStream(ObservedStream::Kind kind, absl::Duration interval, const v1::RunReference& run,
             std::shared_ptr<grpc::Channel> channel);
  ~HeldStream();
  HeldStream(const HeldStream&) = delete;
  HeldStream& operator=(const HeldStream&) = delete;

  // Whether it has ended by itself.
  bool ended() const { return ended_; }
  // Cancels it, if it still lives, and tells what was seen. Once.
  ObservedStream Stop();

 private:
  void ReadWatch(const v1::RunReference& run);
  void ReadHealth();
  void OnHeaders();
  void OnMessage();
  void OnEnd(const absl::Status& status);

  const std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  const absl::Time started_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  ObservedStream seen_;   // Guarded by mutex_.
  absl::Time last_word_;  // Guarded by mutex_.
  std::thread reader_;
};

}  // namespace runcast::cli

#endif  // RUNCAST_CLIENT_CLI_HELD_STREAM_H_
