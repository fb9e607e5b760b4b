"""What happens to the cluster, one function each: `(trial, scene)`; MUST says when it holds.

After each all runs end, and the histories of all watchers across all replicas and the platform's
windows are judged (scene.finish). A watcher is late when news took longer than LATE to him while
his stream was open: polls are slower without the engine, and a stopped gateway keeps its streams.
"""

import signal
import time

from cluster.redis import Redis
from cluster.scene import REPLICAS
from drill.network import Network

ALL = {}


def scenario(must, late=6, quick=False):
    def add(function):
        function.must, function.late, function.quick = must, late, quick
        ALL[function.__name__.replace("_", "-")] = function
        return function
    return add


@scenario("1.0 upstream calls a run and interval, never above 1.1")
def calm(trial, scene):
    """nothing at all"""
    for _ in range(3):
        scene.expect_one_poller(trial, "calm")
    shared = sum(gateway.metric("runcast_coordination_records_total")
                 for gateway in scene.gateways)
    trial.expect(shared > 0, f"{shared:.0f} records shared")


@scenario("every run polled again within 5 s, one poller afterwards", quick=True)
def killed(trial, scene):
    """SIGKILL of the gateway that owns most runs, and its restart"""
    scene.expect_one_poller(trial, "calm before")
    victim = scene.gateways[scene.owner_of_most()]
    at = time.monotonic()
    victim.process.kill()
    victim.process.stop()
    time.sleep(10)
    scene.expect_taken_over(trial, at)
    scene.expect_one_poller(trial, "with two")
    victim.start()
    scene.expect_one_poller(trial, "with three again")
    scene.expect_all_fresh(trial)


@scenario("every run polled again within 5 s, nothing sent by who wakes up", late=36)
def stopped(trial, scene):
    """SIGSTOP of the gateway that owns most runs for 30 s, then SIGCONT"""
    victim = scene.gateways[scene.owner_of_most()]
    at = time.monotonic()
    victim.process.signal(signal.SIGSTOP)
    time.sleep(scene.size.of(30, 10))
    scene.expect_taken_over(trial, at)
    victim.process.signal(signal.SIGCONT)
    scene.expect_one_poller(trial, "right after SIGCONT", 6, most=1.2)
    scene.expect_one_poller(trial, "later")
    scene.expect_all_fresh(trial)


@scenario("no run silent for 5 s, one poller all the while")
def rolling_restart(trial, scene):
    """SIGTERM and restart of one gateway after the other"""
    at, began = time.monotonic(), scene.simulator.requests()
    for gateway in scene.gateways:
        gateway.process.signal(signal.SIGTERM)
        code = gateway.process.wait(40)
        trial.expect(code == 0, f"exit code {code}")
        gateway.process.stop()
        gateway.start()
        time.sleep(5)
    rate = ((scene.simulator.requests() - began) / scene.size.runs
            / ((time.monotonic() - at) / 2.1))
    trial.expect(0.9 <= rate <= 1.1, f"meanwhile: {rate:.2f} calls a run and interval")
    scene.expect_taken_over(trial, at)
    scene.expect_one_poller(trial, "afterwards")
    scene.expect_all_fresh(trial)


@scenario("all together poll as one does; one poller within seconds of its return, no burst", late=12,
          quick=True)
def redis_killed(trial, scene):
    """Redis killed for 60 s, back empty"""
    at = time.monotonic()
    scene.redis.kill()
    time.sleep(10)
    scene.expect_one_poller(trial, "without Redis", scene.size.of(45, 20), least=0.7, most=1.15)
    scene.redis.start()
    back = time.monotonic()
    scene.expect_one_poller(trial, "the first 10 s of its return", 10, least=0.7, most=1.3)
    scene.expect_one_poller(trial, "later")
    trial.at_most(scene.silence(at, back), 7.5, "longest silence of a run without it")
    scene.expect_taken_over(trial, back, 7.5, "and since")
    scene.expect_all_fresh(trial)


@scenario("one poller within seconds, no burst", late=12)
def redis_restarted_empty(trial, scene):
    """Redis restarted at once, empty"""
    at = time.monotonic()
    scene.redis.kill()
    scene.redis.start()
    scene.expect_one_poller(trial, "the first 10 s", 10, least=0.7, most=1.3)
    scene.expect_one_poller(trial, "later")
    scene.expect_taken_over(trial, at, 7.5)
    scene.expect_all_fresh(trial)


