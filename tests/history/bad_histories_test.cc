// Every history in bad/ is found to be bad, in the ways that it names: bad ones that were once
// recorded, or made up to show what one looks like, stay found.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/history/history_document.h"

namespace runcast::history {
namespace {

std::vector<std::string> Files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(BAD_HISTORIES)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().stem());
  }
  std::sort(files.begin(), files.end());
  return files;
}

HistoryDocument Read(const std::string& name) {
  std::ifstream file(std::filesystem::path(BAD_HISTORIES) / (name + ".json"));
  return HistoryFromJson(nlohmann::json::parse(file));
}

std::set<std::string> Names(const std::vector<Finding>& findings) {
  std::set<std::string> names;
  for (const Finding& finding : findings) names.insert(finding.name());
  return names;
}

class BadHistoriesTest : public testing::TestWithParam<std::string> {};

TEST_P(BadHistoriesTest, IsFoundInTheWaysItNames) {
  const HistoryDocument document = Read(GetParam());

  const std::vector<Finding> findings = Check(document);

  EXPECT_FALSE(findings.empty());
  EXPECT_THAT(Names(findings), testing::UnorderedElementsAreArray(document.finds));
}

TEST_P(BadHistoriesTest, SurvivesBeingWrittenAndRead) {
  const HistoryDocument document = Read(GetParam());

  const HistoryDocument again = HistoryFromJson(ToJson(document));

  EXPECT_EQ(ToJson(again), ToJson(document));
  EXPECT_EQ(Names(Check(again)), Names(Check(document)));
}

INSTANTIATE_TEST_SUITE_P(Files, BadHistoriesTest, testing::ValuesIn(Files()), [](const auto& name) {
  std::string word = name.param;
  std::replace(word.begin(), word.end(), '-', '_');
  return word;
});

TEST(BadHistoriesTest, EveryKindOfFindingHasAHistory) {
  std::set<std::string> named;
  for (const std::string& file : Files()) {
    for (const std::string& name : Read(file).finds) named.insert(name);
  }

  EXPECT_THAT(named, testing::UnorderedElementsAreArray(Finding::kNames));
}

}  // namespace
}  // namespace runcast::history
