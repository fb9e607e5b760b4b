"""How large the load is and how long faults last."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    quick: bool
    watchers: int
    runs: int
    connections: int
    reads: int
    calm: float  # Seconds of normal life that a fault is compared with.

    def of(self, full, quick):
        return quick if self.quick else full


FULL = Size(False, 2000, 200, 20, 500, 8)
QUICK = Size(True, 200, 20, 4, 50, 5)
