#include "client/cli/gateway_contact.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/printable_text.h"
#include "client/cli/status_words.h"
#include "runcast/error_reason.h"

namespace runcast::cli {
namespace {

// A gateway in the same network has answered by then.
constexpr absl::Duration kPatience = absl::Milliseconds(1500);
constexpr absl::Duration kRepeat = absl::Seconds(10);

}  // namespace

GatewayContact::GatewayContact(absl::string_view gateway, absl::string_view context, absl::Time now)
    : gateway_(PrintableText(gateway)), context_(context), silent_since_(now) {}

std::string GatewayContact::OnNews(const client::ConnectionNews& news, absl::Time now) {
  switch (news.state) {
    case client::ConnectionNews::State::kConnecting:
      ++attempt_;
      return "";
    case client::ConnectionNews::State::kOpen: {
      const bool told = std::exchange(told_trouble_, false);
      const bool back = std::exchange(was_open_, true);
      open_ = true;
      attempt_ = 0;
      error_.clear();
      if (!told) return "";
      return back ? "the gateway is back" : absl::StrCat("the gateway ", gateway_, " answers");
    }
    case client::ConnectionNews::State::kWaiting:
      return OnLoss(news.error, now);
  }
  return "";
}

std::string GatewayContact::OnLoss(const absl::Status& error, absl::Time now) {
  const bool had_stream = std::exchange(open_, false);
  const std::string reason = client::ErrorReason(error);
  if (reason == "STREAM_MAX_AGE") return "";  // Opened again at once, as planned.
  error_ = BriefError(error);
  const bool drains = had_stream && reason == "DRAINING";
  refused_ = !reason.empty() && !drains;
  if (std::exchange(told_trouble_, true)) return "";
  silent_since_ = now;
  if (drains) return "the gateway is shutting down; opening the watch again";
  if (refused_) {
    return absl::StrCat("the gateway ", gateway_, " refuses, trying again: ", error_,
                        HintLine(error));
  }
  if (was_open_) return absl::StrCat("lost the gateway ", gateway_, ", trying again: ", error_);
  return absl::StrCat("cannot reach the gateway ", gateway_, ", trying again: ", error_,
                      HintLine(error));
}

std::string GatewayContact::OnTick(absl::Time now) {
  if (told_trouble_ && now - silent_since_ >= kRepeat) {
    silent_since_ = now;
    return absl::StrCat("still trying ", gateway_, ", attempt ", attempt_, ": ", error_);
  }
  if (was_open_ || told_trouble_ || told_waiting_ || now - silent_since_ < kPatience) return "";
  told_waiting_ = true;
  return absl::StrCat("waiting for the first answer of the gateway ", gateway_);
}

std::string GatewayContact::Brief() const {
  if (open_ || (was_open_ && error_.empty())) return "";
  std::string words = refused_    ? "refused by the gateway"
                      : was_open_ ? "lost the gateway"
                                  : absl::StrCat("connecting to ", gateway_);
  if (error_.empty()) return words;
  if (attempt_ == 0) return absl::StrCat(words, " (", error_, ")");
  return absl::StrCat(words, " (attempt ", attempt_, ": ", error_, ")");
}

std::string GatewayContact::BriefError(const absl::Status& error) const {
  absl::string_view text(error.message().data(), error.message().size());
  absl::ConsumePrefix(&text, context_);
  absl::ConsumePrefix(&text, absl::StrCat("connect to ", gateway_, ": "));
  return PrintableText(text);
}

}  // namespace runcast::cli
