// Callers who may not see a run but know its id, and ask for it in a stream that they may see.

#include "absl/strings/str_cat.h"
#include "tests/unit/runs/poll_loop_fixture.h"

namespace runcast::runs {
namespace {

using testing::Ge;
using upstream::PollFailureKind;

base::RunKey Guess(int number) {
  return {"st-other", "any", "tr-1", absl::StrCat("language-", number)};
}

class GuessTest : public PollLoopTest {
 protected:
  GuessTest() {
    client_->AnswerAllBy([](const base::RunKey& key) -> upstream::PollResult {
      if (key == KeyOf("tr-1") || key.stream_id == "st-1") return RunningAnswer(1);
      return FailureOf(PollFailureKind::kSuiteNotFound);
    });
  }

  // Polls of the run itself in five minutes.
  int PollsInFiveMinutes(int guesses_a_second) {
    const int before = client_->requests_for(KeyOf("tr-1"));
    for (int second = 0; second < 300; ++second) {
      for (int i = 0; i < guesses_a_second; ++i) {
        poll_loop_->Follow(&other_, {Guess(++guesses_), "other", false});
      }
      loop_.AdvanceBy(absl::Seconds(1));
    }
    return client_->requests_for(KeyOf("tr-1")) - before;
  }

  fakes::FakeFollower other_;
  int guesses_ = 0;
};

TEST_F(GuessTest, TheyCostThoseWhoWatchATenthOfThePaceAtTheMost) {
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Minutes(5));
  const int normal = PollsInFiveMinutes(0);

  EXPECT_THAT(PollsInFiveMinutes(5), Ge(0.9 * normal)) << "of " << normal;
}

TEST_F(GuessTest, WhatIsSharedWithAFewRealVariantsComesAtOnce) {
  Follow(KeyOf("tr-1"));
  loop_.AdvanceBy(absl::Seconds(5));
  for (const char* language : {"en", "de", "fr"}) Follow(KeyOf("tr-1", language));
  loop_.AdvanceBy(absl::Seconds(12));

  for (const char* language : {"en", "de", "fr"}) {
    EXPECT_THAT(client_->requests_for(KeyOf("tr-1", language)), Ge(1)) << language;
  }
}

}  // namespace
}  // namespace runcast::runs
