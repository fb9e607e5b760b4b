#include "gateway/runs/resume_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "google/protobuf/reflection.h"

namespace runcast::runs {
namespace {

v1::RunStatus RunningStatus() {
  v1::RunStatus status;
  status.set_state(v1::RUN_STATE_RUNNING);
  status.set_raw_state("running");
  status.mutable_progress()->set_utterances_done(10);
  status.mutable_progress()->set_utterances_total(40);
  status.mutable_progress()->set_percent(25);
  status.set_epoch(0xfedcba9876543210);
  status.set_sequence(7);
  return status;
}

TEST(ResumeTokenTest, SurvivesTheWire) {
  const ResumeToken token = MakeResumeToken(RunningStatus());

  EXPECT_EQ(DecodeResumeToken(EncodeResumeToken(token)), token);
}

TEST(ResumeTokenTest, BytesThatAreNoTokenCountAsNone) {
  const std::string good = EncodeResumeToken(MakeResumeToken(RunningStatus()));

  EXPECT_EQ(DecodeResumeToken(""), std::nullopt);
  EXPECT_EQ(DecodeResumeToken(good.substr(1)), std::nullopt);
  EXPECT_EQ(DecodeResumeToken(good + "x"), std::nullopt);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    EXPECT_EQ(DecodeResumeToken(bad), std::nullopt) << "byte " << i;
  }
}

// These bytes with the checksum that they should have: FNV-1a, its halves folded.
std::string WithChecksum(std::string bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  const auto folded = static_cast<uint32_t>(hash ^ hash >> 32);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(folded >> (8 * i)));
  return bytes;
}

TEST(ResumeTokenTest, ATokenOfAnotherVersionCountsAsNoneHoweverWellMade) {
  const std::string good = EncodeResumeToken(MakeResumeToken(RunningStatus()));
  std::string content = good.substr(0, good.size() - 4);
  ASSERT_EQ(WithChecksum(content), good);

  for (const char version : {'\0', '\2', '\x7f'}) {
    content[0] = version;
    EXPECT_EQ(DecodeResumeToken(WithChecksum(content)), std::nullopt) << int{version};
  }
}

TEST(ResumeTokenTest, RandomBytesOfTheRightLengthCountAsNone) {
  std::mt19937 random(1);
  const size_t size = EncodeResumeToken(ResumeToken()).size();
  for (int round = 0; round < 10000; ++round) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    bytes[0] = 1;
    EXPECT_EQ(DecodeResumeToken(bytes), std::nullopt);
  }
}

TEST(ResumeTokenTest, FingerprintIgnoresWhatTheGatewayAdded) {
  const v1::RunStatus status = RunningStatus();
  v1::RunStatus other = status;
  other.set_epoch(1);
  other.set_sequence(99);
  other.mutable_observed_at()->set_seconds(5);
  other.mutable_freshness()->set_state(v1::Freshness::STATE_STALE);

  EXPECT_EQ(FingerprintOfPlatformFacts(other), FingerprintOfPlatformFacts(status));
}

// Sets one field of `message` to a value that is not its default.
void Touch(google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field) {
  using Type = google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case Type::CPPTYPE_STRING:
      return reflection->SetString(&message, field, "touched");
    case Type::CPPTYPE_BOOL:
      return reflection->SetBool(&message, field, true);
    case Type::CPPTYPE_INT64:
      return reflection->SetInt64(&message, field, 17);
    case Type::CPPTYPE_INT32:
      return reflection->SetInt32(&message, field, 17);
    case Type::CPPTYPE_DOUBLE:
      return reflection->SetDouble(&message, field, 0.5);
    case Type::CPPTYPE_ENUM:
      return reflection->SetEnumValue(&message, field, 3);
    default:
      FAIL() << "no way to touch " << field->full_name();
  }
}

// Tokens are kept by watchers while the gateway is replaced: what a fact hashes to stays.
TEST(ResumeTokenTest, FingerprintIsFnv1aOfEachByteOfEachFact) {
  v1::RunStatus status = RunningStatus();
  status.mutable_start_time()->set_seconds(-1);
  status.mutable_start_time()->set_nanos(999'000'000);
  status.set_language("en");

  EXPECT_EQ(FingerprintOfPlatformFacts(status), 0x4187307115789e73);
}

TEST(ResumeTokenTest, FingerprintSeesEveryFactOfThePlatform) {
  const std::set<std::string> of_gateway = {"run", "sequence", "epoch", "observed_at", "freshness"};
  const uint64_t empty = FingerprintOfPlatformFacts(v1::RunStatus());
  int touched = 0;
  const auto* descriptor = v1::RunStatus::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (of_gateway.contains(field->name())) continue;
    if (field->message_type() == nullptr) {
      v1::RunStatus status;
      Touch(status, field);
      EXPECT_NE(FingerprintOfPlatformFacts(status), empty) << field->full_name();
      ++touched;
      continue;
    }
    for (int j = 0; j < field->message_type()->field_count(); ++j) {
      v1::RunStatus status;
      Touch(*status.GetReflection()->MutableMessage(&status, field),
            field->message_type()->field(j));
      EXPECT_NE(FingerprintOfPlatformFacts(status), empty)
          << field->message_type()->field(j)->full_name();
      ++touched;
    }
  }
  EXPECT_EQ(touched, 35);
}

TEST(ResumeTokenTest, BehindMeansNotTerminalAfterTerminalOrLessProgress) {
  ResumeToken seen;
  seen.utterances_done = 10;
  seen.percent = 25;
  ResumeToken token = seen;
  EXPECT_FALSE(IsBehind(token, seen));

  token.utterances_done = 9;
  EXPECT_TRUE(IsBehind(token, seen));
  token.terminal = true;
  EXPECT_FALSE(IsBehind(token, seen)) << "an end is never behind a running state";

  token = seen;
  token.percent = 24.5;
  EXPECT_TRUE(IsBehind(token, seen));
  token.utterances_done = 11;
  EXPECT_FALSE(IsBehind(token, seen)) << "utterances count before percent";

  token = seen;
  token.utterances_done = -1;
  token.percent = -1;
  EXPECT_FALSE(IsBehind(token, seen)) << "unknown progress is not less progress";

  token = seen;
  seen.terminal = true;
  EXPECT_TRUE(IsBehind(token, seen));
}

}  // namespace
}  // namespace runcast::runs
