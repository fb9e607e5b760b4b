// What RedisCoordination asks and hears of runs. Its connections and its session:
// redis_coordination.cc.

#include <hiredis/hiredis.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/coordination/redis_coordination.h"
#include "gateway/coordination/redis_reply.h"
#include "gateway/coordination/run_variant.h"

namespace runcast::coordination {
namespace {

// More claims wait for the engine's answers than it works off within `command_timeout` if every
// replica claims every run at once, as after a blip.
constexpr size_t kMostClaims = 64;

}  // namespace

void RedisCoordination::Claim(const std::string& run_id, runs::ClaimRequest request) {
  waiting_claims_.push_back({run_id, std::move(request)});
  SendClaims();
}

void RedisCoordination::SendClaims() {
  if (!breaker_.is_up()) {
    for (WaitingClaim& claim : std::exchange(waiting_claims_, {})) {
      loop_.Post([this, alive = alive_, run_id = std::move(claim.run_id)] {
        if (*alive) listener_->OnClaimAnswer(run_id, {});
      });
    }
  }
  while (claims_in_flight_ < kMostClaims && !waiting_claims_.empty()) {
    WaitingClaim next = std::move(waiting_claims_.front());
    waiting_claims_.pop_front();
    ++claims_in_flight_;
    SendClaim(next.run_id, next.request);
  }
}

void RedisCoordination::SendClaim(const std::string& run_id, const runs::ClaimRequest& request) {
  const size_t stream = StreamReader::StreamOf(run_id);
  std::vector<std::string> arguments = {options_.prefix,
                                        session_,
                                        absl::StrCat(request.known_epoch),
                                        request.take ? "1" : "0",
                                        time_.Pack(request.sends),
                                        run_id,
                                        absl::StrCat(stream)};
  for (const base::RunKey& key : request.variants) arguments.push_back(EncodeVariant(key));
  Run(Script::kClaim,
      {Key("r:") + run_id, Key("l:") + run_id, Key(absl::StrCat("x:", stream)), Key("n"),
       Key("era")},
      std::move(arguments), [this, run_id](const redisReply* reply) {
        --claims_in_flight_;
        runs::ClaimAnswer answer;
        if (ElementCount(reply) == 10) {
          answer.answered = true;
          answer.owned = NumberOf(reply->element[0]) == 1;
          answer.owner = std::string(TextOf(reply->element[1]));
          answer.epoch = static_cast<uint64_t>(NumberOf(reply->element[2]));
          answer.after_loss = NumberOf(reply->element[3]) == 1;
          answer.sends = time_.Unpack(TextOf(reply->element[4]), Now());
          const redisReply* const records = reply->element[5];
          for (size_t i = 0; i + 1 < ElementCount(records); i += 2) {
            if (auto key = DecodeVariant(TextOf(records->element[i]))) {
              answer.records.push_back(
                  {*std::move(key), std::string(TextOf(records->element[i + 1]))});
            }
          }
          answer.records_epoch = static_cast<uint64_t>(NumberOf(reply->element[7]));
          answer.records_version = static_cast<uint64_t>(NumberOf(reply->element[8]));
          // Without an era it has just forgotten everything.
          const int64_t era = NumberOf(reply->element[6]);
          answer.known_since = era == 0 ? Now() : time_.FromEngine(era);
          answer.has_whole_log = NumberOf(reply->element[9]) == 1;
        }
        metrics_.coordination_claims.Add();
        listener_->OnClaimAnswer(run_id, std::move(answer));
        SendClaims();
      });
}

void RedisCoordination::Publish(const std::string& run_id, runs::PublishRequest request) {
  const size_t stream = StreamReader::StreamOf(run_id);
  const base::MonotonicTime sent = Now();
  Run(Script::kPublish,
      {Key("r:") + run_id, Key("l:") + run_id, Key(absl::StrCat("x:", stream)), Key("n"),
       Key("era")},
      {absl::StrCat(options_.kept_sends * 4), session_, absl::StrCat(request.epoch),
       absl::StrCat(request.version), time_.Pack(request.sends), absl::StrCat(request.surplus),
       EncodeVariant(request.key), std::move(request.record), run_id, absl::StrCat(stream),
       time_.Pack(request.heard), request.is_whole_log ? "1" : "0"},
      [this, run_id, sent](const redisReply* reply) {
        runs::PublishAnswer answer;
        if (ElementCount(reply) == 4) {
          answer.answered = true;
          answer.accepted = NumberOf(reply->element[0]) == 1;
          answer.created = NumberOf(reply->element[1]) == 1;
          answer.is_shared = NumberOf(reply->element[2]) == 1;
          answer.borrowed = time_.Unpack(TextOf(reply->element[3]), Now());
          metrics_.coordination_publish_seconds.Observe(absl::ToDoubleSeconds(Now() - sent));
        }
        listener_->OnPublishAnswer(run_id, std::move(answer));
      });
}

void RedisCoordination::Release(const std::string& run_id, uint64_t epoch, runs::SendTimes sends,
                                std::vector<base::RunKey> offered) {
  const size_t stream = StreamReader::StreamOf(run_id);
  std::vector<std::string> arguments = {session_, absl::StrCat(epoch), time_.Pack(sends), run_id,
                                        absl::StrCat(stream)};
  for (const base::RunKey& key : offered) arguments.push_back(EncodeVariant(key));
  Run(Script::kRelease,
      {Key("r:") + run_id, Key("l:") + run_id, Key(absl::StrCat("x:", stream)), Key("n")},
      std::move(arguments), [](const redisReply*) {});
}

void RedisCoordination::Borrow(const std::string& run_id, base::MonotonicTime at) {
  Run(Script::kBorrow, {Key("r:") + run_id, Key("l:") + run_id},
      {options_.prefix, time_.Pack({at})}, [this, run_id](const redisReply* reply) {
        listener_->OnBorrowAnswer(run_id, reply != nullptr && NumberOf(reply) == 1);
      });
}

void RedisCoordination::OnEntry(const StreamReader::Entry& entry) {
  switch (entry.kind) {
    case kRecordEntry:
    case kReleasedEntry: {
      runs::SharedRecord record{
          .owner = std::string(entry.owner), .epoch = entry.epoch, .version = entry.version};
      if (entry.kind == kReleasedEntry) {
        record.key.run_id = std::string(entry.run_id);
      } else if (auto key = DecodeVariant(entry.variant)) {
        record.key = *std::move(key);
        record.record = std::string(entry.record);
      }
      metrics_.coordination_records_read.Add();
      listener_->OnRecord(std::move(record));
      break;
    }
    case kWantedEntry:
      if (const auto key = DecodeVariant(entry.variant)) {
        listener_->OnWanted(*key, std::string(entry.owner));
      }
      break;
    case kOfferedEntry:
      if (const auto key = DecodeVariant(entry.variant)) listener_->OnOffered(*key);
      break;
    default:  // Of a newer version.
      break;
  }
}

}  // namespace runcast::coordination
