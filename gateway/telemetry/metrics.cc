#include "gateway/telemetry/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/telemetry/log.h"
#include "gateway/telemetry/metric_families.h"
#include "gateway/telemetry/process_facts.h"

namespace runcast::telemetry {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr size_t kMostStreamEnds = 64;
constexpr const char* kService = "runcast.v1.RunStatusService";

// The spelling that gRPC's other languages use for this label.
constexpr const char* kCodeNames[HandledCounter::kCodes] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

// The reasons of streams' ends that the alert RuncastStreamsCutOff looks for. There from the start,
// because a counter that appears with its first count shows Prometheus no increase.
constexpr const char* kAlertingEnds[] = {"OVERLOADED",           "UPSTREAM_CREDENTIALS",
                                         "UPSTREAM_PROTOCOL",    "UPSTREAM_SCOPE",
                                         "UPSTREAM_UNAVAILABLE", "UPSTREAM_WENT_BACK"};

// The same for codes of calls: Internal and Unknown are what RuncastInternalErrors looks for. The
// others come when they are needed.
bool IsThereFromTheStart(int grpc_code) {
  return grpc_code == 0 || grpc_code == 2 || grpc_code == 13;
}

// The sum of all serving loops.
struct LoopTotals {
  explicit LoopTotals(const std::deque<LoopCounters>& loops) {
    for (const LoopCounters& loop : loops) {
      get_status_started += static_cast<double>(loop.get_status_started.value());
      watch_run_started += static_cast<double>(loop.watch_run_started.value());
      statuses_sent += static_cast<double>(loop.statuses_sent.value());
      heartbeats_sent += static_cast<double>(loop.heartbeats_sent.value());
      statuses_conflated += static_cast<double>(loop.statuses_conflated.value());
      stalls += static_cast<double>(loop.stalls.value());
      get_status_seconds.Add(loop.get_status_seconds);
      watch_run_seconds.Add(loop.watch_run_seconds);
      delivery_seconds.Add(loop.delivery_seconds);
      for (int code = 0; code < HandledCounter::kCodes; ++code) {
        get_status_handled[code] += static_cast<double>(loop.get_status_handled.value(code));
        watch_run_handled[code] += static_cast<double>(loop.watch_run_handled.value(code));
      }
    }
  }

  double get_status_started = 0;
  double watch_run_started = 0;
  double statuses_sent = 0;
  double heartbeats_sent = 0;
  double statuses_conflated = 0;
  double stalls = 0;
  double get_status_handled[HandledCounter::kCodes] = {};
  double watch_run_handled[HandledCounter::kCodes] = {};
  SecondsTotals get_status_seconds;
  SecondsTotals watch_run_seconds;
  SecondsTotals delivery_seconds;
};

Labels CallLabels(bool watch) {
  return {{"grpc_type", watch ? "server_stream" : "unary"},
          {"grpc_service", kService},
          {"grpc_method", watch ? "WatchRun" : "GetStatus"}};
}

// The names that go-grpc-prometheus and grpc-java's metrics use, so that dashboards fit.
void AddCalls(const LoopTotals& totals, MetricFamilies& list) {
  MetricFamily& started = list.NewFamily("grpc_server_started_total",
                                         "Calls started on the server.", MetricType::Counter);
  list.AddSample(started, totals.get_status_started, CallLabels(false));
  list.AddSample(started, totals.watch_run_started, CallLabels(true));

  MetricFamily& handled =
      list.NewFamily("grpc_server_handled_total",
                     "Calls ended on the server, whatever their success.", MetricType::Counter);
  const auto add_handled = [&](bool watch, const double* codes) {
    for (int code = 0; code < HandledCounter::kCodes; ++code) {
      if (codes[code] == 0 && !IsThereFromTheStart(code)) continue;
      Labels labels = CallLabels(watch);
      labels.push_back({"grpc_code", GrpcCodeName(code)});
      list.AddSample(handled, codes[code], std::move(labels));
    }
  };
  add_handled(false, totals.get_status_handled);
  add_handled(true, totals.watch_run_handled);

  MetricFamily& sent = list.NewFamily("grpc_server_msg_sent_total", "Messages sent by the server.",
                                      MetricType::Counter);
  list.AddSample(sent, totals.get_status_handled[0], CallLabels(false));
  list.AddSample(sent, totals.statuses_sent + totals.heartbeats_sent, CallLabels(true));

  MetricFamily& handling =
      list.NewFamily("grpc_server_handling_seconds", "Time from a call's headers to its end.",
                     MetricType::Histogram);
  list.AddSample(handling, totals.get_status_seconds, CallLabels(false));
  list.AddSample(handling, totals.watch_run_seconds, CallLabels(true));
}

void AddProcess(MetricFamilies& list) {
  const ProcessFacts facts = ReadProcessFacts();
  list.AddCounter("process_cpu_seconds_total", "User and system CPU time spent.",
                  facts.cpu_seconds);
  list.AddGauge("process_max_fds", "Most descriptors this process may have open.", facts.max_fds);
  list.AddGauge("process_open_fds", "Open descriptors.", facts.open_fds);
  list.AddGauge("process_resident_memory_bytes", "Resident memory.", facts.resident_bytes);
  list.AddGauge("process_start_time_seconds", "Start of the process, Unix time.",
                facts.start_time_seconds);
  list.AddGauge("process_threads", "Threads of the process.", facts.threads);
  list.AddGauge("process_virtual_memory_bytes", "Virtual memory.", facts.virtual_bytes);
}

}  // namespace

