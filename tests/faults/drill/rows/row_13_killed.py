"""Row 13."""

import time

from drill.child import until
from drill.gateway import Gateway
from drill.load import Load
from drill.scene import Scene
from drill.simulator import CLIENT_ID, Simulator

FAULT = "gateway SIGKILL and restart, also while the secret is being rotated"
MUST = ("client library resumes all watchers, p99 <= 3 s after the port is back; nothing older; "
        "0 terminal states lost; both windows hold across the restart")

NEW = "another-secret-of-the-length-the-platform-gives"
NEWER = "yet-another-secret-of-the-length-the-platform-gives"

# The hour, small enough to be spent in seconds: so many calls for a run, and a base pace that asks
# for ten of them. What is left is for early polls of a young run, one a second.
CALLS_AN_HOUR, PACE = 20, "360s"
LIVES = 4


def _kill_and_start(gateway):
    gateway.process.kill()
    gateway.process.stop()
    time.sleep(1)
    gateway.start()


def _restart(trial, scene, words):
    _kill_and_start(scene.gateway)
    missing = scene.size.watchers * 0.01
    heard = scene.load.wait("heard", 3)
    trial.expect(heard["missing"] <= missing,
                 f"{words}: {heard['missing']} of {scene.size.watchers} not back after "
                 f"{heard['seconds']:.1f} s")
    late = scene.load.wait("heard", 20)
    trial.expect(late["done"], f"{late['missing']} not back after 20 s more")


def _restart_while_refused(trial, scene):
    """The platform has the new secret already, the file not yet: the new process never
    saw a run, and yet no stream may end."""
    scene.load.mark("refused")
    scene.simulator.call("PATCH", f"/apps/{CLIENT_ID}", {"secrets": [NEWER]})
    time.sleep(1)
    _kill_and_start(scene.gateway)
    refused = until(lambda: scene.gateway.metric(
        'runcast_upstream_polls_total{outcome="credentials"}') > 0, 20)
    time.sleep(scene.size.of(10, 3))
    open_streams = scene.load.state()["open"]
    scene.load.mark("changed")
    scene.gateway.secret_file.write_text(NEWER + "\n")
    fresh = scene.load.wait("renewed", 20)
    trial.expect(refused is not None and open_streams == scene.size.watchers
                 and fresh["done"] and fresh["seconds"] <= 10,
                 f"killed before the file changes: restarted with the old secret, {open_streams} "
                 f"watches go on while it is refused, {fresh['missing']} not fresh "
                 f"{fresh['seconds']:.1f} s after the file changed (<= 10)")


def _hour_window(trial, place, scene):
    """Processes in a row that each would have early polls to spend if they took the last hour for
    empty; together more than the hour has."""
    simulator = scene.keep(Simulator(place, ["--hour-limit", str(CALLS_AN_HOUR)]))
    gateway = scene.keep(Gateway(place, simulator.api, {
        "polling": {"per_hour": CALLS_AN_HOUR, "base_interval": PACE}}))
    time.sleep(7)  # The first one must know that the run is younger than itself.
    simulator.start_runs("hourly-", 1, started_ago_ms=0, progress="none")
    load = scene.keep(Load(place, gateway.address, "hourly-", library=True))
    load.wait("known", 20)
    calls = []
    for life in range(LIVES):
        if life > 0:
            _kill_and_start(gateway)
        time.sleep(12)
        calls.append(simulator.requests() - sum(calls))
    violations = simulator.stats()["violations"]
    trial.expect(calls[0] * LIVES > CALLS_AN_HOUR >= sum(calls) and violations == 0,
                 f"{CALLS_AN_HOUR} calls an hour: {'+'.join(map(str, calls))} by {LIVES} processes "
                 f"in a row, {violations} over the limit")


def run(trial, place, size):
    with Scene(place, size, library=True) as scene:
        scene.calm()
        scene.load.mark("fault")
        _restart(trial, scene, "killed")
        time.sleep(size.of(8, 3))
        scene.simulator.call("PATCH", f"/apps/{CLIENT_ID}", {"secrets": [NEW]})
        time.sleep(1)
        scene.gateway.secret_file.write_text(NEW + "\n")
        _restart(trial, scene, "killed while the secret changes")
        time.sleep(2)
        _restart_while_refused(trial, scene)
        if not size.quick:
            _hour_window(trial, place, scene)
            # Runs end while nobody is there.
            scene.gateway.process.kill()
            scene.gateway.process.stop()
            scene.simulator.finish(scene.runs[:50])
            time.sleep(2)
            scene.gateway.start()
        scene.finish(trial)
