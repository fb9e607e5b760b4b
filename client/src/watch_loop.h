// All watches of a client: which runs are watched, by whom, on one thread.

#ifndef RUNCAST_CLIENT_SRC_WATCH_LOOP_H_
#define RUNCAST_CLIENT_SRC_WATCH_LOOP_H_

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "client/src/call_loop.h"
#include "client/src/channel_pool.h"
#include "client/src/run_stream.h"
#include "client/src/subscription.h"
#include "client/src/watch_call.h"

namespace runcast::client {

// Threads: any may call the public functions.
// Lifetime: shared by the client and by handles that outlive it; `Stop` must come before the
//   last one lets go.
class WatchLoop : public std::enable_shared_from_this<WatchLoop> {
 public:
  WatchLoop(RunStream::Options options, std::shared_ptr<ChannelPool> channels);

  // Never calls back before it returns.
  WatchHandle Watch(const v1::RunReference& run, WatchCallbacks callbacks);

  // Ends all watches with CANCELLED, those included that their callbacks open meanwhile, and joins
  // the thread.
  void Stop();

  bool InLoop() const { return loop_.InLoop(); }

 private:
  // Posts what begins this watch.
  void Begin(const std::shared_ptr<Subscription>& subscription, Task task);
  // Loop only.
  void Join(const std::string& key, const v1::RunReference& run,
            const std::shared_ptr<Subscription>& subscription);
  void Leave(const std::string& key, const Subscription* subscription);

  const RunStream::Options options_;
  const std::shared_ptr<ChannelPool> channels_;
  CallLoop loop_;
  WatchCallOpener opener_{loop_, *channels_};

  // Loop only.
  std::map<std::string, std::unique_ptr<RunStream>> streams_;  // By serialized run reference.
  std::vector<std::shared_ptr<Subscription>> late_;            // Opened since `Stop` was called.
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_WATCH_LOOP_H_
