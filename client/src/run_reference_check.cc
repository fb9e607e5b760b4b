#include "client/src/run_reference_check.h"

#include <google/protobuf/stubs/common.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/src/status_translation.h"
#include "runcast/details/v1/error_details.pb.h"

namespace runcast::client {
namespace {

constexpr size_t kMaxFieldBytes = 512;

// What is wrong with a field; empty when nothing is.
std::string FaultOf(absl::string_view value, bool required) {
  if (value.empty()) return required ? "must not be empty" : "";
  if (value.size() > kMaxFieldBytes) {
    return absl::StrCat("has ", value.size(), " bytes; at most ", kMaxFieldBytes, " are allowed");
  }
  if (!google::protobuf::internal::IsStructurallyValidUTF8(value.data(),
                                                           static_cast<int>(value.size()))) {
    return "is not valid UTF-8";
  }
  for (const char c : value) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return "holds a control character, such as a line break";
    }
  }
  return "";
}

}  // namespace

absl::Status CheckRunReference(const v1::RunReference& run) {
  const struct {
    absl::string_view field;
    absl::string_view value;
    bool required;
  } fields[] = {{"run.stream_id", run.stream_id(), true},
                {"run.suite_name", run.suite_name(), true},
                {"run.run_id", run.run_id(), true},
                {"run.language", run.language(), false}};

  details::v1::BadRequest bad_request;
  std::string message;
  for (const auto& [field, value, required] : fields) {
    const std::string fault = FaultOf(value, required);
    if (fault.empty()) continue;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(std::string(field));
    violation->set_description(fault);
    absl::StrAppend(&message, message.empty() ? "" : "; ", field, " ", fault);
  }
  if (message.empty()) return absl::OkStatus();

  absl::Status status = absl::InvalidArgumentError(message);
  details::v1::ErrorInfo info;
  info.set_reason("INVALID_FIELD");
  info.set_domain("runcast.v1");
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  status.SetPayload(kBadRequestUrl, absl::Cord(bad_request.SerializeAsString()));
  return status;
}

}  // namespace runcast::client
