#include "gateway/base/file_watcher.h"

#include <sys/stat.h>

#include <utility>

namespace runcast::base {
namespace {

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileWatcher::FileWatcher(EventLoop& loop, std::string path, Task on_change, absl::Duration interval)
    : path_(std::move(path)), stamp_(Look(path_)) {
  // `on_change` lives in the timer's task, which outlasts a destruction inside it.
  timer_ = loop.NewTimer([this, &loop, interval, on_change = std::move(on_change)]() mutable {
    timer_->Set(loop.clock().Now() + interval);
    const Stamp seen = Look(path_);
    if (seen == stamp_) return;
    stamp_ = seen;
    on_change();
  });
  timer_->Set(loop.clock().Now() + interval);
}

FileWatcher::Stamp FileWatcher::Look(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return Stamp{};
  return Stamp{.device = status.st_dev,
               .inode = status.st_ino,
               .size = status.st_size,
               .modified_ns = Nanoseconds(status.st_mtim),
               // Also tells a change whose writer set the time of modification back.
               .changed_ns = Nanoseconds(status.st_ctim)};
}

}  // namespace runcast::base
