#include "gateway/app/process_secrecy.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace runcast::app {

void ForbidDumps() {
  // The flag below is enough by itself; the limit would not be, because a handler of cores that is
  // a program gets them whatever the limit. Both, so that neither is the only one.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

}  // namespace runcast::app
