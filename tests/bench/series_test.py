"""What of a noisy measurement counts, and in which order subjects are asked."""

import unittest

from runner.series import measure_alternating, middle_of, ratio, Series


class Alternating(unittest.TestCase):
    def measure(self, values, runs=3, again=True):
        """Measures subjects that give `values` (name → costs), one by one; also whom it asked."""
        asked = []

        def subject(name):
            left = iter(values[name])

            def ask():
                asked.append(name)
                return {"cost": next(left), "other": 0}
            return ask

        measured = measure_alternating({name: subject(name) for name in values}, runs,
                                       lambda line: None, again)
        return {name: series["cost"].values for name, series in measured.items()}, "".join(asked)

    def test_turns_the_order_with_each_round(self):
        self.assertEqual(self.measure({"a": [1, 1, 1], "b": [2, 2, 2]})[1], "abbaab")

    def test_measures_once_more_where_one_is_noisy_and_counts_every_round(self):
        values, asked = self.measure({"a": [10, 10, 12, 10, 10, 10], "b": [1, 1, 1, 2, 2, 2]})

        self.assertEqual(values, {"a": [10, 10, 12, 10, 10, 10], "b": [1, 1, 1, 2, 2, 2]})
        self.assertEqual(asked, "abbaabbaabba")

    def test_is_content_with_a_range_of_15_per_cent(self):
        self.assertEqual(self.measure({"a": [100, 100, 115]})[0], {"a": [100, 100, 115]})

    def test_does_not_measure_again_where_it_is_told_not_to(self):
        self.assertEqual(self.measure({"a": [1, 2, 3]}, again=False)[0], {"a": [1, 2, 3]})

    def test_does_not_measure_a_rough_table_again(self):
        self.assertEqual(self.measure({"a": [1, 2]}, runs=2)[0], {"a": [1, 2]})


class Ratio(unittest.TestCase):
    def test_is_of_the_medians_and_its_range_of_neighbours(self):
        self.assertEqual(ratio(Series([1, 2, 9]), Series([1, 4, 3])),
                         {"median": 2 / 3, "low": 0.5, "high": 3})


class Windows(unittest.TestCase):
    def test_the_middle_one_stands_for_a_run(self):
        self.assertEqual(middle_of([9, 1, 2], lambda cost: cost), 2)


if __name__ == "__main__":
    unittest.main()
