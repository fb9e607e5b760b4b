#include "tests/unit/upstream/status_answers.h"

#include <gtest/gtest.h>

#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"

namespace runcast::upstream {

const char kRunningSample[] = R"json({
  "_id": "tr-0a1b2c3d-0000-5000-8000-00000000abcd",
  "streamId": "st-0a1b2c3d-0000-5000-8000-00000000beef",
  "testSuiteId": "ts-0a1b2c3d-0000-5000-8000-00000000cafe",
  "status": "running",
  "utterance_count": 40,
  "result": {
    "_id": "tr-0a1b2c3d-0000-5000-8000-00000000abcd",
    "isPartialFailure": false,
    "status": "running",
    "testSuiteId": "ts-0a1b2c3d-0000-5000-8000-00000000cafe",
    "triggeredBy": "u-0a1b2c3d-0000-5000-8000-00000000f00d",
    "streamId": "st-0a1b2c3d-0000-5000-8000-00000000beef",
    "botLanguage": "en",
    "runType": "published",
    "utterance_count": 40,
    "startTime": "2030-01-02T03:04:05.678Z",
    "__v": 0
  },
  "totalUtterances": 40,
  "utterance_ran": 10,
  "percentage": 25
})json";

const char kCompletedSample[] = R"json({
  "_id": "tr-0a1b2c3d-0000-5000-8000-00000000abcd",
  "streamId": "st-0a1b2c3d-0000-5000-8000-00000000beef",
  "testSuiteId": "ts-0a1b2c3d-0000-5000-8000-00000000cafe",
  "status": "completed",
  "utterance_count": 40,
  "result": {
    "_id": "tr-0a1b2c3d-0000-5000-8000-00000000abcd",
    "isPartialFailure": false,
    "status": "completed",
    "isAvailable": true,
    "testSuiteId": "ts-0a1b2c3d-0000-5000-8000-00000000cafe",
    "triggeredBy": "u-0a1b2c3d-0000-5000-8000-00000000f00d",
    "streamId": "st-0a1b2c3d-0000-5000-8000-00000000beef",
    "botLanguage": "en",
    "runType": "published",
    "utterance_count": 40,
    "startTime": "2030-01-02T03:04:05.678Z",
    "__v": 0,
    "endTime": "2030-01-02T03:05:06.789Z",
    "f1_score": "0.95",
    "fileId": "0123456789abcdef01234567",
    "precision": "0.97",
    "recall": "0.92",
    "results": {
      "TP": 35, "TN": 1, "FP": 1, "FN": 3,
      "success": 36, "failure": 4,
      "traitSuccess": 0, "traitFailure": 0,
      "totalEntitiesCount": 12, "matchedEntitiesCount": 11,
      "totalTraitsCount": 0, "matchedTraitsCount": 0,
      "failedUtteranceCount": 0, "failedEntitiesCount": 1
    },
    "fileUrl": "https://platform.kore.ai/api/getMediaStream/media/f-0a1b2c3d-0000-5000-8000-000000000001.csv?e=1893557106&n=1234567890&s=QUJDREVGRw$$&clientfilename=smoke-02-01-30.csv&batchtesting=true"
  }
})json";

base::RunKey SampleKey() {
  return {"st-0a1b2c3d-0000-5000-8000-00000000beef", "smoke",
          "tr-0a1b2c3d-0000-5000-8000-00000000abcd", ""};
}

PollAnswer Decode(const base::RunKey& key, const std::string& body, const StatusWords& words) {
  DecodedAnswer decoded = DecodeStatus(key, body, words);
  if (auto* answer = std::get_if<PollAnswer>(&decoded)) return std::move(*answer);
  const auto* fault = std::get_if<ProtocolFault>(&decoded);
  ADD_FAILURE() << "the answer " << (fault == nullptr ? "is an error" : fault->reason) << ": "
                << body;
  return {};
}

PollAnswer Decode(const std::string& body) { return Decode(kKey, body); }

std::string Fault(const std::string& body, const base::RunKey& key) {
  const DecodedAnswer decoded = DecodeStatus(key, body, StatusWords());
  if (const auto* fault = std::get_if<ProtocolFault>(&decoded)) return fault->reason;
  return std::holds_alternative<PollAnswer>(decoded) ? "believed" : "error";
}

int64_t Millis(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

std::string Edited(const std::string& document, const std::string& from, const std::string& to) {
  EXPECT_TRUE(absl::StrContains(document, from)) << "nothing to edit: " << from;
  return absl::StrReplaceAll(document, {{from, to}});
}

}  // namespace runcast::upstream
