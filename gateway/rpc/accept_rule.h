// What the acceptor of connections makes of the kernel's answers.

#ifndef RUNCAST_GATEWAY_RPC_ACCEPT_RULE_H_
#define RUNCAST_GATEWAY_RPC_ACCEPT_RULE_H_

#include <sys/resource.h>

namespace runcast::rpc {

// Pure. Whether accept() failed because of the connection it was to return, which is gone with
// that: aborted meanwhile, or one of the errors of the network that accept(2) lists. The next one
// may be good. Every other error would come again at once.
bool ConnectionHasGone(int error);

// Pure. The first descriptor that connections may not have, where `spare` of the soft limit `soft`
// are left to the rest of the process, at most half of them. Descriptors are numbered from below,
// so a high number means that few are left.
int DescriptorCeiling(rlim_t soft, int spare);

}  // namespace runcast::rpc

#endif  // RUNCAST_GATEWAY_RPC_ACCEPT_RULE_H_
