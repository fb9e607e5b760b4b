"""Row 9: a hundred thousand watchers of two hundred runs on one gateway."""

import time

from runner import gateway, load, wire
from runner.rows.latency import number
from runner.simulator import STREAM, SUITE, Simulator


def _crowd(bench):
    connections, streams, runs = bench.pick((2000, 50, 200), (2000, 50, 200), (20, 10, 5))
    total = connections * streams
    with Simulator(bench.place) as simulator, \
            gateway.Gateway(bench.place, simulator.api, gateway.polling(1)) as server:
        ids = simulator.start_runs(runs, ran=10)
        messages = [wire.run_request(STREAM, SUITE, run) for run in ids]
        before = server.process.resident()
        with load.Watchers(bench.place, server, gateway.WATCH, messages, connections, streams,
                           open_limit=300) as watchers:
            time.sleep(bench.pick(5, 3, 0.5))
            peak = server.process.resident()
            # All runs change at once; each is published by its next poll.
            watchers.process.say(f"measure {bench.pick(6, 4, 1.5)} {bench.pick(10, 10, 1)}")
            time.sleep(0.2)
            for run in ids:
                simulator.change_run(run, stamp="once")
            seen = watchers.process.json(120)
            idle = watchers.measure(bench.pick(5, 5, 1), 0)
            closing = time.monotonic()
            watchers.close()
            time.sleep(bench.pick(30, 20, 1))
            after = server.process.resident()
            closed = time.monotonic() - closing
    bench.say(f"  {total} watchers: {seen['published']} updates, {seen['delivered']} delivered, "
              f"{seen['missing']} missing, opened in {watchers.opened['seconds']:.1f} s, memory "
              f"{closed:.0f} s after the end")
    return {"last_s": number(seen["last_receiver_ms"]["max"]) / 1000,
            "delivered": seen["delivered"], "missing": total - seen["delivered"],
            "ended": seen["ended"], "open_s": watchers.opened["seconds"],
            "quiet_cores": idle["server_cpu_seconds"] / idle["seconds"],
            "kb_per_watcher": (peak - before) / total,
            "left_share": (after - before) / (peak - before)}


def run(bench):
    found = bench.measure({"ours": lambda: _crowd(bench)}, runs=bench.pick(3, 1, 1))["ours"]
    bench.absolute(9, "100,000 watchers: publish → last receipt", "s", found["last_s"], 5, 2.5,
                   note=f"all opened in {found['open_s'].median:.1f} s, "
                   f"{found['kb_per_watcher'].median:.1f} kB a watcher, quiet "
                   f"{found['quiet_cores'].median:.2f} cores, left behind "
                   f"{found['left_share'].median:.0%}")
    bench.exact(9, "100,000 watchers: receipts that are missing", "", found["missing"], 0)
