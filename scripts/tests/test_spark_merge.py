"""Tests of merging windows, without Spark."""

import itertools
import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import spark_merge  # noqa: E402
from spark_merge import Fact, Window, merge  # noqa: E402

EARLY, MIDDLE, LATE = "1970-01-05", "1970-02-10", "1970-03-20"  # buckets 0, 1 and 2 of 30 days


def pair(a, b, score=0.8, primary=True, issue="i"):
    return {"id": f"{a}|{b}", "issue": issue, "a": a, "b": b, "score": score, "primary": primary}


def issue(name, pairs, neighbours=(), keywords=(), headline="…"):
    return {
        "id": name, "headline": headline, "central": pairs[0]["a"], "keywords": list(keywords),
        "weight": sum(p["score"] for p in pairs), "from": None, "to": None,
        "pairs": [p["id"] for p in pairs], "neighbours": list(neighbours),
    }


def window(number, dates, pairs=(), issues=None, unanswered=((), ()), copies=(), unsure=()):
    """A window's result; issues are made of the pairs if none are given."""
    if issues is None:
        names = dict.fromkeys(p["issue"] for p in pairs)
        issues = [issue(n, [p for p in pairs if p["issue"] == n]) for n in names]
    facts = {
        i: Fact(date, {"a": 0, "b": 1}.get(i[0]), i in unsure, 0.5) for i, date in dates.items()
    }
    return Window(number, list(pairs), list(issues), [list(u) for u in unanswered], list(copies), facts)


class Windows(unittest.TestCase):
    def test_days_and_buckets_are_those_of_the_program(self):
        self.assertEqual([spark_merge.day(d) for d in ("1970-01-01", "2000-03-01", "1969-12-31", None)], [0, 11017, -1, None])
        self.assertEqual([spark_merge.bucket(d, 30) for d in (-1, 0, 29, 30)], [-1, 0, 0, 1])
        self.assertEqual(spark_merge.bucket(5, 0), 5)
        self.assertEqual([spark_merge.home(*p, 30) for p in ((35, 20), (None, 70), (None, None))], [0, 2, None])

    def test_every_pair_that_meets_lies_whole_in_its_window(self):
        for a, b in itertools.product(range(-70, 70, 3), range(-70, 70, 5)):
            if abs(a - b) <= 30:
                w = spark_merge.home(a, b, 30)
                for d in (a, b):
                    self.assertIn(spark_merge.bucket(d, 30), (w, w + 1))


