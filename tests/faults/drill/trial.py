"""One row: what was expected, what was measured, whether it held."""

import sys


class Trial:
    def __init__(self, number, fault, must):
        self.number, self.fault, self.must = number, fault, must
        self.seconds = 0
        self.checks = []  # (held, measured)

    def expect(self, held, measured):
        """`measured` says what was seen, with its bound: `stale after 4.1 s (<= 4.7)`."""
        self.checks.append((bool(held), measured))
        if not held:
            print(f"  row {self.number} FAILS: {measured}", file=sys.stderr, flush=True)

    def at_most(self, value, bound, words):
        self.expect(value <= bound, f"{words} {value:.4g} (<= {bound:.4g})")

    def note(self, measured):
        self.checks.append((True, measured))

    @property
    def held(self):
        return bool(self.checks) and all(held for held, _ in self.checks)
