"""The command line: which rows, how thoroughly; the table and the exit code."""

import argparse
import sys
import time
import traceback

from drill import rows, table
from drill.place import Place
from drill.size import FULL, QUICK
from drill.trial import Trial


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    known = rows.load()
    if unknown := set(arguments.rows) - set(known):
        parser.error(f"no such row: {sorted(unknown)}")
    size = QUICK if arguments.quick else FULL
    numbers = arguments.rows or (rows.QUICK if arguments.quick else sorted(known))

    place = Place(arguments.build)
    trials = []
    try:
        for number in numbers:
            row = known[number]
            trial = Trial(number, row.FAULT, row.MUST)
            trials.append(trial)
            print(f"row {number}: {row.FAULT}", file=sys.stderr, flush=True)
            began = time.monotonic()
            try:
                row.run(trial, place, size)
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
