// What a server's processes used, read from outside.

#ifndef RUNCAST_TESTS_BENCH_PROCESS_USE_H_
#define RUNCAST_TESTS_BENCH_PROCESS_USE_H_

#include <time.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace runcast::bench {

struct ProcessUse {
  double cpu_seconds = 0;
  double resident_kib = 0;

  // Added up over all of `pids`. The CPU clock of a process counts user and system time of all its
  // threads, those that ended included, in nanoseconds.
  static ProcessUse Of(const std::vector<int>& pids) {
    ProcessUse use;
    for (const int pid : pids) {
      clockid_t clock;
      timespec time;
      if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0) {
        use.cpu_seconds +=
            static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
      }
      std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
      double total = 0;
      double resident = 0;
      statm >> total >> resident;
      use.resident_kib += resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
    }
    return use;
  }
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_PROCESS_USE_H_
