#include "tests/fakes/fake_status_client.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace runcast::fakes {
namespace {

void FillRun(const base::RunKey& key, v1::RunStatus& status) {
  v1::RunReference& run = *status.mutable_run();
  run.set_stream_id(key.stream_id);
  run.set_suite_name(key.suite_name);
  run.set_run_id(key.run_id);
  run.set_language(key.language);
}

}  // namespace

FakeStatusClient::FakeStatusClient(base::EventLoop& loop) : loop_(loop) {}

FakeStatusClient::~FakeStatusClient() { *alive_ = false; }

void FakeStatusClient::Poll(const base::RunKey& key, const base::TraceContext& trace,
                            OnSend on_send, Done done) {
  const uint64_t id = next_id_++;
  requested_.push_back(key);
  OpenPoll& poll = open_[id];
  poll.key = key;
  poll.trace = trace;
  poll.on_send = std::move(on_send);
  poll.done = std::move(done);
  loop_.Post([this, id, alive = alive_] {
    if (*alive) SendNow(id);
  });
}

void FakeStatusClient::SendNow(uint64_t id) {
  OpenPoll& poll = open_.at(id);
  if (!poll.on_send()) {
    AnswerNow(id, Failure(upstream::PollFailureKind::kSendRefused));
    return;
  }
  poll.awaits_answer = true;
  sends_.push_back({poll.key, loop_.clock().Now(), poll.trace});
  if (!make_answer_) return;
  poll.answer_timer = loop_.NewTimer([this, id] {
    const base::RunKey key = open_.at(id).key;
    AnswerNow(id, make_answer_(key));
  });
  poll.answer_timer->Set(loop_.clock().Now() + answer_delay_);
}

void FakeStatusClient::AnswerNow(uint64_t id, upstream::PollResult result) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  // `done` may poll again or destroy this object.
  Done done = std::move(found->second.done);
  open_.erase(found);
  done(std::move(result));
}

FakeStatusClient::OpenPolls::iterator FakeStatusClient::FindSent(
    const std::function<bool(const base::RunKey&)>& wanted, const std::string& name) {
  for (auto poll = open_.begin(); poll != open_.end(); ++poll) {
    if (poll->second.awaits_answer && wanted(poll->second.key)) return poll;
  }
  std::fprintf(stderr, "FakeStatusClient: no poll of run %s is open\n", name.c_str());
  std::abort();
}

void FakeStatusClient::Answer(const std::string& run_id, upstream::PollResult result) {
  const auto poll = FindSent([&](const base::RunKey& key) { return key.run_id == run_id; }, run_id);
  loop_.Post([this, id = poll->first, alive = alive_, result = std::move(result)]() mutable {
    if (*alive) AnswerNow(id, std::move(result));
  });
  poll->second.awaits_answer = false;
}

void FakeStatusClient::Answer(const base::RunKey& wanted, upstream::PollResult result) {
  const auto poll = FindSent([&](const base::RunKey& key) { return key == wanted; }, wanted.run_id);
  loop_.Post([this, id = poll->first, alive = alive_, result = std::move(result)]() mutable {
    if (*alive) AnswerNow(id, std::move(result));
  });
  poll->second.awaits_answer = false;
}

bool FakeStatusClient::RepeatSend(const std::string& run_id) {
  const auto poll = FindSent([&](const base::RunKey& key) { return key.run_id == run_id; }, run_id);
  if (!poll->second.on_send()) return false;
  sends_.push_back({poll->second.key, loop_.clock().Now(), poll->second.trace});
  return true;
}

void FakeStatusClient::AnswerAllBy(std::function<upstream::PollResult(const base::RunKey&)> make,
                                   absl::Duration delay) {
  make_answer_ = std::move(make);
  answer_delay_ = delay;
}

void FakeStatusClient::StopAnswering() {
  make_answer_ = nullptr;
  for (auto& [id, poll] : open_) poll.answer_timer.reset();
}

int FakeStatusClient::requests_for(const std::string& run_id) const {
  return static_cast<int>(
      std::count_if(requested_.begin(), requested_.end(),
                    [&](const base::RunKey& key) { return key.run_id == run_id; }));
}

int FakeStatusClient::requests_for(const base::RunKey& wanted) const {
  return static_cast<int>(std::count(requested_.begin(), requested_.end(), wanted));
}

int FakeStatusClient::sends_for(const std::string& run_id) const {
  return static_cast<int>(std::count_if(
      sends_.begin(), sends_.end(), [&](const Send& send) { return send.key.run_id == run_id; }));
}

