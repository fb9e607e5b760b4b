// fault-load: the background of every fault: watchers and readers of a gateway, judged.
//
// It does what it is told on stdin, a line at a time, and answers each with a line of JSON:
//   mark NAME              from now on figures count under this name
//   wait CONDITION SECONDS until all watchers are `known`, `heard`, `fresh`, `stale`, `terminal` or
//   `ended` state                  how they stand reopen | reopen anew   all leave and come back
//   over new connections, with or without tokens silent N               N more streams that are
//   never read report [LOG [SECONDS]] figures of all sections; LOG: the simulator's answer to GET
//   /requests,
//                          to judge all histories by; SECONDS: what counts as late (2)
//   stop

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/faults/bare_watchers.h"
#include "tests/faults/library_watchers.h"
#include "tests/faults/status_reads.h"

namespace runcast::faults {
namespace {

using nlohmann::ordered_json;

// Services that use the client library; each watches a run once.
constexpr int kLibraryClients = 10;
// With several replicas more, so that the watchers of a run are spread over all of them by chance.
constexpr int kClientsOfReplicas = 60;

struct Flags {
  std::vector<std::string> addresses;
  std::string stream, suite, run_prefix = "run-", bad_history;
  int watchers = 2000, runs = 200, connections = 20, reads = 500;
  bool library = false, once = false;
};

class Load {
 public:
  explicit Load(const Flags& flags)
      : flags_(flags), options_(OptionsOf(flags)), record_(RunIds(options_)) {
    if (flags.library) {
      const int clients = flags.addresses.size() > 1 ? kClientsOfReplicas : kLibraryClients;
      watchers_ = std::make_unique<LibraryWatchers>(options_, clients, record_);
    } else {
      watchers_ = std::make_unique<BareWatchers>(options_, record_);
    }
    reads_ = std::make_unique<StatusReads>(ReadsOf(flags), flags.reads);
  }

  // The answer to one command; null: it was `stop`.
  ordered_json Answer(const std::string& line) {
    std::istringstream words(line);
    std::string command, word;
    words >> command;
    if (command == "mark") {
      words >> word;
      reads_by_section_[section_] = reads_->TakeFigures();
      section_ = word;
      record_.Mark(word);
      return {{"mark", word}};
    }
    if (command == "wait") {
      double seconds = 0;
      words >> word >> seconds;
      return record_.Wait(word, absl::Seconds(seconds));
    }
    if (command == "state") return record_.State();
    if (command == "reopen") {
      words >> word;
      watchers_->Reopen(word == "anew");
      return {{"reopened", true}};
    }
    if (command == "silent") {
      int count = 0;
      words >> count;
      silent_ = std::make_unique<SilentReaders>(options_, count);
      return {{"silent", count}};
    }
    if (command == "report") {
      double late_after = 2;
      words >> word >> late_after;
      return Report(word, absl::Seconds(late_after));
    }
    if (command == "stop") return nullptr;
    throw std::invalid_argument(absl::StrCat("no such command: ", command));
  }

 private:
  static v1::RunReference RunOf(const Flags& flags, int64_t number) {
    v1::RunReference run;
    run.set_stream_id(flags.stream);
    run.set_suite_name(flags.suite);
    run.set_run_id(absl::StrCat(flags.run_prefix, number));
    return run;
  }

  static WatcherOptions OptionsOf(const Flags& flags) {
    WatcherOptions options{.address = flags.addresses.front(),
                           .other_addresses = {flags.addresses.begin() + 1, flags.addresses.end()},
                           .connections = flags.connections,
                           .reconnect = !flags.once,
                           .runs = {}};
    for (int64_t i = 0; i < flags.watchers; ++i) {
      // Blocks, not rounds: the watchers of one run are then on different connections.
      options.runs.push_back(RunOf(flags, i * flags.runs / flags.watchers));
    }
    return options;
  }

  // Each run once.
  static WatcherOptions ReadsOf(const Flags& flags) {
    WatcherOptions options{.address = flags.addresses.front(), .runs = {}};
    for (int i = 0; i < flags.runs; ++i) options.runs.push_back(RunOf(flags, i));
    return options;
  }

  static std::vector<std::string> RunIds(const WatcherOptions& options) {
    std::vector<std::string> ids;
    for (const auto& run : options.runs) ids.push_back(run.run_id());
    return ids;
  }

  ordered_json Report(const std::string& log, absl::Duration late_after) {
    reads_by_section_[section_] = reads_->Figures();
    history::AnswersByRun answers;
    if (!log.empty()) {
      std::ifstream file(log);
      answers = history::AnswersFromLog(nlohmann::json::parse(file).at("requests"));
    }
    ordered_json sections = record_.Sections();
    for (auto& section : sections) {
      const auto found = reads_by_section_.find(section.at("name").get<std::string>());
      if (found != reads_by_section_.end()) section["reads"] = found->second;
    }
    return {{"sections", sections},
            {"histories", record_.Judge(answers, late_after, flags_.bad_history)}};
  }

  const Flags flags_;
  const WatcherOptions options_;
  WatchRecord record_;
  std::unique_ptr<WatcherSet> watchers_;
  std::unique_ptr<StatusReads> reads_;
  std::unique_ptr<SilentReaders> silent_;
  std::string section_ = "start";
  std::map<std::string, ordered_json> reads_by_section_;
};

int Run(int argc, char** argv) {
  Flags flags;
  CLI::App app("Watchers and readers of a gateway, judged; commands on stdin, answers on stdout");
  app.add_option("--address", flags.addresses,
                 "host:port of the gateway; of several replicas separated by commas")
      ->required()
      ->delimiter(',');
  app.add_option("--stream", flags.stream, "stream id of all runs")->required();
  app.add_option("--suite", flags.suite, "suite of all runs")->required();
  app.add_option("--run-prefix", flags.run_prefix, "run ids are this and a number from 0");
  app.add_option("--runs", flags.runs);
  app.add_option("--watchers", flags.watchers);
  app.add_option("--connections", flags.connections, "of bare watchers");
  app.add_option("--reads", flags.reads, "GetStatus a second");
  app.add_option("--bad-history", flags.bad_history, "file for the first bad history");
  app.add_flag("--client-library", flags.library, "watch with the client library");
  app.add_flag("--once", flags.once, "do not open streams again");
  CLI11_PARSE(app, argc, argv);

  Load load(flags);
  std::string line;
  while (std::getline(std::cin, line)) {
    try {
      const ordered_json answer = load.Answer(line);
      if (answer.is_null()) break;
      std::cout << answer.dump() << std::endl;
    } catch (const std::exception& error) {
      std::cout << ordered_json{{"error", error.what()}}.dump() << std::endl;
    }
  }
  return 0;
}

}  // namespace
}  // namespace runcast::faults

int main(int argc, char** argv) { return runcast::faults::Run(argc, argv); }
