#include "gateway/upstream/status_words.h"

#include <gtest/gtest.h>

#include <string>

namespace runcast::upstream {
namespace {

struct WordCase {
  const char* word;
  WordMeaning meaning;
};
class StatusWordCases : public ::testing::TestWithParam<WordCase> {};

TEST_P(StatusWordCases, MeansWhatTheReferenceSays) {
  EXPECT_EQ(StatusWords().Meaning(GetParam().word), GetParam().meaning) << GetParam().word;
}

constexpr auto kActive = WordMeaning::kActive;
constexpr auto kCompleted = WordMeaning::kCompleted;
constexpr auto kFailed = WordMeaning::kFailed;
constexpr auto kCancelled = WordMeaning::kCancelled;
constexpr auto kUnknown = WordMeaning::kUnknown;

// Section 4.4, rule 3.
INSTANTIATE_TEST_SUITE_P(
    BuiltIn, StatusWordCases,
    ::testing::Values(WordCase{"running", kActive}, WordCase{"inprogress", kActive},
                      WordCase{"pending", kActive}, WordCase{"queued", kActive},
                      WordCase{"accepted", kActive}, WordCase{"started", kActive},
                      WordCase{"completed", kCompleted}, WordCase{"success", kCompleted},
                      WordCase{"successful", kCompleted}, WordCase{"finished", kCompleted},
                      WordCase{"passed", kCompleted}, WordCase{"failed", kFailed},
                      WordCase{"failure", kFailed}, WordCase{"error", kFailed},
                      WordCase{"cancelled", kCancelled}, WordCase{"canceled", kCancelled},
                      WordCase{"stopped", kCancelled}, WordCase{"aborted", kCancelled},
                      WordCase{"terminated", kCancelled}, WordCase{"paused", kUnknown},
                      WordCase{"", kUnknown}));

// Section 4.4, the spellings that sister APIs use.
INSTANTIATE_TEST_SUITE_P(
    SisterSpellings, StatusWordCases,
    ::testing::Values(WordCase{"in-progress", kActive}, WordCase{"IN_PROGRESS", kActive},
                      WordCase{"In Progress", kActive}, WordCase{"SUCCESS", kCompleted},
                      WordCase{"Finished", kCompleted}, WordCase{"FAILURE", kFailed},
                      WordCase{"Failed", kFailed}));

TEST(StatusWordsTest, WordsCanBeAddedInAnySpelling) {
  const StatusWords words({{"Wound-Up", WordMeaning::kCancelled}});

  EXPECT_EQ(words.Meaning("wound_up"), WordMeaning::kCancelled);
  EXPECT_EQ(words.Meaning("running"), WordMeaning::kActive);
}

TEST(StatusWordsTest, AddedWordsWinOverThoseBuiltIn) {
  EXPECT_EQ(StatusWords({{"stopped", WordMeaning::kFailed}}).Meaning("stopped"),
            WordMeaning::kFailed);
}

TEST(StatusWordsTest, TwoWordsAgreeWhenTheyMeanTheSame) {
  const StatusWords words;

  EXPECT_TRUE(words.Agree("completed", "success"));
  EXPECT_TRUE(words.Agree("running", "IN_PROGRESS"));
  EXPECT_FALSE(words.Agree("running", "completed"));
  EXPECT_FALSE(words.Agree("failed", "completed"));
}

TEST(StatusWordsTest, UnknownWordsAgreeOnlyWithThemselves) {
  const StatusWords words;

  EXPECT_TRUE(words.Agree("Wound-Up", "wound up"));
  EXPECT_FALSE(words.Agree("paused", "wound up"));
  EXPECT_FALSE(words.Agree("paused", "running"));
}

}  // namespace
}  // namespace runcast::upstream
