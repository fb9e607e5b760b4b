// The program `runcast` from outside: exit codes, what goes to stdout and what to stderr.

#include "tests/component/client/program.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "runcast/v1/run_status_service.pb.h"
#include "tests/component/client/client_fixture.h"
#include "tests/component/client/scripted_gateway.h"

namespace runcast::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kLink[] = "https://host/f.csv?e=1&n=2&s=QUJD$$&clientfilename=a.csv";

// Three statuses, then the end; GetStatus knows the end and the link.
ScriptedGateway::Options GoodRun() {
  return {.watch =
              [](ScriptedGateway::WatchCall& call) {
                call.Send(Running(7, 1, 10), "a");
                call.Send(Running(7, 2, 20), "b");
                call.Send(Completed(7, 3), "c");
                return grpc::Status::OK;
              },
          .get =
              [](grpc::ServerContext&, const v1::GetStatusRequest& request,
                 v1::GetStatusResponse* response) {
                *response->mutable_status() = Completed(7, 3);
                if (request.include_report_link()) response->set_report_link(kLink);
                return grpc::Status::OK;
              }};
}

ScriptedGateway::Options RefusedWith(const grpc::Status& status) {
  return {.watch = [status](ScriptedGateway::WatchCall&) { return status; },
          .get = [status](grpc::ServerContext&, const v1::GetStatusRequest&,
                          v1::GetStatusResponse*) { return status; }};
}

ScriptedGateway::Options NeverEnding() {
  return {.watch = [](ScriptedGateway::WatchCall& call) {
    call.Send(Running(7, 1, 10), "a");
    return call.HoldOpen();
  }};
}

std::string GatewayVariable(const ScriptedGateway& gateway) {
  return "RUNCAST_GATEWAY=" + gateway.target();
}

Finished RunWith(const ScriptedGateway& gateway, std::vector<std::string> arguments) {
  return RunProgram({.arguments = std::move(arguments), .environment = {GatewayVariable(gateway)}});
}

const std::vector<std::string> kWatch = {"watch", "st-1", "smoke tests", "tr-17"};
const std::vector<std::string> kGet = {"get", "st-1", "smoke tests", "tr-17"};
const std::vector<std::string> kDoctor = {"doctor", "st-1", "smoke tests", "tr-17"};

std::vector<std::string> With(std::vector<std::string> arguments,
                              const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(ProgramTest, WatchPrintsTheResultOnStdoutAndTheWayThereOnStderr) {
  const ScriptedGateway gateway(GoodRun());

  const Finished finished = RunWith(gateway, kWatch);

  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("state      completed\n"),
                                  HasSubstr("succeeded    36\n"), HasSubstr("F1         0.95\n")));
  EXPECT_THAT(finished.out, Not(HasSubstr("https://")));
  EXPECT_THAT(finished.err, AllOf(HasSubstr("tr-17 running, 25 %, 10 of 40\n"),
                                  HasSubstr("tr-17 completed, 100 %, 40 of 40\n")));
  EXPECT_THAT(finished.err, Not(HasSubstr("\x1b")));
}

TEST(ProgramTest, WatchPrintsTheReportLinkOnRequest) {
  const ScriptedGateway gateway(GoodRun());

  const Finished finished = RunWith(gateway, With(kWatch, {"--report-link"}));

  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr(std::string("\n") + kLink + "\n"));
  EXPECT_THAT(finished.err, Not(HasSubstr("https://")));
}

// The end is known, but the platform cannot be asked for the link.
ScriptedGateway::Options EndedRunWithoutLink(v1::Freshness::State freshness) {
  ScriptedGateway::Options run = GoodRun();
  run.get = [freshness](grpc::ServerContext&, const v1::GetStatusRequest&,
                        v1::GetStatusResponse* response) {
    *response->mutable_status() = Completed(7, 3);
    response->mutable_status()->mutable_freshness()->set_state(freshness);
    if (freshness == v1::Freshness::STATE_STALE) {
      response->mutable_status()->mutable_freshness()->set_reason("UPSTREAM_UNAVAILABLE");
      response->mutable_status()->mutable_freshness()->set_message("status of tr-17: HTTP 503");
    }
    return grpc::Status::OK;
  };
  return run;
}

