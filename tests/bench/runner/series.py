"""Several runs of one measurement: median, range, and what is noisy."""

import dataclasses
import math
import statistics

NOISE = 0.15


@dataclasses.dataclass
class Series:
    values: list

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def low(self):
        return min(self.values)

    @property
    def high(self):
        return max(self.values)

    @property
    def noisy(self):
        """The full range is more than 15 % of the median."""
        return bool(self.median) and math.isfinite(self.high) and (
            self.high - self.low) > NOISE * abs(self.median)

    def to_json(self):
        return {"median": self.median, "low": self.low, "high": self.high,
                "values": self.values, "noisy": self.noisy}


def middle_of(windows, cost):
    """Of several short windows of one run the one in the middle by `cost`.

    Shared machines are slow for a second or two at a time; such a moment then costs a window, not
    the run.
    """
    return sorted(windows, key=cost)[len(windows) // 2]


def ratio(ours, theirs):
    """Run by run, since the two of one round stood side by side; the middle is of the medians."""
    rounds = [a / b if b else math.inf for a, b in zip(ours.values, theirs.values)]
    middle = ours.median / theirs.median if theirs.median else math.inf
    return {"median": middle, "low": min(rounds), "high": max(rounds)}


def measure_alternating(subjects, runs, say, again=True):
    """Measures each of `subjects` (name → function to a dict of numbers) `runs` times.

    The order turns with each round. Where the first number of any comes out noisy, all are measured
    once more as often. All rounds count then: of two noisy halves neither is the truer one, and the
    middle of both moves less than that of either.
    """
    results = {name: [] for name in subjects}

    def measure(turns):
        for turn in turns:
            for name in subjects if turn % 2 == 0 else reversed(subjects):
                values = subjects[name]()
                results[name].append(values)
                say(f"  {name}: " + ", ".join(f"{key} {value:.4g}"
                                              for key, value in values.items()))

    def series(name):
        return {key: Series([values[key] for values in results[name]]) for key in results[name][0]}

    def primary(name):
        return next(iter(series(name).values()))

    measure(range(runs))
    if again and runs > 2 and any(primary(name).noisy for name in subjects):
        say("  range above 15 %: measured again")
        measure(range(runs, 2 * runs))
    return {name: series(name) for name in subjects}
