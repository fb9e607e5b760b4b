// What the platform answers, word for word.

#ifndef RUNCAST_TESTS_FAKES_PLATFORM_DOCUMENTS_H_
#define RUNCAST_TESTS_FAKES_PLATFORM_DOCUMENTS_H_

namespace runcast::fakes {

// A run that goes on: upstream reference, section 4.1.
inline constexpr char kRunningDocument[] = R"json({
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

// The run of kRunningDocument at its end: section 4.2.
inline constexpr char kCompletedDocument[] = R"json({
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

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_PLATFORM_DOCUMENTS_H_