const char* GrpcCodeName(int grpc_code) {
  return kCodeNames[grpc_code >= 0 && grpc_code < HandledCounter::kCodes ? grpc_code : 2];
}

const char* PollOutcomeName(PollOutcome outcome) {
  switch (outcome) {
    case PollOutcome::kUnchanged:
      return "unchanged";
    case PollOutcome::kChanged:
      return "changed";
    case PollOutcome::kWentBack:
      return "went_back";
    case PollOutcome::kNotFound:
      return "not_found";
    case PollOutcome::kCredentials:
      return "credentials";
    case PollOutcome::kScope:
      return "scope";
    case PollOutcome::kThrottled:
      return "throttled";
    case PollOutcome::kUnavailable:
      return "unavailable";
    case PollOutcome::kProtocol:
      return "protocol";
    case PollOutcome::kRejected:
      return "rejected";
    case PollOutcome::kSendRefused:
      return "send_refused";
    case PollOutcome::kCount:
      break;
  }
  return "unknown";
}

const char* CallLimitName(CallLimit limit) {
  switch (limit) {
    case CallLimit::kCallerRate:
      return "caller_rate";
    case CallLimit::kCallerWatches:
      return "caller_watches";
    case CallLimit::kCallerReads:
      return "caller_reads";
    case CallLimit::kRunWatches:
      return "run_watches";
    case CallLimit::kConnectionWatches:
      return "connection_watches";
    case CallLimit::kWatches:
      return "watches";
    case CallLimit::kWaitingReads:
      return "waiting_reads";
    case CallLimit::kSilentCalls:
      return "silent_calls";
    case CallLimit::kHealthWatches:
      return "health_watches";
    case CallLimit::kMemory:
      return "memory";
    case CallLimit::kCount:
      break;
  }
  return "unknown";
}

class Metrics::Collector final : public prometheus::Collectable {
 public:
  explicit Collector(const Metrics& metrics) : metrics_(metrics) {}

