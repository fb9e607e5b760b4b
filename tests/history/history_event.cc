#include "tests/history/history_event.h"

#include <functional>
#include <string>

namespace runcast::history {
namespace {

// Of a status without what the gateway added.
uint64_t HashOfFacts(const v1::RunStatus& status) {
  v1::RunStatus facts = status;
  facts.clear_sequence();
  facts.clear_epoch();
  facts.clear_observed_at();
  facts.clear_freshness();
  return std::hash<std::string>()(facts.SerializeAsString());
}

}  // namespace

HistoryEvent EventOf(absl::Time at, const v1::RunStatus& status) {
  HistoryEvent event{.kind = HistoryEvent::Kind::kStatus, .at = at};
  event.fresh = status.freshness().state() == v1::Freshness::STATE_FRESH;
  event.epoch = status.epoch();
  event.sequence = status.sequence();
  event.terminal = status.terminal();
  const v1::Progress& progress = status.progress();
  if (progress.has_utterances_done()) event.done = progress.utterances_done();
  if (progress.has_percent()) event.percent = progress.percent();
  event.facts = HashOfFacts(status);
  return event;
}

HistoryEvent EventOf(absl::Time at, const v1::WatchRunResponse& message) {
  HistoryEvent event{.at = at};
  if (message.has_status()) {
    event = EventOf(at, message.status());
  } else if (message.has_heartbeat()) {
    event.kind = HistoryEvent::Kind::kHeartbeat;
    event.fresh = message.heartbeat().freshness().state() == v1::Freshness::STATE_FRESH;
  } else {
    event.kind = HistoryEvent::Kind::kNothing;
  }
  event.has_token = !message.resume_token().empty();
  return event;
}

}  // namespace runcast::history
