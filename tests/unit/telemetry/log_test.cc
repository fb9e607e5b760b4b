#include "gateway/telemetry/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"

namespace runcast::telemetry {
namespace {

// Lines that `act` writes to stderr.
template <typename Act>
std::vector<std::string> LinesOf(Act act) {
  testing::internal::CaptureStderr();
  act();
  FlushLogs();
  return absl::StrSplit(testing::internal::GetCapturedStderr(), '\n', absl::SkipEmpty());
}

// Must come first: it speaks of the time before StartLogging.
TEST(ALogBeforeItsStart, WritesWarningsAndErrorsAsText) {
  const auto lines = LinesOf([] {
    Log(Severity::kInfo, "a.info", "unseen");
    Log(Severity::kWarning, "a.warning", "seen");
  });

  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], testing::EndsWith("Z WARNING a.warning: seen"));
}

TEST(LogTest, LinesOfOneThreadComeInOrderAndOnlyTheAskedSeverities) {
  const auto lines = LinesOf([] {
    StartLogging({.least = Severity::kInfo, .format = LogOptions::Format::kJson});
    Log(Severity::kDebug, "d", "");
    for (int i = 0; i < 100; ++i) Log(Severity::kInfo, "count", "", {{"i", i}});
  });

  ASSERT_EQ(lines.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(nlohmann::json::parse(lines[i])["i"], i);
}

TEST(LogTest, TheAuditIsWrittenWhateverTheLeastSeverity) {
  const auto lines = LinesOf([] {
    StartLogging({.least = Severity::kError, .format = LogOptions::Format::kJson});
    for (int i = 0; i < 100; ++i) LogAudit("a.given", "handed out", {{"i", i}});
    Log(Severity::kWarning, "w", "");
  });

  ASSERT_EQ(lines.size(), 100u) << "and as often as it happens";
  for (int i = 0; i < 100; ++i) {
    const auto line = nlohmann::json::parse(lines[i]);
    EXPECT_EQ(line["severity"], "INFO");
    EXPECT_EQ(line["event"], "a.given");
    EXPECT_EQ(line["i"], i);
  }
}

TEST(LogTest, AutomaticFormatIsJsonWhereStderrIsNoTerminal) {
  const auto lines = LinesOf([] {
    StartLogging({});
    Log(Severity::kInfo, "e", "m");
  });

  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].front(), '{');
}

TEST(LogTest, LinesOfManyThreadsDoNotMix) {
  const auto lines = LinesOf([] {
    StartLogging({});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 200; ++i) Log(Severity::kInfo, "e", std::string(300, 'x'));
      });
    }
    for (std::thread& thread : threads) thread.join();
  });

  ASSERT_EQ(lines.size(), 800u);
  for (const std::string& line : lines) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

// A disk that is full and then is not.
TEST(LogTest, ALineThatWasCutDoesNotTakeTheNextOneWithIt) {
  StartLogging({.least = Severity::kInfo, .format = LogOptions::Format::kJson});
  FlushLogs();
  const uint64_t dropped_before = DroppedLogLines();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_IGN);

  const auto lines = LinesOf([&] {
    const rlimit full{1000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
    Log(Severity::kInfo, "cut", std::string(2000, 'x'));
    Log(Severity::kInfo, "lost", "");
    FlushLogs();
    ::setrlimit(RLIMIT_FSIZE, &before);
    Log(Severity::kInfo, "whole", "");
    Log(Severity::kInfo, "whole", "");
  });

  EXPECT_EQ(DroppedLogLines() - dropped_before, 2u);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].size(), 1000u);
  for (int i : {1, 2}) EXPECT_EQ(nlohmann::json::parse(lines[i])["event"], "whole") << lines[i];
}

TEST(LogTest, AStderrThatNobodyReadsBlocksNobodyAndDropsAreCounted) {
  StartLogging({});
  FlushLogs();
  const uint64_t dropped_before = DroppedLogLines();
  testing::internal::CaptureStderr();  // Takes what is still queued at the end.
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(::pipe(pipe_ends.data()), 0);
  const int real_stderr = ::dup(STDERR_FILENO);
  ASSERT_GE(::dup2(pipe_ends[1], STDERR_FILENO), 0);

  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20'000; ++i) Log(Severity::kInfo, "e", std::string(200, 'x'));
  const auto taken = std::chrono::steady_clock::now() - start;
  const uint64_t dropped = DroppedLogLines() - dropped_before;

  // Closing the reading end frees the writer: its lines fail from here on.
  ::signal(SIGPIPE, SIG_IGN);
  ::close(pipe_ends[0]);
  ::dup2(real_stderr, STDERR_FILENO);
  ::close(real_stderr);
  ::close(pipe_ends[1]);
  FlushLogs();
  testing::internal::GetCapturedStderr();
  EXPECT_GT(dropped, 10'000u);
  EXPECT_LT(taken, std::chrono::seconds(20));
}

}  // namespace
}  // namespace runcast::telemetry
