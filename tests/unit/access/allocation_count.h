// Counts what a test program allocates, so that a test can say "nothing".

#ifndef RUNCAST_TESTS_UNIT_ACCESS_ALLOCATION_COUNT_H_
#define RUNCAST_TESTS_UNIT_ACCESS_ALLOCATION_COUNT_H_

namespace runcast::access {

// Calls of operator new on this thread so far. Linking this file replaces the operator.
long AllocationCount();

}  // namespace runcast::access

#endif  // RUNCAST_TESTS_UNIT_ACCESS_ALLOCATION_COUNT_H_
