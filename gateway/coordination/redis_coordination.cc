#include "gateway/coordination/redis_coordination.h"

#include <hiredis/hiredis.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/coordination/redis_reply.h"
#include "gateway/telemetry/log.h"

namespace runcast::coordination {
namespace {

constexpr absl::Duration kRenewInterval = absl::Seconds(1);
// Shorter than the session (3 s, redis_scripts.cc): who has not renewed stops before others start.
constexpr absl::Duration kLease = absl::Seconds(2);
// Between two tries to connect, spread by as much again.
constexpr absl::Duration kReconnect = absl::Milliseconds(300);
constexpr absl::Duration kConnectTimeout = absl::Seconds(1);

// Between clocks that drift apart nothing is lost, however often their difference is seen anew; a
// clock that jumps makes times that were stored before mean something else.
constexpr absl::Duration kJump = absl::Seconds(1);

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "gateway";
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisCoordination>> RedisCoordination::Make(
    Options options, base::EventLoop& loop, telemetry::Metrics& metrics) {
  auto made =
      std::unique_ptr<RedisCoordination>(new RedisCoordination(std::move(options), loop, metrics));
  if (made->options_.password_file.empty()) return made;
  RedisCoordination* const self = made.get();
  auto source = auth::SecretSource::Make(
      loop, "password of coordination", {.file = made->options_.password_file, .environment = ""},
      [self](const base::SecretString& text, auth::SecretSource::Occasion) {
        // In use with the next connection: one that stands has logged in.
        self->password_ = text;
        return absl::OkStatus();
      },
      &metrics);
  if (!source.ok()) return source.status();
  made->password_source_ = *std::move(source);
  return made;
}

RedisCoordination::RedisCoordination(Options options, base::EventLoop& loop,
                                     telemetry::Metrics& metrics)
    : options_(std::move(options)),
      loop_(loop),
      metrics_(metrics),
      random_(std::random_device()()),
      connect_timer_(loop.NewTimer([this] { Connect(); })),
      reader_timer_(loop.NewTimer([this] { ConnectReader(); })),
      renew_timer_(loop.NewTimer([this] { Renew(); })),
      session_timer_(loop.NewTimer([this] { LookForLost(); })) {
  std::random_device device;
  session_ = absl::StrFormat("%s-%08x%08x",
                             options_.replica_name.empty() ? HostName() : options_.replica_name,
                             device(), device());
  sessions_ = std::make_unique<ReplicaSessions>(session_);
  if (options_.address.socket_path.empty()) lookup_ = std::make_unique<NameLookup>(loop);
}

RedisCoordination::~RedisCoordination() { *alive_ = false; }

std::string RedisCoordination::Key(absl::string_view rest) const {
  return absl::StrCat(options_.prefix, rest);
}

void RedisCoordination::Start(Listener& listener) {
  listener_ = &listener;
  connect_timer_->Set(Now());
  renew_timer_->Set(Now() + kRenewInterval);
}

// --- The connections.

void RedisCoordination::Disconnect() {
  records_.reset();
  reader_.reset();
  ++connection_number_;
  if (commands_ == nullptr) return;
  // Without an answer a run would wait for its claim for ever, and the session for its renewal.
  loop_.Post([alive = alive_, waiting = commands_->TakeWaiting()]() mutable {
    for (Done& done : waiting) {
      if (*alive) done(nullptr);
    }
  });
  commands_.reset();
}

void RedisCoordination::Connect() {
  Disconnect();
  if (options_.address.host.empty()) {
    OnAddress(options_.address);
    return;
  }
  lookup_->Resolve(options_.address.host, [this](absl::StatusOr<std::string> found) {
    if (!found.ok()) {
      Reconnect(std::string(found.status().message()));
      return;
    }
    OnAddress(RedisAddress{.host = *std::move(found), .port = options_.address.port});
  });
}

void RedisCoordination::OnAddress(const RedisAddress& address) {
  address_ = address;
  commands_ = std::make_unique<RedisConnection>(loop_, address,
                                                [this](const std::string& why) { OnClosed(why); });
  LogIn(*commands_);
  LoadScripts();
}

void RedisCoordination::LogIn(RedisConnection& connection) {
  if (options_.password_file.empty()) return;
  std::vector<absl::string_view> words = {"AUTH"};
  if (!options_.user.empty()) words.push_back(options_.user);
  words.push_back(password_.Reveal());
  connection.Send(words, kConnectTimeout, [this](const redisReply* reply) {
    if (reply != nullptr && reply->type == REDIS_REPLY_ERROR) OnFailure(TextOf(reply));
  });
}

void RedisCoordination::LoadScripts() {
  for (size_t i = 0; i < kScriptSources.size(); ++i) {
    commands_->Send({"SCRIPT", "LOAD", kScriptSources[i]}, kConnectTimeout,
                    [this, i, connection = connection_number_](const redisReply* reply) {
                      if (connection != connection_number_) return;
                      if (reply == nullptr || reply->type != REDIS_REPLY_STRING) {
                        OnFailure(reply == nullptr ? "no answer while connecting" : TextOf(reply));
                        if (i + 1 == kScriptSources.size()) Reconnect(last_failure_);
                        return;
                      }
                      hashes_[i] = std::string(TextOf(reply));
                      if (i + 1 < kScriptSources.size()) return;
                      Renew();
                      reader_timer_->Set(Now());
                    });
  }
}

void RedisCoordination::ConnectReader() {
  reader_.reset();
  records_.reset();
  if (commands_ == nullptr || !address_.has_value()) return;
  const auto again = [this] { reader_timer_->Set(Now() + kReconnect); };
  records_ =
      std::make_unique<RedisConnection>(loop_, *address_, [again](const std::string&) { again(); });
  LogIn(*records_);
  reader_ = std::make_unique<StreamReader>(
      *records_, options_.prefix,
      StreamReader::Events{.on_entry = [this](const StreamReader::Entry& entry) { OnEntry(entry); },
                           .on_gap = [this] { listener_->OnGap(); },
                           .on_lost = again});
  reader_->Start();
}

void RedisCoordination::OnClosed(const std::string& why) {
  breaker_.OnDisconnected();
  Reconnect(why);
}

void RedisCoordination::Reconnect(const std::string& why) {
  OnFailure(why);
  breaker_.OnDisconnected();
  TellEngine();
  reader_timer_->Cancel();
  connect_timer_->Set(Now() + kReconnect * std::uniform_real_distribution<double>(1, 2)(random_));
}

// --- Commands.

void RedisCoordination::RunSource(Script script, const std::vector<std::string>& keys,
                                  const std::vector<std::string>& arguments, Done done) {
  const std::string count = absl::StrCat(keys.size());
  std::vector<absl::string_view> words = {"EVAL", kScriptSources[static_cast<size_t>(script)],
                                          count};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  commands_->Send(words, options_.command_timeout, std::move(done));
}

void RedisCoordination::Run(Script script, std::vector<std::string> keys,
                            std::vector<std::string> arguments, Done done) {
  if (commands_ == nullptr || hashes_[static_cast<size_t>(script)].empty()) {
    loop_.Post([alive = alive_, done = std::move(done)]() mutable {
      if (*alive) done(nullptr);
    });
    return;
  }
  const std::string count = absl::StrCat(keys.size());
  std::vector<absl::string_view> words = {"EVALSHA", hashes_[static_cast<size_t>(script)], count};
  words.reserve(words.size() + keys.size() + arguments.size());
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  commands_->Send(words, options_.command_timeout,
                  // What `words` points to stays where it is when the vectors are moved.
                  [this, script, keys = std::move(keys), arguments = std::move(arguments),
                   done = std::move(done)](const redisReply* reply) mutable {
                    if (reply != nullptr && reply->type == REDIS_REPLY_ERROR &&
                        absl::StartsWith(TextOf(reply), "NOSCRIPT")) {
                      // Somebody flushed the scripts; EVAL brings this one back.
                      RunSource(script, keys, arguments,
                                [this, done = std::move(done)](const redisReply* again) mutable {
                                  done(Judge(again));
                                });
                      return;
                    }
                    done(Judge(reply));
                  });
}

const redisReply* RedisCoordination::Judge(const redisReply* reply) {
  if (reply != nullptr && reply->type != REDIS_REPLY_ERROR) {
    breaker_.OnAnswer();
    return reply;
  }
  metrics_.coordination_failures.Add();
  breaker_.OnTimeout();
  OnFailure(reply == nullptr ? "a command was not answered in time" : TextOf(reply));
  if (reply != nullptr && IsOfAnother(TextOf(reply))) {
    // Another connection may find a better one.
    breaker_.OnDisconnected();
    connect_timer_->Set(Now() + kReconnect);
  }
  TellEngine();
  return nullptr;
}

void RedisCoordination::OnFailure(absl::string_view why) {
  last_failure_ = std::string(why.substr(0, 200));
  const std::optional<uint64_t> suppressed = failure_limit_.Pass(Now());
  if (!suppressed.has_value()) return;
  telemetry::Log(telemetry::Severity::kWarning, "coordination.failing",
                 "the coordination engine does not answer as it should",
                 {{"why", last_failure_}, {"suppressed", *suppressed}});
}

void RedisCoordination::TellEngine() {
  if (breaker_.is_up() == told_up_) return;
  // Not from inside of a command: what the listener does then are commands.
  loop_.Post([this, alive = alive_] {
    if (!*alive || breaker_.is_up() == told_up_) return;
    told_up_ = breaker_.is_up();
    if (told_up_) {
      telemetry::Log(telemetry::Severity::kInfo, "coordination.up",
                     "replicas share their runs by the coordination engine",
                     {{"session", session_}, {"replicas", sessions_->size() + 1}});
    } else {
      telemetry::Log(telemetry::Severity::kWarning, "coordination.down",
                     "without the coordination engine each replica polls slowly on its own",
                     {{"why", last_failure_}});
    }
    listener_->OnEngine(told_up_);
  });
}

// --- The session.

void RedisCoordination::Renew() {
  renew_timer_->Set(Now() + kRenewInterval);
  if (renewing_ || leaving_ || commands_ == nullptr) return;
  renewing_ = true;
  const base::MonotonicTime sent = Now();
  const bool jumped = has_jumped_;
  Run(Script::kRenew, {Key("s:") + session_, Key("replicas"), Key("era"), Key("n")},
      {options_.prefix, session_, std::string(reaches_platform_ ? kReaches : kReachesNot),
       jumped ? "1" : "0"},
      [this, sent, jumped](const redisReply* reply) {
        renewing_ = false;
        if (reply == nullptr) return;
        if (jumped) has_jumped_ = false;
        OnRenewed(reply, sent);
      });
}

void RedisCoordination::OnRenewed(const redisReply* reply, base::MonotonicTime sent) {
  if (ElementCount(reply) != 5) return;
  const int64_t now_ms = NumberOf(reply->element[0]);
  OnTime(now_ms, NumberOf(reply->element[1]), sent);
  lease_until_ = sent + kLease;
  metrics_.coordination_renew_seconds.Observe(absl::ToDoubleSeconds(Now() - sent));
  CountReplicas(reply->element[2], reply->element[3], now_ms);
  std::array<uint64_t, StreamReader::kStreams> counts{};
  for (size_t i = 0; i < counts.size(); ++i) {
    counts[i] = NumberOf(FieldOf(reply->element[4], absl::StrCat(i)));
  }
  if (reader_ != nullptr) reader_->OnCounts(counts);
  breaker_.OnRenewed();
  TellEngine();
}

void RedisCoordination::OnTime(int64_t now_ms, int64_t era_ms, base::MonotonicTime sent) {
  const absl::Duration step = time_.OnReading(now_ms, sent, Now());
  const bool is_other_era = std::exchange(era_ms_, era_ms) != era_ms && era_known_;
  era_known_ = true;
  if (absl::AbsDuration(step) >= kJump) {
    telemetry::Log(telemetry::Severity::kWarning, "coordination.clock",
                   "the engine's clock and this machine's have jumped against each other",
                   {{"seconds", absl::ToDoubleSeconds(step)}});
    // At once: what is published after this counts as stored since.
    has_jumped_ = true;
    Renew();
  }
  if (step != absl::ZeroDuration() || is_other_era) {
    listener_->OnLogsDoubtful(/*times_moved=*/step != absl::ZeroDuration());
  }
}

void RedisCoordination::CountReplicas(const redisReply* renewals, const redisReply* says,
                                      int64_t now_ms) {
  std::vector<ReplicaSessions::Session> all;
  for (size_t i = 0; i + 1 < ElementCount(renewals) && i / 2 < ElementCount(says); i += 2) {
    all.push_back({.name = std::string(TextOf(renewals->element[i])),
                   .renewed_ms = static_cast<int64_t>(NumberOf(TextOf(renewals->element[i + 1]))),
                   .says = std::string(TextOf(says->element[i / 2]))});
  }
  const ReplicaSessions::News news = sessions_->OnRenewed(all, now_ms, Now());
  for (const std::string& session : news.predecessors) {
    Run(Script::kLeave, {Key("s:") + session, Key("replicas")}, {session},
        [](const redisReply*) {});
  }
  LookForLost();
  listener_->OnReplicas(news.counts);
}

void RedisCoordination::LookForLost() {
  for (const std::string& session : sessions_->TakeLost(Now())) listener_->OnSessionLost(session);
  const base::MonotonicTime next = sessions_->NextEnd();
  if (next != base::MonotonicTime::InfiniteFuture()) session_timer_->Set(next);
}

void RedisCoordination::Leave(base::Task done) {
  leaving_ = true;
  if (!breaker_.is_up()) {
    loop_.Post(std::move(done));
    return;
  }
  Run(Script::kLeave, {Key("s:") + session_, Key("replicas")}, {session_},
      [done = std::move(done)](const redisReply*) mutable { done(); });
}

}  // namespace runcast::coordination
