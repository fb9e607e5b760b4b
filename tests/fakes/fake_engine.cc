#include "tests/fakes/fake_engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace runcast::fakes {
namespace {

std::string VariantOf(const base::RunKey& key) {
  return absl::StrCat(key.stream_id, "\n", key.suite_name, "\n", key.language);
}

}  // namespace

const FakeEngine::Run* FakeEngine::Find(const std::string& run_id) const {
  const auto found = memory_.runs.find(run_id);
  return found == memory_.runs.end() ? nullptr : &found->second;
}

bool FakeEngine::IsLive(const std::string& session) const {
  const auto found = memory_.sessions.find(session);
  return found != memory_.sessions.end() && Now() - found->second.renewed < kSessionLife;
}

runs::ClaimAnswer FakeEngine::Claim(const std::string& session, const std::string& run_id,
                                    const runs::ClaimRequest& request) {
  Run& run = memory_.runs[run_id];
  run.sends.insert(run.sends.end(), request.sends.begin(), request.sends.end());
  runs::ClaimAnswer answer{.answered = true,
                           .records_epoch = run.records_epoch,
                           .records_version = run.records_version,
                           .known_since = memory_.since,
                           .has_whole_log = run.whole_since == memory_.since};
  for (const auto& [variant, stored] : run.records) answer.records.push_back(stored);
  const bool free = run.owner.empty() || (run.owner != session && !IsLive(run.owner));
  if (!free && run.owner != session) {
    run.borrowed.insert(run.borrowed.end(), request.sends.begin(), request.sends.end());
    run.shared_until = Now() + kInterest;
    for (FakeCoordination* replica : connected_) {
      if (!replica->Reaches()) continue;
      for (const base::RunKey& key : request.variants) {
        replica->loop_.Post([replica, alive = replica->alive_, key, owner = run.owner] {
          if (*alive) replica->listener_->OnWanted(key, owner);
        });
      }
    }
  } else if (request.take || run.owner == session) {
    if (free) {
      answer.after_loss = !run.owner.empty();
      run.owner = session;
      run.epoch = std::max(run.epoch, request.known_epoch) + 1;
    }
    answer.owned = true;
    answer.sends = run.sends;
    run.borrowed.clear();
  }
  answer.owner = !free || answer.owned ? run.owner : "";
  answer.epoch = run.epoch;
  return answer;
}

runs::PublishAnswer FakeEngine::Publish(const std::string& session, const std::string& run_id,
                                        const runs::PublishRequest& request) {
  ++publishes_;
  runs::PublishAnswer answer{.answered = true};
  const auto [found, created] = memory_.runs.try_emplace(run_id);
  Run& run = found->second;
  if (!created && (request.epoch < run.epoch ||
                   (request.epoch == run.epoch && !run.owner.empty() && run.owner != session))) {
    return answer;
  }
  answer.accepted = true;
  answer.created = created;
  answer.is_shared = Now() < run.shared_until;
  if (run.borrowed.size() >= request.heard.size() &&
      std::equal(request.heard.begin(), request.heard.end(), run.borrowed.begin())) {
    run.borrowed.erase(run.borrowed.begin(),
                       run.borrowed.begin() + static_cast<std::ptrdiff_t>(request.heard.size()));
  }
  answer.borrowed = run.borrowed;
  run.owner = session;
  run.epoch = request.epoch;
  run.surplus = request.surplus;
  if (request.is_whole_log) {
    run.sends = run.borrowed;
    run.whole_since = memory_.since;
  }
  run.sends.insert(run.sends.end(), request.sends.begin(), request.sends.end());
  run.records[VariantOf(request.key)] = {request.key, request.record};
  run.records_epoch = request.epoch;
  run.records_version = request.version;
  if (answer.is_shared && !std::exchange(lose_next_, false)) {
    Tell({request.key, session, request.epoch, request.version, request.record});
  }
  return answer;
}

void FakeEngine::Tell(const runs::SharedRecord& record) {
  for (FakeCoordination* replica : connected_) {
    if (!replica->Reaches()) continue;
    replica->loop_.Post([replica, alive = replica->alive_, record] {
      if (*alive) replica->listener_->OnRecord(record);
    });
  }
}

void FakeEngine::Release(const std::string& session, const std::string& run_id, uint64_t epoch,
                         const runs::SendTimes& sends, const std::vector<base::RunKey>& offered) {
  const auto found = memory_.runs.find(run_id);
  if (found == memory_.runs.end()) return;
  Run& run = found->second;
  run.sends.insert(run.sends.end(), sends.begin(), sends.end());
  if (run.owner != session || run.epoch != epoch) return;
  run.owner.clear();
  if (Now() < run.shared_until) {
    runs::SharedRecord gone{.owner = session, .epoch = epoch};
    gone.key.run_id = run_id;
    Tell(gone);
  }
  for (const base::RunKey& key : offered) {
    run.shared_until = Now() + kInterest;
    for (FakeCoordination* replica : connected_) {
      if (!replica->Reaches()) continue;
      replica->loop_.Post([replica, alive = replica->alive_, key] {
        if (*alive) replica->listener_->OnOffered(key);
      });
    }
  }
}

