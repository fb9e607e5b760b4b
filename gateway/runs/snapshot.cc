#include "gateway/runs/snapshot.h"

#include <utility>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"
#include "runcast/v1/run_status_service.pb.h"

namespace runcast::runs {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;
using google::protobuf::io::StringOutputStream;

static_assert(int{v1::WatchRunResponse::kStatusFieldNumber} ==
                  int{v1::GetStatusResponse::kStatusFieldNumber},
              "both responses begin with the same bytes");

void AppendLengthDelimitedTag(int field, size_t length, CodedOutputStream& out) {
  out.WriteTag(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  out.WriteVarint32(static_cast<uint32_t>(length));
}

}  // namespace

SnapshotPtr Snapshot::Make(v1::RunStatus status, base::MonotonicTime answered_at) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->status_ = std::move(status);
  snapshot->answered_at_ = answered_at;
  snapshot->token_ = MakeResumeToken(snapshot->status_);
  const std::string token = EncodeResumeToken(snapshot->token_);
  // Written field by field instead of through a WatchRunResponse, which would copy the status
  // and would not tell where its field ends.
  {
    StringOutputStream stream(&snapshot->watch_response_);
    CodedOutputStream out(&stream);
    AppendLengthDelimitedTag(v1::WatchRunResponse::kStatusFieldNumber,
                             snapshot->status_.ByteSizeLong(), out);
    snapshot->status_.SerializeWithCachedSizes(&out);
    snapshot->status_field_size_ = static_cast<size_t>(out.ByteCount());
    AppendLengthDelimitedTag(v1::WatchRunResponse::kResumeTokenFieldNumber, token.size(), out);
    out.WriteString(token);
  }
  snapshot->watch_response_.shrink_to_fit();
  return snapshot;
}

size_t Snapshot::bytes() const {
  return sizeof(*this) + status_.SpaceUsedLong() + watch_response_.capacity();
}

}  // namespace runcast::runs
