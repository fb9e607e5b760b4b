#include "gateway/app/linked_versions.h"

#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>

#include "absl/base/config.h"
#include "absl/strings/str_cat.h"
#include "gateway/auth/openssl_version.h"
#include "gateway/http/curl_version.h"

namespace runcast::app {

std::vector<std::pair<std::string, std::string>> LinkedVersions() {
  return {
      {"runcast-gateway", RUNCAST_VERSION},
      {"gRPC", grpc::Version()},
      {"protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)},
      {"Abseil", absl::StrCat(ABSL_LTS_RELEASE_VERSION, ".", ABSL_LTS_RELEASE_PATCH_LEVEL)},
      {"curl", http::CurlVersion()},
      {"nghttp2", http::Nghttp2Version()},
      {"OpenSSL", auth::OpenSslVersion()},
  };
}

std::string VersionText() {
  std::string text;
  for (const auto& [name, version] : LinkedVersions()) {
    absl::StrAppend(&text, name, " ", version, "\n");
  }
  return text;
}

}  // namespace runcast::app
