// Keeps what is in the process's memory from leaving it.

#ifndef RUNCAST_GATEWAY_APP_PROCESS_SECRECY_H_
#define RUNCAST_GATEWAY_APP_PROCESS_SECRECY_H_

namespace runcast::app {

// Secrets, keys and signed links are in memory. From now on nobody but root may attach to the
// process or read its memory and environment in /proc, a crash leaves no core file, and no program
// that it starts gains rights. For the whole process, which cannot undo it.
//
// Threads: before any other thread is started, and before the first secret is read.
void ForbidDumps();

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_PROCESS_SECRECY_H_
