// A caller that opens calls only to cancel them at once (CVE-2023-44487).

#include <grpcpp/generic/generic_stub.h>

#include <string>

#include "tests/component/rpc/rpc_fixture.h"

namespace runcast::rpc {
namespace {

using runs::Admitted;
using runs::Published;

class RapidResetTest : public RpcTest {
 protected:
  RapidResetTest() { options_.limits.max_resets_per_second = 20; }

  std::shared_ptr<grpc::Channel> NewOwnChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return NewChannel(arguments);
  }
  // A connection of its own for each.
  std::unique_ptr<v1::RunStatusService::Stub> NewStub() const {
    return v1::RunStatusService::NewStub(NewOwnChannel());
  }

  // Opens calls of the method `path` that never get further than their headers.
  bool IsCutForCancelledHeaders(const std::string& path) {
    grpc::GenericStub abuser(NewOwnChannel());
    const auto is_cut = [&] { return metrics_.connections_cut.value() > 0; };
    return WaitUntil([&] {
      grpc::ClientContext context;
      grpc::CompletionQueue queue;
      const auto call = abuser.PrepareCall(&context, path, &queue);
      call->StartCall(nullptr);
      EXPECT_TRUE(WaitUntil([&] { return metrics_.live_calls.value() > 0 || is_cut(); }));
      context.TryCancel();
      void* tag = nullptr;
      bool ok = false;
      queue.Next(&tag, &ok);
      EXPECT_TRUE(WaitForNoCalls());
      return is_cut();
    });
  }

  static void OpenAndCancel(v1::RunStatusService::Stub& stub) {
    Watch watch(stub, WatchRequest());
    watch.WaitForHeaders();
    watch.Cancel();
  }
};

TEST_F(RapidResetTest, TheConnectionIsClosedAndNoOther) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch open(stub(), WatchRequest());
  ASSERT_EQ(open.NextSequence(), 1);
  const auto abuser = NewStub();
  Watch victim(*abuser, WatchRequest());
  ASSERT_EQ(victim.NextSequence(), 1);

  ASSERT_TRUE(WaitUntil([&] {
    OpenAndCancel(*abuser);
    return metrics_.connections_cut.value() > 0;
  }));

  EXPECT_EQ(victim.Next(), std::nullopt);
  EXPECT_EQ(victim.End().error_code(), grpc::StatusCode::UNAVAILABLE);
  hub_.Say(Key(), Published{Frozen(Running(2, 2))});
  EXPECT_EQ(open.NextSequence(), 2);
}

TEST_F(RapidResetTest, ReadsThatAreCancelledBeforeTheirAnswerCountToo) {
  StartServer();
  const auto abuser = NewStub();
  runs::TableEntry ended;
  ended.snapshot = Frozen(Completed(1));
  hub_.mutable_table().Put(Key("tr-ended"), ended);

  // The hub keeps them waiting; the answer to a read that is gone is what tells of its end.
  EXPECT_TRUE(WaitUntil([&] {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    v1::GetStatusResponse response;
    grpc::Status status;
    const size_t before = hub_.reads().size();
    const auto reader = abuser->AsyncGetStatus(&context, StatusRequest(), &queue);
    reader->Finish(&response, &status, &queue);
    const auto is_cut = [&] { return metrics_.connections_cut.value() > 0; };
    EXPECT_TRUE(WaitUntil([&] { return hub_.reads().size() > before || is_cut(); }));
    context.TryCancel();
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    // Behind it on the same connection: when this one is answered, the cancellation has arrived.
    grpc::ClientContext behind;
    abuser->GetStatus(&behind, StatusRequest("tr-ended"), &response);
    hub_.AnswerWaitingReads(runs::ReadAnswer{.snapshot = Frozen(Running(1, 1))});
    return is_cut();
  }));
}

TEST_F(RapidResetTest, WatchesThatAreCancelledBeforeTheirRequestCountToo) {
  StartServer();
  EXPECT_TRUE(IsCutForCancelledHeaders("/runcast.v1.RunStatusService/WatchRun"));
}

