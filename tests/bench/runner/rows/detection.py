"""Row 10: how late the end of a run is noticed: in virtual time, and once in real time."""

import random
import re
import subprocess
import time

from runner import gateway, load, wire
from runner.series import Series
from runner.simulator import STREAM, SUITE, Simulator

LONG_RUNS = "long: 1 h to 3 h"
EXPONENTIAL = "exponential, mean 10 min"
# The best that a policy without hints can do, in seconds.
BOUND_LONG = 1.0
BOUND_EXPONENTIAL = 0.63


def _virtual_time(bench):
    """The simulation's table: (lengths, policy) → mean, p95, max, polls a minute, violations."""
    command = [str(bench.place.program("policy-simulation")), str(bench.pick(1000, 100, 10))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=True)
    rows = {}
    for line in done.stdout.splitlines()[1:]:
        lengths, policy, *numbers = re.split(r"\s{2,}", line.strip())
        mean, p95, largest, polls, over = (float(number) for number in numbers)
        rows[lengths, policy] = {"mean": mean, "p95": p95, "max": largest,
                                 "polls_per_minute": polls, "violations": over}
    return rows


def _real_time(bench):
    """Runs that end at random moments, with the platform's own limits in force."""
    count, longest = bench.pick((200, 120), (100, 40), (5, 4))
    lengths = random.Random(3)
    with Simulator(bench.place, log=True, limited=True) as simulator, \
            gateway.Gateway(bench.place, simulator.api,
                            {"polling": {"new_runs_per_second": 1000,
                                         "new_runs_per_second_per_caller": 1000}}) as server:
        # What was before a process is assumed to have used the windows up.
        time.sleep(6)
        ids = [simulator.start_runs(1, outcome="completed", utterances=100,
                                    duration_ms=int(1000 * lengths.uniform(2, longest)))[0]
               for _ in range(count)]
        messages = [wire.run_request(STREAM, SUITE, run) for run in ids]
        with load.Watchers(bench.place, server, gateway.WATCH, messages, count, 1):
            time.sleep(longest + 5)
        stats = simulator.stats()
        delays = [simulator.seconds_until_seen(run) for run in ids]
    delays = [delay for delay in delays if delay is not None]
    return {"mean": sum(delays) / len(delays), "max": max(delays), "unseen": count - len(delays),
            "violations": stats["violations"], "runs": count}


def run(bench):
    virtual = _virtual_time(bench)
    bench.extra[10] = [{"lengths": lengths, "policy": policy, **numbers}
                       for (lengths, policy), numbers in virtual.items()]
    for lengths, policy, bound, what, passing, proud in (
            (LONG_RUNS, "runcast, no progress", BOUND_LONG, "long runs, no progress", 1.10, 1.05),
            (EXPONENTIAL, "runcast, 1 % steps", BOUND_EXPONENTIAL,
             "Exp(10 min), progress in 1 % steps", 0.80, 0.60)):
        found = virtual[lengths, policy]
        bench.compare(10, f"delay of detection, {what}", f"bound {bound} s", "s",
                      Series([found["mean"]]), Series([bound]), passing, proud,
                      note=f"virtual time; p95 {found['p95']:.2f} s, largest {found['max']:.2f} s, "
                      f"{found['polls_per_minute']:.1f} polls a minute")
    real = _real_time(bench)
    bench.absolute(10, "delay of detection in real time, progress in 1 % steps", "s",
                   Series([real["mean"]]),
                   note=f"{real['runs']} runs, largest {real['max']:.2f} s, unseen "
                   f"{real['unseen']}")
    over = sum(numbers["violations"] for (_, policy), numbers in virtual.items()
               if policy.startswith("runcast"))
    bench.exact(10, "budget violations, virtual time and simulator", "", Series(
        [over + real["violations"]]), 0)
