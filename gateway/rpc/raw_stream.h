// The operations of one call, straight on gRPC's core.

#ifndef RUNCAST_GATEWAY_RPC_RAW_STREAM_H_
#define RUNCAST_GATEWAY_RPC_RAW_STREAM_H_

#include <grpc/grpc.h>
#include <grpcpp/impl/codegen/completion_queue_tag.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/rpc/event_target.h"
#include "gateway/rpc/status_mapping.h"

namespace runcast::rpc {

// What `grpc::ServerAsyncReaderWriter<ByteBuffer, ByteBuffer>` does, without its four sets of
// operations, which take 1800 bytes for as long as a stream is open. Calls arrive through the
// C++ server; from then on batches are started on the core call. One read, and at most one
// send at a time; each comes back as one event to the target.
//
// Threads: the loop's only.
// Lifetime: every event has come back before this object is destroyed.
class RawStream final : public grpc::internal::ServerAsyncStreamingInterface {
 public:
  explicit RawStream(EventTarget* target);
  ~RawStream() override;
  RawStream(const RawStream&) = delete;
  RawStream& operator=(const RawStream&) = delete;

  grpc::ServerContext& context() { return context_; }
  const grpc::ServerContext& context() const { return context_; }

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
  // To be called with each kSent: frees what the send needed.
  void OnSent();

  bool headers_sent() const { return headers_sent_; }
  // Until its deadline; negative afterwards.
  absl::Duration TimeLeft() const;
  bool IsPastDeadline() const { return TimeLeft() <= absl::ZeroDuration(); }

  // Ends the call also when a write is held back. What was held back is lost, and details
  // cannot be sent.
  void Cancel(grpc::StatusCode code, const char* text);

  // Not for use: how the C++ server asks for the same.
  void SendInitialMetadata(void* tag) override;

 private:
  // An end that is not OK, as the core wants it, for as long as it wants it.
  struct Trailers;

  // Makes an event of the core come out of the C++ queue as a tag of ours.
  class CoreTag final : public grpc::internal::CompletionQueueTag {
   public:
    explicit CoreTag(void* tag) : tag_(tag) {}
    bool FinalizeResult(void** tag, bool* /*ok*/) override {
      *tag = tag_;
      return true;
    }

   private:
    void* const tag_;
  };

  void BindCall(grpc::internal::Call* /*call*/) override {}
  void Send(const grpc_slice* message, bool finish, std::unique_ptr<Trailers> trailers);

  EventTarget* const target_;
  grpc::ServerContext context_;
  CoreTag read_tag_{MakeTag(target_, CallEvent::kRequestRead)};
  CoreTag send_tag_{MakeTag(target_, CallEvent::kSent)};
  grpc_byte_buffer* request_ = nullptr;
  grpc_byte_buffer* sending_ = nullptr;
  std::unique_ptr<Trailers> trailers_;
  bool headers_sent_ = false;
};

// Wraps `bytes` for sending, by copying them. The caller owns one reference of the slice.
grpc_slice CopyToSlice(absl::string_view bytes);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_RAW_STREAM_H_
