#include "tests/faults/library_watchers.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>

#include "runcast/error_reason.h"

namespace runcast::faults {
namespace {

std::string ReasonOf(const absl::Status& status) {
  std::string reason = client::ErrorReason(status);
  return reason.empty() ? std::string(status.message()) : reason;
}

}  // namespace

LibraryWatchers::LibraryWatchers(WatcherOptions options, int clients, WatchRecord& record) {
  std::vector<std::string> targets = {options.address};
  targets.insert(targets.end(), options.other_addresses.begin(), options.other_addresses.end());
  for (int i = 0; i < clients; ++i) {
    client::ClientOptions client_options;
    client_options.targets = targets;
    std::rotate(targets.begin(), targets.begin() + 1, targets.end());
    clients_.push_back(client::RunStatusClient::Make(client_options).value());
  }
  // A run's watchers follow each other in the list, so neighbours are of different clients.
  std::vector<size_t> order(clients_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::mt19937 random(1);  // The same spread in every test.
  for (size_t i = 0; i < options.runs.size(); ++i) {
    client::WatchCallbacks callbacks;
    callbacks.on_status = [&record, i](const v1::RunStatus& status) { record.OnStatus(i, status); };
    callbacks.on_heartbeat = [&record, i](const v1::Heartbeat& heartbeat) {
      record.OnHeartbeat(i, heartbeat);
    };
    callbacks.on_connection = [&record, i](const client::ConnectionNews& news) {
      if (news.state == client::ConnectionNews::State::kConnecting) record.OnOpened(i);
      if (news.state == client::ConnectionNews::State::kWaiting) {
        record.OnEnded(i, static_cast<int>(news.error.code()), ReasonOf(news.error));
      }
    };
    callbacks.on_done = [&record, i](const absl::Status& end) {
      record.OnEnded(i, static_cast<int>(end.code()), ReasonOf(end));
    };
    if (targets.size() > 1 && i % order.size() == 0) {
      std::shuffle(order.begin(), order.end(), random);
    }
    watches_.push_back(
        clients_[order[i % order.size()]]->Watch(options.runs[i], std::move(callbacks)));
  }
}

void LibraryWatchers::Reopen(bool) {
  throw std::invalid_argument("the client library opens its streams by itself");
}

}  // namespace runcast::faults
