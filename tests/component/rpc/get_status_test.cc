// The contract's "GetStatus".

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "gateway/rpc/method.h"
#include "gateway/telemetry/log.h"
#include "tests/component/rpc/frame_peer.h"
#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Reason;

class GetStatusTest : public RpcTest {
 protected:
  void Know(runs::SnapshotPtr snapshot, bool followed, v1::Freshness::State freshness,
            absl::Duration age) {
    runs::TableEntry entry;
    entry.snapshot = std::move(snapshot);
    entry.vitals.followed = followed;
    entry.vitals.kept_fresh = followed;
    entry.vitals.freshness.set_state(freshness);
    entry.vitals.last_good_answer = absl::FromUnixMillis(1234567);
    entry.vitals.last_good_answer_monotonic = clock_.Now() - age;
    hub_.mutable_table().Put(Key(), entry);
  }
  static runs::ReadAnswer Answer(runs::SnapshotPtr snapshot) {
    runs::ReadAnswer answer;
    answer.snapshot = std::move(snapshot);
    answer.last_good_answer = absl::FromUnixSeconds(77);
    return answer;
  }
};

TEST_F(GetStatusTest, AFollowedAndFreshRunIsAnsweredFromMemory) {
  StartServer();
  Know(Frozen(Running(5, 3)), true, v1::Freshness::STATE_FRESH, absl::Hours(1));

  v1::GetStatusResponse response;
  const grpc::Status status = GetStatus(StatusRequest(), &response);

  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.status().sequence(), 5u);
  EXPECT_EQ(response.last_good_answer_at().seconds(), 1234);
  EXPECT_EQ(response.last_good_answer_at().nanos(), 567000000);
  EXPECT_TRUE(hub_.reads().empty());
  EXPECT_EQ(Metric("runcast_reads_from_memory_total"), 1);
}

TEST_F(GetStatusTest, AYoungStatusIsAnsweredFromMemoryAndAnOlderOneIsNot) {
  StartServer();
  Know(Frozen(Running(5, 3)), false, v1::Freshness::STATE_FRESH, absl::Seconds(60));
  hub_.AnswerReadsWith(Answer(Frozen(Running(6, 4))));
  v1::GetStatusRequest patient = StatusRequest();
  patient.mutable_max_staleness()->set_seconds(3600);

  v1::GetStatusResponse from_memory, asked;
  EXPECT_TRUE(GetStatus(patient, &from_memory).ok());
  EXPECT_TRUE(GetStatus(StatusRequest(), &asked).ok());

  EXPECT_EQ(from_memory.status().sequence(), 5u);
  EXPECT_EQ(asked.status().sequence(), 6u);
  ASSERT_EQ(hub_.reads().size(), 1u);
  EXPECT_EQ(hub_.reads()[0].max_staleness, absl::Seconds(5));
}

TEST_F(GetStatusTest, ARequestThatComesInPiecesIsReadWhole) {
  StartServer();
  hub_.AnswerReadsWith(Answer(Frozen(Running(6, 4))));
  FramePeer peer(server_->port());
  // gRPC puts short pieces together by itself.
  v1::GetStatusRequest request = StatusRequest();
  request.mutable_run()->set_suite_name(std::string(200, 's'));

  peer.StartCallInHalves(PathOf(Method::kGetStatus), request.SerializeAsString());

  EXPECT_EQ(peer.HasPriorHeaders(), true) << "an answer";
  ASSERT_EQ(hub_.reads().size(), 1u);
  EXPECT_EQ(hub_.reads()[0].key.suite_name, request.run().suite_name());
  EXPECT_EQ(hub_.reads()[0].key.run_id, request.run().run_id());
}

