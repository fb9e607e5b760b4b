#include "gateway/upstream/platform_client.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/upstream/message_text.h"
#include "gateway/upstream/poll_reading.h"

namespace runcast::upstream {
namespace {

// The budget of a run is charged per send, and a poll must not become a storm.
constexpr int kMostSends = 2;

// A language goes into a header as it is.
bool FitsHeader(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
}

}  // namespace

struct PlatformClient::Exchange {
  base::RunKey key;
  base::TraceContext trace;
  OnSend on_send;
  Done done;
  base::MonotonicTime deadline;  // Of the whole poll.
  int sends = 0;
  bool single_use_token = false;
  // Why the HTTP client was told not to send, if it was.
  bool needs_fresh_token = false;  // The same token would have gone out twice.
  // What the first send brought, for when the second does not come about.
  std::optional<PollResult> first_result;
  // The platform's clock less ours, by its last answer; nothing: it did not say.
  std::optional<absl::Duration> clock_difference;
};

PlatformClient::PlatformClient(base::EventLoop& loop, http::HttpClient& http,
                               auth::Credentials& credentials, telemetry::Metrics& metrics,
                               Options options)
    : loop_(loop),
      http_(http),
      credentials_(credentials),
      metrics_(metrics),
      url_(std::move(options.url)),
      words_(options.state_words),
      poll_timeout_(options.poll_timeout) {}

PlatformClient::~PlatformClient() = default;

void PlatformClient::Poll(const base::RunKey& key, const base::TraceContext& trace, OnSend on_send,
                          Done done) {
  auto exchange = std::make_shared<Exchange>();
  exchange->key = key;
  exchange->trace =
      trace.empty() ? base::TraceContext::Start(random_(), random_(), random_()) : trace;
  exchange->on_send = std::move(on_send);
  exchange->done = std::move(done);
  exchange->deadline = loop_.clock().Now() + poll_timeout_;
  exchanges_.insert(exchange);
  if (!FitsHeader(key.language)) {
    return FinishSoon(exchange, MakeFailure(PollFailureKind::kRejected, key.run_id, 0,
                                            "the language cannot be sent as a header"));
  }
  if (const absl::Status started = Start(exchange, /*fresh_connection=*/false); !started.ok()) {
    FinishSoon(exchange, MakeFailure(PollFailureKind::kCredentials, key.run_id, 0,
                                     OneLine(started.message())));
  }
}

absl::Status PlatformClient::Start(const ExchangePtr& exchange, bool fresh_connection) {
  const base::RunKey& key = exchange->key;
  auth::TokenSource* source = credentials_.Find(key.stream_id);
  if (source == nullptr) {
    return absl::NotFoundError(absl::StrCat("no credential serves stream id ", key.stream_id));
  }
  absl::StatusOr<base::SecretString> token = source->GetToken();
  if (!token.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "no token from credential ", source->credential_name(), ": ", token.status().message()));
  }
  exchange->single_use_token = source->single_use();
  http::HttpRequest request = MakeRequest(*exchange, *std::move(token));
  request.fresh_connection = fresh_connection;
  const std::weak_ptr<Exchange> weak = exchange;
  http_.Get(
      std::move(request),
      [this, weak](int send_number) {
        const ExchangePtr open = weak.lock();
        return open != nullptr && OnHttpSend(*open, send_number);
      },
      [this, weak](absl::StatusOr<http::HttpResponse> response) {
        const ExchangePtr open = weak.lock();
        if (open != nullptr) OnHttpDone(open, std::move(response));
      });
  return absl::OkStatus();
}

http::HttpRequest PlatformClient::MakeRequest(const Exchange& exchange,
                                              base::SecretString token) const {
  const base::RunKey& key = exchange.key;
  http::HttpRequest request;
  request.url = StatusUrl(url_, key);
  request.deadline = exchange.deadline;
  // The platform wants the content type on GET as well.
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!key.language.empty()) request.headers.emplace_back("bot-language", key.language);
  request.headers.insert(request.headers.end(), exchange.trace.headers().begin(),
                         exchange.trace.headers().end());
  request.secret_header_name = "auth";  // Bare, no `Bearer`.
  request.secret_header_value = std::move(token);
  return request;
}

bool PlatformClient::OnHttpSend(Exchange& exchange, int send_number) {
  if (exchange.sends == kMostSends) return false;
  if (send_number > 1 && exchange.single_use_token) {
    exchange.needs_fresh_token = true;
    return false;
  }
  if (!exchange.on_send()) {
    return false;
  }
  ++exchange.sends;
  metrics_.upstream_sends.Add();
  if (exchange.sends > 1) metrics_.upstream_repeats.Add();
  return true;
}

