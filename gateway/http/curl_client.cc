#include "gateway/http/curl_client.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/http/url_origin.h"

namespace runcast::http {
namespace {

// A handle costs about 10 kB; a burst should not keep thousands of them.
constexpr size_t kMaxIdleHandles = 256;

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "runcast: the HTTP client cannot go on: %s failed\n", what);
  std::abort();
}

CURLM* NewMulti() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) Die("curl_global_init");
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) Die("curl_multi_init");
  return multi;
}

bool IsToken(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != ':' && c != ';';
  });
}

// A line break in a value would let it write headers of its own.
bool IsHeaderValue(absl::string_view value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool HeadersAreSound(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (!IsToken(name) || !IsHeaderValue(value)) return false;
  }
  if (request.secret_header_name.empty()) return true;
  return IsToken(request.secret_header_name) && IsHeaderValue(request.secret_header_value.Reveal());
}

}  // namespace

CurlClient::CurlClient(base::EventLoop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      addresses_(options_.allowed_addresses),
      sockets_(loop, [this](curl_socket_t fd, int events) { Drive(fd, events); }),
      curl_timer_(loop.NewTimer([this] { OnCurlTimer(); })),
      queue_timer_(loop.NewTimer([this] { OnQueueTimer(); })),
      multi_(NewMulti()) {
  curl_multi_setopt(
      multi_, CURLMOPT_SOCKETFUNCTION, +[](CURL*, curl_socket_t fd, int what, void* self, void*) {
        static_cast<CurlClient*>(self)->sockets_.SetWanted(fd, what);
        return 0;
      });
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(
      multi_, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long milliseconds, void* self) {
        static_cast<CurlClient*>(self)->OnCurlTimeout(milliseconds);
        return 0;
      });
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  // Kept connections. The default, four for each handle in the multi, would close most of them
  // whenever few requests are under way.
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_connections));
}

CurlClient::~CurlClient() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  for (const auto& exchange : active_) curl_multi_remove_handle(multi_, exchange->easy());
  active_.clear();
  idle_.clear();
  // Closes the kept connections, by way of sockets_.
  curl_multi_cleanup(multi_);
}

void CurlClient::Get(HttpRequest request, OnSend on_send, Done done) {
  std::optional<std::string> origin = UrlOrigin(request.url);
  if (!origin.has_value()) {
    return FailLater(std::move(done), absl::InvalidArgumentError("GET: the URL cannot be used"));
  }
  if (!options_.allow_http && absl::StartsWith(*origin, "http://")) {
    return FailLater(std::move(done), absl::InvalidArgumentError(absl::StrCat(
                                          "GET from ", *origin, ": http is not allowed")));
  }
  if (!HeadersAreSound(request)) {
    return FailLater(std::move(done), absl::InvalidArgumentError(absl::StrCat(
                                          "GET from ", *origin, ": a header cannot be sent")));
  }
  const base::MonotonicTime now = loop_.clock().Now();
  const base::MonotonicTime deadline = std::min(request.deadline, now + options_.total_timeout);
  WaitingRequest waiting{std::move(request), *std::move(origin), std::move(on_send),
                         std::move(done), deadline};
  // Curl takes no new handle while it calls us, and none that has no time left.
  if (inside_curl_ || !waiting_.empty() || deadline <= now ||
      active_.size() >= static_cast<size_t>(options_.max_connections)) {
    return Queue(std::move(waiting));
  }
  Start(std::move(waiting), now);
}

void CurlClient::Queue(WaitingRequest waiting) {
  // Mostly the last one; a request with less time than the others goes before them.
  const auto place =
      std::upper_bound(waiting_.begin(), waiting_.end(), waiting.deadline,
                       [](base::MonotonicTime deadline, const WaitingRequest& other) {
                         return deadline < other.deadline;
                       });
  const bool is_first = place == waiting_.begin();
  waiting_.insert(place, std::move(waiting));
  if (is_first) SetQueueTimer();
}

void CurlClient::Start(WaitingRequest waiting, base::MonotonicTime now) {
  std::unique_ptr<CurlExchange> exchange;
  if (idle_.empty()) {
    exchange = std::make_unique<CurlExchange>(options_, addresses_, sockets_);
  } else {
    // The one used last: its memory is warm and its headers are likely the right ones.
    exchange = std::move(idle_.back());
    idle_.pop_back();
  }
  exchange->Begin(std::move(waiting.request), std::move(waiting.origin), std::move(waiting.on_send),
                  waiting.deadline - now);
  exchange->done = std::move(waiting.done);
  exchange->index = active_.size();
  CURL* const easy = exchange->easy();
  active_.push_back(std::move(exchange));
  // Sends nothing yet: curl asks for a call of its timer first.
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) Die("curl_multi_add_handle");
}

