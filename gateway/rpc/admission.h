// How many calls fit: open watches in all, of one caller, of one run and on one connection; a
// caller's reads that wait, and calls a second.

#ifndef RUNCAST_GATEWAY_RPC_ADMISSION_H_
#define RUNCAST_GATEWAY_RPC_ADMISSION_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "gateway/access/access_control.h"
#include "gateway/base/clock.h"
#include "gateway/base/rate_limiter.h"
#include "gateway/base/run_key.h"

namespace runcast::rpc {

// Threads: any; each operation holds one lock for a map look-up.
// Lifetime: outlives every Place.
class Admission {
  struct Account;
  struct Connection;
  struct Run;

 public:
  struct Options {
    uint32_t max_watches = 120000;
    uint32_t max_watches_per_caller = 50000;
    // In all its languages and suite spellings. 0: no limit.
    uint32_t max_watches_per_run = 100000;
    // As told to clients too; but gRPC holds only those to it who have acknowledged its settings.
    uint32_t max_watches_per_connection = 1000;
    // Less than fit in one loop (CallLimits::max_waiting_reads), so that others still fit.
    uint32_t max_waiting_reads_per_caller = 12000;
    // Watches included. 0: no limit.
    uint32_t calls_per_second_per_caller = 0;
  };

  enum class Answer {
    kAdmitted,
    kFull,
    kCallerWatches,
    kRunWatches,
    kConnectionWatches,
    kCallerReads,
    kCallerRate,
  };

  // The place of one open watch or waiting read, given back when destroyed. Knows the caller, which
  // all places of one caller share: a watch needs it for as long as it lives.
  class Place {
   public:
    Place() = default;  // Holds nothing.
    Place(Place&& other) noexcept;
    Place& operator=(Place&& other) noexcept;
    ~Place() { GiveBack(); }

    // Only of a place that was admitted.
    const access::Caller& caller() const;

   private:
    friend class Admission;
    void GiveBack();

    Admission* admission_ = nullptr;
    Account* account_ = nullptr;
    Connection* connection_ = nullptr;  // Null: a read's.
    Run* run_ = nullptr;                // Null: a read's, or runs have no limit.
  };

  explicit Admission(Options options);
  ~Admission();

  // Asks for one call.
  Answer AdmitCall(const access::Caller& caller, base::MonotonicTime now);
  // Asks for one call that stays open; sets `place`, empty before, when admitted. `peer` names the
  // connection: address and port of its other end.
  Answer AdmitWatch(const access::Caller& caller, const std::string& peer, const base::RunKey& run,
                    base::MonotonicTime now, Place& place);

  // Asks for one read to wait, a call that AdmitCall let in; sets `place`, empty before, when
  // admitted.
  Answer AdmitWaitingRead(const access::Caller& caller, Place& place);

  const Options& options() const { return options_; }

 private:
  // The open watches and waiting reads of one caller; gone with the last of them.
  struct Account {
    std::string key;
    access::Caller caller;
    uint32_t watches = 0;
    uint32_t waiting_reads = 0;
  };

  // Those of one connection.
  struct Connection {
    std::string peer;
    uint32_t watches = 0;
  };

  // Those of one run.
  struct Run {
    std::string key;
    uint32_t watches = 0;
  };

  static std::string KeyOf(const access::Caller& caller);
  // The caller's account by its key; null when there is none.
  Account* FindLocked(const std::string& key);
  Account& MakeLocked(const std::string& key, const access::Caller& caller);
  void GiveBack(Account& account, Connection* connection, Run* run);

  const Options options_;

  std::mutex mutex_;
  // Guarded by mutex_. By name and what was proven. Accounts stay where they are, so that
  // places can point to them.
  absl::flat_hash_map<std::string, std::unique_ptr<Account>> accounts_;
  absl::flat_hash_map<std::string, std::unique_ptr<Connection>> connections_;  // Guarded by mutex_.
  absl::flat_hash_map<std::string, std::unique_ptr<Run>> runs_;                // Guarded by mutex_.
  uint32_t watches_ = 0;                                                       // Guarded by mutex_.
  base::RateLimiter limiter_;                                                  // Guarded by mutex_.
};

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_ADMISSION_H_
