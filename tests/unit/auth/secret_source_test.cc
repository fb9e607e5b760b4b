#include "gateway/auth/secret_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SecretSourceTest : public testing::Test {
 protected:
  // Takes every text that does not begin with "bad".
  absl::Status Open(const std::string& path) {
    absl::StatusOr<std::unique_ptr<SecretSource>> made = SecretSource::Make(
        loop_, "secret of the test", {.file = path, .environment = ""},
        [this](const base::SecretString& text, SecretSource::Occasion occasion) -> absl::Status {
          if (absl::StartsWith(text.Reveal(), "bad")) return absl::InvalidArgumentError("is bad");
          accepted_.push_back(text.Reveal());
          occasions_.push_back(occasion);
          return absl::OkStatus();
        },
        &metrics_);
    if (!made.ok()) return made.status();
    source_ = *std::move(made);
    return absl::OkStatus();
  }

  fakes::TempDirectory directory_;
  fakes::FakeEventLoop loop_;
  telemetry::Metrics metrics_;
  std::vector<std::string> accepted_;
  std::vector<SecretSource::Occasion> occasions_;
  std::unique_ptr<SecretSource> source_;
};

TEST_F(SecretSourceTest, ReadsAtStart) {
  ASSERT_TRUE(Open(directory_.Write("secret", "one\n")).ok());

  EXPECT_THAT(accepted_, ElementsAre("one"));
  EXPECT_FALSE(source_->was_replaced());
  EXPECT_EQ(metrics_.secrets_reloaded.value(), 0u);
}

TEST_F(SecretSourceTest, RefusesToStartWithoutAGoodSecret) {
  const absl::Status missing = Open(directory_.Path("none"));
  const absl::Status bad = Open(directory_.Write("secret", "bad"));

  EXPECT_TRUE(absl::IsFailedPrecondition(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("secret of the test: file `"));
  EXPECT_TRUE(absl::IsFailedPrecondition(bad));
  EXPECT_THAT(std::string(bad.message()), HasSubstr("is bad"));
}

TEST_F(SecretSourceTest, AChangedFileIsInUseWithinTwoSeconds) {
  ASSERT_TRUE(Open(directory_.Write("secret", "one")).ok());

  directory_.Replace("secret", "two");
  loop_.AdvanceBy(absl::Seconds(2));

  EXPECT_THAT(accepted_, ElementsAre("one", "two"));
  EXPECT_EQ(occasions_.back(), SecretSource::Occasion::kChanged);
  EXPECT_TRUE(source_->was_replaced());
  EXPECT_EQ(metrics_.secrets_reloaded.value(), 1u);
}

TEST_F(SecretSourceTest, AFileWrittenInTwoPartsIsReadWhenComplete) {
  ASSERT_TRUE(Open(directory_.Write("secret", "one")).ok());
  loop_.AdvanceBy(absl::Milliseconds(900));

  directory_.Write("secret", "tw");
  loop_.AdvanceBy(absl::Milliseconds(200));  // Seen, but left to settle.
  directory_.Write("secret", "two is longer");
  loop_.AdvanceBy(absl::Seconds(3));

  EXPECT_THAT(accepted_, ElementsAre("one", "two is longer"));
}

TEST_F(SecretSourceTest, ASwapByKubeletIsInUseWithinTwoSeconds) {
  directory_.WriteAsKubelet("secret", "..1", "one");
  ASSERT_TRUE(Open(directory_.Path("secret")).ok());

  directory_.WriteAsKubelet("secret", "..2", "two");
  loop_.AdvanceBy(absl::Seconds(2));

  EXPECT_THAT(accepted_, ElementsAre("one", "two"));
}

TEST_F(SecretSourceTest, MissingEmptyOrBadFilesLeaveTheLastGoodOneInUse) {
  ASSERT_TRUE(Open(directory_.Write("secret", "one")).ok());

  directory_.Remove("secret");
  loop_.AdvanceBy(absl::Seconds(2));
  EXPECT_FALSE(source_->Reread());
  directory_.Write("secret", "");
  loop_.AdvanceBy(absl::Seconds(2));
  EXPECT_FALSE(source_->Reread());
  directory_.Write("secret", "bad half");
  loop_.AdvanceBy(absl::Seconds(2));
  EXPECT_FALSE(source_->Reread());
  EXPECT_THAT(accepted_, ElementsAre("one"));

  directory_.Write("secret", "two");
  loop_.AdvanceBy(absl::Seconds(2));
  EXPECT_THAT(accepted_, ElementsAre("one", "two"));
}

TEST_F(SecretSourceTest, ReadsAtOnceWhenAsked) {
  ASSERT_TRUE(Open(directory_.Write("secret", "one")).ok());
  EXPECT_FALSE(source_->Reread());

  directory_.Write("secret", "two");

  EXPECT_TRUE(source_->Reread());
  EXPECT_FALSE(source_->Reread());
  EXPECT_THAT(accepted_, ElementsAre("one", "two"));
  EXPECT_EQ(occasions_.back(), SecretSource::Occasion::kRefused);
}

TEST_F(SecretSourceTest, AFileTouchedWithoutAnotherTextIsNoChange) {
  ASSERT_TRUE(Open(directory_.Write("secret", "one")).ok());

  directory_.Replace("secret", "one\n");
  loop_.AdvanceBy(absl::Seconds(3));

  EXPECT_THAT(accepted_, ElementsAre("one"));
  EXPECT_EQ(metrics_.secrets_reloaded.value(), 0u);
}

}  // namespace
}  // namespace runcast::auth
