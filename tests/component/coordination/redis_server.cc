#include "tests/component/coordination/redis_server.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

extern char** environ;

namespace runcast::coordination {
namespace {

using Context = std::unique_ptr<redisContext, void (*)(redisContext*)>;

Context Connect(const std::string& path) {
  return Context(redisConnectUnix(path.c_str()), &redisFree);
}

std::string TextOf(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
  if (reply.type != REDIS_REPLY_ARRAY) {
    return reply.str == nullptr ? "" : std::string(reply.str, static_cast<size_t>(reply.len));
  }
  std::string lines;
  for (size_t i = 0; i < reply.elements; ++i) lines += TextOf(*reply.element[i]) + "\n";
  return lines;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> flags)
    : flags_(std::move(flags)), socket_path_(directory_.Path("redis.sock")) {
  Start();
}

RedisServer::~RedisServer() { Stop(); }

void RedisServer::Start() {
  std::vector<std::string> words = {
      RUNCAST_REDIS_SERVER, "--port", "0",     "--unixsocket",     socket_path_, "--save", "",
      "--appendonly",       "no",     "--dir", directory_.Path("")};
  words.insert(words.end(), flags_.begin(), flags_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, directory_.Path("log").c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int failed =
      posix_spawn(&pid_, RUNCAST_REDIS_SERVER, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (failed == 0 && std::chrono::steady_clock::now() < deadline) {
    if (Connect(socket_path_)->err == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::fprintf(stderr, "redis-server does not answer\n");
  std::abort();
}

void RedisServer::Stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Freeze() { kill(pid_, SIGSTOP); }
void RedisServer::Thaw() { kill(pid_, SIGCONT); }

std::string RedisServer::AskInTurn(const std::vector<std::vector<std::string>>& commands) const {
  const Context context = Connect(socket_path_);
  std::string text;
  for (const std::vector<std::string>& words : commands) {
    std::vector<const char*> pointers;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
      pointers.push_back(word.data());
      sizes.push_back(word.size());
    }
    auto* reply = static_cast<redisReply*>(redisCommandArgv(
        context.get(), static_cast<int>(words.size()), pointers.data(), sizes.data()));
    if (reply == nullptr) return "";
    text = TextOf(*reply);
    freeReplyObject(reply);
  }
  return text;
}

}  // namespace runcast::coordination