TEST_F(GetStatusTest, AnUnknownRunIsReadThroughTheHub) {
  StartServer();
  hub_.AnswerReadsWith(Answer(Frozen(Running(1, 1))));

  v1::GetStatusResponse response;
  EXPECT_TRUE(GetStatus(StatusRequest(), &response).ok());

  EXPECT_EQ(response.status().sequence(), 1u);
  EXPECT_EQ(response.last_good_answer_at().seconds(), 77);
  ASSERT_EQ(hub_.reads().size(), 1u);
  EXPECT_EQ(hub_.reads()[0].key, Key());
  EXPECT_EQ(hub_.reads()[0].caller, "127.0.0.1");
  EXPECT_FALSE(hub_.reads()[0].include_report_link);
}

TEST_F(GetStatusTest, AStaleStatusIsBetterThanNone) {
  StartServer();
  v1::RunStatus stale = Running(4, 2);
  stale.mutable_freshness()->set_state(v1::Freshness::STATE_STALE);
  stale.mutable_freshness()->set_reason("UPSTREAM_UNAVAILABLE");
  hub_.AnswerReadsWith(Answer(Frozen(stale)));

  v1::GetStatusResponse response;
  EXPECT_TRUE(GetStatus(StatusRequest(), &response).ok());

  EXPECT_EQ(response.status().freshness().reason(), "UPSTREAM_UNAVAILABLE");
}

TEST_F(GetStatusTest, ManyColdReadersAreAnsweredEach) {
  StartServer();
  constexpr int kReaders = 300;
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      grpc::CompletionQueue queue;
      struct Read {
        grpc::ClientContext context;
        v1::GetStatusResponse response;
        grpc::Status status;
        std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetStatusResponse>> reader;
      };
      std::vector<std::unique_ptr<Read>> reads;
      const auto own = v1::RunStatusService::NewStub(NewChannel());
      for (int j = 0; j < kReaders / 10; ++j) {
        auto& read = reads.emplace_back(std::make_unique<Read>());
        read->reader = own->AsyncGetStatus(&read->context, StatusRequest(), &queue);
        read->reader->Finish(&read->response, &read->status, read.get());
      }
      for (int j = 0; j < kReaders / 10; ++j) {
        void* tag = nullptr;
        bool ok = false;
        if (!queue.Next(&tag, &ok)) break;
        const auto* read = static_cast<Read*>(tag);
        if (read->status.ok() && read->response.status().sequence() == 8) ++good;
      }
      queue.Shutdown();
    });
  }
  ASSERT_TRUE(hub_.WaitForReads(kReaders));

  hub_.AnswerWaitingReads(Answer(Frozen(Running(8, 1))));
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(good.load(), kReaders);
  EXPECT_TRUE(WaitForNoCalls());
}

TEST_F(GetStatusTest, AReportLinkComesFromTheHubAndIsHandedOutUnchanged) {
  StartServer();
  Know(Frozen(Completed(5)), true, v1::Freshness::STATE_FRESH, absl::ZeroDuration());
  runs::ReadAnswer answer = Answer(Frozen(Completed(5)));
  answer.report_link = base::SecretString("https://files.example/r.csv?sig=a%2Bb%3D&x=ä");
  hub_.AnswerReadsWith(answer);
  v1::GetStatusRequest request = StatusRequest();
  request.set_include_report_link(true);

  v1::GetStatusResponse response;
  testing::internal::CaptureStderr();
  EXPECT_TRUE(GetStatus(request, &response).ok());

  EXPECT_EQ(response.report_link(), "https://files.example/r.csv?sig=a%2Bb%3D&x=ä");
  ASSERT_EQ(hub_.reads().size(), 1u) << "a link never comes from memory";
  EXPECT_TRUE(hub_.reads()[0].include_report_link);
  EXPECT_EQ(Metric("runcast_report_links_given_total"), 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::Not(testing::HasSubstr("sig=")));
}