void CurlClient::StartWaiting() {
  if (waiting_.empty()) return;
  const base::MonotonicTime now = loop_.clock().Now();
  while (!waiting_.empty() && waiting_.front().deadline > now &&
         active_.size() < static_cast<size_t>(options_.max_connections)) {
    WaitingRequest next = std::move(waiting_.front());
    waiting_.pop_front();
    Start(std::move(next), now);
  }
}

void CurlClient::FailLater(Done done, absl::Status failure) {
  failed_.push_back({std::move(done), std::move(failure)});
  SetQueueTimer();
}

void CurlClient::SetQueueTimer() {
  if (!failed_.empty()) {
    queue_timer_->Set(loop_.clock().Now());
  } else if (!waiting_.empty()) {
    queue_timer_->Set(waiting_.front().deadline);
  }
}

void CurlClient::FailOverdue() {
  const base::MonotonicTime now = loop_.clock().Now();
  while (!waiting_.empty() && waiting_.front().deadline <= now) {
    WaitingRequest& overdue = waiting_.front();
    failed_.push_back({std::move(overdue.done),
                       absl::DeadlineExceededError(absl::StrCat(
                           "GET from ", overdue.origin, ": no connection became free in time"))});
    waiting_.pop_front();
  }
}

void CurlClient::OnQueueTimer() {
  FailOverdue();
  std::vector<FailedRequest> failed = std::move(failed_);
  failed_.clear();
  SetQueueTimer();

  bool destroyed = false;
  destroyed_ = &destroyed;
  for (FailedRequest& request : failed) {
    request.done(std::move(request.failure));
    if (destroyed) return;
  }
  destroyed_ = nullptr;
  // Those behind the overdue ones: where nothing is under way, nothing else would start them.
  StartWaiting();
}

void CurlClient::OnCurlTimeout(long milliseconds) {
  curl_due_ = milliseconds < 0 ? base::MonotonicTime::InfiniteFuture()
                               : loop_.clock().Now() + absl::Milliseconds(milliseconds);
  // Curl moves its time-out several times a request, mostly to later. A timer that fires too
  // early and finds nothing due is cheaper than one that is moved each time.
  if (curl_due_ >= curl_timer_set_) return;
  curl_timer_set_ = curl_due_;
  curl_timer_->Set(curl_due_);
}

void CurlClient::OnCurlTimer() {
  curl_timer_set_ = base::MonotonicTime::InfiniteFuture();
  if (loop_.clock().Now() >= curl_due_) {
    curl_due_ = base::MonotonicTime::InfiniteFuture();
    return Drive(CURL_SOCKET_TIMEOUT, 0);
  }
  if (curl_due_ == base::MonotonicTime::InfiniteFuture()) return;
  curl_timer_set_ = curl_due_;
  curl_timer_->Set(curl_due_);
}

void CurlClient::Drive(curl_socket_t fd, int events) {
  inside_curl_ = true;
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  inside_curl_ = false;
  DeliverResults();
}

void CurlClient::DeliverResults() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // The message dies with the next call into curl.
    CURL* const easy = message->easy_handle;
    const CURLcode result = message->data.result;
    curl_multi_remove_handle(multi_, easy);

    std::unique_ptr<CurlExchange> exchange = Release(*CurlExchange::Of(easy));
    absl::StatusOr<HttpResponse> response = exchange->TakeResult(result);
    Done done = std::move(exchange->done);
    KeepIdle(std::move(exchange));
    done(std::move(response));
    if (destroyed) return;
  }
  destroyed_ = nullptr;
  StartWaiting();
}

std::unique_ptr<CurlExchange> CurlClient::Release(CurlExchange& exchange) {
  const size_t index = exchange.index;
  std::swap(active_[index], active_.back());
  active_[index]->index = index;
  std::unique_ptr<CurlExchange> released = std::move(active_.back());
  active_.pop_back();
  return released;
}

void CurlClient::KeepIdle(std::unique_ptr<CurlExchange> exchange) {
  if (idle_.size() < kMaxIdleHandles) idle_.push_back(std::move(exchange));
}

}  // namespace runcast::http
