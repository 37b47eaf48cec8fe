"""Tests of spark_analyze.py in local mode with two workers, against `standoff analyze` on one machine.

STANDOFF_BIN names the program. The corpus is that of eval/samples and eval/gold/contrast, and a second copy of the
latter a year later, with the two sides' dates moved apart so that opposing claims lie in different windows.
"""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pandas

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "spark_analyze.py"
PROGRAM = os.environ.get("STANDOFF_BIN", "")
EASTERN = ("volga", "moskva", "nevsky", "minsk")
FIELDS = ["id", "title", "date", "url", "outlet", "text", "statements"]


def dump(path):
    title, date, url, *lines = path.read_text(encoding="utf-8").splitlines()
    day = datetime.datetime.strptime(date, "%Y%m%d").date()
    statements = [line for line in lines if line.strip()]
    return {"id": path.name, "title": title, "date": day.isoformat(), "url": url, "statements": statements}


def corpus():
    documents = [dump(p) for p in sorted((ROOT / "eval/gold/contrast").glob("*.txt"))]
    for document in list(documents):
        days = 366 if document["id"].startswith(EASTERN) else 366 + 12
        day = datetime.date.fromisoformat(document["date"]) + datetime.timedelta(days=days)
        documents.append({**document, "id": "later-" + document["id"], "date": day.isoformat()})
    documents += [dump(p) for p in sorted((ROOT / "eval/samples/dump").glob("*.txt"))]
    for path in sorted((ROOT / "eval/samples/jsonl").glob("*.jsonl")):
        documents += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    for path in sorted((ROOT / "eval/samples/prose").glob("*.txt")):
        documents.append({"id": path.name, "date": "2022-02-03", "text": path.read_text(encoding="utf-8")})
    documents.append({"id": "no-text", "text": " "})
    return sorted(documents, key=lambda d: d["id"])


def read(folder, name):
    with open(Path(folder) / name, encoding="utf-8") as file:
        return [json.loads(line) for line in file] if name.endswith("l") else json.load(file)


def spark(*arguments, code=0):
    command = [sys.executable, str(SCRIPT), *map(str, arguments), "--master", "local[2]"]
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=1800)
    if done.returncode != code:
        raise AssertionError(f"exit code {done.returncode}\n{done.stderr[-6000:]}")
    return done.stderr


def parquet(folder, documents):
    """Two files, so that there are two partitions."""
    folder = Path(folder)
    folder.mkdir()
    frame = pandas.DataFrame([{field: d.get(field) for field in FIELDS} for d in documents], columns=FIELDS)
    for part in (0, 1):
        frame.iloc[part::2].to_parquet(folder / f"part-{part}.parquet")
    return folder


