// F1: the floor for streams and reads. A bare gRPC completion-queue server that knows nothing: it
// streams one prepared slice to whoever watches, and answers reads with prepared bytes.
//
// Fair to the gateway: as many loops, the same channel arguments and allocator, methods registered
// in the same way, raw bytes, one write in flight a stream, broadcasts on the loop that owns it.

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/async_stream.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "tests/bench/descriptor_limit.h"
#include "tests/bench/load_clock.h"
#include "tests/bench/time_mark.h"

namespace {

using grpc::ByteBuffer;
using runcast::bench::NowNanos;
// Nanoseconds between updates; 0: none. Changed by standard input.
std::atomic<int64_t> g_interval{0};
size_t g_size = 0;
// What the load program reads the time of publication from.
ByteBuffer Payload(int64_t published) {
  std::string text(g_size, 'x');
  text.replace(0, runcast::bench::kTimeMarkSize, runcast::bench::TimeMark(published));
  const grpc::Slice slice(text);
  return ByteBuffer(&slice, 1);
}

class FloorService final : public grpc::Service {
 public:
  FloorService() {
    int index = 0;
    for (const char* path :  // As long as the gateway's: they are unpacked with each call.
         {"/floors.v1.FloorStatsService/WatchRun", "/floors.v1.FloorStatsService/GetStatus"}) {
      AddMethod(new grpc::internal::RpcServiceMethod(
          path, grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
      MarkMethodAsync(index++);
    }
  }
  using Service::RequestAsyncBidiStreaming;
};

class Loop;

class Call {
 public:
  Call(Loop& loop, int method);
  void OnEvent(int event, bool ok);
  void Send(const ByteBuffer& payload);

  enum Event { kAccepted, kRead, kWritten, kDone, kEvents };
  struct Tag {
    Call* call;
    int event;
  };

 private:
  Loop& loop_;
  const int method_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<ByteBuffer, ByteBuffer> stream_{&context_};
  ByteBuffer message_;  // The request; for a watcher then what waits for the write before it.
  bool writing_ = false, waiting_ = false, over_ = false;
  int events_due_ = 0;
  Tag tags_[kEvents];
};

class Loop {
 public:
  Loop(FloorService& floor, std::unique_ptr<grpc::ServerCompletionQueue> own_queue)
      : service(floor), queue(std::move(own_queue)) {}

  void Run() {
    for (int i = 0; i < 128; ++i) new Call(*this, i % 2);
    int64_t next = 0;  // All loops publish at the same multiples of the interval.
    bool ok = false;
    for (void* tag = nullptr;;) {
      const int64_t interval = g_interval;
      if (interval == 0 || next == 0)
        next = interval == 0 ? 0 : (NowNanos() / interval + 1) * interval;
      const int64_t wait = next == 0 ? 100'000'000 : next - NowNanos();
      const auto deadline =
          gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                       gpr_time_from_nanos(std::max<int64_t>(0, wait), GPR_TIMESPAN));
      if (queue->AsyncNext(&tag, &ok, deadline) == grpc::CompletionQueue::GOT_EVENT) {
        static_cast<Call::Tag*>(tag)->call->OnEvent(static_cast<Call::Tag*>(tag)->event, ok);
      }
      if (next == 0 || NowNanos() < next) continue;
      const ByteBuffer payload = Payload(next);
      for (Call* watcher : watchers) watcher->Send(payload);
      next += interval;
    }
  }

  FloorService& service;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  const ByteBuffer prepared = Payload(NowNanos());
  std::unordered_set<Call*> watchers;
};

Call::Call(Loop& loop, int method) : loop_(loop), method_(method) {
  for (int event = 0; event < kEvents; ++event) tags_[event] = {this, event};
  if (method_ == 0) context_.AsyncNotifyWhenDone(&tags_[kDone]);
  loop_.service.RequestAsyncBidiStreaming(method_, &context_, &stream_, loop_.queue.get(),
                                          loop_.queue.get(), &tags_[kAccepted]);
}

void Call::OnEvent(int event, bool ok) {
  if (event == kAccepted) {
    if (!ok) return;
    new Call(loop_, method_);
    events_due_ = 2 - method_;  // The read, and the end of a stream.
    stream_.Read(&message_, &tags_[kRead]);
    return;
  }
  --events_due_;
  if (event == kDone) {
    over_ = true;
    loop_.watchers.erase(this);
  } else if (event == kRead && ok && !over_) {
    if (method_ == 0) {
      loop_.watchers.insert(this);
      Send(loop_.prepared);
    } else {
      ++events_due_;
      stream_.WriteAndFinish(loop_.prepared, {}, grpc::Status::OK, &tags_[kWritten]);
    }
  } else if (event == kWritten) {
    writing_ = false;
    if (ok && !over_ && waiting_) Send(message_);
  }
  if (method_ == 1 && (event == kWritten || !ok)) over_ = true;
  if (over_ && events_due_ == 0) delete this;
}

void Call::Send(const ByteBuffer& payload) {
  if (writing_) message_ = payload;
  waiting_ = writing_;
  if (std::exchange(writing_, true)) return;
  ++events_due_;
  stream_.Write(payload, &tags_[kWritten]);
}

}  // namespace

// f1-server LOOPS BYTES: prints its port; each line of standard input is the number of updates a
// second from then on; the end of the input ends it.
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  g_size = std::stoul(argv[2]);
  runcast::bench::RaiseDescriptorLimit();
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // As the gateway.
  FloorService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  // As gateway/rpc/grpc_server.cc has them.
  const auto set = [&](const char* name, int value) { builder.AddChannelArgument(name, value); };
  set(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000);
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000);
  set(GRPC_ARG_MAX_METADATA_SIZE, 16384);
  set(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, 65536);
  for (const char* name :
       {GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, GRPC_ARG_ENABLE_CHANNELZ,
        GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, GRPC_ARG_HTTP2_BDP_PROBE,
        GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION})
    set(name, 0);
  builder.SetMaxReceiveMessageSize(65536);
  std::vector<std::unique_ptr<Loop>> loops;
  for (int i = 0; i < std::stoi(argv[1]); ++i)
    loops.push_back(std::make_unique<Loop>(service, builder.AddCompletionQueue()));
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  for (const auto& loop : loops) std::thread([&loop] { loop->Run(); }).detach();
  std::printf("%d\n", port);
  std::fflush(stdout);
  for (double rate; std::scanf("%lf", &rate) == 1;) {
    g_interval = rate > 0 ? runcast::bench::Nanos(1 / rate) : 0;
  }
  // The process is the measured thing: what it holds goes with it.
  std::_Exit(0);
}