bool FakeEngine::Borrow(const std::string& run_id, base::MonotonicTime at) {
  Run& run = memory_.runs[run_id];
  if (run.owner.empty() || !IsLive(run.owner) || run.surplus <= 0) return false;
  --run.surplus;
  run.borrowed.push_back(at);
  run.sends.push_back(at);
  return true;
}

FakeCoordination::FakeCoordination(FakeEngine& engine, base::EventLoop& loop, std::string session)
    : engine_(engine), loop_(loop), session_(std::move(session)) {
  engine_.connected_.push_back(this);
}

FakeCoordination::~FakeCoordination() {
  *alive_ = false;
  std::erase(engine_.connected_, this);
}

void FakeCoordination::Leave(base::Task done) {
  renew_timer_->Cancel();
  Command([this] { engine_.memory_.sessions.erase(session_); }, [] {});
  loop_.Post(std::move(done));
}

void FakeCoordination::Start(Listener& listener) {
  listener_ = &listener;
  renew_timer_ = loop_.NewTimer([this] { Renew(); });
  expiry_timer_ = loop_.NewTimer([this] { LookForLost(); });
  renew_timer_->Set(loop_.clock().Now());
}

void FakeCoordination::Renew() {
  const base::MonotonicTime now = loop_.clock().Now();
  renew_timer_->Set(now + absl::Seconds(1));
  Command(
      [this, now] {
        lease_until_ = now + kLease;
        engine_.memory_.sessions[session_] = {now, reaches_platform_};
        runs::ReplicaCounts counts{.live = 0};
        for (const auto& [name, session] : engine_.memory_.sessions) {
          if (engine_.IsLive(name)) {
            ++counts.live;
            seen_live_[name] = true;
            if (name != session_ && session.reaches_platform) ++counts.others_reaching_platform;
          } else if (now - session.renewed < FakeEngine::kReplicaMemory) {
            ++counts.lost;
          }
        }
        const bool is_other_era = std::exchange(era_, engine_.memory_.since) != era_;
        if (is_other_era && up_) listener_->OnLogsDoubtful(/*times_moved=*/false);
        listener_->OnReplicas(counts);
        if (!std::exchange(up_, true)) listener_->OnEngine(true);
        LookForLost();
      },
      [] {});
}

void FakeCoordination::LookForLost() {
  if (!Reaches()) return;
  base::MonotonicTime next = base::MonotonicTime::InfiniteFuture();
  for (auto& [name, live] : seen_live_) {
    if (!live) continue;
    const auto session = engine_.memory_.sessions.find(name);
    if (session != engine_.memory_.sessions.end() && engine_.IsLive(name)) {
      next = std::min(next, session->second.renewed + FakeEngine::kSessionLife);
      continue;
    }
    live = false;
    if (name != session_) listener_->OnSessionLost(name);
  }
  if (next != base::MonotonicTime::InfiniteFuture()) expiry_timer_->Set(next);
}

void FakeCoordination::Command(base::Task answer, base::Task fail) {
  if (Reaches()) {
    loop_.Post([alive = alive_, answer = std::move(answer)]() mutable {
      if (*alive) answer();
    });
    return;
  }
  timeouts_.push_back(loop_.NewTimer([this, fail = std::move(fail)]() mutable {
    fail();
    if (std::exchange(up_, false)) listener_->OnEngine(false);
  }));
  timeouts_.back()->Set(loop_.clock().Now() + kCommandTimeout);
}

void FakeCoordination::Claim(const std::string& run_id, runs::ClaimRequest request) {
  Command(
      [this, run_id, request = std::move(request)] {
        listener_->OnClaimAnswer(run_id, engine_.Claim(session_, run_id, request));
      },
      [this, run_id] { listener_->OnClaimAnswer(run_id, {}); });
}

void FakeCoordination::Publish(const std::string& run_id, runs::PublishRequest request) {
  Command(
      [this, run_id, request = std::move(request)] {
        runs::PublishAnswer answer = engine_.Publish(session_, run_id, request);
        if (std::exchange(engine_.lose_next_answer_, false)) answer = {};
        listener_->OnPublishAnswer(run_id, std::move(answer));
      },
      [this, run_id] { listener_->OnPublishAnswer(run_id, {}); });
}

void FakeCoordination::Release(const std::string& run_id, uint64_t epoch, runs::SendTimes sends,
                               std::vector<base::RunKey> offered) {
  Command(
      [this, run_id, epoch, sends = std::move(sends), offered = std::move(offered)] {
        engine_.Release(session_, run_id, epoch, sends, offered);
      },
      [] {});
}

void FakeCoordination::Borrow(const std::string& run_id, base::MonotonicTime at) {
  Command([this, run_id, at] { listener_->OnBorrowAnswer(run_id, engine_.Borrow(run_id, at)); },
          [this, run_id] { listener_->OnBorrowAnswer(run_id, false); });
}

}  // namespace runcast::fakes
