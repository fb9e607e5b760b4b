#include "gateway/rpc/raw_stream.h"

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>

#include <array>
#include <string>
#include <utility>

namespace runcast::rpc {

struct RawStream::Trailers {
  explicit Trailers(CallEnd given) : end(std::move(given)) {
    // Copies all of them: gRPC refers to the slices until the bytes have left, which is later
    // than the event that ends the send.
    message = CopyToSlice(end.status.error_message());
    const std::string details = end.status.error_details();
    if (!details.empty()) Add("grpc-status-details-bin", CopyToSlice(details));
    if (end.pushback_ms >= 0) {
      Add("grpc-retry-pushback-ms", CopyToSlice(std::to_string(end.pushback_ms)));
    }
  }
  ~Trailers() {
    grpc_slice_unref(message);
    for (size_t i = 0; i < count; ++i) grpc_slice_unref(metadata[i].value);
  }

  void Add(const char* key, grpc_slice value) {
    metadata[count].key = grpc_slice_from_static_string(key);
    metadata[count].value = value;
    ++count;
  }

  const CallEnd end;
  grpc_slice message;
  std::array<grpc_metadata, 2> metadata{};
  size_t count = 0;
};

RawStream::RawStream(EventTarget* target) : target_(target) {}

RawStream::~RawStream() {
  DropRequest();
  OnSent();
}

void RawStream::ReadRequest() {
  grpc_op op{};
  op.op = GRPC_OP_RECV_MESSAGE;
  op.data.recv_message.recv_message = &request_;
  const grpc_call_error error =
      grpc_call_start_batch(context_.c_call(), &op, 1,
                            static_cast<grpc::internal::CompletionQueueTag*>(&read_tag_), nullptr);
  GPR_ASSERT(error == GRPC_CALL_OK);
}

void RawStream::DropRequest() {
  if (request_ != nullptr) grpc_byte_buffer_destroy(request_);
  request_ = nullptr;
}

void RawStream::SendHeaders() { Send(nullptr, false, nullptr); }

void RawStream::Write(const grpc_slice& message) { Send(&message, false, nullptr); }

void RawStream::WriteAndFinish(const grpc_slice& message) { Send(&message, true, nullptr); }

void RawStream::Finish(CallEnd end) {
  Send(nullptr, true, end.status.ok() ? nullptr : std::make_unique<Trailers>(std::move(end)));
}

void RawStream::Send(const grpc_slice* message, bool finish, std::unique_ptr<Trailers> trailers) {
  std::array<grpc_op, 3> ops{};
  size_t count = 0;
  if (!headers_sent_) {
    headers_sent_ = true;
    ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
  }
  if (message != nullptr) {
    // The buffer takes a reference of the slice, not a copy of its bytes.
    grpc_slice slice = *message;
    sending_ = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_op& op = ops[count++];
    op.op = GRPC_OP_SEND_MESSAGE;
    op.data.send_message.send_message = sending_;
    // The trailers of the same batch flush it.
    if (finish) op.flags = GRPC_WRITE_BUFFER_HINT;
  }
  if (finish) {
    grpc_op& op = ops[count++];
    op.op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    op.data.send_status_from_server.status = GRPC_STATUS_OK;
    if (trailers != nullptr) {
      trailers_ = std::move(trailers);
      op.data.send_status_from_server.status =
          static_cast<grpc_status_code>(trailers_->end.status.error_code());
      op.data.send_status_from_server.status_details = &trailers_->message;
      op.data.send_status_from_server.trailing_metadata = trailers_->metadata.data();
      op.data.send_status_from_server.trailing_metadata_count = trailers_->count;
    }
  }
  const grpc_call_error error =
      grpc_call_start_batch(context_.c_call(), ops.data(), count,
                            static_cast<grpc::internal::CompletionQueueTag*>(&send_tag_), nullptr);
  GPR_ASSERT(error == GRPC_CALL_OK);
}

void RawStream::OnSent() {
  if (sending_ != nullptr) grpc_byte_buffer_destroy(sending_);
  sending_ = nullptr;
  trailers_ = nullptr;
}

absl::Duration RawStream::TimeLeft() const {
  const gpr_timespec deadline = context_.raw_deadline();
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  return absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec);
}

void RawStream::Cancel(grpc::StatusCode code, const char* text) {
  grpc_call_cancel_with_status(context_.c_call(), static_cast<grpc_status_code>(code), text,
                               nullptr);
}

void RawStream::SendInitialMetadata(void* /*tag*/) { SendHeaders(); }

grpc_slice CopyToSlice(absl::string_view bytes) {
  return grpc_slice_from_copied_buffer(bytes.data(), bytes.size());
}

}  // namespace runcast::rpc
