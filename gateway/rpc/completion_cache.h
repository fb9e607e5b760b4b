// Sends that are done at once, taken without a turn of the queue.

#ifndef RUNCAST_GATEWAY_RPC_COMPLETION_CACHE_H_
#define RUNCAST_GATEWAY_RPC_COMPLETION_CACHE_H_

#include <grpcpp/completion_queue.h>

#include <cstddef>
#include <vector>

namespace runcast::rpc {

// Most sends end while they are started, since the socket takes the bytes. gRPC would push each
// completion into the queue, and take a lock and kick a poller for each that the loop takes out.
// Its thread-local cache (experimental, but in its public header; the C++ `DoThenAsyncNext` is
// made of it) keeps one back instead. The send that ends a call may end two operations, if the call
// notices its end; the other then takes the queue.
//
// Threads: the queue's only. Lifetime: the queue outlives it.
class CompletionCache {
 public:
  explicit CompletionCache(grpc::CompletionQueue& queue) : queue_(queue) {}

  // Runs `start`, which starts one operation. True: it is the one of `own`, and was done, with
  // success, when `start` returned. Any other that was done then is kept for `Next`; at most one,
  // others take the way of the queue.
  template <typename Start>
  bool Collect(void* own, Start start) {
    Begin();
    start();
    return End(own);
  }

  bool empty() const { return taken_ == kept_.size(); }
  // The next of those kept, in order. False: none is left.
  bool Next(void** tag, bool* ok);

 private:
  struct Completion {
    void* tag;
    bool ok;
  };

  void Begin();
  bool End(void* own);

  grpc::CompletionQueue& queue_;
  std::vector<Completion> kept_;
  size_t taken_ = 0;  // Of those kept.
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_COMPLETION_CACHE_H_
