"""Tests of the scripts that prepare training data."""

import json
import random
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SCRIPTS))

import random_pairs  # noqa: E402
import read_labels  # noqa: E402


class ReadLabels(unittest.TestCase):
    def test_the_key_is_of_the_words(self):
        self.assertEqual(read_labels.key("Talks  will\ngo on. "), read_labels.key("Talks will go on."))
        self.assertNotEqual(read_labels.key("Talks will go on."), read_labels.key("Talks will not go on."))

    def test_the_tables_hold_known_labels_and_no_text(self):
        for row in read_labels.labels("read_statements.tsv"):
            self.assertRegex(row["text"], "^[0-9a-f]{16}$")
            self.assertIn(row["side"], read_labels.SIDES)
            self.assertIn(row["stance"], read_labels.STANCES)
            self.assertIn(row["sure"], ("0", "1"))
        for row in read_labels.labels("read_pairs.tsv"):
            self.assertRegex(row["a"] + row["b"], "^[0-9a-f]{32}$")
            self.assertIn(row["relation"], ("opposed", "aligned", "unrelated"))
            self.assertIn(row["sure"], ("0", "1"))

    def test_a_label_outweighs_an_unsure_model_and_not_a_sure_one(self):
        unsure = read_labels.multiplied({"russian": 0.5, "western": 0.4, "other": 0.1}, [("western", 0.92)])
        self.assertGreater(unsure["western"], 0.9)
        sure = read_labels.multiplied({"russian": 0.98, "western": 0.01, "other": 0.01}, [("western", 0.82)])
        self.assertGreater(sure["russian"], sure["western"])
        self.assertAlmostEqual(sum(sure.values()), 1, places=3)

    def test_two_readings_weigh_more_than_one_and_cancel_out_if_they_differ(self):
        even = {"russian": 0.4, "western": 0.4, "other": 0.2}
        once, twice, differ = (
            read_labels.multiplied(even, [(label, 0.8) for label in given])
            for given in (["other"], ["other", "other"], ["russian", "western"])
        )
        self.assertGreater(twice["other"], once["other"])
        self.assertAlmostEqual(differ["russian"], differ["western"], places=3)

    def test_labels_are_joined_to_plain_and_to_classified_texts(self):
        labels = [{"text": read_labels.key(t), "side": "other", "stance": "neutral", "sure": s} for t, s in [("One.", "1"), ("Two.", "0")]]
        args = type("Args", (), {"right": 0.9, "hesitant": 0.8})
        plain = read_labels.statement([labels[1]], {"text": "Two."}, args)
        self.assertAlmostEqual(plain["side_scores"]["other"], 0.8, places=3)
        self.assertAlmostEqual(plain["stance_scores"]["neutral"], 0.8, places=3)
        scores = {"russian": 0.2, "western": 0.2, "other": 0.6}
        stances = {"escalation": 0.1, "de-escalation": 0.1, "neutral": 0.8}
        record = {"text": "One.", "side": {"label": "other", "scores": scores}, "stance": {"label": "neutral", "scores": stances}}
        soft = read_labels.statement([labels[0]], record, args)
        self.assertGreater(soft["side_scores"]["other"], 0.9)

    def test_readings_of_a_pair_vote(self):
        def read(*given):
            rows = [{"a": "1", "b": "2", "relation": r, "sure": s} for r, s in given]
            return read_labels.pair(rows, {"text": "One."}, {"text": "Two."})

        self.assertEqual(read(("opposed", "1"))["relation"], "opposed")
        self.assertNotIn("sure", read(("opposed", "1"), ("opposed", "0")))
        contested = read(("unrelated", "0"), ("opposed", "1"))
        self.assertEqual((contested["relation"], contested["sure"]), ("opposed", False))
        self.assertFalse(read(("aligned", "0"))["sure"])
        self.assertIsNone(read(("unrelated", "1"), ("opposed", "1")))

    def test_texts_that_are_not_there_are_counted(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(json.dumps({"text": "No such text was ever labelled."}) + "\n")
            file.flush()
            ran = subprocess.run([SCRIPTS / "read_labels.py", "statements", file.name], capture_output=True, text=True, check=True)
        self.assertEqual(ran.stdout, "")
        self.assertRegex(ran.stderr, r"^0 of \d+ labelled texts were found and taken")


class RandomPairs(unittest.TestCase):
    def test_the_pairs_are_new_and_share_little(self):
        words = ["harbour", "pipeline", "ceasefire", "grain", "parliament", "airspace", "prisoners", "reservists"]
        pairs = [
            {"a": f"The {w} question was raised again.", "b": f"Nobody spoke about {w}.", "relation": "opposed" if i % 2 else "unrelated"}
            for i, w in enumerate(words)
        ]
        found = random_pairs.mixed(pairs, 10, random.Random(1))
        given = {(p["a"], p["b"]) for p in pairs}
        self.assertEqual(len(found), 10)
        for pair in found:
            self.assertEqual(pair["relation"], "unrelated")
            self.assertNotIn((pair["a"], pair["b"]), given)

    def test_it_leaves_out_what_training_holds_out(self):
        # The same days as in the test of `hold_out` in src/train/data.rs.
        held = [d for d in range(1, 11) if random_pairs.held_out({"date": f"2022-02-{d:02}"}, 0.3, 17)]
        self.assertEqual(held, [1, 6, 7, 8, 9])


if __name__ == "__main__":
    unittest.main()
