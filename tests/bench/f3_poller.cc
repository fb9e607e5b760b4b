// F3: the floor for polling. A bare curl multi-socket and epoll loop that asks for prepared answers
// at a fixed rate over kept connections, and looks at nothing but the status.
//
// Fair to the gateway: handles are reused, timers live in epoll's time-out, requests carry the same
// headers, and no more connections are open than the gateway had.

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/bench/load_clock.h"

namespace {

using runcast::bench::NowNanos;

size_t CountBytes(char*, size_t size, size_t count, void* sum) {
  *static_cast<size_t*>(sum) += size * count;
  return size * count;
}

class Poller {
 public:
  Poller(std::vector<std::string> urls, double rate, long connections, const std::string& token,
         std::string ca_file)
      : urls_(std::move(urls)),
        ca_file_(std::move(ca_file)),
        interval_(static_cast<int64_t>(1e9 / rate)) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    for (const std::string& line : {"auth: " + token, std::string("Content-Type: application/json"),
                                    std::string("Accept: application/json")}) {
      headers_ = curl_slist_append(headers_, line.c_str());
    }
  }

  // Until standard input ends.
  void Run() {
    epoll_event input{.events = EPOLLIN, .data = {.fd = STDIN_FILENO}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    int64_t next = NowNanos() + interval_;
    while (true) {
      const int64_t due = std::min(next, curl_due_);
      const int64_t wait = std::max<int64_t>(0, due - NowNanos());
      const timespec limit{.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
      epoll_event events[64];
      const int count = epoll_pwait2(epoll_, events, 64, &limit, nullptr);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == STDIN_FILENO) return;
        const int what = ((events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0);
        Drive(events[i].data.fd, what);
      }
      for (; next <= NowNanos(); next += interval_) Start();
      if (curl_due_ <= NowNanos()) {
        curl_due_ = INT64_MAX;
        Drive(CURL_SOCKET_TIMEOUT, 0);
      }
    }
  }

  int64_t good() const { return good_; }
  int64_t bad() const { return bad_; }
  size_t bytes() const { return bytes_; }

 private:
  static int OnSocket(CURL*, curl_socket_t fd, int what, void* self, void* known) {
    auto* poller = static_cast<Poller*>(self);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(poller->epoll_, EPOLL_CTL_DEL, fd, nullptr);
      return 0;
    }
    epoll_event event{.events = 0, .data = {.fd = fd}};
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    epoll_ctl(poller->epoll_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    curl_multi_assign(poller->multi_, fd, poller);
    return 0;
  }

  static int OnTimer(CURLM*, long milliseconds, void* self) {
    static_cast<Poller*>(self)->curl_due_ =
        milliseconds < 0 ? INT64_MAX : NowNanos() + milliseconds * 1'000'000;
    return 0;
  }

  CURL* NewHandle() {
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10'000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CountBytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes_);
    if (!ca_file_.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file_.c_str());
    return easy;
  }

  void Start() {
    CURL* easy = idle_.empty() ? NewHandle() : idle_.back();
    if (!idle_.empty()) idle_.pop_back();
    curl_easy_setopt(easy, CURLOPT_URL, urls_[turn_++ % urls_.size()].c_str());
    curl_multi_add_handle(multi_, easy);
  }

  void Drive(curl_socket_t fd, int what) {
    int running;
    curl_multi_socket_action(multi_, fd, what, &running);
    while (const CURLMsg* message = curl_multi_info_read(multi_, &running)) {
      CURL* easy = message->easy_handle;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      ++(message->data.result == CURLE_OK && status == 200 ? good_ : bad_);
      curl_multi_remove_handle(multi_, easy);
      idle_.push_back(easy);
    }
  }

  CURLM* const multi_ = curl_multi_init();
  const int epoll_ = epoll_create1(0);
  const std::vector<std::string> urls_;
  const std::string ca_file_;
  const int64_t interval_;
  curl_slist* headers_ = nullptr;
  std::vector<CURL*> idle_;
  int64_t curl_due_ = INT64_MAX;
  size_t turn_ = 0;
  int64_t good_ = 0;
  int64_t bad_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

// f3-poller URL_FILE RATE CONNECTIONS CA_FILE: asks for the URLs of the file in turn, RATE a
// second; the token comes from the variable TOKEN. Prints its count when standard input ends.
int main(int argc, char** argv) {
  if (argc != 5) return 2;
  std::vector<std::string> urls;
  std::ifstream file(argv[1]);
  for (std::string line; std::getline(file, line);) urls.push_back(line);
  const char* token = std::getenv("TOKEN");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Poller poller(urls, std::stod(argv[2]), std::stol(argv[3]), token == nullptr ? "" : token,
                argv[4]);
  poller.Run();
  std::printf("{\"good\":%ld,\"bad\":%ld,\"bytes\":%zu}\n", static_cast<long>(poller.good()),
              static_cast<long>(poller.bad()), poller.bytes());
  std::fflush(stdout);
  std::_Exit(0);
}
