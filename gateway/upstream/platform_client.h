// Asks the platform over HTTP.

#ifndef RUNCAST_GATEWAY_UPSTREAM_PLATFORM_CLIENT_H_
#define RUNCAST_GATEWAY_UPSTREAM_PLATFORM_CLIENT_H_

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/auth/token_source.h"
#include "gateway/base/event_loop.h"
#include "gateway/http/http_client.h"
#include "gateway/telemetry/metrics.h"
#include "gateway/upstream/answer_cache.h"
#include "gateway/upstream/error_table.h"
#include "gateway/upstream/http_date.h"
#include "gateway/upstream/status_client.h"
#include "gateway/upstream/status_url.h"
#include "gateway/upstream/status_words.h"
#include "gateway/upstream/trouble_log.h"
#include "gateway/upstream/unreadable_field_log.h"

namespace runcast::upstream {

// One poll is at most two sends:
//
//        Poll ──▶ token ──▶ send 1 ──▶ answer ──▶ done
//                   ▲          │          │ refused as a replay; or refused, and the secret
//                   │          │          │ has changed
//                   │          ▼          │
//                   │    kept connection  │
//                   │    was dead         │
//                   │     │         │     │
//                   └─────┘         ▼     │
//                   ▲  single-use  send 2 of the same bytes ──▶ answer ──▶ done
//                   │  token                                  (shared token)
//                   └─────────────────────┘
//
// Both sends ask `on_send` first, and share the time of the poll. When the second is not allowed,
// or no token or time is left for it, the poll ends with what the first one brought. A token that
// the platform refused is always reported to its source, also when no repetition follows.
//
// Threads: poll loop only.
// Lifetime: all parameters outlive this object; destroying it drops all polls without calling
//   back.
// Errors: a stream id without a credential, or one without a usable secret, is kCredentials;
//   everything else as in error_table.h.
class PlatformClient final : public StatusClient {
 public:
  struct Options {
    UrlShape url;
    std::vector<StatusWords::Word> state_words;  // Beside those built in.
    // Longest time for a whole poll, both sends together.
    absl::Duration poll_timeout = absl::Seconds(10);
  };

  PlatformClient(base::EventLoop& loop, http::HttpClient& http, auth::Credentials& credentials,
                 telemetry::Metrics& metrics, Options options);
  ~PlatformClient() override;

  void Poll(const base::RunKey& key, const base::TraceContext& trace, OnSend on_send,
            Done done) override;

 private:
  // One poll under way. Shared with callbacks only weakly, so that they find nothing once the
  // poll is over or dropped.
  struct Exchange;
  using ExchangePtr = std::shared_ptr<Exchange>;

  // Gets a token and hands a request to the HTTP client. The status says why that failed.
  absl::Status Start(const ExchangePtr& exchange, bool fresh_connection);
  http::HttpRequest MakeRequest(const Exchange& exchange, base::SecretString token) const;
  bool OnHttpSend(Exchange& exchange, int send_number);
  void OnHttpDone(const ExchangePtr& exchange, absl::StatusOr<http::HttpResponse> response);
  // Whether there are sends and time left.
  bool MayStillSend(const Exchange& exchange) const;
  // Whether a second send with another token may succeed; tells the source about refusals.
  bool MayRepeat(Exchange& exchange, Remedy remedy);
  // Counts what could not be read and tells the log of it.
  void NoteUnreadable(const Exchange& exchange, const PollAnswer& answer);
  // Tells the log what is worth it.
  void LogTrouble(const Exchange& exchange, const PollResult& result);
  // The name of the credential that serves it; empty when there is none.
  std::string CredentialOf(const Exchange& exchange) const;
  // Ends the poll.
  void Finish(const ExchangePtr& exchange, PollResult result);
  // The same for a poll that failed before anything was handed out: later, on the loop.
  void FinishSoon(const ExchangePtr& exchange, PollResult result);

  base::EventLoop& loop_;
  http::HttpClient& http_;
  auth::Credentials& credentials_;
  telemetry::Metrics& metrics_;
  const UrlShape url_;
  const StatusWords words_;
  const absl::Duration poll_timeout_;
  AnswerCache cache_;
  HttpDateReader dates_;
  TroubleLog troubles_;
  UnreadableFieldLog unreadable_;
  std::mt19937_64 random_{std::random_device()()};  // For ids of traces.
  absl::flat_hash_set<ExchangePtr> exchanges_;
};

}  // namespace runcast::upstream

#endif  // RUNCAST_GATEWAY_UPSTREAM_PLATFORM_CLIENT_H_