class Pairs(unittest.TestCase):
    def test_one_window_is_left_as_it_is(self):
        pairs = [pair("a1", "b1", 0.9), pair("a1", "b2", 0.5, False), pair("a2", "b3", 0.7, issue="j")]
        dates = dict.fromkeys(["a1", "a2", "a3", "b1", "b2", "b3", "b4"], EARLY)
        issues = [issue("i", pairs[:2], ["b4"]), issue("j", pairs[2:])]
        merged = merge([window(0, dates, pairs, issues, (["a3"], ["b4"]))], 30)
        self.assertEqual([(p["id"], p["primary"]) for p in merged.pairs], [("a1|b1", True), ("a2|b3", True), ("a1|b2", False)])
        self.assertEqual(merged.unanswered, [["a3"], ["b4"]])
        self.assertEqual([(i["weight"], i["neighbours"], i["from"]) for i in merged.issues], [(1.4, ["b4"], EARLY), (0.7, [], EARLY)])
        self.assertEqual({p["issue"] for p in merged.pairs}, {i["id"] for i in merged.issues})

    def test_a_pair_is_taken_from_the_window_it_belongs_to(self):
        dates = {"a1": MIDDLE, "b1": MIDDLE}
        merged = merge([window(0, dates, [pair("a1", "b1", 0.5)]), window(1, dates, [pair("a1", "b1", 0.6)])], 30)
        self.assertEqual([p["score"] for p in merged.pairs], [0.6])
        undated = {"a1": None, "b1": None}
        merged = merge([window(4, undated, [pair("a1", "b1", 0.6)]), window(2, undated, [pair("a1", "b1", 0.5)])], 30)
        self.assertEqual([p["score"] for p in merged.pairs], [0.5])

    def test_windows_that_disagree_are_matched_anew(self):
        # b1 is the partner of a1 in window 0 and of a2 in window 1, where a2 had b2 as a further answer.
        dates = {"a1": EARLY, "b1": MIDDLE, "a2": MIDDLE, "b2": LATE}
        first = window(0, dates, [pair("a1", "b1", 0.9)])
        second = window(1, dates, [pair("a2", "b1", 0.8), pair("a2", "b2", 0.7, False)])
        merged = merge([first, second], 30)
        self.assertEqual([(p["id"], p["primary"]) for p in merged.pairs], [("a1|b1", True), ("a2|b1", False), ("a2|b2", True)])
        self.assertEqual(len(merged.issues), 1, "an issue over both windows")

    def test_the_matching_is_the_best_there_is(self):
        random.seed(5)
        for _ in range(100):
            cells = [(f"a{i}", f"b{j}") for i in range(4) for j in range(5) if random.random() < 0.5]
            part = [pair(a, b, round(random.uniform(0.25, 1), 4)) for a, b in cells]
            if not part:
                continue
            chosen = [p for p in part if p["id"] in spark_merge._best_matching(part)]
            self.assertEqual(len({p["a"] for p in chosen}), len(chosen))
            self.assertEqual(len({p["b"] for p in chosen}), len(chosen))
            weight = lambda some: sum(map(spark_merge._weight, some))  # noqa: E731
            best = max(
                weight(some)
                for n in range(5)
                for some in itertools.combinations(part, n)
                if len({p["a"] for p in some}) == n and len({p["b"] for p in some}) == n
            )
            self.assertEqual(weight(chosen), best)

    def test_further_answers_are_limited(self):
        dates = {"a0": EARLY, **{f"b{n}": EARLY for n in range(9)}}
        one = [pair("a0", f"b{n}", 0.9 - n / 100, n == 0) for n in range(4)]
        two = [pair("a0", f"b{n}", 0.9 - n / 100, n == 4) for n in range(4, 8)]
        merged = merge([window(-1, dates, one), window(0, dates, two)], 30)
        self.assertEqual([p["b"] for p in merged.pairs], ["b0", "b1", "b2", "b3"])

    def test_those_of_a_doubtful_side_take_no_part_if_their_bloc_has_others_elsewhere(self):
        dates = {"a1": EARLY, "b1": EARLY, "a2": EARLY}
        windows = [window(0, dates, [pair("a1", "b1")], unanswered=(["a2"], []), unsure=["a1", "a2"])]
        merged = merge(windows, 30, (True, True))
        self.assertEqual((merged.pairs, merged.issues, merged.unanswered), ([], [], [[], []]))
        self.assertEqual(len(merge(windows, 30, (False, True)).pairs), 1)

    def test_claims_answered_in_another_window_are_not_unanswered(self):
        dates = {"a1": MIDDLE, "b1": LATE, "b2": MIDDLE}
        merged = merge([window(0, dates, unanswered=(["a1"], ["b2"])), window(1, dates, [pair("a1", "b1")], unanswered=([], ["b2"]))], 30)
        self.assertEqual(merged.unanswered, [[], ["b2"]])


class Issues(unittest.TestCase):
    def test_issues_of_one_window_stay_apart(self):
        dates = dict.fromkeys(["a1", "a2", "b1", "b2"], EARLY)
        pairs = [pair("a1", "b1", issue="i"), pair("a2", "b2", issue="j"), pair("a1", "b2", 0.5, False, "i")]
        self.assertEqual(len(merge([window(0, dates, pairs)], 30).issues), 2)

    def test_issues_that_share_a_paired_statement_become_one(self):
        dates = {"a1": EARLY, "b1": MIDDLE, "a2": MIDDLE, "b2": LATE, "a3": MIDDLE, "b3": MIDDLE}
        first = [pair("a1", "b1", 0.6, issue="x"), pair("a2", "b3", 0.9, issue="x")]
        second = [pair("a2", "b2", 0.8, issue="y"), pair("a3", "b3", 0.5, issue="y")]
        merged = merge(
            [
                window(0, dates, first, [issue("x", first, ["a3", "b9"], ["port", "grain"], "heavier")]),
                window(1, dates, second, [issue("y", second, ["b9", "b8"], ["mine"], "lighter")]),
            ],
            30,
        )
        (one,) = merged.issues
        self.assertEqual((one["headline"], one["from"], one["to"]), ("heavier", EARLY, LATE))
        self.assertEqual((one["keywords"], one["neighbours"]), (["port", "mine", "grain"], ["b9", "b8"]))
        self.assertEqual(one["weight"], round(sum(p["score"] for p in merged.pairs), 4))
        self.assertEqual(one["pairs"], [p["id"] for p in merged.pairs])


class CopiesTest(unittest.TestCase):
    def test_groups_that_share_a_statement_become_one_and_copies_have_no_pairs(self):
        dates = {"a1": EARLY, "a2": MIDDLE, "a3": LATE, "b1": LATE}
        first = window(0, dates, copies=[{"statement": "a1", "copies": ["a2"]}])
        second = window(1, dates, [pair("a2", "b1")], copies=[{"statement": "a2", "copies": ["a3"]}])
        merged = merge([first, second], 30)
        self.assertEqual(merged.copies, [{"statement": "a1", "copies": ["a2", "a3"]}])
        self.assertEqual(merged.pairs, [])


if __name__ == "__main__":
    unittest.main()
