"""Tests of the Python client: against a stand-in, and against the real program if STANDOFF_BIN names it.

    python -m unittest discover scripts/examples/tests
"""

import datetime
import itertools
import os
import sys
import threading
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import standoff_client as client  # noqa: E402
from standoff_client import Classifier, Failure, Relater, Relation, Statement  # noqa: E402

FAKE = [sys.executable, str(HERE / "fake_standoff.py")]
REAL = os.environ.get("STANDOFF_BIN")


def fake(kind=Classifier, mode="", **arguments):
    return kind(FAKE, env={**os.environ, "FAKE_MODE": mode}, **arguments)


def sentences(n):
    return (f"Sentence {i} about Moscow." if i % 2 else f"Sentence {i}." for i in range(n))


class Streaming(unittest.TestCase):
    def test_one_answer_for_every_record_in_order(self):
        with fake() as standoff:
            answers = list(standoff.classify(sentences(500)))
        self.assertEqual([a.text for a in answers], list(sentences(500)))
        self.assertEqual([a.id for a in answers], [str(i + 1) for i in range(500)])
        self.assertEqual([a.side.label for a in answers[:2]], ["western", "russian"])

    def test_fields_go_and_come_back(self):
        record = {"id": 7, "text": "Łódź “quotes” it.", "date": datetime.date(2022, 2, 3), "doc": "d1", "desk": ["x"]}
        with fake() as standoff:
            (answer,) = standoff.classify([record])
        self.assertIsInstance(answer, Statement)
        self.assertEqual((answer.id, answer.text, answer.document), ("7", record["text"], "d1"))
        self.assertEqual((answer.date, answer.extra), (record["date"], {"desk": ["x"]}))
        self.assertEqual(answer.stance.scores["neutral"], 0.6)
        self.assertEqual(client.under((8, 20), record["text"]), "“quotes”")

    def test_a_bad_record_is_an_answer_too(self):
        with fake() as standoff:
            good, bad, last = standoff.classify(["One.", {"id": "x", "text": " "}, {"text": "Three.", "id": ""}])
        self.assertEqual(bad, Failure("x", 2, "the field `text` is empty or missing"))
        self.assertEqual((good.id, last.id), ("1", "3"))
        self.assertTrue(any("rejected line 2" in m for m in standoff.messages))

    def test_several_iterables_through_one_process(self):
        with fake() as standoff:
            for n in (3, 0, 5):
                self.assertEqual(len(list(standoff.classify(sentences(n)))), n)

    def test_each_answer_comes_as_soon_as_its_record_is_sent(self):
        allowed = threading.Semaphore(1)

        def one_by_one():
            for text in sentences(5):
                allowed.acquire()
                yield text

        with fake(timeout=20) as standoff:
            for answer in standoff.classify(one_by_one()):
                self.assertIsInstance(answer, Statement)
                allowed.release()

    def test_slow_records_are_no_timeout(self):
        def slow():
            for text in sentences(3):
                time.sleep(0.4)
                yield text

        with fake(timeout=0.3) as standoff:
            list(standoff.classify(["Warm up."]))
            self.assertEqual(len(list(standoff.classify(slow()))), 3)

    def test_records_are_read_only_a_bounded_number_ahead(self):
        read = itertools.count()
        seen = 0

        def endless():
            nonlocal seen
            for seen in read:
                yield f"Sentence {seen}. " + "x" * 2_000

        with fake() as standoff:
            answers = standoff.classify(endless())
            next(answers)
            time.sleep(1.0)
            before = seen
            time.sleep(0.5)
            self.assertEqual(before, seen, "the writer goes on though no answer is taken")
            self.assertLess(seen, client.ANSWERS_AHEAD + 1_000)
            answers.close()
            self.assertEqual([a.text for a in standoff.classify(["After."])], ["After."])

    def test_large_records_and_loud_messages_do_not_block(self):
        with fake(mode="chatter") as standoff:
            texts = ["y" * 300_000] * 40
            self.assertEqual([len(a.text) for a in standoff.classify(texts)], [300_000] * 40)

    def test_stopping_early_leaves_the_client_usable(self):
        with fake() as standoff:
            for answer in standoff.classify(sentences(1_000)):
                break
            self.assertEqual([a.text for a in standoff.classify(["Next."])], ["Next."])

    def test_stopping_while_the_iterable_waits(self):
        release = threading.Event()

        def stuck():
            yield "One."
            release.wait(30)
            yield "Two."

        with fake() as standoff:
            answers = standoff.classify(stuck())
            next(answers)
            answers.close()
            self.assertEqual([a.text for a in standoff.classify(["Next."])], ["Next."])
            release.set()
            self.assertEqual([a.text for a in standoff.classify(["Last."])], ["Last."])

    def test_an_error_of_the_iterable_is_raised_after_the_answers(self):
        def broken():
            yield "One."
            raise KeyError("row")

        with fake() as standoff:
            answers = standoff.classify(broken())
            self.assertEqual(next(answers).text, "One.")
            with self.assertRaises(KeyError):
                next(answers)
            with self.assertRaises(TypeError):
                list(standoff.classify([{"text": "x", "id": 1.5}]))
            with self.assertRaises(ValueError):
                list(standoff.classify([{"text": "x", "n": float("nan")}]))
            self.assertEqual(len(list(standoff.classify(["Two."]))), 1)

    def test_two_iterables_at_once_are_refused(self):
        with fake() as standoff:
            first = standoff.classify(sentences(10))
            next(first)
            with self.assertRaisesRegex(client.StandoffError, "before"):
                next(standoff.classify(["x"]))
            self.assertEqual(len(list(first)), 9)

    def test_pairs(self):
        with fake(Relater) as standoff:
            answers = list(standoff.relate([("One.", "Other."), {"id": "p", "a": "Same.", "b": "Same.", "k": 1}]))
            self.assertEqual([a.relation.label for a in answers], ["opposed", "aligned"])
            self.assertEqual((answers[1].id, answers[1].extra), ("p", {"k": 1}))
            with self.assertRaises(TypeError):
                list(standoff.relate(["ab"]))


