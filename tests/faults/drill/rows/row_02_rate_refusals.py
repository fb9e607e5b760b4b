"""Row 2."""

import email.utils
import time

from drill.child import until
from drill.scene import Scene

FAULT = "platform refuses by rate: 429 with and without Retry-After, 400/403/200 with the texts"
MUST = "waits as told +-10 %, or by the text; neither window is exceeded; other runs unaffected"

MINUTE = "You've exceeded the per-minute rate limit. Please try again after some time."
HOUR = "You've exceeded the hourly rate limit. Please try again after some time."


def _pause_after_refusal(scene, run):
    """Seconds from the refused answer to the next request, or None when there was none."""
    entries = scene.simulator.log(run)
    for refused, following in zip(entries, entries[1:]):
        if refused.get("fault"):
            return (following["monotonic_ms"] - refused["answered_monotonic_ms"]) / 1000
    return None


def run(trial, place, size):
    def errors(text):
        return {"errors": [{"msg": text, "code": 429}]}
    told = size.of(12, 6)
    # Name: fault, shortest and longest pause. A date has whole seconds.
    cases = {
        "seconds": ({"kind": "http", "status": 429, "retry_after": told, "body": errors(MINUTE)},
                    told * 0.99, told * 1.1 + 0.5),
        "date": ({"kind": "http", "status": 429, "body": errors(MINUTE), "headers": {}},
                 told - 1.1, told * 1.1 + 1),
    }
    if not size.quick:
        # Without a time told: a minute, and five minutes at first for the hour.
        for status in (429, 400, 403, 200):
            cases[f"minute-{status}"] = ({"kind": "http", "status": status,
                                          "body": errors(MINUTE)}, 54, 68)
        cases["hour-429"] = ({"kind": "http", "status": 429, "body": errors(HOUR)}, 270, 330)
    with Scene(place, size) as scene:
        scene.calm()
        for name in cases:
            scene.special(name)
        for name in cases:
            scene.specials[name].wait("known", 30)
        scene.load.mark("fault")
        for name, (fault, _, _) in cases.items():
            if name == "date":
                fault["headers"] = {"Retry-After": email.utils.formatdate(
                    time.time() + told + 2.1, usegmt=True)}
            scene.simulator.call("POST", "/faults", {**fault, "run": scene.run_of(name),
                                                     "count": 1})
        # The hour's refusal is waited for to its end.
        until(lambda: size.quick or _pause_after_refusal(scene, scene.run_of("hour-429")), 340, 1)
        time.sleep(size.of(1, 12))
        for name, (_, shortest, longest) in cases.items():
            pause = _pause_after_refusal(scene, scene.run_of(name))
            if name == "date" and pause is not None:
                # The poll struck up to an interval after the fault was made.
                trial.expect(shortest <= pause <= longest + 2.1, f"{name}: {pause:.1f} s")
            else:
                trial.expect(pause is not None and shortest <= pause <= longest,
                             f"{name}: {pause or 0:.1f} s ({shortest:.1f} to {longest:.1f})")
            trial.expect(scene.specials[name].state()["open"] == 1, f"{name} stays open")
        scene.others_unaffected(trial)
        scene.finish(trial)
