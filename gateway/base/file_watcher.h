// Notices that a file is another one than before.

#ifndef RUNCAST_GATEWAY_BASE_FILE_WATCHER_H_
#define RUNCAST_GATEWAY_BASE_FILE_WATCHER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "gateway/base/event_loop.h"

namespace runcast::base {

// Looks at the file behind `path` once each interval: written in place, replaced by rename,
// swapped by a symbolic link anywhere in the path (kubelet swaps the directory `..data`), gone,
// or back again. Looking is one `stat`; inotify would have to follow every link of the path.
//
// Tells that something changed, not that it is good: a file may be half written, so whoever
// reads it judges the content and keeps what it had.
//
// Threads: the loop's only.
// Lifetime: `loop` outlives this object, which may be destroyed inside `on_change`.
class FileWatcher {
 public:
  static constexpr absl::Duration kDefaultInterval = absl::Seconds(1);

  // Changes are those since this moment.
  FileWatcher(EventLoop& loop, std::string path, Task on_change,
              absl::Duration interval = kDefaultInterval);

  const std::string& path() const { return path_; }

 private:
  // What tells two states of a path apart. All zero: there is no such file.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;

    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  static Stamp Look(const std::string& path);

  const std::string path_;
  Stamp stamp_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace runcast::base

#endif  // RUNCAST_GATEWAY_BASE_FILE_WATCHER_H_