std::vector<base::RunKey> FakeStatusClient::open() const {
  std::vector<base::RunKey> keys;
  for (const auto& [id, poll] : open_) {
    if (poll.awaits_answer) keys.push_back(poll.key);
  }
  return keys;
}

upstream::PollAnswer BareAnswer(const base::RunKey& key, v1::RunState state,
                                const std::string& raw_state, bool terminal) {
  upstream::PollAnswer answer;
  FillRun(key, answer.status);
  answer.status.set_state(state);
  answer.status.set_raw_state(raw_state);
  answer.status.set_terminal(terminal);
  if (terminal) answer.status.mutable_progress()->set_percent(100);
  return answer;
}

upstream::PollAnswer RunningAnswer(const base::RunKey& key, int64_t done, int64_t total) {
  upstream::PollAnswer answer = BareAnswer(key, v1::RUN_STATE_RUNNING, "running", false);
  v1::Progress& progress = *answer.status.mutable_progress();
  progress.set_utterances_done(done);
  progress.set_utterances_total(total);
  if (total > 0) {
    progress.set_percent(100.0 * static_cast<double>(done) / static_cast<double>(total));
  }
  answer.status.set_partial_failure(false);
  answer.status.set_assertion_count(total);
  answer.status.mutable_start_time()->set_seconds(1893553445);
  answer.status.set_suite_id("ts-1");
  return answer;
}

upstream::PollAnswer CompletedAnswer(const base::RunKey& key, int64_t total) {
  upstream::PollAnswer answer = BareAnswer(key, v1::RUN_STATE_COMPLETED, "completed", true);
  v1::RunStatus& status = answer.status;
  status.set_partial_failure(false);
  status.set_assertion_count(total);
  status.mutable_start_time()->set_seconds(1893553445);
  status.mutable_end_time()->set_seconds(1893553505);
  status.set_suite_id("ts-1");
  status.set_report_available(true);
  status.set_report_file_id("0123456789abcdef01234567");
  v1::RunResult& result = *status.mutable_result();
  result.set_true_positives(total);
  result.set_true_negatives(0);
  result.set_false_positives(0);
  result.set_false_negatives(0);
  result.set_succeeded(total);
  result.set_failed(0);
  result.set_precision(1);
  result.set_recall(1);
  result.set_f1_score(1);
  answer.has_results = true;
  answer.report_link =
      base::SecretString("https://platform.example/media/f-1.csv?e=1893557106&s=QUJDREVGRw$$");
  return answer;
}

upstream::PollFailure Failure(upstream::PollFailureKind kind) {
  using Kind = upstream::PollFailureKind;
  upstream::PollFailure failure;
  failure.kind = kind;
  switch (kind) {
    case Kind::kRunNotFound:
      failure.http_status = 400;
      failure.message = "HTTP 400: Test Result not found. (code 400)";
      break;
    case Kind::kSuiteNotFound:
      failure.http_status = 400;
      failure.message = "HTTP 400: Test Suite not found (code 400)";
      break;
    case Kind::kCredentials:
      failure.http_status = 401;
      failure.message = "HTTP 401: Invalid SDK credentials (code 4002)";
      break;
    case Kind::kScope:
      failure.http_status = 401;
      failure.message = "HTTP 401: Permission denied. Scope is incorrect! (code 4002)";
      break;
    case Kind::kThrottledMinute:
      failure.http_status = 429;
      failure.message = "HTTP 429: You've exceeded the per-minute rate limit.";
      break;
    case Kind::kThrottledHour:
      failure.http_status = 429;
      failure.message = "HTTP 429: You've exceeded the hourly rate limit.";
      break;
    case Kind::kThrottled:
      failure.http_status = 429;
      failure.message = "HTTP 429: Rate limit for this API has been reached.";
      break;
    case Kind::kUnavailable:
      failure.http_status = 503;
      failure.message = "HTTP 503: Internal Server Error (code 500)";
      break;
    case Kind::kProtocol:
      failure.http_status = 200;
      failure.message = "HTTP 200, but the answer is not JSON";
      break;
    case Kind::kRejected:
      failure.http_status = 412;
      failure.message = "HTTP 412: Validation errors/ Invalid arguments (code 412)";
      break;
    case Kind::kSendRefused:
      failure.message = "not sent";
      break;
    case Kind::kPathNotFound:
      failure.http_status = 404;
      failure.message = "HTTP 404, which does not say what is missing";
      failure.unexplained = true;
      break;
  }
  return failure;
}

}  // namespace runcast::fakes
