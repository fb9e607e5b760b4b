"""Row 18."""

import time

from drill.abuse import KINDS, Abuse
from drill.scene import TWO_INTERVALS, Scene

FAULT = ("HTTP/2 abuse from one client: rapid resets, PING and SETTINGS floods, 1-byte windows, huge "
         "headers, bad -bin header")
MUST = ("no crash, bounded memory; other connections keep p99 <= 2 x; CPU back to baseline within "
        "5 s; the rate at which this breaks is measured")

# A second.
RATE = 5000
# Resets a second that are tried to find where others notice.
MORE_RESETS = (10000, 20000, 40000)


def _cores(process):
    """Over whole intervals: polls come in waves."""
    began = process.cpu()
    time.sleep(TWO_INTERVALS)
    return (process.cpu() - began) / TWO_INTERVALS


def _abuse(scene, kind, rate, seconds):
    """The abuse, and the figures of the others meanwhile."""
    mark = f"{kind.replace(' ', '-')}-{rate}"
    scene.load.mark(mark)
    abuse = scene.keep(Abuse(scene.gateway.port, scene.runs[0], kind, rate, seconds))
    cpu, began = scene.gateway.process.cpu(), time.monotonic()
    abuse.wait()
    abuse.cores = (scene.gateway.process.cpu() - cpu) / (time.monotonic() - began)
    return abuse, scene.load.section(mark)


def run(trial, place, size):
    seconds = size.of(10, 3)
    with Scene(place, size) as scene:
        scene.calm()
        normal = _cores(scene.gateway.process)
        calm = scene.load.section("calm")["p99_ms"]
        before = scene.gateway.resident_kib()
        bound = max(2 * calm, calm + 5)
        for kind in KINDS:
            abuse, during = _abuse(scene, kind, RATE, seconds)
            trial.expect(scene.gateway.process.alive(), f"{kind}: alive")
            trial.expect(during["p99_ms"] <= bound and not during["ends"],
                         f"{kind} ({abuse.a_second:.0f} a second on {abuse.connections} "
                         f"connections): p99 {during['p99_ms']:.1f} ms (<= {bound:.1f}), "
                         f"{sum(during['ends'].values())} ends, {abuse.cores:.2f} cores")
        time.sleep(5)
        trial.at_most(_cores(scene.gateway.process), normal * 1.3 + 0.02, "cores used 5 s later")
        trial.at_most((scene.gateway.resident_kib() - before) / 1024, 64, "MiB more")
        for rate in size.of(MORE_RESETS, ()):
            abuse, during = _abuse(scene, "resets", rate, 6)
            trial.note(f"{abuse.a_second:.0f} resets a second on {abuse.connections} connections: "
                       f"p99 {during['p99_ms']:.1f} ms, {sum(during['ends'].values())} ends, "
                       f"{abuse.cores:.2f} cores, "
                       f"{(scene.gateway.resident_kib() - before) / 1024:.0f} MiB more")
            time.sleep(3)
        if not size.quick:
            time.sleep(20)
            trial.at_most((scene.gateway.resident_kib() - before) / 1024, 64, "MiB more 23 s later")
        scene.finish(trial)
