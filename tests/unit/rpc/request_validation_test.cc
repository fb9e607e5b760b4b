#include "gateway/rpc/request_validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace runcast::rpc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

v1::RunReference Good() {
  v1::RunReference reference;
  reference.set_stream_id("st-1");
  reference.set_suite_name("Smoke");
  reference.set_run_id("tr-1");
  return reference;
}

std::vector<std::string> FaultyFields(const v1::RunReference& reference) {
  base::RunKey key;
  std::vector<std::string> fields;
  for (const FieldViolation& violation : CheckRunReference(reference, true, key)) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(RequestValidationTest, AGoodReferenceBecomesTheKeyUnchanged) {
  v1::RunReference reference = Good();
  reference.set_language("en");
  base::RunKey key;

  EXPECT_THAT(CheckRunReference(reference, true, key), IsEmpty());
  EXPECT_EQ(key, (base::RunKey{"st-1", "Smoke", "tr-1", "en"}));
}

TEST(RequestValidationTest, AMissingRunIsOneFault) {
  base::RunKey key;
  const auto violations = CheckRunReference(v1::RunReference(), false, key);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "run");
}

TEST(RequestValidationTest, EveryEmptyFieldIsReported) {
  EXPECT_THAT(FaultyFields(v1::RunReference()),
              ElementsAre("run.stream_id", "run.suite_name", "run.run_id"));
}

class LegalTextTest : public testing::TestWithParam<std::string> {};
TEST_P(LegalTextTest, IsLegalInEveryFieldOfThePath) {
  v1::RunReference reference;
  reference.set_stream_id(GetParam());
  reference.set_suite_name(GetParam());
  reference.set_run_id(GetParam());
  EXPECT_THAT(FaultyFields(reference), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Texts, LegalTextTest,
                         testing::Values("..", ".", "a/b", "%2F", " ", "?x=1#y", "täglich",
                                         "日本語", "🙂", "\xC2\xA0", std::string(512, 'x')));

class IllegalTextTest : public testing::TestWithParam<std::string> {};
TEST_P(IllegalTextTest, IsReportedInEveryFieldWithoutBeingRepeated) {
  v1::RunReference reference;
  reference.set_stream_id(GetParam());
  reference.set_suite_name(GetParam());
  reference.set_run_id(GetParam());
  reference.set_language(GetParam());

  base::RunKey key;
  const auto violations = CheckRunReference(reference, true, key);

  EXPECT_EQ(violations.size(), 4u);
  for (const FieldViolation& violation : violations) {
    EXPECT_EQ(violation.description.find(GetParam()), std::string::npos);
  }
  EXPECT_EQ(key, base::RunKey());
}
INSTANTIATE_TEST_SUITE_P(Texts, IllegalTextTest,
                         testing::Values(std::string("a\0b", 3), "a\nb", "a\rb", "\x1F", "a\x7F",
                                         "\xC2\x80", "a\xC2\x9F", std::string(513, 'x'),
                                         std::string(10240, 'x')));

TEST(RequestValidationTest, ALanguageIsWhatAHeaderCanCarry) {
  v1::RunReference reference = Good();
  for (const char* language : {"en", "pt-BR", "zh_Hant;q=1"}) {
    reference.set_language(language);
    EXPECT_THAT(FaultyFields(reference), IsEmpty()) << language;
  }
  for (const char* language : {"fran\xC3\xA7"
                               "ais",
                               "en us", " "}) {
    reference.set_language(language);
    EXPECT_THAT(FaultyFields(reference), ElementsAre("run.language")) << language;
  }
}

TEST(RequestValidationTest, AnotherKindOfRunIsRefused) {
  v1::RunReference reference = Good();
  reference.set_kind(v1::RUN_KIND_BATCH_TEST);
  EXPECT_THAT(FaultyFields(reference), IsEmpty());
  reference.set_kind(static_cast<v1::RunKind>(7));
  EXPECT_THAT(FaultyFields(reference), ElementsAre("run.kind"));
}

struct DurationCase {
  int64_t seconds;
  int32_t nanos;
  bool legal_staleness;
  bool legal_heartbeat;
};

class DurationTest : public testing::TestWithParam<DurationCase> {};

TEST_P(DurationTest, IsJudgedByItsFieldsRange) {
  const DurationCase& given = GetParam();
  google::protobuf::Duration duration;
  duration.set_seconds(given.seconds);
  duration.set_nanos(given.nanos);
  v1::GetStatusRequest read;
  *read.mutable_run() = Good();
  *read.mutable_max_staleness() = duration;
  v1::WatchRunRequest watch;
  *watch.mutable_run() = Good();
  *watch.mutable_heartbeat_interval() = duration;

  base::RunKey key;
  absl::Duration staleness, interval;
  const auto staleness_faults = CheckGetStatus(read, absl::Seconds(5), key, staleness);
  const auto interval_faults =
      CheckWatchRun(watch, absl::Seconds(5), absl::Seconds(20), key, interval);

  const absl::Duration value = absl::Seconds(given.seconds) + absl::Nanoseconds(given.nanos);
  EXPECT_EQ(staleness_faults.empty(), given.legal_staleness);
  EXPECT_EQ(staleness, given.legal_staleness ? value : absl::Seconds(5));
  if (!staleness_faults.empty()) {
    EXPECT_EQ(staleness_faults[0].field, "max_staleness");
  }
  EXPECT_EQ(interval_faults.empty(), given.legal_heartbeat);
  EXPECT_EQ(interval, given.legal_heartbeat ? value : absl::Seconds(20));
  if (!interval_faults.empty()) {
    EXPECT_EQ(interval_faults[0].field, "heartbeat_interval");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Durations, DurationTest,
    testing::Values(DurationCase{0, 0, true, false}, DurationCase{0, 1, true, false},
                    DurationCase{4, 999999999, true, false}, DurationCase{5, 0, true, true},
                    DurationCase{600, 0, true, true}, DurationCase{600, 1, true, false},
                    DurationCase{3600, 0, true, false}, DurationCase{3600, 1, false, false},
                    DurationCase{-1, 0, false, false}, DurationCase{0, -1, false, false},
                    DurationCase{10, -1, false, false}, DurationCase{10, 1000000000, false, false},
                    DurationCase{std::numeric_limits<int64_t>::max(), 0, false, false},
                    DurationCase{std::numeric_limits<int64_t>::min(),
                                 std::numeric_limits<int32_t>::min(), false, false}));

TEST(RequestValidationTest, AbsentDurationsTakeTheDefault) {
  v1::GetStatusRequest read;
  *read.mutable_run() = Good();
  v1::WatchRunRequest watch;
  *watch.mutable_run() = Good();
  base::RunKey key;
  absl::Duration staleness, interval;

  EXPECT_THAT(CheckGetStatus(read, absl::Seconds(5), key, staleness), IsEmpty());
  EXPECT_THAT(CheckWatchRun(watch, absl::Seconds(5), absl::Seconds(20), key, interval), IsEmpty());

  EXPECT_EQ(staleness, absl::Seconds(5));
  EXPECT_EQ(interval, absl::Seconds(20));
}

TEST(RequestValidationTest, FaultsOfAllFieldsComeTogether) {
  v1::GetStatusRequest read;
  read.mutable_run()->set_stream_id("st-1");
  read.mutable_max_staleness()->set_seconds(-1);
  base::RunKey key;
  absl::Duration staleness;

  EXPECT_EQ(CheckGetStatus(read, absl::Seconds(5), key, staleness).size(), 3u);
}

}  // namespace
}  // namespace runcast::rpc
