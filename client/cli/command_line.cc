#include "client/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/command_description.h"
#include "client/cli/manual_page.h"
#include "client/cli/shell_completion.h"
#include "runcast/version.h"

namespace runcast::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  runcast watch st-1 \"smoke tests\" tr-17\n"
    "  runcast watch st-1 smoke tr-17 --timeout 30m --min-f1 0.9 --max-failures 0\n"
    "  runcast watch st-1 smoke tr-17 --json | jq -r .status.state\n"
    "  runcast get st-1 smoke tr-17 --report-link\n"
    "  runcast doctor st-1 smoke tr-17 --for 6m\n";

constexpr char kEnvironment[] =
    "Environment:\n"
    "  RUNCAST_GATEWAY  the gateway, where --gateway is not given\n"
    "  NO_COLOR         set to anything: no colours\n";

constexpr char kCompletionHelp[] =
    "To switch it on:\n"
    "  bash: add to ~/.bashrc:  source <(runcast completion bash)\n"
    "  zsh:  add to ~/.zshrc, after compinit:  source <(runcast completion zsh)\n"
    "  fish: runcast completion fish >~/.config/fish/completions/runcast.fish\n";

constexpr char kManualHelp[] =
    "To read it:\n"
    "  runcast manual | man -l -\n";

constexpr char kDoctorHelp[] =
    "Exit codes:\n"
    "  0    all is well, or there are only notes\n"
    "  1    something is wrong; every line BAD names a setting\n"
    "  2    usage: something on the command line is wrong\n"
    "  3    the gateway was not reached\n"
    "  130  interrupted\n";

// Options whose text needs more than CLI11 to become a value.
struct RawOptions {
  std::string gateway = "127.0.0.1:8443";
  bool tls = false;
  client::TlsOptions tls_options;
  std::string stream;
  std::string suite;
  std::string run;
  std::string language;
  std::string timeout;
  std::string max_staleness;
  std::string give_up = "60s";
  std::string hold = "70s";
  std::string shell;
};

// Accepts what ParseTime reads.
const CLI::Validator& TimeCheck() {
  static const CLI::Validator check(
      [](std::string& text) {
        return ParseTime(text)
                   ? std::string()
                   : absl::StrCat("`", text, "` is not a time; write 250ms, 30s, 5m or 1h");
      },
      "");
  return check;
}

const CLI::Validator& ScoreCheck() {
  static const CLI::Validator check(
      [](std::string& text) {
        double score = 0;
        const bool good = absl::SimpleAtod(text, &score) && score >= 0 && score <= 1;
        return good ? std::string() : absl::StrCat("`", text, "` is not a score from 0 to 1");
      },
      "");
  return check;
}

// An option with a time. Named here, not by the check: help would say `TEXT:TIME`.
CLI::Option* AddTime(CLI::App& command, const char* name, std::string& text, const char* help) {
  return command.add_option(name, text, help)->check(TimeCheck())->type_name("TIME");
}

void AddScore(CLI::App& command, const char* name, std::optional<double>& score, const char* help) {
  command.add_option(name, score, help)->check(ScoreCheck())->type_name("0..1");
}

void AddFile(CLI::App& command, const char* name, std::string& path, const char* help) {
  command.add_option(name, path, help)->type_name("FILE");
}

void AddShared(CLI::App& command, RawOptions& raw) {
  command.add_option("STREAM", raw.stream, "Id of the app (bot, stream), such as st-…")->required();
  command.add_option("SUITE", raw.suite, "Name of the test suite as the console shows it")
      ->required();
  command.add_option("RUN", raw.run, "Id of the run, such as tr-…")->required();
  command
      .add_option("--gateway", raw.gateway,
                  "The gateway, HOST:PORT; several with commas, or given again: the first that "
                  "works is used (variable RUNCAST_GATEWAY)")
      ->join(',')
      ->type_name("ADDRESS")
      ->capture_default_str();
  command.add_flag("--tls", raw.tls, "Use TLS, with the system's authorities");
  AddFile(command, "--tls-ca", raw.tls_options.ca_file, "PEM file of authorities; implies --tls");
  AddFile(command, "--tls-cert", raw.tls_options.certificate_file,
          "PEM file of the client certificate; implies --tls");
  AddFile(command, "--tls-key", raw.tls_options.key_file, "PEM file of its key; implies --tls");
  command.add_option("--tls-server-name", raw.tls_options.server_name,
                     "Name to expect in the gateway's certificate; implies --tls");
  command.add_option("--language", raw.language, "Bot language to ask for, such as en");
}

