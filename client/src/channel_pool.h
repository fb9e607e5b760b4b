// Connections to the gateway, each with a bounded number of streams.
//
// gRPC puts all calls of a channel on one connection and queues without a word those that the
// other side does not allow; proxies allow as few as 100 (HAProxy). So the pool counts.

#ifndef RUNCAST_CLIENT_SRC_CHANNEL_POOL_H_
#define RUNCAST_CLIENT_SRC_CHANNEL_POOL_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace runcast::client {

// Threads: any.
// Lifetime: leases may outlive the pool's owner: they share it.
class ChannelPool : public std::enable_shared_from_this<ChannelPool> {
 public:
  struct Options {
    int max_streams_per_channel = 80;
    int failures_before_new_channel = 3;
  };
  // Makes the n-th channel. Called with the pool's lock held; must not connect or call back.
  using Factory = std::function<std::shared_ptr<grpc::Channel>(int ordinal)>;

  // The place of one call on a channel, given back when destroyed.
  class Lease;

  ChannelPool(Options options, Factory factory);

  // A place on the oldest channel that has room, else on a new one.
  std::unique_ptr<Lease> Acquire();

  // Channels in use, for tests.
  int size() const;

 private:
  struct Slot {
    std::shared_ptr<grpc::Channel> channel;
    int streams = 0;   // Leases held.
    int limit = 0;     // Leases allowed; falls when a stream hung.
    int failures = 0;  // Calls in a row that did not reach the gateway.
    bool retired = false;
  };

  void ReleaseLocked(Slot* slot);

  const Options options_;
  const Factory factory_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Slot>> slots_;  // Guarded by mutex_, like their content.
  int made_ = 0;                              // Guarded by mutex_.
};

// Threads: any, one at a time.
class ChannelPool::Lease {
 public:
  Lease(std::shared_ptr<ChannelPool> pool, std::shared_ptr<Slot> slot);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // The gateway answered: the channel is good.
  void ReportAnswer();
  // The call did not reach the gateway. Too often in a row: no new calls on this channel.
  void ReportFailure();
  // The connection is up but this stream hangs: the channel holds as many streams as it can.
  void ReportHanging();

 private:
  const std::shared_ptr<ChannelPool> pool_;
  const std::shared_ptr<Slot> slot_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace runcast::client

#endif  // RUNCAST_CLIENT_SRC_CHANNEL_POOL_H_
