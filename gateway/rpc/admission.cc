#include "gateway/rpc/admission.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace runcast::rpc {

Admission::Place::Place(Place&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)),
      account_(std::exchange(other.account_, nullptr)),
      connection_(std::exchange(other.connection_, nullptr)),
      run_(std::exchange(other.run_, nullptr)) {}

Admission::Place& Admission::Place::operator=(Place&& other) noexcept {
  if (this != &other) {
    GiveBack();
    admission_ = std::exchange(other.admission_, nullptr);
    account_ = std::exchange(other.account_, nullptr);
    connection_ = std::exchange(other.connection_, nullptr);
    run_ = std::exchange(other.run_, nullptr);
  }
  return *this;
}

// The caller of an account never changes: no lock.
const access::Caller& Admission::Place::caller() const { return account_->caller; }

void Admission::Place::GiveBack() {
  if (account_ != nullptr) admission_->GiveBack(*account_, connection_, run_);
  account_ = nullptr;
  connection_ = nullptr;
  run_ = nullptr;
}

Admission::Admission(Options options)
    : options_(options),
      limiter_({.per_second = static_cast<double>(options.calls_per_second_per_caller)}) {}

Admission::~Admission() = default;

std::string Admission::KeyOf(const access::Caller& caller) {
  // Open streams are checked again as the caller of their account, so all that a policy looks at
  // must be in here.
  return absl::StrCat(caller.name, "\n", absl::StrJoin(caller.principals, "\n"),
                      caller.names_left_out ? "\n" : "");
}

Admission::Account* Admission::FindLocked(const std::string& key) {
  const auto found = accounts_.find(key);
  return found == accounts_.end() ? nullptr : found->second.get();
}

Admission::Account& Admission::MakeLocked(const std::string& key, const access::Caller& caller) {
  auto made = std::make_unique<Account>();
  Account& account = *made;
  account.key = key;
  account.caller = caller;
  accounts_.emplace(key, std::move(made));
  return account;
}

Admission::Answer Admission::AdmitCall(const access::Caller& caller, base::MonotonicTime now) {
  // The usual case takes no lock.
  if (options_.calls_per_second_per_caller == 0) return Answer::kAdmitted;
  std::lock_guard lock(mutex_);
  return limiter_.Allow(caller.name, now) ? Answer::kAdmitted : Answer::kCallerRate;
}

Admission::Answer Admission::AdmitWatch(const access::Caller& caller, const std::string& peer,
                                        const base::RunKey& run, base::MonotonicTime now,
                                        Place& place) {
  std::string key = KeyOf(caller);
  std::string run_key = absl::StrCat(run.stream_id, "\n", run.run_id);
  std::lock_guard lock(mutex_);
  if (watches_ >= options_.max_watches) return Answer::kFull;
  Account* account = FindLocked(key);
  if (account != nullptr && account->watches >= options_.max_watches_per_caller) {
    return Answer::kCallerWatches;
  }
  const auto known = connections_.find(peer);
  if (known != connections_.end() &&
      known->second->watches >= options_.max_watches_per_connection) {
    return Answer::kConnectionWatches;
  }
  const auto watched = runs_.find(run_key);
  if (watched != runs_.end() && watched->second->watches >= options_.max_watches_per_run) {
    return Answer::kRunWatches;
  }
  if (!limiter_.Allow(caller.name, now)) return Answer::kCallerRate;
  if (account == nullptr) account = &MakeLocked(key, caller);
  std::unique_ptr<Connection>& connection = connections_[peer];
  if (connection == nullptr) connection = std::make_unique<Connection>(Connection{peer, 0});
  if (options_.max_watches_per_run > 0) {
    std::unique_ptr<Run>& counted = runs_[run_key];
    if (counted == nullptr) counted = std::make_unique<Run>(Run{std::move(run_key), 0});
    ++counted->watches;
    place.run_ = counted.get();
  }
  ++connection->watches;
  ++account->watches;
  ++watches_;
  place.admission_ = this;
  place.account_ = account;
  place.connection_ = connection.get();
  return Answer::kAdmitted;
}

Admission::Answer Admission::AdmitWaitingRead(const access::Caller& caller, Place& place) {
  std::string key = KeyOf(caller);
  std::lock_guard lock(mutex_);
  Account* account = FindLocked(key);
  if (account != nullptr && account->waiting_reads >= options_.max_waiting_reads_per_caller) {
    return Answer::kCallerReads;
  }
  if (account == nullptr) account = &MakeLocked(key, caller);
  ++account->waiting_reads;
  place.admission_ = this;
  place.account_ = account;
  return Answer::kAdmitted;
}

void Admission::GiveBack(Account& account, Connection* connection, Run* run) {
  std::lock_guard lock(mutex_);
  if (connection == nullptr) {
    --account.waiting_reads;
  } else {
    --watches_;
    --account.watches;
    if (--connection->watches == 0) connections_.erase(std::string(connection->peer));
    if (run != nullptr && --run->watches == 0) runs_.erase(std::string(run->key));
  }
  if (account.watches + account.waiting_reads == 0) accounts_.erase(std::string(account.key));
}

}  // namespace runcast::rpc
