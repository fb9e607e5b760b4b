#include "client/cli/verdict.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/printable_text.h"

namespace runcast::cli {
namespace {

void CheckScore(const char* name, std::optional<double> least, bool given, double score,
                std::vector<std::string>& faults) {
  if (!least) return;
  if (!given) {
    faults.push_back(absl::StrFormat("%s is not given, at least %g is asked for", name, *least));
  } else if (!(score >= *least)) {
    faults.push_back(absl::StrFormat("%s is %g, at least %g is asked for", name, score, *least));
  }
}

}  // namespace

std::vector<std::string> Faults(const v1::RunStatus& status, const VerdictRules& rules) {
  std::vector<std::string> faults;
  if (!status.terminal()) {
    return {"the run has not finished; `runcast watch` waits for its end"};
  }
  if (status.state() == v1::RUN_STATE_FAILED) {
    faults.push_back("the run failed");
  } else if (status.state() == v1::RUN_STATE_CANCELLED) {
    faults.push_back("the run was cancelled");
  } else if (status.state() != v1::RUN_STATE_COMPLETED) {
    faults.push_back(absl::StrCat("the run ended with the unknown word `",
                                  PrintableText(status.raw_state()), "`"));
  }
  if (status.partial_failure() && !rules.allow_partial) {
    faults.push_back("the platform dropped some records of the run (--allow-partial accepts that)");
  }

  const v1::RunResult& result = status.result();
  CheckScore("F1", rules.min_f1, result.has_f1_score(), result.f1_score(), faults);
  CheckScore("precision", rules.min_precision, result.has_precision(), result.precision(), faults);
  CheckScore("recall", rules.min_recall, result.has_recall(), result.recall(), faults);
  if (rules.max_failures) {
    if (!result.has_failed()) {
      faults.push_back(absl::StrCat("the number of failures is not given, at most ",
                                    *rules.max_failures, " are allowed"));
    } else if (result.failed() > *rules.max_failures) {
      faults.push_back(absl::StrCat(result.failed(), " utterances failed, at most ",
                                    *rules.max_failures, " are allowed"));
    }
  }
  return faults;
}

}  // namespace runcast::cli