TEST_F(GetStatusTest, EachLinkIsALineOfTheAuditAlsoWhereOnlyErrorsAreLogged) {
  StartServer();
  telemetry::ChangeLogging(
      {.least = telemetry::Severity::kError, .format = telemetry::LogOptions::Format::kText});
  runs::ReadAnswer answer = Answer(Frozen(Completed(5)));
  answer.report_link = base::SecretString("https://files.example/r.csv?sig=1");
  hub_.AnswerReadsWith(answer);
  v1::GetStatusRequest request = StatusRequest();
  request.set_include_report_link(true);

  testing::internal::CaptureStderr();
  EXPECT_TRUE(GetStatus(request).ok());
  EXPECT_TRUE(GetStatus(request).ok());
  EXPECT_TRUE(GetStatus(StatusRequest()).ok());

  const std::string log = testing::internal::GetCapturedStderr();
  telemetry::ChangeLogging(
      {.least = telemetry::Severity::kWarning, .format = telemetry::LogOptions::Format::kText});
  const std::vector<std::string> lines = absl::StrSplit(log, '\n', absl::SkipEmpty());
  EXPECT_THAT(lines, testing::SizeIs(2)) << "one for each link";
  for (const std::string& line : lines) {
    EXPECT_THAT(line, testing::HasSubstr("INFO report_link.given"));
    EXPECT_THAT(line, testing::HasSubstr(StatusRequest().run().run_id()));
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("sig=")));
  }
}

TEST_F(GetStatusTest, ALinkThatNobodyAskedForIsNotHandedOut) {
  StartServer();
  runs::ReadAnswer answer = Answer(Frozen(Completed(5)));
  answer.report_link = base::SecretString("https://files.example/r.csv");
  hub_.AnswerReadsWith(answer);

  v1::GetStatusResponse response;
  EXPECT_TRUE(GetStatus(StatusRequest(), &response).ok());

  EXPECT_EQ(response.report_link(), "");
  EXPECT_EQ(Metric("runcast_report_links_given_total"), 0);
}

TEST_F(GetStatusTest, ALinkNeedsAPermissionOfItsOwn) {
  StartServer();
  access_.SetForLinks(access::Verdict::kAccessDenied);
  hub_.AnswerReadsWith(Answer(Frozen(Completed(5))));
  v1::GetStatusRequest request = StatusRequest();
  EXPECT_TRUE(GetStatus(request).ok());

  request.set_include_report_link(true);
  const grpc::Status status = GetStatus(request);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "ACCESS_DENIED");
  EXPECT_EQ(hub_.reads().size(), 1u);
}

TEST_F(GetStatusTest, ACallerThatLeavesWhileWaitingLeavesNothingBehind) {
  StartServer();
  grpc::ClientContext context;
  std::thread caller([&] {
    v1::GetStatusResponse response;
    EXPECT_EQ(stub().GetStatus(&context, StatusRequest(), &response).error_code(),
              grpc::StatusCode::CANCELLED);
  });
  EXPECT_TRUE(hub_.WaitForReads(1));
  context.TryCancel();
  caller.join();

  hub_.AnswerWaitingReads(Answer(Frozen(Running(1, 1))));

  EXPECT_TRUE(WaitForNoCalls());
}

TEST_F(GetStatusTest, CallersThatLeaveWhileWaitingTakeNoMoreThanTheirShareOfMemory) {
  options_.loops = 1;
  options_.limits.max_waiting_reads = 3;
  StartServer();
  for (size_t i = 1; i <= 3; ++i) {
    grpc::ClientContext context;
    std::thread caller([&] {
      v1::GetStatusResponse response;
      EXPECT_FALSE(stub().GetStatus(&context, StatusRequest(), &response).ok());
    });
    EXPECT_TRUE(hub_.WaitForReads(i));
    context.TryCancel();
    caller.join();
  }

  const grpc::Status refused = GetStatus(StatusRequest());
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(refused), "OVERLOADED");
  EXPECT_EQ(hub_.reads().size(), 3u);

  hub_.AnswerWaitingReads(Answer(Frozen(Running(1, 1))));
  hub_.AnswerReadsWith(Answer(Frozen(Running(2, 1))));
  EXPECT_TRUE(WaitForNoCalls());
  EXPECT_TRUE(GetStatus(StatusRequest()).ok());
}

}  // namespace
}  // namespace runcast::rpc
