#include "gateway/admin/admin_pages.h"

#include <nlohmann/json.hpp>

#include "gateway/admin/live_page.h"

namespace runcast::admin {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kPageList = "pages: / /runs /configz /metrics /healthz /readyz /version\n";

std::string VersionBody(const std::vector<std::pair<std::string, std::string>>& versions) {
  nlohmann::ordered_json body = nlohmann::ordered_json::object();
  for (const auto& [name, version] : versions) body[name] = version;
  return body.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

AdminPages::AdminPages(Sources sources)
    : sources_(std::move(sources)), version_body_(VersionBody(sources_.versions)) {}

PageAnswer AdminPages::Answer(absl::string_view method, absl::string_view path) {
  if (method != "GET" && method != "HEAD") {
    return {405, kText, "only GET and HEAD are answered here\n"};
  }
  if (path == "/metrics") {
    return {200, "text/plain; version=0.0.4; charset=utf-8", sources_.metrics()};
  }
  if (path == "/healthz") return {200, kText, "alive\n"};
  if (path == "/readyz") {
    return sources_.ready() ? PageAnswer{200, kText, "ready\n"}
                            : PageAnswer{503, kText, "not ready\n"};
  }
  if (path == "/configz") return {200, "application/json", sources_.config()};
  if (path == "/runs") return {200, "application/json", sources_.runs()};
  if (path == "/") {
    return {200, "text/html; charset=utf-8", kLivePage, kLivePagePolicy};
  }
  if (path == "/version") return {200, "application/json", version_body_};
  return {404, kText, kPageList};
}

}  // namespace runcast::admin