TEST(ProgramTest, ALinkThatCouldNotBeAskedForIsExitCodeThreeWithTheReason) {
  const ScriptedGateway gateway(EndedRunWithoutLink(v1::Freshness::STATE_STALE));

  for (const auto& command : {kWatch, kGet}) {
    for (const auto& flags : std::vector<std::vector<std::string>>{{}, {"--json"}}) {
      const Finished finished = RunWith(gateway, With(With(command, {"--report-link"}), flags));

      EXPECT_EQ(finished.code, 3) << finished.err;
      EXPECT_THAT(finished.out, HasSubstr("ompleted")) << "what is known is printed all the same";
      EXPECT_THAT(finished.err, AllOf(HasSubstr("no report link"), HasSubstr("stale"),
                                      HasSubstr("UPSTREAM_UNAVAILABLE"), HasSubstr("HTTP 503")));
      EXPECT_THAT(finished.err, Not(HasSubstr("the run has no report")));
    }
  }
}

TEST(ProgramTest, AVerdictThatIsNotMetCountsMoreThanAMissingLink) {
  const ScriptedGateway gateway(EndedRunWithoutLink(v1::Freshness::STATE_STALE));

  for (const auto& command : {kWatch, kGet}) {
    EXPECT_EQ(RunWith(gateway, With(command, {"--report-link", "--min-f1", "0.99"})).code, 1);
  }
}

TEST(ProgramTest, ARunWithoutAReportIsToldAndIsNoFailure) {
  const ScriptedGateway gateway(EndedRunWithoutLink(v1::Freshness::STATE_FRESH));

  for (const auto& command : {kWatch, kGet}) {
    const Finished finished = RunWith(gateway, With(command, {"--report-link"}));

    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("the run has no report\n"));
  }
}

TEST(ProgramTest, JsonIsOneMessageOfTheApiALine) {
  const ScriptedGateway gateway(GoodRun());

  const Finished finished = RunWith(gateway, With(kWatch, {"--json", "--report-link"}));

  EXPECT_EQ(finished.code, 0) << finished.err;
  const std::vector<std::string> lines = absl::StrSplit(finished.out, '\n', absl::SkipEmpty());
  ASSERT_THAT(lines, SizeIs(4));
  std::vector<v1::GetStatusResponse> messages(4);
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(lines[i], &messages[i]).ok());
  }
  EXPECT_EQ(messages[0].status().progress().utterances_done(), 10);
  EXPECT_TRUE(messages[2].status().terminal());
  EXPECT_EQ(messages[3].report_link(), kLink);
  EXPECT_THAT(lines[0],
              AllOf(HasSubstr("\"state\":\"RUN_STATE_RUNNING\""),
                    HasSubstr("\"utterances_done\":\"10\""), HasSubstr("\"terminal\":false")));
}

TEST(ProgramTest, GetPrintsTheTableOrOneLineOfJson) {
  const ScriptedGateway gateway(GoodRun());

  const Finished table = RunWith(gateway, kGet);
  const Finished json = RunWith(gateway, With(kGet, {"--json", "--report-link"}));

  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("completed"));
  EXPECT_EQ(table.err, "");
  EXPECT_EQ(json.code, 0) << json.err;
  EXPECT_THAT(json.out, HasSubstr("\"report_link\":\"https://host"));
}

TEST(ProgramTest, GetOfARunThatGoesOnIsGoodUnlessScoresAreAskedFor) {
  const ScriptedGateway gateway({.get = [](grpc::ServerContext&, const v1::GetStatusRequest&,
                                           v1::GetStatusResponse* response) {
    *response->mutable_status() = Running(7, 1, 10);
    return grpc::Status::OK;
  }});

  EXPECT_EQ(RunWith(gateway, kGet).code, 0);
  const Finished asked = RunWith(gateway, With(kGet, {"--min-f1", "0.5"}));
  EXPECT_EQ(asked.code, 1);
  EXPECT_THAT(asked.err, HasSubstr("the run has not finished"));
}

TEST(ProgramTest, AVerdictThatIsNotMetIsExitCodeOneWithReasons) {
  const ScriptedGateway gateway(GoodRun());

  const Finished finished =
      RunWith(gateway, With(kWatch, {"--min-f1", "0.99", "--max-failures", "0"}));

  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.out, HasSubstr("completed"));
  EXPECT_THAT(finished.err, AllOf(HasSubstr("F1 is 0.95, at least 0.99 is asked for"),
                                  HasSubstr("4 utterances failed, at most 0 are allowed")));
}

