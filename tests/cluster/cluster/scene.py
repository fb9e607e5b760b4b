"""A platform, a Redis, three gateways with a breakable link to each, and the load on all of them."""

import json
import time

from cluster.redis import Redis
from drill import scene as faults
from drill.gateway import MANY_NEW_RUNS, Gateway, merge
from drill.load import Load
from drill.network import Network
from drill.simulator import Simulator

REPLICAS = 3
# What a run costs when one poller polls it, seconds.
INTERVAL = 2.1


class Scene(faults.Scene):
    """`with Scene(place, size) as scene`: everybody has heard of his run, and all is calm."""

    def __init__(self, place, size):
        self.place, self.size = place, size
        self._open = []
        try:
            self.simulator = self.keep(Simulator(place))
            self.runs = self.simulator.start_runs("run-", size.runs)
            self.redis = self.keep(Redis(place))
            self.redis_links, self.platform_links, self.gateways = [], [], []
            for _ in range(REPLICAS):
                self._add_gateway()
            self.gateway = self.gateways[0]
            self.load = self.keep(Load(place, ",".join(g.address for g in self.gateways),
                                       watchers=size.watchers, runs=size.runs, reads=size.reads,
                                       library=True))
            known = self.load.wait("known", 90)
            if not known["done"]:
                raise RuntimeError(f"{known['missing']} watchers heard nothing")
            self.judge(self.load)
            time.sleep(5)  # What opening left behind; early polls of runs without a past.
            self.load.mark("calm")
        except BaseException:
            self.close()
            raise

    def _add_gateway(self):
        to_redis = self.keep(Network(self.place, self.redis.port))
        to_platform = self.keep(Network(self.place, int(self.simulator.api.rsplit(":", 1)[1])))
        config = merge(json.loads(json.dumps(MANY_NEW_RUNS)), {
            "coordination": {"address": to_redis.address},
            "polling": {"expected_pollers": REPLICAS}})
        self.redis_links.append(to_redis)
        self.platform_links.append(to_platform)
        self.gateways.append(self.keep(Gateway(self.place, f"http://{to_platform.address}", config)))

    def owned(self, gateway):
        return gateway.metric("runcast_coordination_owned_runs")

    def owner_of_most(self):
        """Its number; the metric is a few seconds old."""
        return max(range(REPLICAS), key=lambda i: self.owned(self.gateways[i]))

    def calls(self, seconds):
        """Upstream calls per run and interval in so many seconds from now on."""
        began, at = self.simulator.requests(), time.monotonic()
        time.sleep(seconds)
        return ((self.simulator.requests() - began) / self.size.runs
                / ((time.monotonic() - at) / INTERVAL))

    def expect_one_poller(self, trial, words, seconds=None, least=0.9, most=1.1):
        seconds = seconds or self.size.calm
        # Runs that were taken over together are polled together: one wave more or less may fall
        # into the time looked at.
        wave = max(0, INTERVAL / seconds - 0.1)
        least, most = least - wave, most + wave
        calls = self.calls(seconds)
        trial.expect(least <= calls <= most,
                     f"{words}: {calls:.2f} calls a run and interval ({least:.2g} to {most:.2g})")

    def silence(self, since, until=None):
        """The longest time that any run was not polled, from then on, in seconds."""
        until = until or time.monotonic()
        last = {run: since for run in self.runs}
        longest = 0
        for entry in self.simulator.log():
            at = entry["monotonic_ms"] / 1000
            if since <= at <= until and entry.get("run") in last:
                longest = max(longest, at - last[entry["run"]])
                last[entry["run"]] = at
        return max([longest] + [until - at for at in last.values()])

    def expect_taken_over(self, trial, since, seconds=5, words="longest silence of a run"):
        trial.at_most(self.silence(since), seconds, words)

    def expect_all_fresh(self, trial, seconds=15):
        fresh = self.load.wait("fresh", seconds)
        trial.expect(fresh["done"], f"all fresh after {fresh['seconds']:.1f} s"
                     if fresh["done"] else f"{fresh['missing']} not fresh after {seconds} s")
