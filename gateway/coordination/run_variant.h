// A run's variant as bytes, the same in every replica.
//
// Pure.

#ifndef RUNCAST_GATEWAY_COORDINATION_RUN_VARIANT_H_
#define RUNCAST_GATEWAY_COORDINATION_RUN_VARIANT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/base/run_key.h"

namespace runcast::coordination {

std::string EncodeVariant(const base::RunKey& key);
std::optional<base::RunKey> DecodeVariant(absl::string_view bytes);

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_RUN_VARIANT_H_
