"""What a row needs: where things are, how thorough to be, and where findings go."""

import sys

from runner.finding import Finding
from runner.series import measure_alternating, ratio

# How long and how often: (full, quick, smoke).
_DEPTHS = {"full": 0, "quick": 1, "smoke": 2}


class Bench:
    def __init__(self, place, depth):
        self.place = place
        self.depth = depth
        self.findings = []
        self.f1_above_sockets = None  # F1 by F2, once row 1 has measured it.
        self.extra = {}  # Further numbers by row, for the results file.

    def pick(self, full, quick, smoke):
        return (full, quick, smoke)[_DEPTHS[self.depth]]

    @property
    def runs(self):
        return self.pick(5, 1, 1)

    @property
    def cut_off(self):
        """Seconds after a window in which late receipts still count."""
        return self.pick(2, 2, 0.3)

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def measure(self, subjects, runs=None):
        return measure_alternating(subjects, runs or self.runs, self.say,
                                   again=self.depth == "full")

    def compare(self, row, what, against, unit, ours, theirs, passing=None, proud=None, **more):
        """`ours` and `theirs` are Series."""
        self._add(Finding(row, what, against, unit, ours.to_json(), theirs.to_json(),
                          ratio(ours, theirs), passing, proud, **more))

    def absolute(self, row, what, unit, ours, passing=None, proud=None, **more):
        self._add(Finding(row, what, "absolute", unit, ours.to_json(), passing=passing,
                          proud=proud, **more))

    def exact(self, row, what, unit, ours, wanted, **more):
        self._add(Finding(row, what, "exact", unit, ours.to_json(), exact=wanted, **more))

    def _add(self, finding):
        self.findings.append(finding)
        self.say(f"  → {finding.what} / {finding.against}: {finding.figure:.4g} "
                 f"{finding.verdict}")
