// A platform whose answers the test gives.

#ifndef RUNCAST_TESTS_FAKES_FAKE_STATUS_CLIENT_H_
#define RUNCAST_TESTS_FAKES_FAKE_STATUS_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gateway/base/event_loop.h"
#include "gateway/base/run_key.h"
#include "gateway/upstream/status_client.h"

namespace runcast::fakes {

// Keeps every poll open until the test answers it. As with the real client, `on_send` and `done`
// run on the loop and never before `Poll` returned, so the loop must be run between the steps of
// a test; a poll whose `on_send` says no ends with kSendRefused by itself.
//
// Threads: one. Lifetime: `loop` outlives this object; destroying it drops all open polls.
class FakeStatusClient final : public upstream::StatusClient {
 public:
  // A send that `on_send` agreed to.
  struct Send {
    base::RunKey key;
    base::MonotonicTime at;
    base::TraceContext trace;
  };

  explicit FakeStatusClient(base::EventLoop& loop);
  ~FakeStatusClient() override;

  void Poll(const base::RunKey& key, const base::TraceContext& trace, OnSend on_send,
            Done done) override;

  // Answers the oldest open poll of the run that was sent (any variant of it, or just this
  // one), on the loop. Aborts with a sentence when there is none.
  void Answer(const std::string& run_id, upstream::PollResult result);
  void Answer(const base::RunKey& key, upstream::PollResult result);

  // Repeats the send of the oldest open poll of the run, as after a dead kept connection, and
  // returns what `on_send` said.
  bool RepeatSend(const std::string& run_id);

  // From now on answers every poll by itself, `delay` after it was sent.
  void AnswerAllBy(std::function<upstream::PollResult(const base::RunKey&)> make,
                   absl::Duration delay = absl::ZeroDuration());
  // From now on the test answers again.
  void StopAnswering();

  // Polls asked for so far, refused ones included; with and without a variant.
  int requests_for(const std::string& run_id) const;
  int requests_for(const base::RunKey& key) const;
  int requests() const { return static_cast<int>(requested_.size()); }
  // Sends that were agreed to, repetitions included.
  const std::vector<Send>& sends() const { return sends_; }
  int sends_for(const std::string& run_id) const;
  // Polls that were sent and not answered, oldest first.
  std::vector<base::RunKey> open() const;

 private:
  struct OpenPoll {
    base::RunKey key;
    base::TraceContext trace;
    OnSend on_send;
    Done done;
    bool awaits_answer = false;  // Sent, and no answer is on its way.
    std::unique_ptr<base::Timer> answer_timer;
  };
  using OpenPolls = std::map<uint64_t, OpenPoll>;

  void SendNow(uint64_t id);
  void AnswerNow(uint64_t id, upstream::PollResult result);
  OpenPolls::iterator FindSent(const std::function<bool(const base::RunKey&)>& wanted,
                               const std::string& name);

  base::EventLoop& loop_;
  // Posted tasks check whether this object still lives.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  uint64_t next_id_ = 1;
  OpenPolls open_;
  std::vector<base::RunKey> requested_;
  std::vector<Send> sends_;
  std::function<upstream::PollResult(const base::RunKey&)> make_answer_;
  absl::Duration answer_delay_;
};

// An active run that did `done` of `total` utterances.
upstream::PollAnswer RunningAnswer(const base::RunKey& key, int64_t done, int64_t total);
// A run that ended well: all of `total` utterances, with counts, scores and a report link.
upstream::PollAnswer CompletedAnswer(const base::RunKey& key, int64_t total);
// An answer with this word and nothing else; `state` and `terminal` are taken as given.
upstream::PollAnswer BareAnswer(const base::RunKey& key, v1::RunState state,
                                const std::string& raw_state, bool terminal);
// Bad news of this kind, with the HTTP status that usually comes with it.
upstream::PollFailure Failure(upstream::PollFailureKind kind);

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_FAKE_STATUS_CLIENT_H_
