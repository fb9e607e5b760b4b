#include "gateway/rpc/raw_stream.h"

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <grpc/slice_buffer.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>

#include <array>
#include <string>
#include <utility>

namespace runcast::rpc {
namespace {

absl::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

}  // namespace

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

RawStream::RawStream(EventTarget* target)
    : accepted_tag_(target, CallEvent::kAccepted),
      read_tag_(target, CallEvent::kRequestRead),
      send_tag_(target, CallEvent::kSent),
      done_tag_(target, CallEvent::kDone) {}

RawStream::~RawStream() {
  DropRequest();
  // The headers themselves belong to the call.
  grpc_metadata_array_destroy(&headers_);
  if (call_ != nullptr) grpc_call_unref(call_);
}

void RawStream::Listen(grpc_server* server, void* method, grpc_completion_queue* queue) {
  const grpc_call_error error = grpc_server_request_registered_call(
      server, method, &call_, &deadline_, &headers_, nullptr, queue, queue,
      static_cast<grpc::internal::CompletionQueueTag*>(&accepted_tag_));
  GPR_ASSERT(error == GRPC_CALL_OK);
}

std::string RawStream::peer() const {
  char* const text = grpc_call_get_peer(call_);
  std::string peer = text;
  gpr_free(text);
  return peer;
}

std::vector<absl::string_view> RawStream::HeaderValues(absl::string_view name) const {
  std::vector<absl::string_view> values;
  for (size_t i = 0; i < headers_.count; ++i) {
    if (View(headers_.metadata[i].key) == name) values.push_back(View(headers_.metadata[i].value));
  }
  return values;
}

void RawStream::Start(const grpc_op* ops, size_t count, CoreTag& tag) {
  const grpc_call_error error = grpc_call_start_batch(
      call_, ops, count, static_cast<grpc::internal::CompletionQueueTag*>(&tag), nullptr);
  GPR_ASSERT(error == GRPC_CALL_OK);
}

grpc_op RawStream::NoticeOfEnd() {
  end_noticed_ = true;
  grpc_op op{};
  op.op = GRPC_OP_RECV_CLOSE_ON_SERVER;
  op.data.recv_close_on_server.cancelled = &cut_short_;
  return op;
}

void RawStream::NoticeEnd() {
  const grpc_op op = NoticeOfEnd();
  Start(&op, 1, done_tag_);
}

void RawStream::ReadRequest() {
  grpc_op op{};
  op.op = GRPC_OP_RECV_MESSAGE;
  op.data.recv_message.recv_message = &request_;
  Start(&op, 1, read_tag_);
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
  std::array<grpc_op, 4> ops{};
  size_t count = 0;
  grpc_byte_buffer buffer;
  buffer.type = GRPC_BB_RAW;
  buffer.data.raw.compression = GRPC_COMPRESS_NONE;
  grpc_slice_buffer_init(&buffer.data.raw.slice_buffer);
  if (!headers_sent_) {
    headers_sent_ = true;
    ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
  }
  if (message != nullptr) {
    // A reference of the slice, not a copy of its bytes.
    grpc_slice_buffer_add(&buffer.data.raw.slice_buffer, grpc_slice_ref(*message));
    grpc_op& op = ops[count++];
    op.op = GRPC_OP_SEND_MESSAGE;
    op.data.send_message.send_message = &buffer;
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
    // gRPC wants to be asked for the end of each call once; here it takes no event of its own.
    if (!end_noticed_) {
      end_comes_with_send_ = true;
      ops[count++] = NoticeOfEnd();
    }
  }
  // gRPC takes the slices out of the buffer while it starts the batch, so the buffer can be here.
  Start(ops.data(), count, send_tag_);
  grpc_slice_buffer_destroy(&buffer.data.raw.slice_buffer);
}

bool RawStream::OnSent(bool ok) {
  trailers_ = nullptr;
  // A batch that tells of the end always succeeds.
  return end_comes_with_send_ ? cut_short_ == 0 : ok;
}

absl::Duration RawStream::TimeLeft() const {
  const gpr_timespec left = gpr_time_sub(deadline_, gpr_now(deadline_.clock_type));
  return absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec);
}

void RawStream::Cancel(grpc::StatusCode code, const char* text) {
  grpc_call_cancel_with_status(call_, static_cast<grpc_status_code>(code), text, nullptr);
}

grpc_slice CopyToSlice(absl::string_view bytes) {
  return grpc_slice_from_copied_buffer(bytes.data(), bytes.size());
}

}  // namespace runcast::rpc
