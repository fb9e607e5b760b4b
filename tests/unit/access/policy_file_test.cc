#include "gateway/access/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/telemetry/log.h"
#include "tests/fakes/fake_clock.h"

namespace runcast::access {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr absl::string_view kAll = R"({"name": "all", "allow_rules": [{"name": "a"}]})";
constexpr absl::string_view kNobody =
    R"({"name": "nobody", "allow_rules": [{"name": "a"}], "deny_rules": [{"name": "d"}]})";
constexpr absl::string_view kBroken = R"({"name": "", "allow_rules": []})";

class PolicyFileTest : public testing::Test {
 protected:
  PolicyFileTest() {
    std::string pattern = testing::TempDir() + "/policy_file_test.XXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = (directory_ / "policy.json").string();
  }
  ~PolicyFileTest() override { std::filesystem::remove_all(directory_); }

  void Write(absl::string_view text) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
  }
  Verdict Check() { return control_.Check({.caller = &caller_, .method = "/a", .run = &run_}); }

  std::filesystem::path directory_;
  std::string path_;
  fakes::FakeClock clock_;
  telemetry::Metrics metrics_;
  const Caller caller_{.name = "a", .principals = {"a"}};
  const base::RunKey run_{"st-1", "s", "tr-1", ""};
  PolicyAccessControl control_{{}, [](absl::string_view) { return true; }, clock_};
};

TEST_F(PolicyFileTest, LoadPutsThePolicyInForce) {
  Write(kNobody);
  PolicyFile file(path_, control_, metrics_);

  EXPECT_TRUE(file.Load().ok());

  EXPECT_EQ(Check(), Verdict::kAccessDenied);
  EXPECT_EQ(metrics_.policies_loaded.value(), 1u);
}

TEST_F(PolicyFileTest, LoadRefusesWithEveryFaultAndTheFile) {
  Write(kBroken);
  PolicyFile file(path_, control_, metrics_);

  const absl::Status status = file.Load();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(path_), HasSubstr("\nname is empty"), HasSubstr("\nallow_rules is")));
}

TEST_F(PolicyFileTest, LoadRefusesAFileThatIsNotThere) {
  PolicyFile file(path_, control_, metrics_);

  EXPECT_THAT(std::string(file.Load().message()), HasSubstr("No such file"));
}

TEST_F(PolicyFileTest, LoadRefusesADirectoryAndAFileThatIsTooLarge) {
  EXPECT_FALSE(PolicyFile(directory_.string(), control_, metrics_).Load().ok());

  Write(absl::StrCat(kAll, std::string(1 << 20, ' ')));
  EXPECT_THAT(std::string(PolicyFile(path_, control_, metrics_).Load().message()),
              HasSubstr("larger than 1 MiB"));
}

TEST_F(PolicyFileTest, AChangeIsTakenUpAndRaisesTheGeneration) {
  Write(kAll);
  PolicyFile file(path_, control_, metrics_);
  ASSERT_TRUE(file.Load().ok());
  const uint64_t generation = control_.generation();

  Write(kNobody);
  EXPECT_TRUE(file.Reload());

  EXPECT_EQ(Check(), Verdict::kAccessDenied);
  EXPECT_GT(control_.generation(), generation);
  EXPECT_EQ(metrics_.policies_loaded.value(), 2u);
}

TEST_F(PolicyFileTest, AnUnchangedFileChangesNothing) {
  Write(kAll);
  PolicyFile file(path_, control_, metrics_);
  ASSERT_TRUE(file.Load().ok());
  const uint64_t generation = control_.generation();

  Write(kAll);
  EXPECT_FALSE(file.Reload());

  EXPECT_EQ(control_.generation(), generation);
  EXPECT_EQ(metrics_.policies_loaded.value(), 1u);
}

