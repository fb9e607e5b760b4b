#include "tests/simulator/fault_script.h"

#include <utility>

namespace runcast::simulator {

const Fault& FaultScript::Add(const Json& json, int64_t now_nanos) {
  Fault fault = FaultFromJson(json, now_nanos);
  fault.id = ++last_id_;
  faults_.push_back(std::move(fault));
  return faults_.back();
}

bool FaultScript::Remove(uint64_t id) {
  return std::erase_if(faults_, [id](const Fault& fault) { return fault.id == id; }) > 0;
}

const Fault* FaultScript::Strike(const Route& route, bool reused, int64_t now_nanos) {
  for (Fault& fault : faults_) {
    if (!fault.run.empty() && fault.run != route.run) continue;
    if (!fault.stream.empty() && fault.stream != route.stream) continue;
    if (fault.call != "any" && fault.call != NameOf(route.call)) continue;
    if (fault.kind == "drop_reused" && !reused) continue;
    if (fault.until_nanos != 0 && now_nanos >= fault.until_nanos) continue;
    if (fault.count >= 0 && fault.hits >= static_cast<uint64_t>(fault.count)) continue;
    if (++fault.seen <= static_cast<uint64_t>(fault.after)) continue;
    if (fault.probability < 1 &&
        std::uniform_real_distribution<double>(0, 1)(random_) >= fault.probability) {
      continue;
    }
    ++fault.hits;
    ++total_hits_;
    return &fault;
  }
  return nullptr;
}

}  // namespace runcast::simulator