// What `get` and `watch` have beside that.
void AddOutput(CLI::App& command, CommandLine& line) {
  command.add_flag("--json", line.json, "Print one JSON object a line, each a GetStatusResponse");
  command.add_flag("--report-link", line.report_link,
                   "Also print the signed link to the report; it grants access by itself");
  AddScore(command, "--min-f1", line.rules.min_f1, "Least F1 score of a good run");
  AddScore(command, "--min-precision", line.rules.min_precision, "Least precision of a good run");
  AddScore(command, "--min-recall", line.rules.min_recall, "Least recall of a good run");
  command
      .add_option("--max-failures", line.rules.max_failures,
                  "Most utterances without the expected outcome in a good run: `failed` of the "
                  "result, those that could not be processed included; entities and traits are "
                  "not counted")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
      ->type_name("COUNT");
  command.add_flag("--allow-partial", line.rules.allow_partial,
                   "Accept runs of which the platform dropped some records");
}

// Fills `line` from the texts; returns what is wrong, or nothing.
std::string Finish(const RawOptions& raw, CommandLine& line) {
  for (const auto& [name, value] :
       {std::pair{"STREAM", &raw.stream}, {"SUITE", &raw.suite}, {"RUN", &raw.run}}) {
    if (value->empty()) return absl::StrCat(name, " must not be empty");
  }
  line.run.set_stream_id(raw.stream);
  line.run.set_suite_name(raw.suite);
  line.run.set_run_id(raw.run);
  line.run.set_language(raw.language);

  line.client.targets = absl::StrSplit(raw.gateway, ',', absl::SkipEmpty());
  if (line.client.targets.empty()) return "--gateway must name at least one HOST:PORT";
  for (const auto& target : line.client.targets) {
    if (target.find(':') == std::string::npos) {
      return absl::StrCat("--gateway: `", target, "` has no port; write ", target, ":8443");
    }
  }
  const client::TlsOptions& tls = raw.tls_options;
  if (raw.tls || !tls.ca_file.empty() || !tls.certificate_file.empty() || !tls.key_file.empty() ||
      !tls.server_name.empty()) {
    line.client.tls = tls;
  }
  if (!raw.timeout.empty()) line.timeout = ParseTime(raw.timeout);
  if (line.timeout && *line.timeout <= absl::ZeroDuration()) return "--timeout must be above zero";
  if (!raw.max_staleness.empty()) line.max_staleness = ParseTime(raw.max_staleness);
  if (line.max_staleness && *line.max_staleness > absl::Hours(1)) {
    return "--max-staleness: at most 1h";
  }
  if (const auto hold = ParseTime(raw.hold)) line.hold = *hold;
  if (line.hold < absl::Seconds(1)) return "--for: at least 1s";
  if (const auto limit = ParseTime(raw.give_up); limit && *limit > absl::ZeroDuration()) {
    line.client.outage_limit = *limit;
  }
  return "";
}

bool IsCommand(const CLI::App& app, absl::string_view name) {
  return !app.get_subcommands([name](const CLI::App* one) { return one->get_name() == name; })
              .empty();
}

std::string CompletionFor(absl::string_view shell, const CommandTree& tree) {
  if (shell == "bash") return BashCompletion(tree);
  return shell == "fish" ? FishCompletion(tree) : ZshCompletion(tree);
}

}  // namespace

std::optional<absl::Duration> ParseTime(absl::string_view text) {
  double seconds = 0;
  absl::Duration time;
  if (absl::SimpleAtod(text, &seconds)) {
    if (!(seconds >= 0 && seconds < 1e9)) return std::nullopt;
    return absl::Seconds(seconds);
  }
  if (!absl::ParseDuration(text, &time) || time < absl::ZeroDuration() ||
      time == absl::InfiniteDuration()) {
    return std::nullopt;
  }
  return time;
}