void PlatformClient::OnHttpDone(const ExchangePtr& exchange,
                                absl::StatusOr<http::HttpResponse> response) {
  std::optional<absl::Time> date;
  if (response.ok()) {
    date = dates_.Read(response->date);
    if (date.has_value()) {
      credentials_.OnPlatformDate(*date);
      exchange->clock_difference = *date - loop_.clock().WallNow();
    }
  } else if (absl::IsAborted(response.status()) && exchange->sends > 0) {
    // We stopped a second send: what came of the first is that its connection was dead. A token
    // good for one request cannot go out again, a fresh one can.
    const bool repeat = std::exchange(exchange->needs_fresh_token, false);
    if (!exchange->first_result.has_value()) {
      exchange->first_result = ExplainExchange(
          exchange->key.run_id,
          absl::UnavailableError("the connection was closed before an answer came"));
    }
    if (repeat && MayStillSend(*exchange) && Start(exchange, /*fresh_connection=*/true).ok())
      return;
    return Finish(exchange, *std::move(exchange->first_result));
  }

  if (response.ok()) {
    if (const PollAnswer* known = cache_.Find(exchange->key, *response)) {
      NoteUnreadable(*exchange, *known);
      PollAnswer answer = *known;
      answer.platform_time = date;
      return Finish(exchange, std::move(answer));
    }
  }
  PollReading reading = ReadExchange(exchange->key, response, loop_.clock().WallNow(), words_);
  if (auto* answer = std::get_if<PollAnswer>(&reading.result)) {
    answer->platform_time = date;
    NoteUnreadable(*exchange, *answer);
    cache_.Put(exchange->key, *response, *answer);
  }
  if (MayRepeat(*exchange, reading.remedy)) {
    exchange->first_result = reading.result;
    if (Start(exchange, /*fresh_connection=*/false).ok()) return;
  }
  Finish(exchange, std::move(reading.result));
}

bool PlatformClient::MayStillSend(const Exchange& exchange) const {
  return exchange.sends < kMostSends && loop_.clock().Now() < exchange.deadline;
}

bool PlatformClient::MayRepeat(Exchange& exchange, Remedy remedy) {
  if (remedy == Remedy::kNone) return false;
  const bool sends_left = MayStillSend(exchange);
  auth::TokenSource* source = credentials_.Find(exchange.key.stream_id);
  if (source == nullptr) return false;
  if (remedy == Remedy::kFreshToken) {
    // A shared token that counts as seen is as good as refused; a single-use one is used up.
    if (!source->single_use()) source->OnRefused();
    return sends_left;
  }
  return source->OnRefused() && sends_left;
}

std::string PlatformClient::CredentialOf(const Exchange& exchange) const {
  const auth::TokenSource* const source = credentials_.Find(exchange.key.stream_id);
  return source == nullptr ? std::string() : source->credential_name();
}

void PlatformClient::NoteUnreadable(const Exchange& exchange, const PollAnswer& answer) {
  if (answer.unreadable_fields.empty()) return;
  metrics_.unreadable_fields.Add(answer.unreadable_fields.size());
  unreadable_.OnFields(CredentialOf(exchange), exchange.key, exchange.trace.TraceId(),
                       answer.unreadable_fields, loop_.clock().Now());
}

void PlatformClient::LogTrouble(const Exchange& exchange, const PollResult& result) {
  if (troubles_.is_calm() && std::holds_alternative<PollAnswer>(result)) return;
  troubles_.OnResult(CredentialOf(exchange), exchange.key, exchange.trace.TraceId(), result,
                     exchange.clock_difference, loop_.clock().Now());
}

void PlatformClient::Finish(const ExchangePtr& exchange, PollResult result) {
  const auto* failure = std::get_if<PollFailure>(&result);
  if (failure != nullptr && (failure->kind == PollFailureKind::kUnavailable ||
                             failure->kind == PollFailureKind::kProtocol)) {
    metrics_.CountUpstreamFailure(failure->cause);
  }
  LogTrouble(*exchange, result);
  // `done` may poll again or destroy this object; the caller's pointer keeps the exchange.
  exchanges_.erase(exchange);
  exchange->done(std::move(result));
}

void PlatformClient::FinishSoon(const ExchangePtr& exchange, PollResult result) {
  loop_.Post(
      [this, weak = std::weak_ptr<Exchange>(exchange), result = std::move(result)]() mutable {
        const ExchangePtr open = weak.lock();
        if (open != nullptr) Finish(open, std::move(result));
      });
}

}  // namespace runcast::upstream
