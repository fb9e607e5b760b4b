"""The command line: which rows, how thoroughly; the table and the exit code."""

import argparse
import random
import sys
import time
import traceback

from drill import rows, soak, table
from drill.place import Place
from drill.size import FULL, QUICK
from drill.trial import Trial


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--soak", nargs="?", type=float, const=30, metavar="MINUTES")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    known = rows.load()
    if unknown := set(arguments.rows) - set(known):
        parser.error(f"no such row: {sorted(unknown)}")
    size = QUICK if arguments.quick else FULL
    numbers = arguments.rows or (rows.QUICK if arguments.quick else sorted(known))
    work = [(Trial(number, known[number].FAULT, known[number].MUST), known[number].run, ())
            for number in numbers]
    if arguments.soak:
        seed = random.randrange(1000000) if arguments.seed is None else arguments.seed
        fault = soak.FAULT.format(seed=seed, minutes=arguments.soak)
        work = [(Trial("soak", fault, soak.MUST), soak.run, (arguments.soak, seed))]

    place = Place(arguments.build)
    trials = []
    try:
        for trial, run, more in work:
            trials.append(trial)
            print(f"row {trial.number}: {trial.fault}", file=sys.stderr, flush=True)
            began = time.monotonic()
            try:
                run(trial, place, size, *more)
            except Exception as error:  # One row's trouble must not hide the others.
                traceback.print_exc()
                trial.expect(False, f"could not be judged: {error}")
            trial.seconds = time.monotonic() - began
            print(table.lines_of(trial), file=sys.stderr, flush=True)
    finally:
        place.close(keep=not all(trial.held for trial in trials))
    print(table.markdown(trials, size))
    return 0 if all(trial.held for trial in trials) else 1


sys.exit(main())