  std::vector<MetricFamily> Collect() const override {
    const Metrics& m = metrics_;
    MetricFamilies list;
    MetricFamilies::AddSample(
        list.NewFamily("runcast_build_info", "Always 1; the label says which build this is.",
                       MetricType::Gauge),
        1, {{"version", RUNCAST_VERSION}});

    std::map<std::string, uint64_t> stream_ends;
    LoopTotals totals = [&] {
      std::lock_guard lock(m.mutex_);
      stream_ends = m.stream_ends_;
      return LoopTotals(m.loops_);
    }();
    AddCalls(totals, list);
    AddStreams(totals, stream_ends, list);
    AddPolling(list);
    AddCoordination(list);
    list.AddCounter("runcast_access_denied_total", "Calls refused by the access policy.",
                    m.access_denied);
    list.AddCounter("runcast_access_policy_loads_total", "Access policies put in force.",
                    m.policies_loaded);
    list.AddCounter("runcast_access_policy_refusals_total",
                    "Changed access policies refused because of a fault.", m.policies_refused);
    list.AddCounter("runcast_certificate_loads_total", "TLS files put in force.",
                    m.certificates_loaded);
    list.AddCounter("runcast_certificate_refusals_total",
                    "Changed TLS files refused because of a fault.", m.certificates_refused);
    list.AddGauge("runcast_certificate_expiry_timestamp_seconds",
                  "When the certificate in force ends; 0 without TLS.", m.certificate_expiry);
    list.AddCounter("runcast_connections_accepted_total", "Connections of callers taken.",
                    m.connections_accepted);
    list.AddCounter("runcast_connections_cut_total",
                    "Connections closed because too many of their calls were cancelled at once.",
                    m.connections_cut);
    list.AddCounter("runcast_accept_pauses_total",
                    "Times that new connections had to wait because descriptors ran short.",
                    m.accept_pauses);
    list.AddCounter("runcast_config_reloads_total", "Configurations read again and put in force.",
                    m.config_reloads);
    list.AddCounter("runcast_config_reload_refusals_total",
                    "Configurations read again and refused because of a fault.",
                    m.config_reloads_refused);
    list.AddGauge("runcast_draining", "1 while the process ends.", m.draining);
    MetricFamily& limits = list.NewFamily("runcast_limit_refusals_total",
                                          "Calls refused by a limit.", MetricType::Counter);
    for (size_t i = 0; i < m.limit_refusals.size(); ++i) {
      list.AddSample(limits, static_cast<double>(m.limit_refusals[i].value()),
                     {{"limit", CallLimitName(static_cast<CallLimit>(i))}});
    }
    list.AddGauge("runcast_live_calls", "Calls that are open.", m.live_calls);
    list.AddCounter("runcast_log_lines_dropped_total", "Log lines that were never written.",
                    static_cast<double>(DroppedLogLines()));
    list.AddGauge("runcast_memory_full", "1 while new calls are refused because memory is short.",
                  m.memory_full);
    list.AddCounter("runcast_report_links_given_total", "Signed report links handed out.",
                    m.report_links_given);
    list.AddCounter("runcast_secrets_reloaded_total", "Secrets that were read again and differed.",
                    m.secrets_reloaded);
    list.AddCounter("runcast_tokens_signed_total", "Tokens signed.", m.tokens_signed);
    AddTokens(list);
    AddProcess(list);
    return list.Take();
  }

 private:
  void AddStreams(const LoopTotals& totals, const std::map<std::string, uint64_t>& stream_ends,
                  MetricFamilies& list) const {
    list.AddGauge("runcast_watchers", "Open WatchRun streams.", metrics_.watchers);
    list.AddGauge("runcast_watchers_limit", "Most WatchRun streams that may be open.",
                  metrics_.watchers_limit);
    list.AddHistogram("runcast_delivery_seconds",
                      "Time from the platform's answer with a new status to the last write of it "
                      "on a serving loop.",
                      totals.delivery_seconds);
    list.AddCounter("runcast_heartbeats_sent_total", "Heartbeats sent on streams.",
                    totals.heartbeats_sent);
    list.AddCounter("runcast_statuses_sent_total", "Statuses sent on streams.",
                    totals.statuses_sent);
    list.AddCounter("runcast_statuses_conflated_total",
                    "Statuses replaced by a newer one before a slow reader took them.",
                    totals.statuses_conflated);
    list.AddCounter("runcast_stalls_total", "Streams ended because flow control held them back.",
                    totals.stalls);
    MetricFamily& ends = list.NewFamily(
        "runcast_stream_ends_total", "Streams ended, by reason on the wire.", MetricType::Counter);
    for (const auto& [reason, count] : stream_ends) {
      list.AddSample(ends, static_cast<double>(count), {{"reason", reason}});
    }
  }