class Trouble(unittest.TestCase):
    def test_a_program_that_is_not_there(self):
        with self.assertRaisesRegex(client.StandoffError, "could not be started.*STANDOFF_BIN"):
            Classifier("/nonexistent/standoff")

    def test_a_program_that_refuses_its_arguments(self):
        with self.assertRaisesRegex(client.StandoffError, "exit code 2(.|\n)*--nonsense"):
            with fake(mode="refuse", options=["--nonsense"]) as standoff:
                list(standoff.classify(sentences(10)))
        with self.assertRaisesRegex(client.StandoffError, "exit code 2"):
            with fake(mode="refuse"):
                time.sleep(0.3)

    def test_a_program_that_dies_on_the_way(self):
        answers = []
        with self.assertRaisesRegex(client.StandoffError, "exit code 1(.|\n)*out of memory"):
            with fake(mode="die") as standoff:
                for answer in standoff.classify(sentences(100_000)):
                    answers.append(answer)
        self.assertEqual(len(answers), 2)

    def test_a_program_that_hangs(self):
        started = time.monotonic()
        with self.assertRaisesRegex(client.StandoffTimeout, "in 1 s"):
            with fake(mode="hang", timeout=1) as standoff:
                list(standoff.classify(sentences(100_000)))
        self.assertLess(time.monotonic() - started, 10)

    def test_a_program_that_does_not_end(self):
        standoff = fake(mode="stubborn")
        list(standoff.classify(["x"]))
        with self.assertRaises(client.StandoffError):
            standoff.close(grace=0.5)
        standoff.close()

    def test_answers_that_cannot_be_right(self):
        for mode, words in (("babble", "Loading model"), ("swap", "another"), ("future", "schema 2")):
            with self.subTest(mode), self.assertRaisesRegex(client.ProtocolError, words):
                with fake(mode=mode) as standoff:
                    list(standoff.classify(sentences(10)))

    def test_a_closed_client(self):
        with fake() as standoff:
            answers = standoff.classify(sentences(20_000))
            next(answers)
        with self.assertRaisesRegex(client.StandoffError, "closed"):
            list(answers)
        with self.assertRaisesRegex(client.StandoffError, "closed"):
            next(standoff.classify(["x"]))

    def test_nothing_is_left_running(self):
        before = threading.active_count()
        for _ in range(3):
            with fake() as standoff:
                list(standoff.classify(sentences(10)))
        deadline = time.monotonic() + 5
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(threading.active_count(), before)
        self.assertIsNotNone(standoff._process.returncode)


@unittest.skipUnless(REAL, "STANDOFF_BIN does not name the program")
class RealProgram(unittest.TestCase):
    def test_classify(self):
        text = "“Nothing of the kind was planned”, the Kremlin’s spokesman Dmitry Peskov said."
        records = [text, {"id": "bad", "text": ""}, {"id": "d", "text": "NATO rejected the demands.", "date": "2022-01-26", "n": 1}]
        with Classifier(REAL, ["--explain"]) as standoff:
            first, bad, last = standoff.classify(records)
        with Classifier(REAL) as standoff:
            again = [a for _ in range(2) for a in standoff.classify(records * 10)]
        self.assertIsInstance(bad, Failure)
        self.assertEqual((first.text, last.extra, last.date), (text, {"n": 1}, datetime.date(2022, 1, 26)))
        self.assertAlmostEqual(sum(first.side.scores.values()), 1, places=2)
        self.assertIsNotNone(first.speaker)
        self.assertIn("Peskov", client.under(first.speaker.span, first.text))
        self.assertTrue(first.explanation.side)
        self.assertEqual(len(again), 60)
        self.assertEqual([a.side for a in again if isinstance(a, Statement)][:2], [first.side, last.side])

    def test_relate(self):
        with Relater(REAL) as standoff:
            (answer,) = standoff.relate([("Kyiv fired first, Donetsk said.", "Kyiv denied that it fired first.")])
        self.assertIsInstance(answer, Relation)
        self.assertEqual(sorted(answer.relation.scores), ["aligned", "opposed", "unrelated"])


if __name__ == "__main__":
    unittest.main()
