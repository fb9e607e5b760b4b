#include "gateway/telemetry/log.h"

#include <errno.h>
#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "gateway/telemetry/log_line.h"

namespace runcast::telemetry {
namespace {

constexpr size_t kQueuedLines = 4096;
constexpr auto kLongestFlush = std::chrono::seconds(2);
constexpr int kLongestWriteWaitMs = 1000;

std::atomic<uint64_t> unwritten_lines{0};

// Whether the last line was cut and lacks its end.
std::atomic<bool> is_line_cut{false};

// Returns how much of `text` stderr has taken.
size_t WriteText(absl::string_view text) {
  size_t taken = 0;
  while (taken < text.size()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data() + taken, text.size() - taken);
    if (written >= 0) {
      taken += static_cast<size_t>(written);
      continue;
    }
    if (errno == EINTR) continue;
    pollfd writable{STDERR_FILENO, POLLOUT, 0};
    // Somebody shares the descriptor with us and made it non-blocking.
    if (errno == EAGAIN && ::poll(&writable, 1, kLongestWriteWaitMs) == 1) continue;
    break;
  }
  return taken;
}

// Writes a whole line, or drops the rest of it: logs must never stop the program, whatever
// stderr is connected to. What was cut gets its line end before the next line, which would be
// lost with it otherwise.
void WriteLine(absl::string_view line) {
  if (is_line_cut.load(std::memory_order_relaxed) && WriteText("\n") == 1) {
    is_line_cut.store(false, std::memory_order_relaxed);
  }
  const size_t taken = is_line_cut.load(std::memory_order_relaxed) ? 0 : WriteText(line);
  if (taken == line.size()) return;
  if (taken > 0) is_line_cut.store(true, std::memory_order_relaxed);
  unwritten_lines.fetch_add(1, std::memory_order_relaxed);
}

class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // Waits for `count` more flushes; false when that took too long.
  bool AwaitFlush(uint64_t target) {
    std::unique_lock lock(flush_mutex_);
    return flushed_.wait_for(lock, kLongestFlush, [&] { return flushes_ >= target; });
  }
  uint64_t flushes() {
    std::lock_guard lock(flush_mutex_);
    return flushes_;
  }

 private:
  // The line is complete already: spdlog's own formatter and clock are not used.
  void sink_it_(const spdlog::details::log_msg& msg) override {
    WriteLine({msg.payload.data(), msg.payload.size()});
  }
  void flush_() override {
    std::lock_guard lock(flush_mutex_);
    ++flushes_;
    flushed_.notify_all();
  }

  std::mutex flush_mutex_;
  std::condition_variable flushed_;
  uint64_t flushes_ = 0;  // Guarded by flush_mutex_.
};

class LogThread {
 public:
  LogThread()
      : sink_(std::make_shared<StderrSink>()),
        pool_(std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1)),
        logger_(std::make_shared<spdlog::async_logger>(
            "runcast", sink_, pool_, spdlog::async_overflow_policy::overrun_oldest)) {
    logger_->set_level(spdlog::level::trace);
  }

  void Write(const std::string& line) {
    logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

  bool Flush() {
    const uint64_t target = sink_->flushes() + 1;
    logger_->flush();
    return sink_->AwaitFlush(target);
  }

  uint64_t dropped() const { return pool_->overrun_counter(); }

 private:
  std::shared_ptr<StderrSink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

std::atomic<LogThread*> log_thread{nullptr};
std::atomic<int> least_severity{static_cast<int>(Severity::kWarning)};
std::atomic<bool> as_json{false};
std::atomic<LogObserver*> log_observer{nullptr};

// Joins the log thread when the process ends, unless it hangs in a write: then it is left
// behind, because joining it would hang the end of the process too.
struct LogThreadEnd {
  ~LogThreadEnd() {
    LogThread* const thread = log_thread.exchange(nullptr);
    if (thread != nullptr && thread->Flush()) delete thread;
  }
};

void Observe(Severity severity, absl::string_view event, absl::string_view message,
             absl::Span<const LogField> fields) {
  if (LogObserver* const observer = log_observer.load(std::memory_order_acquire)) {
    observer->OnEvent(severity, event, message, fields);
  }
}

void Write(Severity severity, absl::string_view event, absl::string_view message,
           absl::Span<const LogField> fields) {
  std::string line = as_json.load(std::memory_order_relaxed)
                         ? JsonLogLine(absl::Now(), severity, event, message, fields)
                         : TextLogLine(absl::Now(), severity, event, message, fields);
  line.push_back('\n');
  if (LogThread* const thread = log_thread.load(std::memory_order_acquire)) {
    thread->Write(line);
  } else {
    WriteLine(line);
  }
}

}  // namespace

LogField::LogField(absl::string_view field, double number)
    : name(field), value(absl::StrFormat("%.6f", number)), is_bare(true) {}

void ChangeLogging(const LogOptions& options) {
  least_severity = static_cast<int>(options.least);
  as_json = options.format == LogOptions::Format::kJson ||
            (options.format == LogOptions::Format::kAutomatic && ::isatty(STDERR_FILENO) == 0);
}

bool IsLogged(Severity severity) {
  return static_cast<int>(severity) >= least_severity.load(std::memory_order_relaxed) ||
         log_observer.load(std::memory_order_relaxed) != nullptr;
}

void StartLogging(const LogOptions& options) {
  ChangeLogging(options);
  if (log_thread.load() == nullptr) {
    log_thread = new LogThread;
    static const LogThreadEnd end;
  }
}

void Log(Severity severity, absl::string_view event, absl::string_view message,
         absl::Span<const LogField> fields) {
  Observe(severity, event, message, fields);
  if (static_cast<int>(severity) < least_severity.load(std::memory_order_relaxed)) return;
  Write(severity, event, message, fields);
}

void LogAudit(absl::string_view event, absl::string_view message,
              absl::Span<const LogField> fields) {
  Observe(Severity::kInfo, event, message, fields);
  Write(Severity::kInfo, event, message, fields);
}

void ObserveLog(LogObserver* observer) { log_observer.store(observer, std::memory_order_release); }

void FlushLogs() {
  if (LogThread* const thread = log_thread.load()) thread->Flush();
}

uint64_t DroppedLogLines() {
  LogThread* const thread = log_thread.load();
  return unwritten_lines.load(std::memory_order_relaxed) +
         (thread == nullptr ? 0 : thread->dropped());
}

}  // namespace runcast::telemetry