TEST(ProgramTest, AVerdictThatIsMetIsExitCodeZero) {
  const ScriptedGateway gateway(GoodRun());

  EXPECT_EQ(RunWith(gateway, With(kWatch, {"--min-f1", "0.95", "--min-precision", "0.97",
                                           "--min-recall", "0.92", "--max-failures", "4"}))
                .code,
            0);
}

TEST(ProgramTest, ARunThatFailedIsExitCodeOne) {
  const ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    v1::RunStatus status = Completed(7, 1);
    status.set_state(v1::RUN_STATE_FAILED);
    call.Send(status, "a");
    return grpc::Status::OK;
  }});

  const Finished finished = RunWith(gateway, kWatch);

  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("the run failed"));
}

TEST(ProgramTest, UsageIsExitCodeTwoAndNothingOnStdout) {
  const ScriptedGateway gateway(GoodRun());

  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"watch", "st-1"},
                                             With(kWatch, {"--min-f1", "7"}),
                                             {"get", "s", "t", "r\n"},
                                             {"doctor", "s", "t", "r\xff"},
                                             {"doctor", "s", "t", std::string(20000, 'r')}}) {
    const Finished finished = RunWith(gateway, arguments);
    EXPECT_EQ(finished.code, 2) << finished.err;
    EXPECT_EQ(finished.out, "");
    EXPECT_NE(finished.err, "");
  }
}

TEST(ProgramTest, TextThatStdoutDoesNotTakeIsExitCodeThree) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);

  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--help"}, {"--version"}, {"manual"}, {"completion", "bash"}}) {
    const Finished finished = RunProgram({.arguments = arguments, .out = full});

    EXPECT_EQ(finished.code, 3) << arguments[0];
    EXPECT_THAT(finished.err, HasSubstr("cannot write to stdout")) << arguments[0];
  }
  close(full);
}

TEST(ProgramTest, AnUnknownRunIsExitCodeThreeWithReasonAndHint) {
  const ScriptedGateway gateway(RefusedWith(GatewayError(
      grpc::StatusCode::NOT_FOUND, "the platform knows no such run", "RUN_NOT_FOUND")));

  for (const auto& arguments : {kWatch, kGet}) {
    const Finished finished = RunWith(gateway, arguments);
    EXPECT_EQ(finished.code, 3) << finished.err;
    EXPECT_EQ(finished.out, "");
    EXPECT_THAT(finished.err, AllOf(HasSubstr("no such run [RUN_NOT_FOUND]"),
                                    HasSubstr("hint: check the run id")));
  }
}

TEST(ProgramTest, CancelledByTheOtherSideIsNoInterrupt) {
  const ScriptedGateway gateway(RefusedWith({grpc::StatusCode::CANCELLED, "reset by a proxy"}));

  for (const auto& arguments : {kGet, With(kWatch, {"--give-up", "1s"})}) {
    const Finished finished = RunWith(gateway, arguments);

    EXPECT_EQ(finished.code, 3) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("reset by a proxy"));
  }
}

TEST(ProgramTest, ADeadlineOfTheOtherSideIsNotThatOfAWatch) {
  const ScriptedGateway gateway(
      RefusedWith({grpc::StatusCode::DEADLINE_EXCEEDED, "a proxy's limit"}));

  const Finished finished = RunWith(gateway, With(kWatch, {"--give-up", "1s"}));

  EXPECT_EQ(finished.code, 3) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("a proxy's limit"));
}

TEST(ProgramTest, TheEndOfTheTimeOfAGetIsExitCodeFour) {
  const ScriptedGateway gateway(
      {.get = [](grpc::ServerContext& context, const v1::GetStatusRequest&,
                 v1::GetStatusResponse*) { return ScriptedGateway::HoldUntilCancelled(context); }});

  const Finished finished = RunWith(gateway, With(kGet, {"--timeout", "1s"}));

  EXPECT_EQ(finished.code, 4) << finished.err;
}

