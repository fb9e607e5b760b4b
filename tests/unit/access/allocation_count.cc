#include "tests/unit/access/allocation_count.h"

#include <cstdlib>
#include <new>

namespace {
thread_local long allocations = 0;
}  // namespace

// In a file of its own: where the compiler sees both sides of a `new`, it warns about `free`.
void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace runcast::access {

long AllocationCount() { return allocations; }

}  // namespace runcast::access
