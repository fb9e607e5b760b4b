#include "tests/component/rpc/raw_client.h"

#include <grpcpp/generic/generic_stub.h>

#include <chrono>

namespace runcast::rpc {
namespace {

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return "";
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

// Waits for the one operation in flight.
bool Wait(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

}  // namespace

RawEnd MakeRawCall(const std::shared_ptr<grpc::Channel>& channel, const RawCall& call) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(15));
  const auto stream = stub.PrepareCall(&context, call.path, &queue);
  void* const tag = &queue;
  RawEnd end;
  stream->StartCall(tag);
  bool open = Wait(queue);
  if (open && call.message) {
    const grpc::Slice slice(*call.message);
    stream->Write(grpc::ByteBuffer(&slice, 1), tag);
    open = Wait(queue);
  }
  if (open && call.half_close) {
    stream->WritesDone(tag);
    open = Wait(queue);
  }
  grpc::ByteBuffer message;
  for (;;) {
    stream->Read(&message, tag);
    if (!Wait(queue)) break;
    end.messages.push_back(BytesOf(message));
  }
  stream->Finish(&end.status, tag);
  Wait(queue);
  queue.Shutdown();
  while (Wait(queue)) {
  }
  return end;
}

}  // namespace runcast::rpc
