// The load program: opens streams or sends reads over HTTP/2 to any of the servers compared, and
// prints lines of JSON about what came back and what the server spent on it.

#include <CLI/CLI.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/bench/descriptor_limit.h"
#include "tests/bench/first_call.h"
#include "tests/bench/load_clock.h"
#include "tests/bench/load_session.h"
#include "tests/bench/lone_calls.h"

namespace runcast::bench {
namespace {

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::vector<std::string> FromHex(const std::vector<std::string>& hex) {
  std::vector<std::string> all;
  for (const std::string& each : hex) all.push_back(FromHex(each));
  return all;
}

// What the command line says; each use reads its own part.
struct Arguments {
  std::vector<uint16_t> ports;
  std::vector<int> server_pids;
  std::string path;
  std::string authority = "localhost";
  std::vector<std::string> messages;
  std::string message_file;
  int connections = 1;
  int streams = 1;
  double open_limit = 60;

  bool keep_open = false;
  int stall_every = 0;
  Publisher::Options publisher;
  std::vector<std::string> publish_messages;

  bool plain = false;
  double limit = 60;

  int calls = 500;
  std::string open_path;
  std::string open_message;
  double shortest_pause = 0.5;
  double longest_pause = 5;

  Http2Connection::Request Request() const {
    return {.authority = authority, .path = path, .framed = {}, .keep_open = keep_open};
  }
};

int Watch(Arguments& arguments) {
  LoadSession session(arguments.server_pids);
  Watchers watchers(session.fleet(), {.port = arguments.ports[0],
                                      .request = arguments.Request(),
                                      .messages = FromHex(arguments.messages),
                                      .connections = arguments.connections,
                                      .streams = arguments.streams,
                                      .stall_every = arguments.stall_every});
  const int64_t begin = NowNanos();
  const bool open = watchers.Open(arguments.open_limit);
  LoadSession::Print({{"open", open},
                      {"watchers", watchers.headers()},
                      {"seconds", static_cast<double>(NowNanos() - begin) / 1e9}});
  if (!open) return 1;
  arguments.publisher.messages = FromHex(arguments.publish_messages);
  if (arguments.publisher.port == 0) {
    session.Run({.watchers = &watchers});
  } else {
    Publisher publisher(session.fleet(), arguments.publisher);
    session.Run({.watchers = &watchers, .publisher = &publisher});
  }
  return 0;
}

Readers::Options ReadersOptions(const Arguments& arguments, bool loop) {
  return {.port = arguments.ports[0],
          .request = arguments.Request(),
          .message = arguments.messages.empty() ? "" : FromHex(arguments.messages[0]),
          .plain = arguments.plain,
          .connections = arguments.connections,
          .streams = arguments.streams,
          .loop = loop};
}

int Read(const Arguments& arguments) {
  LoadSession session(arguments.server_pids);
  Readers readers(session.fleet(), ReadersOptions(arguments, /*loop=*/true));
  const bool open = readers.Connect(arguments.open_limit);
  LoadSession::Print({{"open", open}});
  if (!open) return 1;
  readers.Start();
  session.Run({.readers = &readers});
  return 0;
}

int Burst(const Arguments& arguments) {
  Fleet fleet;
  Readers readers(fleet, ReadersOptions(arguments, /*loop=*/false));
  if (!readers.Connect(arguments.open_limit)) return 1;
  const int64_t begin = NowNanos();
  const int64_t limit = begin + Nanos(arguments.limit);
  readers.Start();
  const int64_t total = int64_t{arguments.connections} * arguments.streams;
  while (readers.ended() < total && NowNanos() < limit) fleet.Poll(Nanos(0.01));
  nlohmann::json result = readers.CloseWindow(static_cast<double>(NowNanos() - begin) / 1e9);
  result["unanswered"] = total - readers.ended();
  LoadSession::Print(result);
  return 0;
}

int Lone(const Arguments& arguments) {
  Fleet fleet;
  LoneCalls calls(fleet, {.ports = arguments.ports,
                          .path = arguments.path,
                          .message = FromHex(arguments.messages.at(0)),
                          .open_path = arguments.open_path,
                          .open_message = FromHex(arguments.open_message),
                          .calls = arguments.calls,
                          .shortest_pause = arguments.shortest_pause,
                          .longest_pause = arguments.longest_pause});
  LoadSession::Print(calls.Run());
  return 0;
}

int First(const Arguments& arguments) {
  const std::string message = arguments.messages.empty() ? "" : FromHex(arguments.messages[0]);
  const int64_t answered =
      TimeOfFirstAnswer(arguments.ports[0], arguments.path, message, arguments.limit);
  LoadSession::Print({{"monotonic_seconds", static_cast<double>(answered) / 1e9}});
  return answered == 0 ? 1 : 0;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Loads HTTP/2 servers on 127.0.0.1. Messages are hexadecimal, without frames.");
  app.require_subcommand(1);
  const auto use = [&](const char* name, const char* what) {
    CLI::App* command = app.add_subcommand(name, what);
    command->add_option("--port", arguments.ports, "Port of the server")->required();
    command->add_option("--path", arguments.path, "Path of the method")->required();
    command->add_option("--authority", arguments.authority, "The :authority header");
    command->add_option("--message", arguments.messages, "Request message; may be repeated");
    command->add_option("--messages-from", arguments.message_file, "File with more, one a line");
    command->add_option("--connections", arguments.connections, "Connections");
    command->add_option("--streams", arguments.streams, "Streams on each connection");
    command->add_option("--server-pid", arguments.server_pids, "Processes whose use is told");
    command->add_option("--open-limit", arguments.open_limit, "Longest time to open all");
    command->add_option("--limit", arguments.limit, "Longest time to wait for answers");
    return command;
  };
  CLI::App* watch = use("watch", "Holds streams and obeys the lines of standard input");
  watch->add_flag("--keep-open", arguments.keep_open, "Leave requests open: two-way streams");
  watch->add_option("--stall-every", arguments.stall_every, "Every n-th watcher stops reading");
  watch->add_option("--publish-port", arguments.publisher.port, "Port for puts");
  watch->add_option("--publish-path", arguments.publisher.path, "Path for puts");
  watch->add_option("--publish-message", arguments.publish_messages, "Puts, with a time mark");
  CLI::App* read = use("read", "Repeats calls and obeys the lines of standard input");
  read->add_flag("--plain", arguments.plain, "Plain GET instead of gRPC");
  CLI::App* burst = use("burst", "Makes all calls at once, each once");
  burst->add_flag("--plain", arguments.plain, "Plain GET instead of gRPC");
  CLI::App* lone = use("lone", "Makes single calls after silence, to many servers");
  lone->add_option("--calls", arguments.calls, "Calls in all");
  lone->add_option("--open-path", arguments.open_path, "Method of the stream that stays open");
  lone->add_option("--open-message", arguments.open_message, "Its request message");
  lone->add_option("--shortest-pause", arguments.shortest_pause, "Seconds");
  lone->add_option("--longest-pause", arguments.longest_pause, "Seconds");
  CLI::App* first = use("first", "Tells when a server that is starting first answers");
  CLI11_PARSE(app, argc, argv);

  std::ifstream file(arguments.message_file);
  for (std::string line; std::getline(file, line);) arguments.messages.push_back(line);
  RaiseDescriptorLimit();
  if (watch->parsed()) return Watch(arguments);
  if (read->parsed()) return Read(arguments);
  if (burst->parsed()) return Burst(arguments);
  if (lone->parsed()) return Lone(arguments);
  return first->parsed() ? First(arguments) : 2;
}

}  // namespace
}  // namespace runcast::bench

int main(int argc, char** argv) { return runcast::bench::Main(argc, argv); }
