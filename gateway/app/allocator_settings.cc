// How jemalloc behaves in the gateway; it reads this before main().
//
// Why jemalloc: glibc keeps what ten thousand watchers leave behind for ever (100 % of it a minute
// later, 19 % even after malloc_trim; jemalloc 10 %), and a delivered update costs 6 % less CPU.
// Figures: tests/bench/README.md, levers.

// Pages that nobody uses go back to the system after 10 s, also when nothing happens any more:
// a thread of its own sees to that.
extern "C" const char* malloc_conf = "background_thread:true,max_background_threads:1";
