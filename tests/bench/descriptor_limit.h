// As many descriptors as the system lets this process have.

#ifndef RUNCAST_TESTS_BENCH_DESCRIPTOR_LIMIT_H_
#define RUNCAST_TESTS_BENCH_DESCRIPTOR_LIMIT_H_

#include <sys/resource.h>

namespace runcast::bench {

inline void RaiseDescriptorLimit() {
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_DESCRIPTOR_LIMIT_H_