TEST(ProgramTest, AGatewayThatIsNotThereIsExitCodeThree) {
  const DeadAddress nobody;

  const Finished get = RunProgram({.arguments = With(kGet, {"--gateway", nobody.target()})});
  const Finished watch =
      RunProgram({.arguments = With(kWatch, {"--gateway", nobody.target(), "--give-up", "5s"})});

  EXPECT_EQ(get.code, 3) << get.err;
  EXPECT_THAT(get.err, HasSubstr("hint: is the gateway running there"));
  EXPECT_EQ(watch.code, 3) << watch.err;
  EXPECT_THAT(watch.err, HasSubstr("cannot reach the gateway " + nobody.target() +
                                   ", trying again: Connection refused\n"));
  EXPECT_THAT(watch.err, HasSubstr("nothing from the gateway for 5s"));
}

TEST(ProgramTest, AUrlAsGatewayIsUsage) {
  for (const auto& command : {kGet, kWatch, kDoctor}) {
    const Finished finished =
        RunProgram({.arguments = With(command, {"--gateway", "http://127.0.0.1:1"})});

    EXPECT_EQ(finished.code, 2);
    EXPECT_THAT(finished.err, HasSubstr("give HOST:PORT without a scheme, such as 127.0.0.1:1"));
  }
}

TEST(ProgramTest, TheDoctorReachesWhatOnlyGrpcResolves) {
  const ScriptedGateway gateway(GoodRun());

  for (const char* scheme : {"ipv4:", "dns:///"}) {
    const Finished finished =
        RunProgram({.arguments = With(kDoctor, {"--gateway", scheme + gateway.target()})});

    EXPECT_THAT(finished.out, AllOf(HasSubstr("ok    connection"), HasSubstr("ok    read")))
        << finished.err;
  }
}

TEST(ProgramTest, GetGoesToTheSecondGatewayWhenTheFirstIsDead) {
  const ScriptedGateway gateway(GoodRun());
  const DeadAddress nobody;

  const Finished finished = RunProgram(
      {.arguments = With(kGet, {"--gateway", nobody.target() + "," + gateway.target()})});

  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(finished.err, "");
}

TEST(ProgramTest, AGatewayThatHangsIsToldWithinSeconds) {
  const HangingAddress silence;

  const Finished finished =
      RunProgram({.arguments = With(kWatch, {"--gateway", silence.target(), "--timeout", "3s"})});

  EXPECT_EQ(finished.code, 4);
  EXPECT_THAT(finished.err,
              HasSubstr("waiting for the first answer of the gateway " + silence.target()));
}

TEST(ProgramTest, WhyThereIsNoStatusYetIsToldWithAHint) {
  const ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    v1::Heartbeat heartbeat;
    heartbeat.mutable_freshness()->set_state(v1::Freshness::STATE_NEVER_SEEN);
    heartbeat.mutable_freshness()->set_reason("UPSTREAM_CREDENTIALS");
    heartbeat.mutable_freshness()->set_message("status of run tr-17: HTTP 401");
    call.Send(heartbeat);
    call.Send(heartbeat);
    return call.HoldOpen();
  }});

  const Finished lines = RunWith(gateway, With(kWatch, {"--timeout", "2s"}));
  const Finished bar =
      RunProgram({.arguments = With(kWatch, {"--timeout", "2s"}),
                  .environment = {GatewayVariable(gateway), "TERM=xterm", "LANG=C"},
                  .terminal_columns = 60});

  EXPECT_THAT(lines.err, StartsWith("tr-17: no status yet: UPSTREAM_CREDENTIALS\n"
                                    "  status of run tr-17: HTTP 401\n"
                                    "  hint: "));
  EXPECT_EQ(lines.err.find("no status yet"), lines.err.rfind("no status yet")) << "told once";
  EXPECT_THAT(bar.err, HasSubstr("\rtr-17  no status yet: UPSTREAM_CREDENTIALS\x1b"));
}

TEST(ProgramTest, TlsFilesThatCannotBeReadAreUsage) {
  const ScriptedGateway gateway(GoodRun());

  const Finished finished = RunWith(gateway, With(kWatch, {"--tls-ca", "/no/such/file"}));

  EXPECT_EQ(finished.code, 2);
  EXPECT_THAT(finished.err, HasSubstr("/no/such/file: cannot be read"));
}

