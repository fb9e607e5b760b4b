// F1: the floor for streams and reads. A bare server on gRPC's completion queues that knows
// nothing: it streams one prepared slice to whoever watches, and answers reads with prepared bytes.
//
// Fair to the gateway: as many loops, the same channel arguments, allocator and linking, straight
// on gRPC's core, what is done at once taken without the queue, one write in flight a stream,
// broadcasts on the loop that owns it.

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "tests/bench/descriptor_limit.h"
#include "tests/bench/load_clock.h"
#include "tests/bench/time_mark.h"

namespace {

using runcast::bench::NowNanos;
grpc_server* g_server = nullptr;
std::vector<void*> g_methods;        // To watch, to read.
std::atomic<int64_t> g_interval{0};  // Nanoseconds between updates; 0: none.
size_t g_size = 0;

grpc_slice Payload(int64_t published) {
  const std::string text = runcast::bench::MarkedText(g_size, published);
  return grpc_slice_from_copied_buffer(text.data(), text.size());
}

class Call;
struct Loop {
  void Run();
  grpc_completion_queue* const queue = grpc_completion_queue_create_for_next(nullptr);
  const grpc_slice prepared = Payload(NowNanos());
  std::vector<Call*> watchers;
};

class alignas(8) Call {  // Its tags are its address and the event.
 public:
  Call(Loop& loop, bool is_watch) : loop_(loop), is_watch_(is_watch) {
    grpc_server_request_registered_call(g_server, g_methods[is_watch ? 0 : 1], &call_, &deadline_,
                                        &headers_, nullptr, loop.queue, loop.queue, this);
  }
  ~Call() {
    grpc_metadata_array_destroy(&headers_);
    grpc_slice_unref(next_);
    grpc_call_unref(call_);
  }
  static void Dispatch(void* tag) {
    const auto bits = reinterpret_cast<uintptr_t>(tag);
    reinterpret_cast<Call*>(bits & ~uintptr_t{7})->OnEvent(static_cast<Event>(bits & 7));
  }
  void Send(grpc_slice payload);

 private:
  enum Event { kAccepted, kRead, kSent, kDone };
  void OnEvent(Event event);
  // Afterwards a call that has nothing due may be gone.
  void Start(const grpc_op* ops, size_t count, Event event);
  Loop& loop_;
  grpc_call* call_ = nullptr;
  gpr_timespec deadline_;
  grpc_metadata_array headers_{};
  grpc_byte_buffer *request_ = nullptr, *sending_ = nullptr;
  grpc_slice next_ = grpc_empty_slice();
  int cancelled_ = 0, events_due_ = 0;
  const bool is_watch_;
  bool began_ = false, next_waits_ = false, over_ = false;
};

void Loop::Run() {
  for (int i = 0; i < 128; ++i) new Call(*this, i % 2 == 0);
  for (int64_t next = 0;;) {  // All loops publish at the same multiples of the interval.
    const int64_t interval = g_interval;
    if (interval == 0 || next == 0)
      next = interval == 0 ? 0 : (NowNanos() / interval + 1) * interval;
    const gpr_timespec deadline =
        gpr_time_from_nanos(next == 0 ? NowNanos() + 400'000'000 : next, GPR_CLOCK_MONOTONIC);
    const grpc_event event = grpc_completion_queue_next(queue, deadline, nullptr);
    if (event.type == GRPC_OP_COMPLETE) Call::Dispatch(event.tag);
    if (next == 0 || NowNanos() < next) continue;
    const grpc_slice payload = Payload(next);
    for (size_t i = 0; i < watchers.size(); ++i) watchers[i]->Send(payload);
    grpc_slice_unref(payload);
    next += interval;
  }
}

void Call::Start(const grpc_op* ops, size_t count, Event event) {
  ++events_due_;
  grpc_completion_queue* const queue = loop_.queue;
  grpc_completion_queue_thread_local_cache_init(queue);
  grpc_call_start_batch(call_, ops, count, reinterpret_cast<char*>(this) + event, nullptr);
  void* tag;
  int ok;
  if (grpc_completion_queue_thread_local_cache_flush(queue, &tag, &ok) != 0) Dispatch(tag);
}

void Call::OnEvent(Event event) {
  if (event == kAccepted) {
    new Call(loop_, is_watch_);
    const grpc_op read{.op = GRPC_OP_RECV_MESSAGE, .data = {.recv_message = {&request_}}};
    const grpc_op end{.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
                      .data = {.recv_close_on_server = {&cancelled_}}};
    const bool is_watch = is_watch_;  // Whatever is read is answered here, and a read then gone.
    Start(&read, 1, kRead);
    if (is_watch) Start(&end, 1, kDone);
    return;
  }
  --events_due_;
  if (event == kDone) {
    std::erase(loop_.watchers, this);
  } else if (event == kRead && request_ != nullptr) {
    grpc_byte_buffer_destroy(request_);
    if (is_watch_ && !over_) loop_.watchers.push_back(this);
    return Send(loop_.prepared);
  } else if (event == kSent) {
    grpc_byte_buffer_destroy(std::exchange(sending_, nullptr));
    if (std::exchange(next_waits_, false) && !over_) return Send(next_);
  }
  if (event == kDone || !is_watch_) over_ = true;
  if (over_ && events_due_ == 0) delete this;
}

void Call::Send(grpc_slice payload) {
  if (sending_ != nullptr) {
    grpc_slice_unref(std::exchange(next_, grpc_slice_ref(payload)));
    next_waits_ = true;
    return;
  }
  sending_ = grpc_raw_byte_buffer_create(&payload, 1);
  const grpc_op ops[] = {
      {.op = GRPC_OP_SEND_INITIAL_METADATA},
      {.op = GRPC_OP_SEND_MESSAGE, .data = {.send_message = {sending_}}},
      {.op = GRPC_OP_SEND_STATUS_FROM_SERVER},  // From here on for reads alone.
      {.op = GRPC_OP_RECV_CLOSE_ON_SERVER, .data = {.recv_close_on_server = {&cancelled_}}}};
  const int first = std::exchange(began_, true) ? 1 : 0;
  Start(ops + first, (is_watch_ ? 2 : 4) - first, kSent);
}

}  // namespace

