#include "gateway/coordination/name_lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace runcast::coordination {
namespace {

absl::StatusOr<std::string> LookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("name ", host, " cannot be resolved: ", gai_strerror(error)));
  }
  char digits[NI_MAXHOST];
  const int unreadable = getnameinfo(found->ai_addr, found->ai_addrlen, digits, sizeof(digits),
                                     nullptr, 0, NI_NUMERICHOST);
  freeaddrinfo(found);
  if (unreadable != 0)
    return absl::UnavailableError(absl::StrCat("name ", host, " has no address"));
  return std::string(digits);
}

}  // namespace

NameLookup::NameLookup(base::EventLoop& loop) : loop_(loop), thread_([this] { Run(); }) {}

NameLookup::~NameLookup() {
  *alive_ = false;
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_one();
  thread_.join();
}

void NameLookup::Resolve(std::string host, Done done) {
  done_ = std::move(done);
  ++current_;
  {
    std::lock_guard lock(mutex_);
    host_ = std::move(host);
    number_ = current_;
  }
  wanted_.notify_one();
}

void NameLookup::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return stop_ || !host_.empty(); });
    if (stop_) return;
    const std::string host = std::exchange(host_, {});
    const int number = number_;
    lock.unlock();
    absl::StatusOr<std::string> address = LookUp(host);
    loop_.Post([this, alive = alive_, number, address = std::move(address)]() mutable {
      if (*alive && number == current_ && done_ != nullptr) {
        std::exchange(done_, nullptr)(std::move(address));
      }
    });
    lock.lock();
  }
}

}  // namespace runcast::coordination
