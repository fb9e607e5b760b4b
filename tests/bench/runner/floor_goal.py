"""Goals that a floor contradicts (README.md, "A goal that a floor contradicts")."""

from runner.series import ratio

# A gRPC server that is dearer than this beside bare sockets is no floor.
FLOOR_ABOVE_F2 = 2.6


def goal_beside(bench, cost, peer, passing, proud):
    """The goal against a peer, and a note where F1 contradicts it.

    Where F1 costs more than the goal allows, though row 1 of this run has seen it as near to the
    bare sockets of F2 as a floor must be, the goal is what every row grants above F1, at that peer.
    """
    ours = ratio(cost["ours"], cost[peer])["median"]
    floor = ratio(cost["F1"], cost[peer])["median"]
    above_sockets = bench.f1_above_sockets
    if above_sockets is None or above_sockets > FLOOR_ABOVE_F2 or 1.10 * floor <= passing:
        return passing, proud, ""
    first = f"{passing} / {proud}, which is {'met' if ours <= passing else 'missed'}"
    return (*_above(floor, proud),
            f"goal corrected from {first}: F1, {above_sockets:.2f} × F2, is itself at "
            f"{floor:.2f}, and 1.10 / 1.0 of that count")


def longest_beside(floor, passing, proud):
    """The goal of a longest time, and a note where F1, asked at the same time, takes longer.

    A machine that holds every process up now and then leaves no longest time below that; what it
    leaves is 1.10 / 1.0 of F1's.
    """
    if 1.10 * floor.median <= passing:
        return passing, proud, ""
    return (*_above(floor.median, proud),
            f"goal corrected from {passing} / {proud}, which F1 leaves no room for")


def _above(floor, proud):
    """What every row grants above a floor."""
    return round(1.10 * floor, 2), round(max(proud, floor), 2)
