// All connections of the load program on one epoll set.

#ifndef RUNCAST_TESTS_BENCH_FLEET_H_
#define RUNCAST_TESTS_BENCH_FLEET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tests/bench/load_http2.h"

namespace runcast::bench {

// Threads: one.
class Fleet {
 public:
  // `standard_input` is called when there is something to read there; null: it is not watched.
  explicit Fleet(std::function<void()> on_standard_input = nullptr);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Connects and returns the connection's number; nothing is sent before Flush. The source address
  // is chosen so that none runs out of ports.
  size_t Connect(Http2Connection::Options options, Http2Connection::Owner& owner);
  Http2Connection& connection(size_t number) { return *members_[number].http2; }
  size_t size() const { return members_.size(); }

  // Sends what calls were started on the connection.
  void Flush(size_t number);
  // From here on what the server sends stays in the socket.
  void StopReading(size_t number);
  // Waits for at most `nanos` and handles what came.
  void Poll(int64_t nanos);
  // Polls until the time has come.
  void PollUntil(int64_t time);
  // Polls until every connection knows the server's settings; false after `seconds`.
  bool Settle(double seconds);
  void Close();

  // Connections that ended other than by Close.
  int64_t lost() const { return lost_; }

 private:
  struct Member {
    std::unique_ptr<Http2Connection> http2;
    bool writing = false;
    bool reading = true;
    bool lost = false;
  };
  void Lose(Member& member);
  void SetInterest(size_t number);

  const int epoll_;
  const std::function<void()> on_standard_input_;
  std::vector<Member> members_;
  int64_t lost_ = 0;
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_FLEET_H_
