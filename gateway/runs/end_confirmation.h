// Whether an end that the platform tells is whole, or worth asking for again.
//
// Just after the end the platform may say "completed" without results yet, or contradict itself.
// Source: contract, "What becomes a new status". Pure.

#ifndef RUNCAST_GATEWAY_RUNS_END_CONFIRMATION_H_
#define RUNCAST_GATEWAY_RUNS_END_CONFIRMATION_H_

#include "gateway/base/clock.h"
#include "gateway/upstream/status_client.h"
#include "runcast/v1/run_status.pb.h"

namespace runcast::runs {

class EndConfirmation {
 public:
  // Takes the next good answer. True: it tells an end that is not whole and is asked for again;
  // that happens a few times only, then the end counts as it is.
  bool AsksAgain(const upstream::PollAnswer& answer, base::MonotonicTime now);

  bool is_asking() const { return since_ != base::MonotonicTime::InfiniteFuture(); }

  // When the end counts as it is also without a further answer; InfiniteFuture: none is open.
  base::MonotonicTime deadline() const;
  // The last end that was told, and no more asking for it.
  v1::RunStatus TakeEnd();
  void Stop() { *this = EndConfirmation(); }

 private:
  // When the end was first seen, and in how many answers.
  base::MonotonicTime since_ = base::MonotonicTime::InfiniteFuture();
  int answers_ = 0;
  v1::RunStatus end_;
};

}  // namespace runcast::runs

#endif  // RUNCAST_GATEWAY_RUNS_END_CONFIRMATION_H_
