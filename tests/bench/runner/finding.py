"""One line of the table: what was measured, against what, and whether it is good enough."""

import dataclasses
import math


@dataclasses.dataclass
class Finding:
    row: int
    what: str
    against: str
    unit: str
    ours: dict            # As Series.to_json, or {"median": x} alone.
    theirs: dict = None   # None: an absolute goal.
    ratio: dict = None    # What the goal is about, where it is a ratio.
    passing: float = None  # At most this.
    proud: float = None
    exact: float = None   # Exactly this instead.
    note: str = ""
    # A check of the measurement itself (is the floor a floor?), not a goal.
    is_check: bool = False

    @property
    def figure(self):
        return (self.ratio or self.ours)["median"]

    @property
    def verdict(self):
        if self.exact is not None:
            return "proud" if self.figure == self.exact else "MISSED"
        if self.passing is None:
            return ""
        if not math.isfinite(self.figure):
            return "MISSED"
        # Rounded as it is shown: 1.104 against 1.10 is a pass on no honest scale of two places.
        if self.proud is not None and round(self.figure, 3) <= self.proud:
            return "ok" if self.is_check else "proud"
        if round(self.figure, 3) <= self.passing:
            return "ok" if self.is_check else "pass"
        return "INVALID" if self.is_check else "MISSED"

    def to_json(self):
        def plain(value):
            if isinstance(value, dict):
                return {key: plain(one) for key, one in value.items()}
            if isinstance(value, list):
                return [plain(one) for one in value]
            if isinstance(value, float) and not math.isfinite(value):
                return "infinite"
            return value
        return plain({**dataclasses.asdict(self), "verdict": self.verdict})
