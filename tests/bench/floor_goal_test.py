"""When a floor moves a goal, and when it does not."""

import types
import unittest

from runner.floor_goal import goal_beside, longest_beside
from runner.series import Series


def goal(ours, floor, peer, above_sockets):
    cost = {"ours": Series([ours]), "F1": Series([floor]), "peer": Series([peer])}
    bench = types.SimpleNamespace(f1_above_sockets=above_sockets)
    return goal_beside(bench, cost, "peer", 0.42, 0.38)


class GoalBesideAPeer(unittest.TestCase):
    def test_stands_where_the_floor_allows_it(self):
        self.assertEqual(goal(4, 3.8, 10, 2.0), (0.42, 0.38, ""))

    def test_is_what_is_granted_above_a_floor_that_is_dearer(self):
        passing, proud, note = goal(11, 10, 20, 2.0)

        self.assertEqual((passing, proud), (0.55, 0.5))
        self.assertIn("0.42 / 0.38, which is missed", note)
        self.assertIn("2.00 × F2, is itself at 0.50", note)

    def test_says_so_where_the_first_goal_is_met_all_the_same(self):
        self.assertIn("which is met", goal(8, 10, 20, 2.0)[2])

    def test_stands_beside_a_floor_that_is_none(self):
        self.assertEqual(goal(11, 10, 20, 2.61), (0.42, 0.38, ""))

    def test_stands_where_nobody_measured_the_floor(self):
        self.assertEqual(goal(11, 10, 20, None), (0.42, 0.38, ""))


class LongestTime(unittest.TestCase):
    def test_stands_where_the_floor_allows_it(self):
        self.assertEqual(longest_beside(Series([30, 4, 2]), 5, 2), (5, 2, ""))

    def test_is_what_is_granted_above_a_floor_that_takes_longer(self):
        passing, proud, note = longest_beside(Series([30, 10, 2]), 5, 2)

        self.assertEqual((passing, proud), (11, 10))
        self.assertIn("corrected from 5 / 2", note)


if __name__ == "__main__":
    unittest.main()