TEST_F(PolicyFileTest, ABrokenFileIsRefusedAndTheOldPolicyStays) {
  Write(kNobody);
  PolicyFile file(path_, control_, metrics_);
  ASSERT_TRUE(file.Load().ok());
  const uint64_t generation = control_.generation();

  for (const absl::string_view broken :
       {kBroken, absl::string_view(""), absl::string_view("{"), kAll.substr(0, 30)}) {
    Write(broken);
    EXPECT_FALSE(file.Reload()) << broken;
    EXPECT_EQ(Check(), Verdict::kAccessDenied) << broken;
  }

  EXPECT_EQ(control_.generation(), generation);
  EXPECT_EQ(metrics_.policies_refused.value(), 4u);
}

TEST_F(PolicyFileTest, AFileThatVanishesLeavesItsPolicyInForce) {
  Write(kNobody);
  PolicyFile file(path_, control_, metrics_);
  ASSERT_TRUE(file.Load().ok());

  std::filesystem::remove(path_);
  EXPECT_FALSE(file.Reload());

  EXPECT_EQ(Check(), Verdict::kAccessDenied);
}

TEST_F(PolicyFileTest, ARefusalIsSaidOnceHoweverOftenTheFileIsReadAgain) {
  Write(kAll);
  PolicyFile file(path_, control_, metrics_);
  ASSERT_TRUE(file.Load().ok());
  Write(kBroken);

  testing::internal::CaptureStderr();
  for (int i = 0; i < 10; ++i) file.Reload();
  telemetry::FlushLogs();
  const std::string log = testing::internal::GetCapturedStderr();

  EXPECT_EQ(metrics_.policies_refused.value(), 1u);
  EXPECT_EQ(log.find("access_policy.refused"), log.rfind("access_policy.refused"));
  EXPECT_THAT(log, AllOf(HasSubstr("access_policy.refused"), HasSubstr("allow_rules is empty")));
}

TEST_F(PolicyFileTest, AMendedFileIsTakenUp) {
  Write(kAll);
  PolicyFile file(path_, control_, metrics_);
  ASSERT_TRUE(file.Load().ok());
  Write(kBroken);
  ASSERT_FALSE(file.Reload());

  Write(kNobody);

  EXPECT_TRUE(file.Reload());
  EXPECT_EQ(Check(), Verdict::kAccessDenied);
}

TEST_F(PolicyFileTest, TheSameFaultAfterAGoodFileIsSaidAgain) {
  Write(kAll);
  PolicyFile file(path_, control_, metrics_);
  ASSERT_TRUE(file.Load().ok());
  Write(kBroken);
  file.Reload();
  Write(kAll);
  file.Reload();

  Write(kBroken);
  file.Reload();

  EXPECT_EQ(metrics_.policies_refused.value(), 2u);
}

TEST_F(PolicyFileTest, ASwapOfSymbolicLinksIsAChange) {
  const auto write_to = [&](const char* version, absl::string_view text) {
    std::filesystem::create_directory(directory_ / version);
    std::ofstream(directory_ / version / "policy.json") << text;
  };
  write_to("v1", kAll);
  write_to("v2", kNobody);
  std::filesystem::create_directory_symlink("v1", directory_ / "now");
  PolicyFile file((directory_ / "now" / "policy.json").string(), control_, metrics_);
  ASSERT_TRUE(file.Load().ok());

  std::filesystem::create_directory_symlink("v2", directory_ / "next");
  std::filesystem::rename(directory_ / "next", directory_ / "now");

  EXPECT_TRUE(file.Reload());
  EXPECT_EQ(Check(), Verdict::kAccessDenied);
}

TEST_F(PolicyFileTest, CanBeReadWithoutPuttingItInForce) {
  Write(kNobody);

  const auto policy = ReadPolicyFile(path_);

  ASSERT_TRUE(policy.ok());
  EXPECT_EQ((*policy)->name(), "nobody");
  EXPECT_EQ(Check(), Verdict::kAllowed);
}

}  // namespace
}  // namespace runcast::access
