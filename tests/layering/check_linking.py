"""Checks that a program loads no library that is linked into it: twice in one process it would have its state twice.

Usage: check_linking.py PROGRAM…
"""

import re
import subprocess
import sys

LINKED_IN = re.compile(r"lib(grpc|gpr|upb|address_sorting|absl_)[^/]*\.so")


def loaded(program):
    """The names of all shared libraries that come with it, those of its libraries too."""
    said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True, timeout=60).stdout
    return [line.split()[0] for line in said.splitlines() if line.strip()]


def main():
    bad = 0
    for program in sys.argv[1:]:
        names = loaded(program)
        twice = [name for name in names if LINKED_IN.search(name)]
        if not any(name.startswith("libc.so") for name in names):
            print(f"{program}: no list of libraries: {names}")
            bad += 1
        if twice:
            print(f"{program}: has these linked in, and loads them: {', '.join(twice)}")
            bad += 1
    return 1 if bad or len(sys.argv) < 2 else 0


sys.exit(main())
