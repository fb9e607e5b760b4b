"""Row 11."""

import time

from drill.scene import LATE_AFTER, SLACK, Scene

FAULT = ("unknown status word; completed without results; words that disagree; run deleted later; "
         "a run that never ends")
MUST = "as in the contract, \"What becomes a new status\""


# How long an end that is not whole is asked about again, and how often with the first time; the
# time between.
CONFIRMED, CONFIRMING_POLLS, CONFIRMING_PACE = 10, 5, 2
RESULTS_AFTER = 4


def _ends_without_results(trial, scene):
    """`completed` without results waits for them, or for the end of the confirmation."""
    # From the first `completed` of the platform on: results come 4 s after the end, of which that
    # answer knew within a poll; the others are waited for in vain.
    for name, results, least, most in (
            ("results-later", 1, RESULTS_AFTER - 2.1, RESULTS_AFTER + CONFIRMING_PACE),
            ("no-results", 0, (CONFIRMING_POLLS - 1) * CONFIRMING_PACE, CONFIRMED)):
        scene.specials[name].wait("terminal", 30)
        now = time.monotonic()
        state = scene.specials[name].state()
        told = [entry["answered_monotonic_ms"] / 1000
                for entry in scene.simulator.log(scene.run_of(name))
                if entry.get("state") == "completed"]
        seconds = now - told[0] if told else 0
        trial.expect(state["terminal"] == 1 and state["results"] == results
                     and least - 0.1 <= seconds <= most + SLACK
                     and len(told) <= CONFIRMING_POLLS,
                     f"{name}: {state['terminal']} terminal, {state['results']} with results, "
                     f"{seconds:.1f} s after `completed` was told first ({least:.1f} to "
                     f"{most + SLACK:.1f}), {len(told)} polls (<= {CONFIRMING_POLLS})")


def _words_that_disagree(trial, scene):
    """One run says `completed` while its record goes on `running`; another one takes it back."""
    run, other = scene.run_of("disagrees"), scene.run_of("agrees-again")
    asked = len(scene.simulator.log(run))
    began = time.monotonic()
    for each in (run, other):
        scene.simulator.change_run(each, patch={"status": "completed"})
    time.sleep(4)
    scene.simulator.change_run(other, patch=None)
    ended = scene.specials["disagrees"].wait("terminal", 15)
    seconds = time.monotonic() - began
    polls = len(scene.simulator.log(run)) - asked
    trial.expect(ended["done"] and 4 <= seconds <= 14 and polls <= 7,
                 f"words disagree: terminal after {seconds:.1f} s (<= 14) and {polls} polls (<= 7)")
    time.sleep(5)
    state = scene.specials["agrees-again"].state()
    trial.expect(state["open"] == 1 and state["terminal"] == 0 and state["fresh"] == 1,
                 "words agree again after 4 s: open and fresh")


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        quick = {"duration_ms": 6000, "started_ago_ms": 0, "utterances": 40}
        scene.special("unknown-word", patch_active={"status": "teleporting"}, **quick)
        # `completed` is told at once and believed with its results, or after the confirmation.
        scene.special("results-later", late_after=CONFIRMED + LATE_AFTER,
                      results_after_ms=RESULTS_AFTER * 1000, **quick)
        scene.special("no-results", late_after=CONFIRMED + LATE_AFTER, results_after_ms=600000,
                      **quick)
        scene.special("endless", outcome="never")
        # To the simulator's log the run is on while its answers say `completed`.
        scene.special("disagrees", right=("invented",))
        scene.special("agrees-again")
        scene.special("deleted", once=True, right=("missing terminal",))
        for load in scene.specials.values():
            load.wait("known", 30)
        scene.load.mark("fault")
        _ends_without_results(trial, scene)
        scene.simulator.call("DELETE", f"/runs/{scene.run_of('deleted')}")
        deleted = scene.specials["deleted"].wait("ended", 40)
        ends = scene.specials["deleted"].section("start")["ends"]
        trial.expect(deleted["done"] and deleted["seconds"] >= 9 and "5 RUN_DELETED" in ends,
                     f"deleted: {', '.join(ends)} after {deleted['seconds']:.0f} s (>= 10)")
        _words_that_disagree(trial, scene)
        for name in ("unknown-word", "results-later", "no-results"):
            state = scene.specials[name].state()
            ends = scene.specials[name].section("start")["ends"]
            trial.expect(state["terminal"] == 1 and list(ends) == ["0 "],
                         f"{name}: terminal, ended {', '.join(ends)}")
        state = scene.specials["endless"].state()
        trial.expect(state["open"] == 1 and state["fresh"] == 1, "endless: open and fresh")
        scene.others_unaffected(trial)
        scene.finish(trial)
