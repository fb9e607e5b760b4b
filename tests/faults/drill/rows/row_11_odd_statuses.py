"""Row 11."""

import time

from drill.scene import Scene

FAULT = ("unknown status word; completed without results; words that disagree; run deleted later; "
         "a run that never ends")
MUST = "as in the contract, \"What becomes a new status\""


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
        scene.special("results-later", results_after_ms=4000, **quick)
        scene.special("no-results", results_after_ms=600000, **quick)
        scene.special("endless", outcome="never")
        scene.special("disagrees")
        scene.special("agrees-again")
        scene.special("deleted", once=True)
        for load in scene.specials.values():
            load.wait("known", 30)
        scene.load.mark("fault")
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