@unittest.skipUnless(PROGRAM, "STANDOFF_BIN does not name the program")
class AgainstOneMachine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        documents = corpus()
        lines = folder / "corpus.jsonl"
        with open(lines, "w", encoding="utf-8") as file:
            for document in documents:
                file.write(json.dumps({k: v for k, v in document.items() if k in FIELDS}) + "\n")
        cls.one, cls.many = folder / "one", folder / "many"
        command = [PROGRAM, "analyze", lines, "--out", cls.one, "--format", "json,jsonl", "--quiet"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
        assert done.returncode == 3, done.stderr
        cls.said = spark(parquet(folder / "corpus", documents), "--out", cls.many, "--chunk", 7, code=3)
        cls.analysis = [read(f, "analysis.json") for f in (cls.one, cls.many)]

    def test_the_same_documents_statements_and_labels(self):
        one, many = self.analysis
        without = [{**d, "source": None} for d in one["documents"]], [{**d, "source": None} for d in many["documents"]]
        self.assertEqual(*without)
        self.assertGreater(len(one["statements"]), 200)

        def bare(statements):
            return [{k: v for k, v in s.items() if k != "explanation"} for s in statements]

        self.assertEqual(bare(one["statements"]), bare(many["statements"]))
        self.assertEqual(many["statements"], read(self.many, "statements.jsonl"))
        for key in ("schema", "setup", "blocs"):
            self.assertEqual(one[key], many[key])

    def pairs(self):
        return [{p["id"]: p for p in a["pairs"]} for a in self.analysis]

    def test_the_same_pairs(self):
        one, many = self.pairs()
        self.assertGreater(len(one), 20)
        across = 0
        for i in one.keys() & many.keys():
            pair, other = one[i], many[i]
            for key in ("a", "b", "similarity", "relation", "score", "primary"):
                self.assertEqual(pair[key], other[key], f"{key} of {i}")
            across += pair["a"].startswith("later-") and pair["evidence"]["days_apart"] >= 9
        self.assertGreater(across, 2, "hardly a pair across windows")

    def test_only_further_answers_differ(self):
        one, many = self.pairs()
        differ = {i: one.get(i) or many[i] for i in one.keys() ^ many.keys()}
        print(f"{len(one)} pairs on one machine, {len(many)} on Spark, {len(differ)} in one only", file=sys.stderr)
        for pair in differ.values():
            self.assertFalse(pair["primary"], pair)
        self.assertLessEqual(len(differ), 0.12 * len(one))

        statements = {pair[end] for pair in differ.values() for end in "ab"}
        for side in (0, 1):
            unanswered = [set(a["unanswered"][side]) for a in self.analysis]
            self.assertLessEqual(unanswered[0] ^ unanswered[1], statements)
        self.assertEqual(self.analysis[0]["copies"], self.analysis[1]["copies"])

    def test_pairs_are_written_with_their_statements(self):
        many = self.analysis[1]
        record = {p["id"]: p for p in read(self.many, "pairs.jsonl")}
        self.assertEqual(list(record), [p["id"] for p in many["pairs"]])
        statements = {s["id"]: s for s in many["statements"]}
        for pair in many["pairs"]:
            full = {"schema": 1, **pair, "a": statements[pair["a"]], "b": statements[pair["b"]]}
            self.assertEqual(record[pair["id"]], full)
        self.assertTrue(all("explanation" in statements[p["a"]] for p in many["pairs"][:20]))

    def test_issues_hold_all_pairs_once(self):
        many = self.analysis[1]
        self.assertEqual(sorted(i for issue in many["issues"] for i in issue["pairs"]), sorted(p["id"] for p in many["pairs"]))
        by_id = {issue["id"]: issue for issue in many["issues"]}
        self.assertEqual(len(by_id), len(many["issues"]))
        for pair in many["pairs"]:
            self.assertIn(pair["id"], by_id[pair["issue"]]["pairs"])

    def test_what_was_rejected_is_told(self):
        self.assertEqual([r["source"] for r in self.analysis[1]["rejected"]], ["no-text"])
        self.assertIn("rejected no-text", self.said)
        run = read(self.many, "run.json")
        self.assertEqual(run["counts"]["rejected"], 1)
        self.assertEqual(run["counts"]["pairs"], len(self.analysis[1]["pairs"]))

    def test_reports_can_be_made_of_it(self):
        done = subprocess.run([PROGRAM, "report", self.many, "--quiet"], capture_output=True, encoding="utf-8")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.many / "report.html").exists())

    def test_results_are_not_overwritten(self):
        self.assertIn("--force", spark(self.many, "--out", self.many, code=2))


class Trouble(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def test_a_program_that_fails_on_a_node(self):
        program = self.folder / "standoff"
        program.write_text("#!/bin/sh\necho 'error: no model `standoff-1`' >&2\nexit 2\n")
        program.chmod(0o755)
        corpus = parquet(self.folder / "corpus", [{"id": "1", "text": "One."}])
        said = spark(corpus, "--out", self.folder / "out", "--program", program, code=1)
        self.assertIn("no model `standoff-1`", said)
        self.assertFalse((self.folder / "out" / "run.json").exists())

    def test_a_corpus_without_ids(self):
        frame = pandas.DataFrame({"text": ["One."]})
        frame.to_parquet(self.folder / "corpus.parquet")
        said = spark(self.folder / "corpus.parquet", "--out", self.folder / "out", code=1)
        self.assertIn("needs a column id", said)


if __name__ == "__main__":
    unittest.main()
