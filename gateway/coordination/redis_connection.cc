#include "gateway/coordination/redis_connection.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace runcast::coordination {
namespace {

constexpr absl::Duration kSilence = absl::Seconds(2);

}  // namespace

RedisConnection::RedisConnection(base::EventLoop& loop, const RedisAddress& address,
                                 OnClosed on_closed)
    : loop_(loop),
      on_closed_(std::move(on_closed)),
      timer_(loop.NewTimer([this] { CheckTime(); })),
      close_timer_(loop.NewTimer([this] {
        // May destroy this object.
        OnClosed told = std::exchange(on_closed_, nullptr);
        if (told != nullptr) told(std::move(why_));
      })) {
  context_ = address.socket_path.empty() ? redisAsyncConnect(address.host.c_str(), address.port)
                                         : redisAsyncConnectUnix(address.socket_path.c_str());
  if (context_ == nullptr || context_->err != 0) {
    why_ = context_ == nullptr ? "no memory" : context_->errstr;
    if (context_ != nullptr) redisAsyncFree(std::exchange(context_, nullptr));
    close_timer_->Set(loop.clock().Now());
    return;
  }
  context_->data = this;
  context_->ev.data = this;
  context_->ev.addRead = &AddRead;
  context_->ev.delRead = &DelRead;
  context_->ev.addWrite = &AddWrite;
  context_->ev.delWrite = &DelWrite;
  context_->ev.cleanup = &Cleanup;
  watch_ = loop.WatchFd(context_->c.fd,
                        [this](bool readable, bool writable) { OnReady(readable, writable); });
  // hiredis finds out that it is connected when it may write.
  SetInterest(/*reads=*/false, /*writes=*/true);
}

RedisConnection::~RedisConnection() {
  on_closed_ = nullptr;
  commands_.clear();
  if (context_ != nullptr) redisAsyncFree(std::exchange(context_, nullptr));
}

void RedisConnection::AddRead(void* self) {
  auto* connection = static_cast<RedisConnection*>(self);
  connection->SetInterest(true, connection->writes_);
}
void RedisConnection::DelRead(void* self) {
  auto* connection = static_cast<RedisConnection*>(self);
  connection->SetInterest(false, connection->writes_);
}
void RedisConnection::AddWrite(void* self) {
  auto* connection = static_cast<RedisConnection*>(self);
  connection->SetInterest(connection->reads_, true);
}
void RedisConnection::DelWrite(void* self) {
  auto* connection = static_cast<RedisConnection*>(self);
  connection->SetInterest(connection->reads_, false);
}

void RedisConnection::Cleanup(void* self) {
  // hiredis frees its context now, be it of its own accord; the descriptor is closed after this.
  auto* connection = static_cast<RedisConnection*>(self);
  connection->watch_.reset();
  redisAsyncContext* const context = std::exchange(connection->context_, nullptr);
  if (context != nullptr) {
    connection->Close(context->err != 0 ? context->errstr : "closed by the other side");
  }
}

void RedisConnection::SetInterest(bool reads, bool writes) {
  reads_ = reads;
  writes_ = writes;
  if (watch_ != nullptr) watch_->SetInterest(reads, writes);
}

void RedisConnection::OnReady(bool readable, bool writable) {
  // Each may free the context, and with it this watch.
  if (readable && context_ != nullptr) redisAsyncHandleRead(context_);
  if (writable && context_ != nullptr) redisAsyncHandleWrite(context_);
}

void RedisConnection::Send(const std::vector<absl::string_view>& words, absl::Duration timeout,
                           Done done) {
  const base::MonotonicTime now = loop_.clock().Now();
  if (context_ == nullptr) {
    // Its end has been told, or is about to be, and then all that waits hears of it.
    commands_.push_back({std::move(done), now, now});
    SetTimer(now);
    return;
  }
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  pointers.reserve(words.size());
  sizes.reserve(words.size());
  for (const absl::string_view word : words) {
    // Null is no pointer to hiredis, even to nothing.
    pointers.push_back(word.empty() ? "" : word.data());
    sizes.push_back(word.size());
  }
  commands_.push_back({std::move(done), now + timeout, now});
  redisAsyncCommandArgv(context_, &OnReply, nullptr, static_cast<int>(words.size()),
                        pointers.data(), sizes.data());
  SetTimer(now + timeout);
}

std::vector<RedisConnection::Done> RedisConnection::TakeWaiting() {
  std::vector<Done> waiting;
  for (Command& command : commands_) {
    if (command.done != nullptr) waiting.push_back(std::exchange(command.done, nullptr));
  }
  return waiting;
}

void RedisConnection::OnReply(redisAsyncContext* context, void* reply, void*) {
  auto* connection = static_cast<RedisConnection*>(context->data);
  // Without a reply the connection ends, and Close tells those who wait.
  if (reply == nullptr || connection->commands_.empty()) return;
  Command command = std::move(connection->commands_.front());
  connection->commands_.pop_front();
  if (command.done != nullptr) command.done(static_cast<const redisReply*>(reply));
}

void RedisConnection::SetTimer(base::MonotonicTime due) {
  // It may fire for commands that are answered by then: cheaper than setting it with each.
  if (due >= timer_due_) return;
  timer_due_ = due;
  timer_->Set(due);
}

void RedisConnection::CheckTime() {
  const base::MonotonicTime now = loop_.clock().Now();
  std::vector<Done> late;
  timer_due_ = base::MonotonicTime::InfiniteFuture();
  base::MonotonicTime next = timer_due_;
  for (Command& command : commands_) {
    if (command.done == nullptr) continue;
    if (command.due <= now) {
      late.push_back(std::exchange(command.done, nullptr));
    } else {
      next = std::min(next, command.due);
    }
  }
  const bool is_silent = !commands_.empty() &&
                         std::max(commands_.front().due, commands_.front().sent + kSilence) <= now;
  if (context_ == nullptr) {
    commands_.clear();
  } else if (is_silent) {
    redisAsyncContext* const context = std::exchange(context_, nullptr);
    Close("no answer for 2 s");
    redisAsyncFree(context);
  } else if (!commands_.empty()) {
    SetTimer(std::min(next, std::max(commands_.front().due, commands_.front().sent + kSilence)));
  }
  for (Done& done : late) done(nullptr);
}

void RedisConnection::Close(std::string why) {
  why_ = std::move(why);
  // Not from inside of hiredis: whoever hears of it may destroy this object.
  for (Command& command : commands_) command.due = base::MonotonicTime::InfinitePast();
  SetTimer(loop_.clock().Now());
  close_timer_->Set(loop_.clock().Now());
}

}  // namespace runcast::coordination
