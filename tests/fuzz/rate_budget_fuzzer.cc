// Any sequence of sends, answers and pauses, against a model that only keeps a list. The input:
// limits, assumed past and pace, then one byte for each step and its operands.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/runs/rate_budget.h"
#include "tests/fuzz/promise.h"

namespace runcast::runs {
namespace {

using base::MonotonicTime;
using fuzz::Promise;
using fuzz::TakeNumber;

constexpr int64_t kMinute = 60'000;  // All times of the model are milliseconds.
constexpr int64_t kHour = 3'600'000;
constexpr int64_t kForever = INT64_MAX / 2;
// Enough to fill both windows where limits are small; more would be tried less often.
constexpr size_t kMostSlots = 400;

MonotonicTime At(int64_t time) { return MonotonicTime::FromOrigin(absl::Milliseconds(time)); }

// A slot is taken from its send until its answer plus the window.
class Model {
 public:
  Model(BudgetLimits limits, int64_t assumed_end, int64_t pace)
      : limits_(limits), assumed_end_(assumed_end), pace_(pace) {}

  void Send() { answers_.push_back(kForever); }
  void Answer(int64_t now) { std::replace(answers_.begin(), answers_.end(), kForever, now); }
  void DropAssumedPast() { assumed_end_ = -kForever; }

  int in_flight() const {
    return static_cast<int>(std::count(answers_.begin(), answers_.end(), kForever));
  }
  size_t slots() const { return answers_.size(); }
  int Held(int64_t now, int64_t window) const {
    return static_cast<int>(std::count_if(answers_.begin(), answers_.end(),
                                          [&](int64_t answer) { return answer + window > now; }));
  }
  int Used(int64_t now, int64_t window) const {
    const int64_t span = std::clamp<int64_t>(assumed_end_ - (now - window), 0, window);
    return Held(now, window) + static_cast<int>((span + pace_ - 1) / pace_);
  }
  bool Allows(int64_t now) const {
    return Used(now, kMinute) < limits_.per_minute && Used(now, kHour) < limits_.per_hour;
  }
  bool NeedsAnswers() const {
    return in_flight() >= std::min(limits_.per_minute, limits_.per_hour);
  }

 private:
  const BudgetLimits limits_;
  int64_t assumed_end_;
  const int64_t pace_;
  std::vector<int64_t> answers_;  // kForever: none yet.
};

void Judge(const RateBudget& budget, const Model& model, int64_t now) {
  Promise(budget.UsedInMinute(At(now)) == model.Used(now, kMinute),
          "the minute counts as the model");
  Promise(budget.UsedInHour(At(now)) == model.Used(now, kHour), "the hour counts as the model");
  Promise(budget.Allows(At(now)) == model.Allows(now),
          "the gate opens when both windows have room");
  Promise(budget.IsEmpty(At(now)) == (model.Held(now, kHour) == 0),
          "a log is empty when nothing of it counts");

  const MonotonicTime earliest = budget.EarliestSend(At(now));
  const int64_t ahead = absl::ToInt64Milliseconds(earliest - At(now));
  Promise(ahead >= 0, "the earliest send is not in the past");
  if (model.Allows(now + ahead)) {
    Promise(ahead == 0 || !model.Allows(now + ahead - 1),
            "no send is possible before the earliest");
  } else {
    Promise(model.NeedsAnswers(), "the earliest send is possible unless answers are missing");
  }
}

// Spends all surplus at once and then follows the schedule, which has its next send after that, for
// longer than an hour.
void JudgeSurplus(RateBudget budget, int64_t now, int64_t pace) {
  const int surplus = budget.Surplus(At(now), absl::Milliseconds(pace));
  Promise(surplus >= 0, "a surplus is not negative");
  if (surplus == 0) return;
  for (int i = 0; i < surplus; ++i) {
    Promise(budget.Allows(At(now)), "a surplus can be spent");
    budget.OnSend(At(now));
    budget.OnAnswer(At(now));
  }
  for (int64_t time = now + 1 + now % pace; time < now + kHour + kMinute; time += pace) {
    Promise(budget.Allows(At(time)), "after the surplus the schedule goes on");
    budget.OnSend(At(time));
    budget.OnAnswer(At(time));
  }
}

}  // namespace
}  // namespace runcast::runs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace runcast::runs;  // NOLINT(google-build-using-namespace)
  absl::string_view input(reinterpret_cast<const char*>(bytes), size);
  const int per_minute = static_cast<int>(TakeNumber(input, 1) % 100) + 1;
  const int per_hour = static_cast<int>(TakeNumber(input, 2) % 3000) + 1;
  const int pollers = static_cast<int>(TakeNumber(input, 1) % 8) + 1;
  const auto limits = BudgetLimits::FromPlatform(per_minute, per_hour, pollers);
  int64_t now = 5 * kHour;
  // In the past, now, or up to an hour ahead: the clock may have been read a moment earlier.
  const int64_t assumed_end =
      now + static_cast<int64_t>(TakeNumber(input, 3) % (2 * kHour)) - kHour;
  const int64_t pace = static_cast<int64_t>(TakeNumber(input, 2) % 10'000) + 1000;

  const bool assumes = TakeNumber(input, 1) % 2 == 1;
  Model model(limits, assumes ? assumed_end : -kForever, pace);
  RateBudget budget(
      limits, assumes ? AssumedPast{At(assumed_end), absl::Milliseconds(pace)} : AssumedPast{});
  while (!input.empty() && model.slots() < kMostSlots) {
    switch (TakeNumber(input, 1) % 8) {
      case 0:
        now += static_cast<int64_t>(TakeNumber(input, 2));
        break;
      case 1:  // A pause, at most 18 hours long; no request is out for so long.
        model.Answer(now);
        budget.OnAnswer(At(now));
        now += 1000 * static_cast<int64_t>(TakeNumber(input, 2));
        break;
      case 2:
        if (!budget.Allows(At(now))) break;
        model.Send();
        budget.OnSend(At(now));
        break;
      case 3:
        model.Answer(now);
        budget.OnAnswer(At(now));
        break;
      case 4:  // A repetition by curl is charged after the fact.
        model.Send();
        budget.OnSend(At(now));
        break;
      case 5: {  // A schedule of its own pace, as far as the gate allows.
        const auto polls = TakeNumber(input, 1);
        const auto step = static_cast<int64_t>(TakeNumber(input, 2));
        for (uint64_t i = 0; i < polls && model.slots() < kMostSlots; ++i, now += step) {
          if (!budget.Allows(At(now))) continue;
          Promise(model.Allows(now), "the gate opens only when both windows have room");
          model.Send();
          budget.OnSend(At(now));
          model.Answer(now + step / 2);
          budget.OnAnswer(At(now + step / 2));
        }
        break;
      }
      case 6:
        model.DropAssumedPast();
        budget.DropAssumedPast();
        break;
      default:
        now = std::max(now, absl::ToInt64Milliseconds(budget.EarliestSend(At(now)).since_origin()));
        break;
    }
    Judge(budget, model, now);
  }
  JudgeSurplus(budget, now, pace);
  return 0;
}