ParsedCommandLine ParseCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  RawOptions raw;
  // Not CLI11's own way: it would read the variable once more for the other subcommand, after
  // the option was parsed, and so overrule it.
  if (const char* gateway = std::getenv("RUNCAST_GATEWAY"); gateway != nullptr && *gateway != 0) {
    raw.gateway = gateway;
  }
  CLI::App app("Follows batch-test runs through a runcast gateway.", "runcast");
  app.footer(absl::StrCat(kExamples, "\n", kEnvironment, "\n", kExitCodeHelp));
  app.require_subcommand(1);
  app.set_version_flag("--version", absl::StrCat("runcast ", client::VersionText()));

  CLI::App* get = app.add_subcommand("get", "Print the status of a run once");
  AddShared(*get, raw);
  AddOutput(*get, line);
  AddTime(*get, "--timeout", raw.timeout, "Longest time of the call, 15s if not given");
  AddTime(*get, "--max-staleness", raw.max_staleness,
          "How old an answer may be, 0s to 1h; 0s asks the platform; 5s if not given");
  get->footer(kExitCodeHelp);

  CLI::App* watch =
      app.add_subcommand("watch", "Follow a run until it ends, then print its result");
  AddShared(*watch, raw);
  AddOutput(*watch, line);
  AddTime(*watch, "--timeout", raw.timeout, "Longest time to wait for the end of the run");
  AddTime(*watch, "--give-up", raw.give_up,
          "Give up after this time without a word from the gateway; 0s: never")
      ->capture_default_str();
  watch->add_flag("--plain", line.plain, "Plain lines, no progress bar, also on a terminal");
  watch->footer(kExitCodeHelp);

  CLI::App* doctor = app.add_subcommand(
      "doctor", "Say what is wrong between here and the platform, and which setting causes it");
  AddShared(*doctor, raw);
  doctor->add_flag("--json", line.json, "Print the findings as one JSON object");
  AddTime(*doctor, "--for", raw.hold,
          "How long to hold streams; 6m finds idle time-outs of 5 minutes too")
      ->capture_default_str();
  doctor->footer(kDoctorHelp);

  CLI::App* completion =
      app.add_subcommand("completion", "Print the script that completes commands and options");
  completion->add_option("SHELL", raw.shell, "The shell")
      ->required()
      ->type_name("SHELL")
      ->check(CLI::IsMember({"bash", "fish", "zsh"}));
  completion->footer(kCompletionHelp);

  CLI::App* manual = app.add_subcommand("manual", "Print the manual page, in roff");
  manual->footer(kManualHelp);

  ParsedCommandLine parsed;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    parsed.out = out.str();
    parsed.err = err.str();
    parsed.code = code == 0 ? ExitCode::kGood : ExitCode::kUsage;
    const absl::string_view first = argc > 1 ? argv[1] : "";
    if (code != 0 && !first.empty() && first[0] != '-' && !IsCommand(app, first)) {
      parsed.err = absl::StrCat("`", first, "` is no command; use get, watch or doctor\n",
                                "Run with --help for more information.\n");
    }
    return parsed;
  }
  if (completion->parsed()) {
    parsed.out = CompletionFor(raw.shell, Describe(app));
    return parsed;
  }
  if (manual->parsed()) {
    parsed.out = ManualPage(Describe(app), RUNCAST_VERSION);
    return parsed;
  }
  line.command = get->parsed()      ? CommandLine::Command::kGet
                 : doctor->parsed() ? CommandLine::Command::kDoctor
                                    : CommandLine::Command::kWatch;
  if (const std::string fault = Finish(raw, line); !fault.empty()) {
    parsed.err = absl::StrCat(fault, "\nRun with --help for more information.\n");
    parsed.code = ExitCode::kUsage;
    return parsed;
  }
  parsed.command = std::move(line);
  return parsed;
}

}  // namespace runcast::cli
