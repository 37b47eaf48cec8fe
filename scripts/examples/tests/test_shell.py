"""Tests of the shell examples, with a stand-in for standoff (and with the program itself if STANDOFF_BIN names it)."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent
FAKE = str(HERE / "fake_standoff.py")
REAL = os.environ.get("STANDOFF_BIN")
SENTENCES = ["Moscow denied it.", "Kyiv said so.", "Moscow said “no”: \"never\".", "Nobody \\ knows."]


class Shell(unittest.TestCase):
    program = FAKE

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = self.folder / "sentences.txt"
        self.file.write_text("".join(s + "\n" for s in SENTENCES), encoding="utf-8")

    def run_example(self, name, *arguments, code=0, stdin=None, **env):
        environment = {**os.environ, "STANDOFF_BIN": self.program, "RETRY_AFTER": "0", **env}
        done = subprocess.run(
            ["bash", str(EXAMPLES / name), *map(str, arguments)],
            input=stdin, env=environment, capture_output=True, encoding="utf-8", timeout=300,
        )
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout

    def jsonl(self, name, texts):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps({"text": t}) + "\n" for t in texts), encoding="utf-8")
        return path


class Pipes(Shell):
    def test_count_with_and_without_jq(self):
        expected = [["2", "russian", "neutral"], ["2", "western", "neutral"]]
        broken = self.jsonl("broken.jsonl", [" "])
        for env in [{"WITHOUT_JQ": "1"}] + [{}] * bool(shutil.which("jq")):
            out = self.run_example("pipes.sh", "count", self.file, **env)
            self.assertEqual([line.split() for line in out.splitlines()], expected)
            self.assertEqual(self.run_example("pipes.sh", "count", broken, **env), "")

    def test_head_ends_it_quietly(self):
        many = self.jsonl("many.jsonl", ["Moscow said so."] * 20_000)
        started = time.monotonic()
        out = self.run_example("pipes.sh", "first", 2, many)
        self.assertEqual(out, "russian\tneutral\n" * 2)
        self.assertLess(time.monotonic() - started, 20)

    @unittest.skipUnless(shutil.which("jq"), "jq is not installed")
    def test_sure(self):
        self.assertEqual(len(self.run_example("pipes.sh", "sure", 0.6, self.file).splitlines()), 4)
        self.assertEqual(self.run_example("pipes.sh", "sure", 0.65, self.file), "")

    def test_follow_answers_each_line_at_once(self):
        process = subprocess.Popen(
            ["bash", str(EXAMPLES / "pipes.sh"), "follow", str(self.file)],
            env={**os.environ, "STANDOFF_BIN": FAKE}, stdout=subprocess.PIPE, start_new_session=True,
        )
        try:
            for _ in SENTENCES:
                self.assertIn(b"neutral", process.stdout.readline())
            with open(self.file, "a", encoding="utf-8") as file:
                file.write("One more.\n")
            self.assertIn(b"One more.", process.stdout.readline())
        finally:
            os.killpg(process.pid, 15)
            process.wait()
            process.stdout.close()

    @unittest.skipUnless(shutil.which("parallel"), "GNU parallel is not installed")
    def test_gnu_parallel_keeps_the_order(self):
        texts = [f"Sentence {i}. " + "x" * 40_000 for i in range(500)]
        lines = "".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in enumerate(texts))
        out = self.run_example("pipes.sh", "parallel", 2, stdin=lines)
        self.assertEqual([json.loads(line)["id"] for line in out.splitlines()], [str(i) for i in range(500)])

    def test_help(self):
        self.run_example("pipes.sh", code=2)
        self.run_example("folder.sh", code=2)
        self.run_example("nightly.sh", code=2)


class Folder(Shell):
    def paths(self):
        """With GNU parallel, if it is there, and without."""
        yield os.environ["PATH"]
        if shutil.which("parallel"):
            tools = self.folder / "tools"
            tools.mkdir()
            for name in "bash basename cat env find mkdir mv python3 rm sed sort xargs".split():
                (tools / name).symlink_to(shutil.which(name))
            yield str(tools)

    def test_every_file_gets_its_labels_once(self):
        for n in range(4):
            self.jsonl(f"in/day {n}.jsonl", SENTENCES[: n + 1])
        for i, path in enumerate(self.paths()):
            out = self.folder / f"out{i}"
            self.run_example("folder.sh", self.folder / "in", out, 2, PATH=path)
            self.assertEqual(sorted(p.name for p in out.iterdir()), [f"day {n}.labels.jsonl" for n in range(4)])
            kept = out / "day 1.labels.jsonl"
            self.assertEqual(len(kept.read_text(encoding="utf-8").splitlines()), 2)
            kept.write_text("kept")
            self.run_example("folder.sh", self.folder / "in", out, 2, PATH=path)
            self.assertEqual(kept.read_text(), "kept")

    def test_rejected_and_failed_files(self):
        self.jsonl("in/a.jsonl", ["Fine."])
        self.jsonl("in/b.jsonl", [" "])
        self.run_example("folder.sh", self.folder / "in", self.folder / "out", code=3)
        self.assertEqual(len(list((self.folder / "out").iterdir())), 2)
        self.run_example("folder.sh", self.folder / "in", self.folder / "out2", code=1, FAKE_MODE="refuse")
        self.assertEqual(list((self.folder / "out2").iterdir()), [])


class Nightly(Shell):
    def nightly(self, code, **env):
        runs = self.folder / "runs"
        out = self.run_example("nightly.sh", self.folder, runs, "--jobs", "2", code=code, DAY="2024-05-01", **env)
        state = runs / "2024-05-01" / "state"
        return out, state.read_text().splitlines(), runs

    def test_a_good_night_is_silent(self):
        out, calls, runs = self.nightly(0)
        self.assertEqual((out, len(calls)), ("", 1))
        self.assertEqual(os.readlink(runs / "latest"), "2024-05-01")
        out, calls, _ = self.nightly(0)
        self.assertEqual((out, "--resume" in calls[1]), ("", True))

    def test_a_run_that_was_cut_off_is_resumed(self):
        out, calls, _ = self.nightly(0, FAKE_FIRST_EXIT="137")
        self.assertEqual((out, len(calls)), ("", 2))
        self.assertNotIn("--resume", calls[0])
        self.assertIn("--resume", calls[1])

    def test_rejected_inputs_are_told(self):
        out, calls, runs = self.nightly(3, FAKE_EXIT="3")
        self.assertIn("rejected", out)
        self.assertEqual(len(calls), 1)
        self.assertTrue((runs / "latest" / "run.json").exists())

    def test_wrong_settings_are_not_tried_again(self):
        out, calls, runs = self.nightly(2, FAKE_EXIT="2")
        self.assertIn("exit code 2", out)
        self.assertEqual(len(calls), 1)
        self.assertFalse((runs / "latest").exists())

    def test_failing_twice(self):
        out, calls, _ = self.nightly(1, FAKE_EXIT="1")
        self.assertIn("exit code 1", out)
        self.assertEqual(len(calls), 2)


class Table(Shell):
    def test_a_csv_file_gets_its_columns(self):
        table = self.folder / "table.csv"
        table.write_text('n,text\n1,"Moscow, again"\n2," "\n3,Kyiv,too much\n', encoding="utf-8")
        done = subprocess.run(
            ["python3", str(EXAMPLES / "label_csv.py"), str(table)],
            env={**os.environ, "STANDOFF_BIN": FAKE}, capture_output=True, encoding="utf-8",
        )
        self.assertEqual(done.returncode, 3, done.stderr)
        rows = done.stdout.splitlines()
        self.assertEqual(rows[0], "n,text,side,side_confidence,stance,stance_confidence,abstained,error")
        self.assertEqual(rows[1], '1,"Moscow, again",russian,0.7,neutral,0.6,false,')
        self.assertTrue(rows[2].endswith("the field `text` is empty or missing"))
        self.assertEqual(len(rows), 4)


@unittest.skipUnless(REAL, "STANDOFF_BIN does not name the program")
class RealProgram(Shell):
    program = REAL

    def test_pipes(self):
        out = self.run_example("pipes.sh", "count", self.file)
        self.assertEqual(sum(int(line.split()[0]) for line in out.splitlines()), 4)
        many = self.jsonl("many.jsonl", ["Moscow said so."] * 3_000)
        self.assertEqual(len(self.run_example("pipes.sh", "first", 2, many).splitlines()), 2)
        if shutil.which("parallel"):
            lines = "".join(json.dumps({"id": i, "text": f"Sentence {i}."}) + "\n" for i in range(100))
            out = self.run_example("pipes.sh", "parallel", 2, stdin=lines)
            self.assertEqual([json.loads(line)["id"] for line in out.splitlines()], [str(i) for i in range(100)])

    def test_folder(self):
        for n in range(3):
            self.jsonl(f"in/{n}.jsonl", SENTENCES)
        self.run_example("folder.sh", self.folder / "in", self.folder / "out", 2)
        self.assertEqual(len(list((self.folder / "out").iterdir())), 3)


if __name__ == "__main__":
    unittest.main()
