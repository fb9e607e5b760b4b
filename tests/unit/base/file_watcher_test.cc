#include "gateway/base/file_watcher.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/temp_directory.h"

namespace runcast::base {
namespace {

class FileWatcherTest : public testing::Test {
 protected:
  void Watch(const std::string& path) {
    watcher_ = std::make_unique<FileWatcher>(loop_, path, [this] { ++changes_; });
  }

  fakes::TempDirectory directory_;
  fakes::FakeEventLoop loop_;
  std::unique_ptr<FileWatcher> watcher_;
  int changes_ = 0;
};

TEST_F(FileWatcherTest, AnUntouchedFileIsNotTold) {
  Watch(directory_.Write("file", "one"));

  loop_.AdvanceBy(absl::Minutes(10));

  EXPECT_EQ(changes_, 0);
}

TEST_F(FileWatcherTest, AWriteInPlaceIsToldOnceWithinASecond) {
  Watch(directory_.Write("file", "one"));
  loop_.AdvanceBy(absl::Milliseconds(2500));

  directory_.Write("file", "two!");
  loop_.AdvanceBy(absl::Seconds(1));
  EXPECT_EQ(changes_, 1);
  loop_.AdvanceBy(absl::Minutes(1));

  EXPECT_EQ(changes_, 1);
}

TEST_F(FileWatcherTest, AnAtomicReplacementOfTheSameLengthIsTold) {
  Watch(directory_.Write("file", "one"));

  directory_.Replace("file", "two");
  loop_.AdvanceBy(absl::Seconds(1));

  EXPECT_EQ(changes_, 1);
}

TEST_F(FileWatcherTest, ASymbolicLinkSwappedByKubeletIsTold) {
  directory_.WriteAsKubelet("secret", "..2030_01", "one");
  Watch(directory_.Path("secret"));

  directory_.WriteAsKubelet("secret", "..2030_02", "two");
  loop_.AdvanceBy(absl::Seconds(1));

  EXPECT_EQ(changes_, 1);
}

TEST_F(FileWatcherTest, AFileThatGoesAndComesBackIsToldTwice) {
  Watch(directory_.Write("file", "one"));

  directory_.Remove("file");
  loop_.AdvanceBy(absl::Seconds(1));
  EXPECT_EQ(changes_, 1);
  directory_.Write("file", "one");
  loop_.AdvanceBy(absl::Seconds(1));

  EXPECT_EQ(changes_, 2);
}

TEST_F(FileWatcherTest, AFileThatComesLaterIsTold) {
  Watch(directory_.Path("file"));
  loop_.AdvanceBy(absl::Seconds(5));
  EXPECT_EQ(changes_, 0);

  directory_.Write("file", "one");
  loop_.AdvanceBy(absl::Seconds(1));

  EXPECT_EQ(changes_, 1);
}

TEST_F(FileWatcherTest, ADestroyedWatcherIsSilent) {
  Watch(directory_.Write("file", "one"));

  watcher_.reset();
  directory_.Write("file", "two!");
  loop_.AdvanceBy(absl::Minutes(1));

  EXPECT_EQ(changes_, 0);
}

TEST_F(FileWatcherTest, MayBeDestroyedInsideItsOwnCallback) {
  const auto token = std::make_shared<int>(7);
  int seen = 0;
  watcher_ =
      std::make_unique<FileWatcher>(loop_, directory_.Write("file", "one"), [this, token, &seen] {
        watcher_.reset();
        seen = *token;
      });

  directory_.Write("file", "two!");
  loop_.AdvanceBy(absl::Minutes(1));

  EXPECT_EQ(seen, 7);
  EXPECT_EQ(watcher_, nullptr);
}

}  // namespace
}  // namespace runcast::base
