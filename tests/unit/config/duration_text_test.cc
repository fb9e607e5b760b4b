#include "gateway/config/duration_text.h"

#include <gtest/gtest.h>

namespace runcast::config {
namespace {

struct Row {
  const char* text;
  absl::Duration duration;
  const char* printed;
};

class DurationTextTest : public testing::TestWithParam<Row> {};

TEST_P(DurationTextTest, IsReadAndPrintedAsPeopleWriteIt) {
  EXPECT_EQ(ParseDuration(GetParam().text), GetParam().duration);
  EXPECT_EQ(DurationText(GetParam().duration), GetParam().printed);
  EXPECT_EQ(ParseDuration(DurationText(GetParam().duration)), GetParam().duration);
  EXPECT_EQ(FromProto(ToProto(GetParam().duration)), GetParam().duration);
}

INSTANTIATE_TEST_SUITE_P(
    Table, DurationTextTest,
    testing::Values(
        Row{"250ms", absl::Milliseconds(250), "250ms"}, Row{"20s", absl::Seconds(20), "20s"},
        Row{"15m", absl::Minutes(15), "15m"}, Row{"1h", absl::Hours(1), "1h"},
        Row{"1h30m", absl::Minutes(90), "1h30m"}, Row{"60s", absl::Minutes(1), "1m"},
        Row{"2100ms", absl::Milliseconds(2100), "2.1s"},
        Row{"2.1s", absl::Milliseconds(2100), "2.1s"}, Row{"1.5h", absl::Minutes(90), "1h30m"},
        Row{"500us", absl::Microseconds(500), "500us"}, Row{"1ns", absl::Nanoseconds(1), "1ns"},
        Row{"0s", absl::ZeroDuration(), "0s"}, Row{"0", absl::ZeroDuration(), "0s"},
        Row{"8760h", absl::Hours(8760), "8760h"}));

class NoDurationTest : public testing::TestWithParam<const char*> {};

TEST_P(NoDurationTest, IsRefused) { EXPECT_EQ(ParseDuration(GetParam()), std::nullopt); }

INSTANTIATE_TEST_SUITE_P(Table, NoDurationTest,
                         testing::Values("", "5", "-5s", "5 s", "s", "5d", "inf", "-inf", "5min",
                                         "1h30", "1m s", "0x5s", "99999999999999h", "5S"));

}  // namespace
}  // namespace runcast::config
