// The operations of one call, straight on gRPC's core.

#ifndef RUNCAST_GATEWAY_RPC_RAW_STREAM_H_
#define RUNCAST_GATEWAY_RPC_RAW_STREAM_H_

#include <grpc/grpc.h>
#include <grpcpp/impl/codegen/completion_queue_tag.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/rpc/event_target.h"
#include "gateway/rpc/status_mapping.h"

namespace runcast::rpc {

// What `grpc::ServerContext` and `grpc::ServerAsyncReaderWriter` do, without the sets of operations
// that they keep for as long as a stream is open, and without an event for the end of each call:
// who does not ask for it early gets it with its last send. One read, and at most one send at a
// time; each comes back as one event to the target.
//
// Threads: the loop's only.
// Lifetime: every event has come back before this object is destroyed. What it tells of the request
//   lives as long as it does.
class RawStream {
 public:
  explicit RawStream(EventTarget* target);
  ~RawStream();
  RawStream(const RawStream&) = delete;
  RawStream& operator=(const RawStream&) = delete;

  // Asks for the next call of a method of the server, which comes as kAccepted, or (not ok) will
  // not come. Everything else is for calls that have come.
  void Listen(grpc_server* server, void* method, grpc_completion_queue* queue);

  // As gRPC says it: `ipv4:10.0.0.7:41234`, `ipv6:%5B2001:db8::7%5D:41234`, `unix:/path`;
  // `unknown` once it has let go of a call that was cancelled.
  std::string peer() const;
  // The values of a header of the request, by its name in lower case, in order of coming.
  std::vector<absl::string_view> HeaderValues(absl::string_view name) const;
  // For what it knows of the connection.
  grpc_call* core() const { return call_; }

  // Before anything else: the end of the call comes as kDone, for whatever reason it ends.
  void NoticeEnd();
  // After kDone: whether it ended otherwise than by an end of ours that has left.
  bool was_cut_short() const { return cut_short_ != 0; }

  // Reads the request; the end is kRequestRead.
  void ReadRequest();
  // The request, after kRequestRead; null when the caller closed without one.
  grpc_byte_buffer* request() { return request_; }
  // Frees the request.
  void DropRequest();

  // Each of these ends with kSent. Headers go out with the first of them.
  void SendHeaders();
  void Write(const grpc_slice& message);
  void WriteAndFinish(const grpc_slice& message);
  void Finish(CallEnd end);
  // To be called with each kSent: frees what the send needed. Says whether it succeeded.
  bool OnSent(bool ok);

  bool headers_sent() const { return headers_sent_; }
  // Until its deadline; negative afterwards.
  absl::Duration TimeLeft() const;
  bool IsPastDeadline() const { return TimeLeft() <= absl::ZeroDuration(); }

  // Ends the call also when a write is held back. What was held back is lost, and details
  // cannot be sent.
  void Cancel(grpc::StatusCode code, const char* text);

 private:
  // An end that is not OK, as the core wants it, for as long as it wants it.
  struct Trailers;

  // Makes an event of the core come out of the C++ queue as a tag of ours.
  class CoreTag final : public grpc::internal::CompletionQueueTag {
   public:
    CoreTag(EventTarget* target, CallEvent event) : tag_(MakeTag(target, event)) {}
    bool FinalizeResult(void** tag, bool* /*ok*/) override {
      *tag = tag_;
      return true;
    }

   private:
    void* const tag_;
  };

  void Start(const grpc_op* ops, size_t count, CoreTag& tag);
  grpc_op NoticeOfEnd();
  void Send(const grpc_slice* message, bool finish, std::unique_ptr<Trailers> trailers);

  grpc_call* call_ = nullptr;
  gpr_timespec deadline_{};
  grpc_metadata_array headers_{};
  CoreTag accepted_tag_;
  CoreTag read_tag_;
  CoreTag send_tag_;
  CoreTag done_tag_;
  grpc_byte_buffer* request_ = nullptr;
  std::unique_ptr<Trailers> trailers_;
  int cut_short_ = 0;  // Written by gRPC, from any thread, until the event that tells of the end.
  bool headers_sent_ = false;
  bool end_noticed_ = false;          // An operation that tells of the end was started,
  bool end_comes_with_send_ = false;  // and its event is that of the last send.
};

// Wraps `bytes` for sending, by copying them. The caller owns one reference of the slice.
grpc_slice CopyToSlice(absl::string_view bytes);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_RAW_STREAM_H_