  void AddTokens(MetricFamilies& list) const {
    MetricFamily& expiry =
        list.NewFamily("runcast_token_expiry_seconds",
                       "Time until the token in use expires; negative: it has. Without a sample: "
                       "none was made yet, or each request has its own.",
                       MetricType::Gauge);
    const double now = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
    std::lock_guard lock(metrics_.mutex_);
    for (const CredentialMetrics& credential : metrics_.credentials_) {
      const double expires_at = credential.token_expires_at.value();
      if (expires_at > 0) {
        list.AddSample(expiry, expires_at - now, {{"credential", credential.name}});
      }
    }
  }

  void AddPolling(MetricFamilies& list) const {
    const Metrics& m = metrics_;
    MetricFamily& polls = list.NewFamily("runcast_upstream_polls_total",
                                         "Polls of the platform, by result.", MetricType::Counter);
    for (size_t i = 0; i < m.polls.size(); ++i) {
      list.AddSample(polls, static_cast<double>(m.polls[i].value()),
                     {{"outcome", PollOutcomeName(static_cast<PollOutcome>(i))}});
    }
    MetricFamily& failures = list.NewFamily(
        "runcast_upstream_failures_total",
        "Polls without an answer that can be used, by what was wrong.", MetricType::Counter);
    for (size_t i = 0; i < m.upstream_failures.size(); ++i) {
      list.AddSample(failures, static_cast<double>(m.upstream_failures[i].value()),
                     {{"kind", UpstreamFailureName(static_cast<UpstreamFailure>(i))}});
    }
    SecondsTotals poll_seconds;
    poll_seconds.Add(m.poll_seconds);
    list.AddHistogram("runcast_upstream_poll_seconds",
                      "Time from a poll's start to what came of it, repetitions included.",
                      poll_seconds);
    list.AddCounter("runcast_upstream_requests_total",
                    "Requests sent to the platform, repetitions included.", m.upstream_sends);
    list.AddCounter("runcast_upstream_repeats_total",
                    "Requests sent again, on a fresh connection or with a fresh token.",
                    m.upstream_repeats);
    list.AddCounter("runcast_snapshots_published_total", "New statuses of runs.",
                    m.snapshots_published);
    list.AddCounter("runcast_unreadable_fields_total",
                    "Values in answers of the platform that could not be read.",
                    m.unreadable_fields);
    list.AddCounter("runcast_reads_from_memory_total", "GetStatus calls answered from memory.",
                    m.reads_from_memory);
    list.AddCounter("runcast_reads_joined_total",
                    "GetStatus calls that joined a poll already under way or scheduled.",
                    m.reads_joined);
    list.AddCounter("runcast_reads_refused_total", "GetStatus calls refused by the poll loop.",
                    m.reads_refused);
    list.AddCounter("runcast_new_runs_refused_total", "Unknown runs refused by a limit.",
                    m.new_runs_refused);
    list.AddGauge("runcast_followed_runs", "Runs that somebody watches.", m.followed_runs);
    list.AddGauge("runcast_kept_runs", "Runs whose status is in memory.", m.kept_runs);
    list.AddGauge("runcast_kept_bytes", "Size of the statuses in memory.", m.kept_bytes);
    list.AddGauge("runcast_budget_logs", "Run ids whose past calls are remembered.", m.budget_logs);
    list.AddGauge("runcast_breaker_open", "1 while the circuit breaker is open.", m.breaker_open);
    list.AddGauge("runcast_stale_runs", "Followed runs whose status is stale or unknown.",
                  m.stale_runs);
    list.AddGauge("runcast_oldest_answer_seconds",
                  "Age of the oldest last good answer about a followed run.",
                  m.oldest_answer_seconds);
    MetricFamily& used = list.NewFamily(
        "runcast_budget_used_ratio",
        "Highest share of the platform's window that any run has used, polls that a process "
        "before this one may have made included.",
        MetricType::Gauge);
    list.AddSample(used, m.budget_used_minute.value(), {{"window", "minute"}});
    list.AddSample(used, m.budget_used_hour.value(), {{"window", "hour"}});
  }

