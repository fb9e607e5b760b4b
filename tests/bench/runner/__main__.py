"""The command line: which rows, how thoroughly, and where the results go."""

import argparse
import pathlib
import sys
import time
import traceback

from runner import machine, results, table
from runner.bench import Bench
from runner.place import Place
from runner.rows import ROWS, TITLES


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"no such row: {sorted(unknown)}")
    depth = "smoke" if arguments.smoke else "quick" if arguments.quick else "full"
    rows = arguments.rows or sorted(ROWS)

    about = machine.describe(pathlib.Path(arguments.build), sys.argv[1:])
    place = Place(arguments.build)
    bench = Bench(place, depth)
    broken = {}
    try:
        for row in rows:
            begin = time.monotonic()
            bench.say(f"row {row}: {TITLES[row]}")
            try:
                ROWS[row](bench)
            except Exception as error:  # One row's trouble must not cost the others.
                broken[row] = str(error)
                traceback.print_exc()
            bench.say(f"  {time.monotonic() - begin:.0f} s")
    finally:
        place.close()

    print(table.markdown(bench.findings, about))
    for row, error in broken.items():
        print(f"row {row} could not be measured: {error}")
    if depth != "smoke":
        results.write(bench, about, depth, complete=rows == sorted(ROWS) and not broken)
    return 1 if broken else 0


sys.exit(main())