TEST(ProgramTest, TheEndOfTheTimeIsExitCodeFour) {
  const ScriptedGateway gateway(NeverEnding());

  const Finished finished = RunWith(gateway, With(kWatch, {"--timeout", "3s"}));

  EXPECT_EQ(finished.code, 4);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr("did not end within 3s; last seen running, 25 %, 10 of 40"));
}

class InterruptTest : public ::testing::TestWithParam<int> {};

TEST_P(InterruptTest, IsExitCodeHundredAndThirty) {
  const ScriptedGateway gateway(NeverEnding());

  const Finished finished = RunProgram(
      {.arguments = kWatch, .environment = {GatewayVariable(gateway)}, .running = [&](pid_t pid) {
         EXPECT_TRUE(gateway.WaitUntil([&] { return gateway.open_watches() == 1; }));
         kill(pid, GetParam());
       }});

  EXPECT_EQ(finished.code, 130) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("interrupted"));
}

// A pipe that nobody reads and that takes nothing more.
class FullPipe {
 public:
  FullPipe() {
    if (pipe2(fds_, O_CLOEXEC | O_NONBLOCK) != 0) abort();
    const std::string page(4096, ' ');
    while (write(fds_[1], page.data(), page.size()) > 0) {
    }
    while (write(fds_[1], page.data(), 1) > 0) {
    }
    fcntl(fds_[1], F_SETFL, 0);  // Blocks, as those of a shell do.
  }
  ~FullPipe() {
    close(fds_[0]);
    close(fds_[1]);
  }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;

  int in() const { return fds_[1]; }

 private:
  int fds_[2];
};

TEST_P(InterruptTest, EndsAlsoAWatchWhoseOutputIsStuck) {
  // The second call comes after the client has seen the status of the first.
  const ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    if (call.number() > 0) return call.HoldOpen();
    call.Send(Running(7, 1, 10), "a");
    return grpc::Status::OK;
  }});
  const FullPipe stuck;

  const Finished finished =
      RunProgram({.arguments = With(kWatch, {"--json"}),
                  .environment = {GatewayVariable(gateway)},
                  .out = stuck.in(),
                  .running = [&](pid_t pid) {
                    EXPECT_TRUE(gateway.WaitUntil([&] { return gateway.watch_calls() == 2; }));
                    kill(pid, GetParam());
                  }});

  EXPECT_EQ(finished.code, 130) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("interrupted"));
}

TEST_P(InterruptTest, EndsAlsoAWatchThatAsksForItsLink) {
  std::promise<void> interrupted;
  const std::shared_future<void> answer = interrupted.get_future().share();
  ScriptedGateway::Options run = GoodRun();
  run.get = [answer](grpc::ServerContext&, const v1::GetStatusRequest&,
                     v1::GetStatusResponse* response) {
    EXPECT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    *response->mutable_status() = Completed(7, 3);
    return grpc::Status::OK;
  };
  const ScriptedGateway gateway(run);

  const Finished finished =
      RunProgram({.arguments = With(kWatch, {"--report-link"}),
                  .environment = {GatewayVariable(gateway)},
                  .running = [&](pid_t pid) {
                    EXPECT_TRUE(gateway.WaitUntil([&] { return gateway.get_calls() == 1; }));
                    kill(pid, GetParam());
                    // ThreadSanitizer hands a signal over when gRPC's wait ends.
                    interrupted.set_value();
                  }});

  EXPECT_EQ(finished.code, 130) << finished.err;
  EXPECT_EQ(finished.out, "");
}

INSTANTIATE_TEST_SUITE_P(Signals, InterruptTest, ::testing::Values(SIGINT, SIGTERM));

TEST(ProgramTest, TheTimeEndsAlsoAWatchWhoseOutputIsStuck) {
  const ScriptedGateway gateway(NeverEnding());
  const FullPipe stuck;

  const Finished finished = RunProgram({.arguments = With(kWatch, {"--json", "--timeout", "2s"}),
                                        .environment = {GatewayVariable(gateway)},
                                        .out = stuck.in()});

  EXPECT_EQ(finished.code, 4) << finished.err;
}

