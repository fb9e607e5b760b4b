#include "client/src/run_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/src/status_translation.h"
#include "runcast/error_reason.h"

namespace runcast::client {
namespace {

// After the terminal status the gateway ends the stream by itself; whatever happens to the
// connection meanwhile, nobody waits longer than this for the end.
constexpr absl::Duration kEndGrace = absl::Seconds(2);

void SetDuration(absl::Duration from, google::protobuf::Duration* to) {
  to->set_seconds(absl::ToInt64Seconds(from));
  to->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(from - absl::Seconds(to->seconds()))));
}

}  // namespace

RunStream::RunStream(v1::RunReference run, Options options, ReconnectPolicy::Random random,
                     Timers& timers, StreamOpener& opener, Task on_ended)
    : run_(std::move(run)),
      options_(options),
      context_(absl::StrCat("watch of run ", run_.run_id())),
      policy_(options.backoff, std::move(random)),
      timers_(timers),
      opener_(opener),
      on_ended_(std::move(on_ended)),
      last_alive_(timers.Now()) {
  Open();
}

RunStream::~RunStream() { timers_.Cancel(timer_); }

void RunStream::Add(const std::shared_ptr<Subscription>& subscription) {
  subscriptions_.push_back(subscription);
  subscription->DeliverConnection(connection_);
  if (newest_) subscription->DeliverStatus(*newest_);
}

void RunStream::Remove(const Subscription* subscription) {
  subscriptions_.erase(
      std::remove_if(subscriptions_.begin(), subscriptions_.end(),
                     [&](const auto& candidate) { return candidate.get() == subscription; }),
      subscriptions_.end());
}

void RunStream::Abort(const absl::Status& status) {
  Forget();
  for (const auto& subscription : std::exchange(subscriptions_, {})) subscription->Finish(status);
}

void RunStream::Open() {
  timer_ = 0;
  first_message_.reset();
  Announce({.state = ConnectionNews::State::kConnecting});
  v1::WatchRunRequest request;
  *request.mutable_run() = run_;
  request.set_resume_token(resume_token_);
  SetDuration(options_.heartbeat_interval, request.mutable_heartbeat_interval());
  stream_ = opener_.Open(request, *this);
  SetTimer(options_.headers_timeout, &RunStream::OnMissingHeaders);
}

void RunStream::OnHeaders() {
  headers_missed_ = 0;
  SetTimer(options_.silence_limit, &RunStream::OnSilence);
}

void RunStream::OnMissingHeaders() {
  timer_ = 0;
  const bool connected = stream_->ReportMissingHeaders();
  stream_.reset();
  // The first time another connection is tried at once; when that hangs too it is the gateway,
  // and more connections would not help it.
  if (connected && ++headers_missed_ == 1) {
    Open();
    return;
  }
  Recover(absl::UnavailableError(absl::StrCat(
              connected ? "the gateway accepted the connection but did not answer within "
                        : "no connection to the gateway within ",
              absl::FormatDuration(options_.headers_timeout))),
          absl::ZeroDuration());
}

void RunStream::OnSilence() {
  timer_ = 0;
  stream_.reset();
  Recover(absl::UnavailableError(absl::StrCat("no message, not even a heartbeat, for ",
                                              absl::FormatDuration(options_.silence_limit))),
          absl::ZeroDuration());
}

void RunStream::OnMessage(const v1::WatchRunResponse& message) {
  last_alive_ = timers_.Now();
  if (newest_ && newest_->terminal()) return;  // Nothing follows a terminal status.
  if (!first_message_) {
    first_message_ = last_alive_;
    // Not at the headers: a stream that is refused seems to have some, empty ones.
    Announce({.state = ConnectionNews::State::kOpen});
  }
  SetTimer(options_.silence_limit, &RunStream::OnSilence);

  if (message.has_status()) {
    OnStatus(message);
    return;
  }
  if (!token_on_hold_ && !message.resume_token().empty()) resume_token_ = message.resume_token();
  if (!message.has_heartbeat()) return;
  // A copy, because a callback may watch and cancel.
  for (const auto& subscription : std::vector(subscriptions_)) {
    subscription->DeliverHeartbeat(message.heartbeat());
  }
}

void RunStream::OnStatus(const v1::WatchRunResponse& message) {
  switch (filter_.Judge(message.status())) {
    case StatusFilter::Verdict::kDuplicate:
      return;
    case StatusFilter::Verdict::kBehind:
      token_on_hold_ = true;
      return;
    case StatusFilter::Verdict::kNew:
      break;
  }
  token_on_hold_ = false;
  if (!message.resume_token().empty()) resume_token_ = message.resume_token();
  newest_ = message.status();
  if (newest_->terminal()) {
    timers_.Cancel(timer_);
    timer_ = timers_.Set(After(timers_.Now(), kEndGrace), [this] { End(absl::OkStatus()); });
  }
  for (const auto& subscription : std::vector(subscriptions_)) {
    subscription->DeliverStatus(*newest_);
  }
}

void RunStream::OnEnd(const StreamEnd& end) {
  Forget();
  if (newest_ && newest_->terminal()) {
    End(absl::OkStatus());
    return;
  }
  if (end.status.ok()) {
    Recover(absl::UnavailableError("the stream ended before the run did"), end.retry_after);
    return;
  }
  if (!ReconnectPolicy::CanHeal(end.status)) {
    End(WithContext(end.status, context_));
    return;
  }
  Recover(end.status, end.retry_after);
}

void RunStream::Recover(const absl::Status& error, absl::Duration asked) {
  const absl::Duration lived =
      first_message_ ? Between(*first_message_, timers_.Now()) : absl::ZeroDuration();
  const absl::Duration wait = policy_.NextWait(lived, asked);
  const absl::Duration left = options_.outage_limit - Between(last_alive_, timers_.Now());
  if (left <= absl::ZeroDuration()) {
    const char* const outage = ErrorReason(error).empty()
                                   ? ": nothing from the gateway for "
                                   : ": the gateway refuses; nothing else from it for ";
    End(WithContext(error,
                    absl::StrCat(context_, outage, absl::FormatDuration(options_.outage_limit))));
    return;
  }
  const absl::Duration retry_in = std::min(wait, left);
  SetTimer(retry_in, &RunStream::Open);
  Announce({.state = ConnectionNews::State::kWaiting,
            .error = WithContext(error, context_),
            .retry_in = retry_in});
}

void RunStream::End(const absl::Status& status) {
  Abort(status);
  // Moved out: it may destroy this object.
  Task on_ended = std::move(on_ended_);
  on_ended();
}

void RunStream::Announce(ConnectionNews news) {
  connection_ = std::move(news);
  for (const auto& subscription : std::vector(subscriptions_)) {
    subscription->DeliverConnection(connection_);
  }
}

void RunStream::SetTimer(absl::Duration wait, void (RunStream::*task)()) {
  timers_.Cancel(timer_);
  timer_ = timers_.Set(After(timers_.Now(), wait), [this, task] { (this->*task)(); });
}

void RunStream::Forget() {
  timers_.Cancel(std::exchange(timer_, 0));
  stream_.reset();
}

}  // namespace runcast::client
