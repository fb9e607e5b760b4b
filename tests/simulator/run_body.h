// The answer bodies of the platform, member by member as in the upstream reference, sections 4
// to 6. Pure.

#ifndef RUNCAST_TESTS_SIMULATOR_RUN_BODY_H_
#define RUNCAST_TESTS_SIMULATOR_RUN_BODY_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/simulator/json.h"
#include "tests/simulator/run_script.h"

namespace runcast::simulator {

// 4.1 while active, 4.2 once completed; other ends have `endTime` and neither scores nor report.
// `nonce` makes the report link new on each call.
Json StatusBody(const RunScript& run, const RunMoment& moment, int64_t platform_millis,
                const std::string& file_url_base, uint64_t nonce);

// Member of `results` in the suite list, section 6: figures only for a completed run.
Json ListedRun(const RunScript& run, const RunMoment& moment);

// {"errors": [{"msg": …, "code": …}]}
std::string ErrorBody(std::string_view msg, int code);

}  // namespace runcast::simulator

#endif  // RUNCAST_TESTS_SIMULATOR_RUN_BODY_H_
