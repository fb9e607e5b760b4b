// What the admin port answers. Pure but for the callbacks: no socket, no thread.

#ifndef RUNCAST_GATEWAY_ADMIN_ADMIN_PAGES_H_
#define RUNCAST_GATEWAY_ADMIN_ADMIN_PAGES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"

namespace runcast::admin {

struct PageAnswer {
  int status = 200;
  std::string content_type;
  std::string body;
  // What a browser may do with it.
  std::string content_policy = "default-src 'none'; frame-ancestors 'none'";
};

// The pages, for GET and HEAD:
//   /metrics   Prometheus text format 0.0.4
//   /healthz   200 while the process lives
//   /readyz    200 when callers may come, else 503
//   /version   JSON: what runs here
//   /configz   JSON: the configuration in force, defaults included, without secrets
//   /runs      JSON: runs, activity, health (run_list.h)
//   /          all that as a page that keeps itself up to date
// Every other path is 404 with the list of these, every other method 405.
//
// Threads: one at a time. Callbacks run inside of `Answer`.
class AdminPages {
 public:
  struct Sources {
    absl::AnyInvocable<std::string()> metrics;
    absl::AnyInvocable<bool()> ready;
    absl::AnyInvocable<std::string()> config;
    absl::AnyInvocable<std::string()> runs;
    // Names and versions, such as `runcast` and `0.1.0`, in the order of the page.
    std::vector<std::pair<std::string, std::string>> versions;
  };

  explicit AdminPages(Sources sources);

  // `path` is without query.
  PageAnswer Answer(absl::string_view method, absl::string_view path);

 private:
  Sources sources_;
  const std::string version_body_;
};

}  // namespace runcast::admin

#endif  // RUNCAST_GATEWAY_ADMIN_ADMIN_PAGES_H_
