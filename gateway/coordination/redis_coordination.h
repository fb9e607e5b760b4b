// Coordination by a Redis that all replicas share.
//
// Two connections: one for commands, one that waits for records. Keys, scripts and rules:
// README.md.

#ifndef RUNCAST_GATEWAY_COORDINATION_REDIS_COORDINATION_H_
#define RUNCAST_GATEWAY_COORDINATION_REDIS_COORDINATION_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/auth/secret_source.h"
#include "gateway/base/event_loop.h"
#include "gateway/base/secret_string.h"
#include "gateway/coordination/engine_breaker.h"
#include "gateway/coordination/engine_time.h"
#include "gateway/coordination/name_lookup.h"
#include "gateway/coordination/redis_address.h"
#include "gateway/coordination/redis_connection.h"
#include "gateway/coordination/redis_scripts.h"
#include "gateway/coordination/replica_sessions.h"
#include "gateway/coordination/stream_reader.h"
#include "gateway/runs/coordination.h"
#include "gateway/telemetry/event_limit.h"
#include "gateway/telemetry/metrics.h"

namespace runcast::coordination {

// Threads: as Coordination says; `Make` and the destructor while the loop does not run, or on it.
// Lifetime: what is passed in outlives this object.
// Errors: an engine that is not there is no error at any time.
class RedisCoordination final : public runs::Coordination {
 public:
  struct Options {
    RedisAddress address;
    std::string user;           // Empty: Redis's own default user.
    std::string password_file;  // Empty: no login.
    std::string prefix = "runcast:";
    absl::Duration command_timeout = absl::Milliseconds(250);
    // How many sends of a run are kept at least: those of an hour, and some.
    size_t kept_sends = 3600;
    // Names this process in the engine and in logs; a random part follows. Empty: the host's name.
    std::string replica_name;
  };

  // Errors: FAILED_PRECONDITION when the password cannot be read at start.
  static absl::StatusOr<std::unique_ptr<RedisCoordination>> Make(Options options,
                                                                 base::EventLoop& loop,
                                                                 telemetry::Metrics& metrics);
  ~RedisCoordination() override;

  void Start(Listener& listener) override;
  const std::string& session() const override { return session_; }
  base::MonotonicTime lease_until() const override { return lease_until_; }
  void Claim(const std::string& run_id, runs::ClaimRequest request) override;
  void Publish(const std::string& run_id, runs::PublishRequest request) override;
  void Release(const std::string& run_id, uint64_t epoch, runs::SendTimes sends,
               std::vector<base::RunKey> offered) override;
  void Borrow(const std::string& run_id, base::MonotonicTime at) override;
  void SetReachesPlatform(bool reaches) override { reaches_platform_ = reaches; }
  void Leave(base::Task done) override;

 private:
  using Done = RedisConnection::Done;
  struct WaitingClaim {
    std::string run_id;
    runs::ClaimRequest request;
  };

  RedisCoordination(Options options, base::EventLoop& loop, telemetry::Metrics& metrics);

  base::MonotonicTime Now() const { return loop_.clock().Now(); }
  std::string Key(absl::string_view rest) const;

  void Connect();
  // Closes what stands. Whoever waits there for an answer hears that there is none.
  void Disconnect();
  void OnAddress(const RedisAddress& address);
  void LogIn(RedisConnection& connection);
  void ConnectReader();
  void OnClosed(const std::string& why);
  // Tries again after a moment.
  void Reconnect(const std::string& why);
  void LoadScripts();

  void Renew();
  void OnRenewed(const redisReply* reply, base::MonotonicTime sent);
  void OnTime(int64_t now_ms, int64_t era_ms, base::MonotonicTime sent);
  void CountReplicas(const redisReply* renewals, const redisReply* says, int64_t now_ms);
  void LookForLost();
  void OnEntry(const StreamReader::Entry& entry);
  // As many of those that wait as may be on their way.
  void SendClaims();
  void SendClaim(const std::string& run_id, const runs::ClaimRequest& request);

  // Runs a script. `done` gets no reply when there was none in time, or an error.
  void Run(Script script, std::vector<std::string> keys, std::vector<std::string> arguments,
           Done done);
  void RunSource(Script script, const std::vector<std::string>& keys,
                 const std::vector<std::string>& arguments, Done done);
  // What every answer means for the engine; null when it was none.
  const redisReply* Judge(const redisReply* reply);
  void OnFailure(absl::string_view why);
  // Tells the listener that the engine is up or down, if that is news.
  void TellEngine();

  const Options options_;
  base::EventLoop& loop_;
  telemetry::Metrics& metrics_;
  std::string session_;
  std::mt19937_64 random_;
  Listener* listener_ = nullptr;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::unique_ptr<auth::SecretSource> password_source_;
  base::SecretString password_;
  std::unique_ptr<NameLookup> lookup_;
  std::optional<RedisAddress> address_;  // In digits, of the connection that stands.
  std::unique_ptr<RedisConnection> commands_;
  uint64_t connection_number_ = 0;  // Of `commands_`.
  std::unique_ptr<RedisConnection> records_;
  std::unique_ptr<StreamReader> reader_;
  std::array<std::string, static_cast<size_t>(Script::kCount)> hashes_;
  std::unique_ptr<base::Timer> connect_timer_;
  std::unique_ptr<base::Timer> reader_timer_;

  EngineBreaker breaker_;
  EngineTime time_;
  bool told_up_ = false;
  std::string last_failure_;
  telemetry::EventLimit failure_limit_{absl::Minutes(1)};

  std::unique_ptr<base::Timer> renew_timer_;
  bool renewing_ = false;
  bool reaches_platform_ = true;
  bool leaving_ = false;
  base::MonotonicTime lease_until_ = base::MonotonicTime::InfinitePast();
  bool has_jumped_ = false;  // The engine's clock, and the engine has not been told.
  bool era_known_ = false;
  int64_t era_ms_ = 0;
  std::unique_ptr<ReplicaSessions> sessions_;
  std::unique_ptr<base::Timer> session_timer_;

  std::deque<WaitingClaim> waiting_claims_;
  size_t claims_in_flight_ = 0;
};

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_REDIS_COORDINATION_H_
