#include "tests/bench/fleet.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "tests/bench/load_clock.h"

namespace runcast::bench {
namespace {

constexpr uint64_t kStandardInput = UINT64_MAX;
// One source and destination address has 28,232 ports.
constexpr size_t kConnectionsOfSource = 20'000;

}  // namespace

Fleet::Fleet(std::function<void()> on_standard_input)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), on_standard_input_(std::move(on_standard_input)) {
  if (on_standard_input_ == nullptr) return;
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kStandardInput}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event);
}

Fleet::~Fleet() { close(epoll_); }

size_t Fleet::Connect(Http2Connection::Options options, Http2Connection::Owner& owner) {
  const size_t number = members_.size();
  options.source = htonl(0x7f000001 + static_cast<uint32_t>(number / kConnectionsOfSource));
  members_.push_back({.http2 = std::make_unique<Http2Connection>(options, owner)});
  epoll_event event{.events = EPOLLIN, .data = {.u64 = number}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection(number).fd(), &event);
  return number;
}

void Fleet::Flush(size_t number) {
  Member& member = members_[number];
  if (member.lost) return;
  if (!member.http2->Flush()) return Lose(member);
  const bool wants = member.http2->wants_write();
  if (wants == member.writing) return;
  member.writing = wants;
  SetInterest(number);
}

void Fleet::StopReading(size_t number) {
  members_[number].reading = false;
  SetInterest(number);
}

void Fleet::SetInterest(size_t number) {
  const Member& member = members_[number];
  epoll_event event{.events = 0, .data = {.u64 = number}};
  if (member.reading) event.events |= EPOLLIN;
  if (member.writing) event.events |= EPOLLOUT;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, member.http2->fd(), &event);
}

void Fleet::Lose(Member& member) {
  ++lost_;
  member.lost = true;
  epoll_ctl(epoll_, EPOLL_CTL_DEL, member.http2->fd(), nullptr);
}

void Fleet::Poll(int64_t nanos) {
  epoll_event events[512];
  const int64_t wait = std::max<int64_t>(0, nanos);
  const timespec limit{.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
  const int count = epoll_pwait2(epoll_, events, 512, &limit, nullptr);
  for (int i = 0; i < count; ++i) {
    const uint64_t number = events[i].data.u64;
    if (number == kStandardInput) {
      on_standard_input_();
      continue;
    }
    if (number >= members_.size()) continue;  // Closed by what came before it.
    Member& member = members_[number];
    if (member.lost) continue;
    if (member.reading && (events[i].events & ~EPOLLOUT) != 0 && !member.http2->OnReadable()) {
      Lose(member);
      continue;
    }
    Flush(number);
  }
}

void Fleet::PollUntil(int64_t time) {
  while (true) {
    const int64_t left = time - NowNanos();
    if (left <= 0) return;
    Poll(std::min(left, Nanos(0.05)));
  }
}

bool Fleet::Settle(double seconds) {
  const int64_t end = NowNanos() + Nanos(seconds);
  for (const Member& member : members_) {
    while (!member.http2->settled()) {
      if (NowNanos() > end || member.lost) return false;
      Poll(Nanos(0.01));
    }
  }
  return true;
}

void Fleet::Close() { members_.clear(); }

}  // namespace runcast::bench
