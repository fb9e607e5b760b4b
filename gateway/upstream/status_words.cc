#include "gateway/upstream/status_words.h"

#include "absl/strings/ascii.h"

namespace runcast::upstream {
namespace {

struct BuiltInWord {
  const char* word;
  WordMeaning meaning;
};

constexpr BuiltInWord kBuiltIn[] = {
    {"running", WordMeaning::kActive},       {"inprogress", WordMeaning::kActive},
    {"pending", WordMeaning::kActive},       {"queued", WordMeaning::kActive},
    {"accepted", WordMeaning::kActive},      {"started", WordMeaning::kActive},
    {"completed", WordMeaning::kCompleted},  {"success", WordMeaning::kCompleted},
    {"successful", WordMeaning::kCompleted}, {"finished", WordMeaning::kCompleted},
    {"passed", WordMeaning::kCompleted},     {"failed", WordMeaning::kFailed},
    {"failure", WordMeaning::kFailed},       {"error", WordMeaning::kFailed},
    {"cancelled", WordMeaning::kCancelled},  {"canceled", WordMeaning::kCancelled},
    {"stopped", WordMeaning::kCancelled},    {"aborted", WordMeaning::kCancelled},
    {"terminated", WordMeaning::kCancelled},
};

std::string Normalised(absl::string_view word) {
  std::string normalised;
  normalised.reserve(word.size());
  for (const char c : word) {
    if (c == '_' || c == '-' || absl::ascii_isspace(static_cast<unsigned char>(c))) continue;
    normalised.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return normalised;
}

}  // namespace

StatusWords::StatusWords(const std::vector<Word>& more) {
  for (const BuiltInWord& built_in : kBuiltIn) meanings_[built_in.word] = built_in.meaning;
  for (const auto& [word, meaning] : more) meanings_[Normalised(word)] = meaning;
}

WordMeaning StatusWords::Meaning(absl::string_view word) const {
  const auto found = meanings_.find(Normalised(word));
  return found == meanings_.end() ? WordMeaning::kUnknown : found->second;
}

bool StatusWords::Agree(absl::string_view a, absl::string_view b) const {
  const WordMeaning meaning = Meaning(a);
  if (meaning != Meaning(b)) return false;
  return meaning != WordMeaning::kUnknown || Normalised(a) == Normalised(b);
}

}  // namespace runcast::upstream
