#include "gateway/coordination/run_variant.h"

#include "runcast/coordination/v1/run_record.pb.h"

namespace runcast::coordination {

std::string EncodeVariant(const base::RunKey& key) {
  v1::RunVariant variant;
  variant.set_stream_id(key.stream_id);
  variant.set_suite_name(key.suite_name);
  variant.set_run_id(key.run_id);
  variant.set_language(key.language);
  return variant.SerializeAsString();
}

std::optional<base::RunKey> DecodeVariant(absl::string_view bytes) {
  v1::RunVariant variant;
  if (!variant.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  return base::RunKey{variant.stream_id(), variant.suite_name(), variant.run_id(),
                      variant.language()};
}

}  // namespace runcast::coordination
