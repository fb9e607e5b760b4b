#include "gateway/runs/status_merge.h"

#include <utility>

#include "gateway/runs/resume_token.h"

namespace runcast::runs {
namespace {

void KeepVanishedProgress(const v1::Progress& known, v1::Progress& answer) {
  if (known.has_utterances_done() && !answer.has_utterances_done()) {
    answer.set_utterances_done(known.utterances_done());
  }
  if (known.has_utterances_total() && !answer.has_utterances_total()) {
    answer.set_utterances_total(known.utterances_total());
  }
  if (known.has_percent() && !answer.has_percent()) answer.set_percent(known.percent());
}

}  // namespace

MergeResult MergeAnswer(v1::RunStatus answer, v1::RunStatus& known) {
  const ResumeToken seen = MakeResumeToken(known);
  if (!answer.terminal() && known.has_progress()) {
    KeepVanishedProgress(known.progress(), *answer.mutable_progress());
  }
  const ResumeToken newer = MakeResumeToken(answer);
  if (newer.fingerprint == seen.fingerprint) return MergeResult::kUnchanged;
  if (IsBehind(newer, seen)) return MergeResult::kWentBack;
  known = std::move(answer);
  return MergeResult::kChanged;
}

}  // namespace runcast::runs