  void AddCoordination(MetricFamilies& list) const {
    const Metrics& m = metrics_;
    list.AddGauge("runcast_coordination_up",
                  "1 while replicas share runs by the coordination engine; 0 also without one.",
                  m.coordination_engine_up);
    list.AddGauge("runcast_coordination_replicas",
                  "Live replicas, this one included; 0 without an engine configured.",
                  m.coordination_replicas);
    list.AddGauge("runcast_coordination_lost_replicas",
                  "Replicas that went without a word within the last hour.",
                  m.coordination_replicas_lost);
    list.AddGauge("runcast_coordination_owned_runs", "Runs that this replica polls for all.",
                  m.coordination_owned_runs);
    list.AddCounter("runcast_coordination_takeovers_total",
                    "Runs taken over from a replica whose session ended.",
                    m.coordination_takeovers);
    list.AddCounter("runcast_coordination_handovers_total",
                    "Runs let go because this replica cannot reach the platform.",
                    m.coordination_handovers);
    list.AddCounter("runcast_coordination_lost_leases_total",
                    "Runs that this replica stopped polling because it could not renew its "
                    "session.",
                    m.coordination_fenced);
    list.AddCounter("runcast_coordination_publish_refusals_total",
                    "Outcomes of polls refused because the run has a newer owner.",
                    m.coordination_publishes_refused);
    list.AddCounter("runcast_coordination_claims_total", "Claims of runs and looks at their owner.",
                    m.coordination_claims);
    list.AddCounter("runcast_coordination_records_total", "Outcomes of polls read from others.",
                    m.coordination_records_read);
    list.AddCounter("runcast_coordination_failures_total",
                    "Commands that the engine did not answer in time, or with an error.",
                    m.coordination_failures);
    SecondsTotals publish_seconds;
    publish_seconds.Add(m.coordination_publish_seconds);
    list.AddHistogram("runcast_coordination_publish_seconds",
                      "Time from the outcome of a poll to the engine's word that it is stored.",
                      publish_seconds);
    SecondsTotals renew_seconds;
    renew_seconds.Add(m.coordination_renew_seconds);
    list.AddHistogram("runcast_coordination_renew_seconds",
                      "Time that a renewal of the session took.", renew_seconds);
  }

  const Metrics& metrics_;
};

Metrics::Metrics() : collector_(std::make_unique<Collector>(*this)) {
  for (const char* reason : kAlertingEnds) stream_ends_.emplace(reason, 0);
}
Metrics::~Metrics() = default;

void Metrics::CountStreamEnd(const std::string& reason) {
  std::lock_guard lock(mutex_);
  const auto found = stream_ends_.find(reason);
  if (found != stream_ends_.end()) {
    ++found->second;
  } else {
    ++stream_ends_[stream_ends_.size() < kMostStreamEnds ? reason : "OTHER"];
  }
}

LoopCounters& Metrics::AddLoop() {
  std::lock_guard lock(mutex_);
  return loops_.emplace_back();
}

CredentialMetrics& Metrics::AddCredential(std::string name) {
  std::lock_guard lock(mutex_);
  CredentialMetrics& credential = credentials_.emplace_back();
  credential.name = std::move(name);
  return credential;
}

Activity Metrics::CurrentActivity() const {
  Activity activity;
  activity.watchers = watchers.value();
  activity.followed_runs = followed_runs.value();
  activity.stale_runs = stale_runs.value();
  for (size_t i = 0; i < polls.size(); ++i) {
    switch (static_cast<PollOutcome>(i)) {
      case PollOutcome::kUnchanged:
      case PollOutcome::kChanged:
      case PollOutcome::kNotFound:
        activity.polls_good += polls[i].value();
        break;
      case PollOutcome::kSendRefused:  // Ours, not the platform's.
        break;
      default:
        activity.polls_bad += polls[i].value();
    }
  }
  std::lock_guard lock(mutex_);
  for (const LoopCounters& loop : loops_) {
    activity.messages_sent += loop.statuses_sent.value() + loop.heartbeats_sent.value();
    activity.reads += loop.get_status_started.value();
  }
  return activity;
}

std::string Metrics::WriteText() const {
  return prometheus::TextSerializer().Serialize(collector_->Collect());
}

}  // namespace runcast::telemetry
