#include "tests/e2e/capture.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tests/component/simulator/http_exchange.h"

namespace runcast::e2e {
namespace {

// Null or empty: nothing is kept.
const char* Folder() { return std::getenv("E2E_CAPTURE_FOLDER"); }

void Keep(absl::string_view kind, const std::string& text) {
  static std::atomic<int> number{0};
  if (!IsCapturing()) return;
  std::ofstream(absl::StrCat(Folder(), "/", getpid(), "-", number++, ".", kind)) << text;
}

// Words of a page that look like the path of another one.
std::vector<std::string> PathsIn(const std::string& page) {
  std::vector<std::string> paths;
  for (const absl::string_view word : absl::StrSplit(page, absl::ByAnyChar(" \n\t\"'<>,"))) {
    if (word.size() > 1 && word[0] == '/' && word[1] != '/') paths.emplace_back(word);
  }
  return paths;
}

}  // namespace

void CaptureOutput(const std::string& text) { Keep("log", text); }

void CaptureSecret(const std::string& secret) { Keep("secret", secret); }

void CaptureLink(const std::string& link) { Keep("link", link); }

bool IsCapturing() { return Folder() != nullptr && *Folder() != '\0'; }

void CapturePages(const std::string& admin_address) {
  if (!IsCapturing() || admin_address.empty()) return;
  simulator_test::HttpClient client;
  std::vector<std::string> todo = {"/", "/metrics", "/version", "/healthz", "/readyz"};
  std::set<std::string> seen;
  std::string text;
  // A page may list more than there is time for.
  while (!todo.empty() && seen.size() < 50) {
    const std::string path = todo.back();
    todo.pop_back();
    if (!seen.insert(path).second) continue;
    const simulator_test::Exchange page =
        client.Do("GET", absl::StrCat("http://", admin_address, path));
    absl::StrAppend(&text, path, "\n", page.body, "\n");
    // Of the metrics only their own text; and a page that is not there lists those that are.
    if (path != "/metrics") {
      for (std::string& each : PathsIn(page.body)) todo.push_back(std::move(each));
    }
  }
  Keep("pages", text);
}

}  // namespace runcast::e2e