TEST_F(RapidResetTest, ReadsThatAreCancelledBeforeTheirRequestCountToo) {
  StartServer();
  EXPECT_TRUE(IsCutForCancelledHeaders("/runcast.v1.RunStatusService/GetStatus"));
}

// Calls that a proxy's connection carries for many while answers are slow.
TEST_F(RapidResetTest, CallsThatRunOutOfTimeAreNoAbuse) {
  options_.limits.max_resets_per_second = 0;
  StartServer();
  hub_.AnswerFollowsWith(Key("tr-open"), Admitted{Frozen(Running(1, 1))});
  runs::TableEntry ended;
  ended.snapshot = Frozen(Completed(1));
  hub_.mutable_table().Put(Key("tr-ended"), ended);
  Watch open(stub(), WatchRequest("tr-open"));
  ASSERT_EQ(open.NextSequence(), 1);
  const auto deadline = absl::ToChronoTime(absl::Now() + absl::Milliseconds(300));

  grpc::ClientContext watching;
  watching.set_deadline(deadline);
  const auto watch = stub().WatchRun(&watching, WatchRequest());
  grpc::ClientContext reading;
  reading.set_deadline(deadline);
  v1::GetStatusResponse response;
  EXPECT_EQ(stub().GetStatus(&reading, StatusRequest(), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  // Behind them on the same connection, as above.
  EXPECT_TRUE(GetStatus(StatusRequest("tr-ended")).ok());
  hub_.AnswerWaitingReads(runs::ReadAnswer{.snapshot = Frozen(Running(1, 1))});

  ASSERT_TRUE(WaitUntil([&] { return metrics_.live_calls.value() == 1; }));
  hub_.Say(Key("tr-open"), Published{Frozen(Running(2, 2))});
  EXPECT_EQ(open.NextSequence(), 2);
  EXPECT_EQ(metrics_.connections_cut.value(), 0);
}

TEST_F(RapidResetTest, CallsThatAreGivenNoTimeCountToo) {
  options_.limits.max_resets_per_second = 0;
  StartServer();
  const auto abuser = NewStub();

  EXPECT_TRUE(WaitUntil([&] {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(30)));
    abuser->WatchRun(&context, WatchRequest())->Finish();
    return metrics_.connections_cut.value() > 0;
  }));
}

TEST_F(RapidResetTest, ItsAddressIsServedAgainAfterAMoment) {
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  const auto abuser = NewStub();
  ASSERT_TRUE(WaitUntil([&] {
    OpenAndCancel(*abuser);
    return metrics_.connections_cut.value() > 0;
  }));

  EXPECT_TRUE(WaitUntil([&] {
    const auto other = NewStub();
    return Watch(*other, WatchRequest()).NextSequence() == 1;
  }));
}

TEST_F(RapidResetTest, WatchesThatAreLeftLaterAreNoAbuse) {
  options_.limits.max_resets_per_second = 0;
  StartServer();
  hub_.AnswerFollowsWith(Key(), Admitted{Frozen(Running(1, 1))});
  Watch open(stub(), WatchRequest());
  Watch left(stub(), WatchRequest());
  ASSERT_EQ(open.NextSequence(), 1);
  ASSERT_EQ(left.NextSequence(), 1);
  const base::MonotonicTime young = clock_.Now() + absl::Milliseconds(1100);
  ASSERT_TRUE(WaitUntil([&] { return clock_.Now() > young; }));

  left.Cancel();

  ASSERT_TRUE(WaitUntil([&] { return metrics_.watchers.value() == 1; }));
  hub_.Say(Key(), Published{Frozen(Running(2, 2))});
  EXPECT_EQ(open.NextSequence(), 2);
  EXPECT_EQ(metrics_.connections_cut.value(), 0);
}

}  // namespace
}  // namespace runcast::rpc
