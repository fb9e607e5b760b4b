"""New runs that end soon, with watchers of their own, one batch after the other."""

import json
import time

from drill.load import Load

RUNS = 10
WATCHERS = 40


class Batch:
    """Runs that end within a minute, watched with the client library."""

    def __init__(self, scene, address, number, random):
        self.scene, self.name = scene, f"batch{number}"
        durations = [random.randint(3000, 60000) for _ in range(RUNS)]
        scene.simulator.call("POST", "/runs", [
            {"stream": "st-faults", "suite": "Smoke tests", "run_id": f"{self.name}-{i}",
             "utterances": random.randint(1, 400), "duration_ms": duration, "stamp": "every",
             "outcome": random.choice(("completed", "completed", "failed", "cancelled"))}
            for i, duration in enumerate(durations)])
        self.ends = time.monotonic() + max(durations) / 1000
        self.load = Load(scene.place, address, f"{self.name}-", watchers=WATCHERS, runs=RUNS,
                         library=True)

    def all_ended(self):
        return self.load.state()["terminal"] == WATCHERS

    def judge(self, late_after):
        """Words of what is wrong; none: every end arrived and no history is bad."""
        missing = WATCHERS - self.load.state()["terminal"]
        log = self.load.folder / "served.json"
        log.write_text(json.dumps({"requests": [
            entry for i in range(RUNS)
            for entry in self.scene.simulator.log(f"{self.name}-{i}")]}))
        histories = self.load.report(log, late_after)["histories"]
        wrong = [f"{self.name}: {missing} ends missing"] if missing else []
        if histories["bad"]:
            wrong.append(f"{self.name}: {histories['bad']} bad histories: "
                         + "; ".join(histories["examples"][:2]))
        return wrong

    def stop(self):
        self.load.stop()


class Batches:
    """Starts one each `every` seconds or so, and judges each once its ends must have arrived."""

    def __init__(self, scene, address, random, every, limit, late_after):
        self._scene, self._address, self._random = scene, address, random
        self._every, self._limit, self._late_after = every, limit, late_after
        self._next = time.monotonic()
        self._open = []
        self.started = 0
        self.wrong = []

    def tick(self):
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._random.uniform(0.5, 1.5) * self._every
            self._open.append(Batch(self._scene, self._address, self.started, self._random))
            self.started += 1
        for batch in [batch for batch in self._open if now > batch.ends]:
            if batch.all_ended() or now > batch.ends + self._limit:
                self._close(batch)

    def _close(self, batch):
        self._open.remove(batch)
        self.wrong += batch.judge(self._late_after)
        batch.stop()

    def finish(self):
        """Waits for those that are open, and judges them."""
        while self._open:
            self._next = float("inf")
            self.tick()
            time.sleep(0.5)

    def stop(self):
        for batch in self._open:
            batch.stop()
        self._open = []
