"""The command line: which attacks; the table and the exit code."""

import argparse
import sys
import time
import traceback

from attack import attacks
from attack.siege import Siege
from drill.place import Place
from drill.table import machine


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("attacks", nargs="*", metavar="ATTACK")
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    known = attacks.load()
    if unknown := set(arguments.attacks) - set(known):
        parser.error(f"no such attack: {sorted(unknown)}; there are {list(known)}")

    place = Place(arguments.build)
    sieges = []
    try:
        for name in arguments.attacks or known:
            siege = Siege(name, known[name].GOAL, place)
            sieges.append(siege)
            began = time.monotonic()
            try:
                known[name].run(siege)
            except Exception as error:  # One attack's trouble must not hide the others.
                traceback.print_exc()
                siege.expect(False, f"could not be judged: {error}")
            finally:
                siege.close()
            siege.seconds = time.monotonic() - began
            verdict = "held" if siege.held else "BROKEN"
            print(f"{name}: {verdict}, {siege.inputs} inputs, {siege.seconds:.0f} s",
                  file=sys.stderr, flush=True)
    finally:
        place.close(keep=not all(siege.held for siege in sieges))

    print("| attack | the attacker wants | inputs | longest answer | most memory | verdict |")
    print("|---|---|---|---|---|---|")
    for siege in sieges:
        print(f"| {siege.name} | {siege.goal} | {siege.inputs} | {siege.longest * 1000:.0f} ms | "
              f"{siege.most_kib / 1024:.0f} MiB | "
              f"{'; '.join(['held' if siege.held else '**broken**', *siege.notes])} |")
    print()
    print(f"{sum(siege.inputs for siege in sieges)} inputs, "
          f"{sum(len(siege.checks) for siege in sieges)} checks, longest answer "
          f"{max(siege.longest for siege in sieges) * 1000:.0f} ms, most memory "
          f"{max(siege.most_kib for siege in sieges) / 1024:.0f} MiB, "
          f"{sum(siege.seconds for siege in sieges):.0f} s; {machine()}.")
    return 0 if all(siege.held for siege in sieges) else 1


sys.exit(main())
