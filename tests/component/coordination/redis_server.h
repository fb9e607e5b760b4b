// A real redis-server of one test, on a Unix socket.

#ifndef RUNCAST_TESTS_COMPONENT_COORDINATION_REDIS_SERVER_H_
#define RUNCAST_TESTS_COMPONENT_COORDINATION_REDIS_SERVER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/fakes/temp_directory.h"

namespace runcast::coordination {

// Lifetime: the destructor ends it with SIGKILL and waits.
// Errors: aborts with a sentence when it does not answer within 10 s.
class RedisServer {
 public:
  // `flags` are added to its command line.
  explicit RedisServer(std::vector<std::string> flags = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  const std::string& socket_path() const { return socket_path_; }
  const fakes::TempDirectory& directory() const { return directory_; }

  void Stop();   // SIGKILL: it forgets everything.
  void Start();  // Again, at the same place.
  void Freeze();
  void Thaw();

  // One command on a connection of its own that blocks; the answer as text, elements one a line.
  std::string Ask(const std::vector<std::string>& words) const { return AskInTurn({words}); }
  // Several on one such connection; the answer to the last.
  std::string AskInTurn(const std::vector<std::vector<std::string>>& commands) const;

 private:
  const std::vector<std::string> flags_;
  const fakes::TempDirectory directory_;
  const std::string socket_path_;
  pid_t pid_ = -1;
};

}  // namespace runcast::coordination

#endif  // RUNCAST_TESTS_COMPONENT_COORDINATION_REDIS_SERVER_H_
