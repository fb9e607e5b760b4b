#!/usr/bin/env python3
"""Reads the include lines of the tree and fails on one that breaks include_rules.py.

Usage: check_includes.py ROOT
"""

import sys
from pathlib import Path

import include_rules

FOLDERS = ("gateway", "client", "tests/simulator")


def main():
    root = Path(sys.argv[1])
    files = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cc", ".h"):
                files[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
    if not any(path.startswith("gateway/") for path in files):
        sys.exit(f"no source files under {root}")

    faults = [fault for path, text in files.items()
              for fault in include_rules.faults_of_file(path, text)]
    faults += include_rules.circles(files)
    for fault in faults:
        print(f"{fault.path}:{fault.line}: includes {fault.include}: {fault.reason}")
    print(f"{len(files)} files, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