@scenario("as without it: all together poll as one does, no run silent for 7.5 s", late=12)
def redis_slow(trial, scene):
    """every answer of Redis 500 ms late for 60 s"""
    at = time.monotonic()
    for link in scene.redis_links:
        link.do("delay both 0.25")
    time.sleep(8)
    scene.expect_one_poller(trial, "slow", scene.size.of(50, 20), least=0.7, most=1.15)
    for link in scene.redis_links:
        link.do("open both")
    scene.expect_one_poller(trial, "the first 10 s of its return", 10, least=0.7, most=1.3)
    scene.expect_one_poller(trial, "later")
    scene.expect_taken_over(trial, at, 7.5)
    scene.expect_all_fresh(trial)


def _fail_over(trial, scene, clock_ahead=0):
    second = scene.keep(Redis(scene.place, clock_ahead))
    between = scene.keep(Network(scene.place, scene.redis.port))
    trial.expect(second.copies(between.port), "the replica has all")
    seconds = [int(redis.ask("TIME").split()[0]) for redis in (scene.redis, second)]
    trial.expect(abs(seconds[1] - seconds[0] - clock_ahead) <= 2,
                 f"its clock differs by {seconds[1] - seconds[0]} s")
    between.do("hole both")
    time.sleep(1.2)
    at = time.monotonic()
    scene.redis.kill()
    second.ask("REPLICAOF", "NO", "ONE")
    for link in scene.redis_links:
        link.do(f"target {second.port}")
        link.do("cut reset")
    scene.expect_one_poller(trial, "the first 10 s", 10, least=0.7, most=1.3)
    scene.expect_one_poller(trial, "later")
    scene.expect_taken_over(trial, at, 7.5)
    scene.expect_all_fresh(trial)


@scenario("one poller within seconds; nobody goes back in time", late=12)
def redis_failed_over(trial, scene):
    """the primary dies, and its replica lacks the last second"""
    _fail_over(trial, scene)


@scenario("one poller within seconds; nobody goes back in time", late=12)
def redis_failed_over_ahead(trial, scene):
    """failover to a replica whose clock is 45 s ahead: every key that ends has ended there"""
    _fail_over(trial, scene, 45)


@scenario("one poller within seconds; nobody goes back in time", late=12)
def redis_failed_over_behind(trial, scene):
    """failover to a replica whose clock is 45 s behind: sessions that end soon last for 45 s"""
    _fail_over(trial, scene, -45)


@scenario("no run silent for 6.5 s, it polls slowly, the windows hold", late=12)
def redis_link_cut(trial, scene):
    """the link between Redis and the gateway that owns most runs"""
    number = scene.owner_of_most()
    at = time.monotonic()
    scene.redis_links[number].do("hole both")
    time.sleep(10)
    scene.expect_taken_over(trial, at, 6.5)
    share = 1 / REPLICAS
    scene.expect_one_poller(trial, "with one on its own", scene.size.of(50, 20),
                            most=1.1 + share)
    scene.redis_links[number].do("open both")
    scene.redis_links[number].do("cut reset")
    time.sleep(5)
    scene.expect_one_poller(trial, "healed")
    scene.expect_all_fresh(trial)


@scenario("its runs are handed over within 11 s, and its watchers served by the others", late=20)
def platform_link_cut(trial, scene):
    """the link between the platform and the gateway that owns most runs"""
    number = scene.owner_of_most()
    at = time.monotonic()
    scene.platform_links[number].do("refuse")
    scene.platform_links[number].do("cut reset")
    time.sleep(15)
    scene.expect_taken_over(trial, at, 8.5)
    scene.expect_one_poller(trial, "handed over", scene.size.of(40, 15))
    trial.expect(scene.owned(scene.gateways[number]) == 0,
                 f"{scene.owned(scene.gateways[number]):.0f} runs are still its own")
    scene.expect_all_fresh(trial)
    scene.platform_links[number].do("accept")
    scene.expect_one_poller(trial, "healed")
    scene.expect_all_fresh(trial)