TEST(ProgramTest, GetIsInterruptedToo) {
  ScriptedGateway gateway(
      {.get = [](grpc::ServerContext& context, const v1::GetStatusRequest&,
                 v1::GetStatusResponse*) { return ScriptedGateway::HoldUntilCancelled(context); }});

  const Finished finished = RunProgram(
      // ThreadSanitizer hands a signal over when gRPC's wait ends, which is at the time-out.
      {.arguments = With(kGet, {"--timeout", "6s"}),
       .environment = {GatewayVariable(gateway)},
       .running = [&](pid_t pid) {
         EXPECT_TRUE(gateway.WaitUntil([&] { return gateway.get_calls() == 1; }));
         kill(pid, SIGINT);
       }});

  EXPECT_EQ(finished.code, 130) << finished.err;
}

TEST(ProgramTest, OnATerminalTheBarIsDrawnOverItselfWithinItsWidth) {
  const ScriptedGateway gateway(GoodRun());

  const Finished finished =
      RunProgram({.arguments = kWatch,
                  .environment = {GatewayVariable(gateway), "TERM=xterm", "LANG=C"},
                  .terminal_columns = 60});

  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.err, AllOf(HasSubstr("\r"), HasSubstr("\x1b[32m["), HasSubstr("10/40")));
  EXPECT_THAT(finished.err, Not(HasSubstr("\n")));
  EXPECT_THAT(finished.out, HasSubstr("completed"));
}

TEST(ProgramTest, APercentThatIsNoNumberIsNotDrawn) {
  const ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    v1::RunStatus odd = Running(7, 1, 10);
    odd.mutable_progress()->set_percent(std::numeric_limits<double>::quiet_NaN());
    call.Send(odd, "a");
    call.Send(Completed(7, 2), "b");
    return grpc::Status::OK;
  }});

  const Finished lines = RunWith(gateway, kWatch);
  const Finished bar =
      RunProgram({.arguments = kWatch,
                  .environment = {GatewayVariable(gateway), "TERM=xterm", "LANG=C"},
                  .terminal_columns = 60});

  EXPECT_EQ(lines.code, 0) << lines.err;
  EXPECT_THAT(lines.err, HasSubstr("tr-17 running, 10 of 40\n"));
  EXPECT_EQ(bar.code, 0) << bar.err;
  EXPECT_THAT(bar.err, HasSubstr("\rtr-17  running  10/40"));
}

TEST(ProgramTest, NoColorKeepsTheBarAndDropsTheColor) {
  const ScriptedGateway gateway(GoodRun());

  const Finished finished = RunProgram(
      {.arguments = kWatch,
       .environment = {GatewayVariable(gateway), "TERM=xterm", "LANG=C.UTF-8", "NO_COLOR=1"},
       .terminal_columns = 60});

  EXPECT_THAT(finished.err, AllOf(HasSubstr("█"), Not(HasSubstr("\x1b[3"))));
}

TEST(ProgramTest, PlainAndDumbTerminalsGetLines) {
  const ScriptedGateway gateway(GoodRun());

  const Finished plain = RunProgram({.arguments = With(kWatch, {"--plain"}),
                                     .environment = {GatewayVariable(gateway), "TERM=xterm"},
                                     .terminal_columns = 60});
  const Finished dumb = RunProgram({.arguments = kWatch,
                                    .environment = {GatewayVariable(gateway), "TERM=dumb"},
                                    .terminal_columns = 60});

  for (const auto& finished : {plain, dumb}) {
    EXPECT_THAT(finished.err, AllOf(HasSubstr("tr-17 running, 25 %"), Not(HasSubstr("\x1b"))));
  }
}

TEST(ProgramTest, TellsOnceThatTheGatewayRefusesAndThatItAnswers) {
  const ScriptedGateway gateway({.watch = [](ScriptedGateway::WatchCall& call) {
    if (call.number() < 3) {
      return GatewayError(grpc::StatusCode::UNAVAILABLE, "going down", "DRAINING");
    }
    call.SendHeaders();
    call.Send(Completed(7, 1), "a");
    return grpc::Status::OK;
  }});

  const Finished finished = RunWith(gateway, kWatch);

  EXPECT_EQ(finished.code, 0) << finished.err;
  const size_t first = finished.err.find("the gateway " + gateway.target() + " refuses");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(finished.err.find("refuses", finished.err.find('\n', first)), std::string::npos);
  EXPECT_THAT(finished.err, HasSubstr(gateway.target() + " answers\n"));
}

}  // namespace
}  // namespace runcast::tests