// f1-server LOOPS BYTES: prints its port; each line of standard input is the number of updates a
// second from then on; the end of the input ends it.
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  g_size = std::stoul(argv[2]);
  runcast::bench::RaiseDescriptorLimit();
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // As the gateway.
  grpc_init();
  std::vector<grpc_arg> arguments;
  const auto set = [&](const char* name, int value) {
    arguments.push_back({GRPC_ARG_INTEGER, const_cast<char*>(name), {.integer = value}});
  };
  set(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);  // All as gateway/rpc/grpc_server.cc has them.
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000);
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000);
  set(GRPC_ARG_MAX_METADATA_SIZE, 16384);
  set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, 65536);
  set(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, 65536);
  for (const char* name :
       {GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, GRPC_ARG_ENABLE_CHANNELZ,
        GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, GRPC_ARG_HTTP2_BDP_PROBE,
        GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION})
    set(name, 0);
  const grpc_channel_args all{arguments.size(), arguments.data()};
  g_server = grpc_server_create(&all, nullptr);
  for (const char* path :  // As long as the gateway's: they are unpacked with each call.
       {"/floors.v1.FloorStatsService/WatchRun", "/floors.v1.FloorStatsService/GetStatus"})
    g_methods.push_back(
        grpc_server_register_method(g_server, path, nullptr, GRPC_SRM_PAYLOAD_NONE, 0));
  std::vector<Loop*> loops;
  for (int i = 0; i < std::stoi(argv[1]); ++i) {
    loops.push_back(new Loop);
    grpc_server_register_completion_queue(g_server, loops.back()->queue, nullptr);
  }
  const int port = grpc_server_add_http2_port(g_server, "127.0.0.1:0",
                                              grpc_insecure_server_credentials_create());
  grpc_server_start(g_server);
  for (Loop* loop : loops) std::thread([loop] { loop->Run(); }).detach();
  std::printf("%d\n", port);
  std::fflush(stdout);
  for (double rate; std::scanf("%lf", &rate) == 1;)
    g_interval = rate > 0 ? runcast::bench::Nanos(1 / rate) : 0;
  // The process is the measured thing: what it holds goes with it.
  std::_Exit(0);
}
