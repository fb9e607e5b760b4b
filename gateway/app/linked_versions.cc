#include "gateway/app/linked_versions.h"

#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>

#include "absl/base/config.h"
#include "absl/strings/str_cat.h"
#include "gateway/auth/openssl_version.h"
#include "gateway/coordination/hiredis_version.h"
#include "gateway/http/curl_version.h"

namespace runcast::app {

namespace {

// These two do not tell which version is loaded. Their files carry it in their names, but for its
// last number, so it can differ in that alone.
constexpr char kBuiltWith[] = " (built with)";

}  // namespace

std::vector<std::pair<std::string, std::string>> LinkedVersions() {
  return {
      {"runcast-gateway", RUNCAST_VERSION},
      {"gRPC", grpc::Version()},
      {"protobuf", absl::StrCat(google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION),
                                kBuiltWith)},
      {"Abseil",
       absl::StrCat(ABSL_LTS_RELEASE_VERSION, ".", ABSL_LTS_RELEASE_PATCH_LEVEL, kBuiltWith)},
      {"curl", http::CurlVersion()},
      {"nghttp2", http::Nghttp2Version()},
      {"OpenSSL", auth::OpenSslVersion()},
      {"hiredis", coordination::HiredisVersion()},
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
