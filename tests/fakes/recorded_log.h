// Remembers what is logged while it lives.

#ifndef RUNCAST_TESTS_FAKES_RECORDED_LOG_H_
#define RUNCAST_TESTS_FAKES_RECORDED_LOG_H_

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/telemetry/log.h"

namespace runcast::fakes {

struct RecordedEvent {
  telemetry::Severity severity;
  std::string event;
  std::string message;
  std::map<std::string, std::string> fields;
};

// Threads: any may log; one at a time lives.
class RecordedLog final : public telemetry::LogObserver {
 public:
  RecordedLog() { telemetry::ObserveLog(this); }
  ~RecordedLog() override { telemetry::ObserveLog(nullptr); }

  void OnEvent(telemetry::Severity severity, absl::string_view event, absl::string_view message,
               absl::Span<const telemetry::LogField> fields) override {
    RecordedEvent recorded{severity, std::string(event), std::string(message), {}};
    for (const telemetry::LogField& field : fields) {
      recorded.fields[std::string(field.name)] = field.value;
    }
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(recorded));
  }

  // Their names, in order.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const RecordedEvent& recorded : All()) names.push_back(recorded.event);
    return names;
  }
  std::vector<RecordedEvent> All() const {
    std::lock_guard lock(mutex_);
    return events_;
  }
  std::vector<RecordedEvent> All(const std::string& event) const {
    std::vector<RecordedEvent> found;
    for (RecordedEvent& recorded : All()) {
      if (recorded.event == event) found.push_back(std::move(recorded));
    }
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<RecordedEvent> events_;  // Guarded by mutex_.
};

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_RECORDED_LOG_H_
