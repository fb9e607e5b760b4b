#include "client/cli/result_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/cli/printable_text.h"
#include "client/cli/progress_bar.h"
#include "client/cli/status_words.h"

namespace runcast::cli {
namespace {

// Label and value; numbers are aligned at their right among themselves.
class Table {
 public:
  void Text(absl::string_view label, absl::string_view value) {
    if (!value.empty()) rows_.push_back({std::string(label), PrintableText(value), false});
  }
  void Count(absl::string_view label, bool given, int64_t value) {
    if (given) rows_.push_back({std::string(label), absl::StrCat(value), true});
  }
  void Score(absl::string_view label, bool given, double value) {
    if (given) rows_.push_back({std::string(label), absl::StrFormat("%.2f", value), true});
  }
  void Gap() {
    if (!rows_.empty() && !rows_.back().label.empty()) rows_.push_back({});
  }

  std::string Render() const {
    int label_columns = 0;
    int number_columns = 0;
    for (const Row& row : rows_) {
      label_columns = std::max(label_columns, DisplayWidth(row.label));
      if (row.number) number_columns = std::max(number_columns, DisplayWidth(row.value));
    }
    std::string lines;
    for (const Row& row : rows_) {
      if (!row.label.empty()) {
        absl::StrAppend(
            &lines, row.label,
            std::string(static_cast<size_t>(label_columns - DisplayWidth(row.label) + 2), ' '));
        if (row.number) {
          lines.append(static_cast<size_t>(number_columns - DisplayWidth(row.value)), ' ');
        }
        lines += row.value;
      }
      lines += '\n';
    }
    return lines;
  }

 private:
  struct Row {
    std::string label;
    std::string value;
    bool number = false;
  };
  std::vector<Row> rows_;
};

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::string TimeText(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", TimeOf(timestamp), absl::UTCTimeZone());
}

void AddCounts(const v1::RunResult& result, Table& table) {
  table.Count("succeeded", result.has_succeeded(), result.succeeded());
  table.Count("failed", result.has_failed(), result.failed());
  table.Count("true positives", result.has_true_positives(), result.true_positives());
  table.Count("true negatives", result.has_true_negatives(), result.true_negatives());
  table.Count("false positives", result.has_false_positives(), result.false_positives());
  table.Count("false negatives", result.has_false_negatives(), result.false_negatives());
  table.Count("failed utterances", result.has_failed_utterances(), result.failed_utterances());
  table.Count("failed entities", result.has_failed_entities(), result.failed_entities());
  table.Count("entities", result.has_total_entities(), result.total_entities());
  table.Count("matched entities", result.has_matched_entities(), result.matched_entities());
  table.Count("trait successes", result.has_trait_successes(), result.trait_successes());
  table.Count("trait failures", result.has_trait_failures(), result.trait_failures());
  table.Count("traits", result.has_total_traits(), result.total_traits());
  table.Count("matched traits", result.has_matched_traits(), result.matched_traits());
}

}  // namespace

std::string RenderResultTable(const v1::RunStatus& status, absl::string_view report_link) {
  Table table;
  table.Text("run", status.run().run_id());
  table.Text("suite", status.run().suite_name());
  table.Text("stream", status.run().stream_id());
  table.Text("state", StateWords(status));
  if (!status.terminal()) table.Text("progress", ProgressWords(status));
  table.Text("freshness", FreshnessWords(status.freshness()));
  table.Text("language", status.language());
  table.Text("version", status.run_type());
  if (status.has_start_time()) table.Text("started", TimeText(status.start_time()));
  if (status.has_end_time()) table.Text("ended", TimeText(status.end_time()));
  if (status.has_start_time() && status.has_end_time()) {
    table.Text("duration", ShortDuration(TimeOf(status.end_time()) - TimeOf(status.start_time())));
  }
  if (status.partial_failure()) table.Text("partial failure", "yes: some records were dropped");
  if (status.has_report_available()) {
    table.Text("report", status.report_available() ? "available" : "not available");
  }

  table.Gap();
  table.Count("assertions", status.has_assertion_count(), status.assertion_count());
  AddCounts(status.result(), table);
  const v1::RunResult& result = status.result();
  table.Gap();
  table.Score("precision", result.has_precision(), result.precision());
  table.Score("recall", result.has_recall(), result.recall());
  table.Score("F1", result.has_f1_score(), result.f1_score());

  std::string lines = table.Render();
  // A gap with nothing after it is no gap.
  while (lines.size() >= 2 && lines.substr(lines.size() - 2) == "\n\n") lines.pop_back();
  if (!report_link.empty()) {
    absl::StrAppend(&lines, "\n", PrintableText(report_link), "\n");
  }
  return lines;
}

}  // namespace runcast::cli
