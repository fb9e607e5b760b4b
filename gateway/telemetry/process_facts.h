// What the kernel says about this process.

#ifndef RUNCAST_GATEWAY_TELEMETRY_PROCESS_FACTS_H_
#define RUNCAST_GATEWAY_TELEMETRY_PROCESS_FACTS_H_

namespace runcast::telemetry {

struct ProcessFacts {
  double start_time_seconds = 0;  // Unix time.
  double cpu_seconds = 0;         // User and system.
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double open_fds = 0;
  double max_fds = 0;
  double threads = 0;
};

// Reads /proc/self; a fact that cannot be read is 0. Threads: any.
ProcessFacts ReadProcessFacts();

// The resident bytes alone, for those who ask often. Threads: any.
double ReadResidentBytes();

}  // namespace runcast::telemetry

#endif  // RUNCAST_GATEWAY_TELEMETRY_PROCESS_FACTS_H_
