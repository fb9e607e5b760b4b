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

    The order turns with each round. Whoever's first number comes out noisy is measured once more
    as often, and then keeps its range. Returns name → number's name → Series.
    """
    results = {name: [] for name in subjects}

    def rounds(count, names):
        for turn in range(count):
            for name in names if turn % 2 == 0 else reversed(names):
                values = subjects[name]()
                results[name].append(values)
                say(f"  {name}: " + ", ".join(f"{key} {value:.4g}"
                                              for key, value in values.items()))

    def series(name, values):
        return {key: Series([value[key] for value in values]) for key in values[0]}

    rounds(runs, list(subjects))
    if again and runs > 2:
        primary = {name: next(iter(series(name, values).values()))
                   for name, values in results.items()}
        if any(one.noisy for one in primary.values()):
            say("  range above 15 %: measured again")
            before = {name: list(values) for name, values in results.items()}
            for values in results.values():
                values.clear()
            rounds(runs, list(subjects))
            # The quieter of the two stands for all subjects, so that rounds stay side by side.
            def unrest(of):
                return sum((one.high - one.low) / one.median if one.median else 0
                           for one in (next(iter(series(n, v).values())) for n, v in of.items()))
            if unrest(before) < unrest(results):
                results = before
    return {name: series(name, values) for name, values in results.items()}
