// Answers of the platform for tests.

#ifndef RUNCAST_TESTS_UNIT_UPSTREAM_STATUS_ANSWERS_H_
#define RUNCAST_TESTS_UNIT_UPSTREAM_STATUS_ANSWERS_H_

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>

#include "gateway/base/run_key.h"
#include "gateway/upstream/status_decoder.h"
#include "tests/fakes/platform_documents.h"

namespace runcast::upstream {

using fakes::kCompletedDocument;
using fakes::kRunningDocument;

// The run that both documents are about.
base::RunKey SampleKey();

// A run with short ids.
inline const base::RunKey kKey = {"st-1", "smoke", "tr-17", ""};

// The answer in `body`, which must be a good one.
PollAnswer Decode(const base::RunKey& key, const std::string& body,
                  const StatusWords& words = StatusWords());
PollAnswer Decode(const std::string& body);

// Why `body` is not believed, or `believed`, or `error`.
std::string Fault(const std::string& body, const base::RunKey& key = kKey);

int64_t Millis(const google::protobuf::Timestamp& time);

// `document` with `from`, which must be in it, replaced by `to` everywhere.
std::string Edited(const std::string& document, const std::string& from, const std::string& to);

}  // namespace runcast::upstream

#endif  // RUNCAST_TESTS_UNIT_UPSTREAM_STATUS_ANSWERS_H_
