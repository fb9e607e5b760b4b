// When the engine counts as down, and when as back.
//
// Pure.

#ifndef RUNCAST_GATEWAY_COORDINATION_ENGINE_BREAKER_H_
#define RUNCAST_GATEWAY_COORDINATION_ENGINE_BREAKER_H_

namespace runcast::coordination {

// Down at first. Up with the first renewal of the session that is answered in time; down again with
// a lost connection, or three commands in a row that were not answered in time.
class EngineBreaker {
 public:
  bool is_up() const { return is_up_; }

  void OnRenewed() {
    is_up_ = true;
    failures_ = 0;
  }
  void OnAnswer() { failures_ = 0; }
  void OnTimeout() {
    if (++failures_ >= kFailures) is_up_ = false;
  }
  void OnDisconnected() {
    is_up_ = false;
    failures_ = 0;
  }

 private:
  static constexpr int kFailures = 3;

  bool is_up_ = false;
  int failures_ = 0;  // In a row.
};

}  // namespace runcast::coordination

#endif  // RUNCAST_GATEWAY_COORDINATION_ENGINE_BREAKER_H_
