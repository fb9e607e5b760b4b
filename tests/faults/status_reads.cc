#include "tests/faults/status_reads.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "tests/e2e/error_details.h"

namespace runcast::faults {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kConnections = 4;
constexpr auto kDeadline = std::chrono::seconds(15);
constexpr auto kTick = std::chrono::milliseconds(10);

}  // namespace

struct StatusReads::Call {
  grpc::ClientContext context;
  v1::GetStatusRequest request;
  v1::GetStatusResponse response;
  Clock::time_point began = Clock::now();
};

StatusReads::StatusReads(const WatcherOptions& options, int per_second) : runs_(options.runs) {
  if (per_second == 0) return;
  for (int i = 0; i < kConnections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
    stubs_.push_back(v1::RunStatusService::NewStub(
        grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), arguments)));
  }
  sender_ = std::thread([this, per_second] { SendLoop(per_second); });
}

StatusReads::~StatusReads() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.wait(lock, [&] { return open_ == 0; });
  lock.unlock();
  if (sender_.joinable()) sender_.join();
}

void StatusReads::SendLoop(int per_second) {
  const auto began = Clock::now();
  size_t sent = 0;
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const std::chrono::duration<double> elapsed = Clock::now() - began;
    const auto due = static_cast<size_t>(elapsed.count() * per_second);
    while (sent < due) Send(sent++);
    std::this_thread::sleep_for(kTick);
  }
}

void StatusReads::Send(size_t number) {
  auto call = std::make_shared<Call>();
  *call->request.mutable_run() = runs_[number * 7 % runs_.size()];
  call->context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  {
    std::lock_guard lock(mutex_);
    ++open_;
  }
  stubs_[number % stubs_.size()]->async()->GetStatus(
      &call->context, &call->request, &call->response, [this, call](const grpc::Status& status) {
        const auto took = Clock::now() - call->began;
        std::lock_guard lock(mutex_);
        if (status.ok()) {
          times_.Record(std::chrono::nanoseconds(took).count());
          stale_ += call->response.status().freshness().state() == v1::Freshness::STATE_STALE;
        } else {
          ++errors_[absl::StrCat(static_cast<int>(status.error_code()), " ",
                                 e2e::ReasonOf(status))];
        }
        --open_;
        changed_.notify_all();
      });
}

nlohmann::ordered_json StatusReads::FiguresLocked() const {
  return {{"count", times_.count()},
          {"p50_ms", times_.Percentile(50)},
          {"p99_ms", times_.Percentile(99)},
          {"stale", stale_},
          {"errors", errors_}};
}

nlohmann::ordered_json StatusReads::Figures() {
  std::lock_guard lock(mutex_);
  return FiguresLocked();
}

nlohmann::ordered_json StatusReads::TakeFigures() {
  std::lock_guard lock(mutex_);
  nlohmann::ordered_json figures = FiguresLocked();
  times_ = {};
  errors_.clear();
  stale_ = 0;
  return figures;
}

}  // namespace runcast::faults
