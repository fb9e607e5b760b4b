"""The command line: which scenarios, how thoroughly; the table and the exit code."""

import argparse
import sys
import time
import traceback

from cluster import scenarios
from cluster.scene import Scene
from drill import table
from drill.place import Place
from drill.size import Size
from drill.trial import Trial

FULL = Size(False, 3000, 300, 20, 100, 42)
QUICK = Size(True, 300, 30, 4, 20, 12.6)


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    known = scenarios.ALL
    if unknown := set(arguments.scenarios) - set(known):
        parser.error(f"no such scenario: {sorted(unknown)}; there are {', '.join(known)}")
    size = QUICK if arguments.quick else FULL
    names = arguments.scenarios or [name for name in known
                                    if known[name].quick or not arguments.quick]
    place = Place(arguments.build)
    trials = []
    try:
        for name in names:
            scenario = known[name]
            trial = Trial(name, scenario.__doc__, scenario.must)
            trials.append(trial)
            print(f"{name}: {trial.fault}", file=sys.stderr, flush=True)
            began = time.monotonic()
            try:
                with Scene(place, size) as scene:
                    scenario(trial, scene)
                    scene.finish(trial, late_after=scenario.late)
            except Exception as error:  # One's trouble must not hide the others.
                traceback.print_exc()
                trial.expect(False, f"could not be judged: {error}")
            trial.seconds = time.monotonic() - began
            print(table.lines_of(trial), file=sys.stderr, flush=True)
    finally:
        place.close(keep=not all(trial.held for trial in trials))
    print(table.markdown(trials, size))
    return 0 if all(trial.held for trial in trials) else 1


sys.exit(main())
