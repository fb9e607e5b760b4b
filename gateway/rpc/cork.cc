#include "gateway/rpc/cork.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace runcast::rpc {
namespace {

void SetCork(int descriptor, int on) {
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

}  // namespace

void Cork::BeforeSend(int descriptor, base::MonotonicTime now) {
  if (descriptor != held_) Release();
  if (holds() || !more_follows_ || descriptor == ConnectionTable::kUnknown) return;
  SetHeld(descriptor);
  held_until_ = now + longest_;
}

void Cork::SetHeld(int descriptor) {
  if (holds()) SetCork(held_, 0);
  held_ = descriptor;
  if (holds()) SetCork(held_, 1);
}

}  // namespace runcast::rpc
