#!/usr/bin/env python3
"""Runs Standoff's analysis over a corpus in Parquet on Apache Spark.

    spark-submit scripts/spark_analyze.py CORPUS --out DIR      # on a cluster
    python scripts/spark_analyze.py CORPUS --out DIR --master 'local[2]'

CORPUS has the columns id, text (or statements, a list of texts), and, where known, title, date (YYYY-MM-DD or a date),
url and outlet. DIR, on the driver, receives analysis.json, statements.jsonl, pairs.jsonl and run.json as from `standoff
analyze`; `standoff report DIR` makes the reports of them.

The work is done by the program itself, which has to be installed on every node (--program):

1. classification: every partition's documents go through `standoff analyze`, which segments, attributes and
   classifies them (mapInPandas);
2. contrast: the classified statements of every time window go through `standoff analyze` again, which then only lines
   up the opposing claims (applyInPandas). Windows overlap, see src/contrast/window.rs;
3. the windows' results are merged on the driver (spark_merge.py).

docs/spark.md says how to set it up, what it costs and what may differ from a run on one machine. Exit codes are those
of standoff: 3 if documents were rejected, each named in run.json and on stderr.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Callable, Optional

import pandas
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

SCHEMA = 1
WINDOW = 30
FIELDS = ("id", "title", "date", "url", "outlet", "text", "statements")

#: What classification and contrast hand on: a record of some kind as JSON, with what rows are sorted and joined by.
ROWS = "kind string, document string, start long, day int, json string"
WINDOW_ROWS = "window int, json string"


class Settings(argparse.Namespace):
    """What the command line says; travels to the executors."""

    corpus: str
    out: str
    master: Optional[str]
    program: str
    option: list[str]
    window: int
    chunk: int
    partitions: Optional[int]
    work: Optional[str]
    force: bool


def say(message: str) -> None:
    print(f"spark_analyze: {message}", file=sys.stderr, flush=True)


# --- on the executors ------------------------------------------------------
# These functions are sent to the executors by value and use nothing of this file but each other.


def run_analyze(program: str, name: str, lines: Iterable[str], options: Sequence[str]) -> dict[str, Any]:
    """Writes the lines to a file of that name, gives it to `standoff analyze`, and reads its analysis.json."""
    with tempfile.TemporaryDirectory(prefix="standoff-") as folder:
        source, out = os.path.join(folder, name), os.path.join(folder, "out")
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
        command = [program, "analyze", source, "--out", out, "--format", "json", "--quiet", *options]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except OSError as error:
            raise RuntimeError(
                f"{program} could not be started on this node ({error.strerror}): install it there, see --program"
            ) from error
        # 3: finished, some records were rejected, which analysis.json names.
        if done.returncode not in (0, 3):
            said = done.stderr.decode("utf-8", "replace")[-4000:]
            raise RuntimeError(f"{' '.join(command)} ended with exit code {done.returncode}:\n{said}")
        with open(os.path.join(out, "analysis.json"), encoding="utf-8") as file:
            return json.load(file)


def classify_only(program: str) -> list[str]:
    """The option that leaves out the contrast of a chunk, which nobody needs, if this version has it."""
    try:
        told = subprocess.run([program, "analyze", "--help"], capture_output=True, check=False).stdout
    except OSError:
        return []  # told when it is started in earnest
    return ["--no-contrast"] if b"--no-contrast" in told else []


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_day(date: Optional[str]) -> Optional[int]:
    """Days since 1970-01-01."""
    return None if date is None else datetime.date.fromisoformat(date).toordinal() - 719_163


def document_line(row: dict[str, Any]) -> str:
    """A row of the corpus as a document for `standoff analyze`; what is missing is left out."""
    document: dict[str, Any] = {}
    for field in FIELDS:
        value = row.get(field)
        if value is None or (isinstance(value, float) and value != value):
            continue
        if hasattr(value, "isoformat"):
            value = value.isoformat()[:10]
        elif field == "statements":
            value = [str(text) for text in value]
        document[field] = value
    if "statements" in document:
        document.pop("text", None)
    return to_json(document)


def classify_rows(program: str, options: Sequence[str], documents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of everything that `standoff analyze` finds out about some documents, but for the contrast."""
    name = "documents.jsonl"
    # A run in which every input is rejected fails; with a document that is surely good, none does.
    probe = {"id": "standoff:probe", "text": "This document is not part of the corpus."}
    lines = [*map(document_line, documents), to_json(probe)]
    analysis = run_analyze(program, name, lines, options)
    setup = {key: analysis[key] for key in ("setup", "blocs")}
    yield {"kind": "setup", "document": "", "json": to_json(setup)}
    for document in analysis["documents"]:
        if document["id"] == probe["id"]:
            continue
        document["source"] = document["id"]
        yield {"kind": "document", "document": document["id"], "json": to_json(document)}
    for statement in analysis["statements"]:
        if statement["document"] == probe["id"]:
            continue
        # Words are explained of statements in pairs, which are found later.
        statement.pop("explanation", None)
        yield {
            "kind": "statement",
            "document": statement["document"],
            "start": statement["span"][0],
            "day": to_day(statement.get("date")),
            "json": to_json(statement),
        }
    for rejected in analysis["rejected"]:
        # The file is a temporary one: name the document instead of its line.
        place, _, number = rejected["source"].rpartition(":")
        if place.endswith(name) and number.isdigit() and 0 < int(number) <= len(documents):
            rejected["source"] = str(documents[int(number) - 1]["id"])
        yield {"kind": "rejected", "document": rejected["source"], "json": to_json(rejected)}


def classifier(settings: Settings) -> Callable[[Iterator[pandas.DataFrame]], Iterator[pandas.DataFrame]]:
    """The function for mapInPandas."""
    program, options, chunk = settings.program, list(settings.option), settings.chunk
    columns = [column.split()[0] for column in ROWS.split(", ")]

    def frame(rows: Iterable[dict[str, Any]]) -> pandas.DataFrame:
        made = pandas.DataFrame(list(rows), columns=columns)
        return made.astype({"start": "Int64", "day": "Int32"})

    def classify(batches: Iterator[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
        own = [*options, *classify_only(program)]
        waiting: list[dict[str, Any]] = []
        for batch in batches:
            waiting.extend(batch.to_dict("records"))
            while len(waiting) >= chunk:
                yield frame(classify_rows(program, own, waiting[:chunk]))
                del waiting[:chunk]
        if waiting:
            yield frame(classify_rows(program, own, waiting))

    return classify


def contraster(settings: Settings) -> Callable[[pandas.DataFrame], pandas.DataFrame]:
    """The function for applyInPandas: contrasts the statements of one window."""
    program, options = settings.program, [*settings.option, *window_options(settings)]

    def contrast(group: pandas.DataFrame) -> pandas.DataFrame:
        lines = group.sort_values(["document", "start"], kind="stable")["json"]
        analysis = run_analyze(program, "statements.jsonl", lines, options)
        # Statements are large and known already: only those that the results name travel on.
        named = {pair[end] for pair in analysis["pairs"] for end in "ab"}
        named.update(i for issue in analysis["issues"] for i in (issue["central"], *issue["neighbours"]))
        named.update(i for side in analysis["unanswered"] for i in side)
        named.update(i for copies in analysis["copies"] for i in (copies["statement"], *copies["copies"]))
        analysis["statements"] = [s for s in analysis["statements"] if s["id"] in named]
        analysis["documents"] = []
        return pandas.DataFrame({"window": [int(group["window"].iloc[0])], "json": [to_json(analysis)]})

    return contrast


def window_options(settings: Settings) -> list[str]:
    if settings.window == WINDOW:
        return []
    return [f"--window={settings.window}"]


# --- on the driver: the corpus ---------------------------------------------


def read_corpus(spark: SparkSession, settings: Settings) -> DataFrame:
    """The columns that standoff knows, with ids as texts."""
    corpus = spark.read.parquet(settings.corpus)
    if "id" not in corpus.columns or not {"text", "statements"} & set(corpus.columns):
        raise SystemExit(
            f"spark_analyze: {settings.corpus} needs a column id and a column text or statements; "
            f"it has: {', '.join(corpus.columns)}"
        )
    known = [F.col(name) for name in FIELDS if name in corpus.columns and name != "id"]
    return corpus.select(F.col("id").cast("string").alias("id"), *known)


def set_apart(corpus: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The documents with an id of their own, and rows of rejections for the others."""
    texts = [F.col(name).cast("string") for name in corpus.columns if name != "id"]
    # There is no reading order on a cluster: of documents with one id the first by content is kept.
    content = F.sha2(F.concat_ws("\0", *[F.coalesce(text, F.lit("")) for text in texts]), 256)
    place = F.row_number().over(Over.partitionBy("id").orderBy("content"))
    numbered = corpus.withColumn("content", content).withColumn("place", place)
    named = F.col("id").isNotNull() & (F.trim("id") != "")
    good = numbered.where(named & (F.col("place") == 1)).drop("content", "place")
    error = F.when(
        named, F.lit("another document has this id; give every document an id of its own")
    ).otherwise(F.lit("no id; every document needs one of its own"))
    source = F.coalesce("id", F.lit("a document without an id"))
    bad = numbered.where(~named | (F.col("place") > 1)).select(
        F.lit("rejected").alias("kind"),
        source.alias("document"),
        F.lit(None).cast("long").alias("start"),
        F.lit(None).cast("int").alias("day"),
        F.to_json(F.struct(source.alias("source"), error.alias("error"))).alias("json"),
    )
    return good, bad


def in_windows(statements: DataFrame, days: int) -> DataFrame:
    """Every statement once for each window it is in.

    The bucket of a day is floor(day / days); window w holds the buckets w and w + 1 and what has no date. A window
    without statements in its first bucket has no pair of its own and is left out.
    """
    width = max(days, 1)
    bucket = F.floor(F.col("day") / F.lit(width)).cast("int")
    dated = statements.where("day is not null").withColumn("bucket", bucket)
    numbers = dated.select(F.col("bucket").alias("window")).distinct()
    undated = statements.where("day is null").withColumn("bucket", F.lit(None).cast("int"))
    if numbers.isEmpty():
        return undated.withColumn("window", F.lit(0))
    doubled = dated.withColumn("window", F.explode(F.array(F.col("bucket"), F.col("bucket") - 1)))
    return doubled.join(F.broadcast(numbers), "window").select(*undated.columns, "window").unionByName(
        undated.crossJoin(F.broadcast(numbers))
    )


# --- on the driver: the outputs --------------------------------------------


def jsons(rows: DataFrame) -> Iterator[str]:
    """The records, a partition at a time, so that the driver's memory stays bounded."""
    return (row["json"] for row in rows.select("json").toLocalIterator())


class Whole:
    """A file that appears under its name only when it is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.partial = path.with_name(f".{path.name}.partial")

    def __enter__(self) -> Any:
        self.file = open(self.partial, "w", encoding="utf-8")
        return self.file

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.file.close()
        if kind is None:
            os.replace(self.partial, self.path)
        else:
            self.partial.unlink()


def write_list(file: Any, items: Iterable[str]) -> int:
    """A JSON list of records that are JSON already; gives their number."""
    count = 0
    file.write("[")
    for item in items:
        file.write(",\n" if count else "\n")
        file.write(item)
        count += 1
    file.write("]")
    return count


def one_setup(rows: DataFrame) -> dict[str, Any]:
    """What decided the result, which has to be the same on all nodes."""
    setups = [row["json"] for row in rows.where("kind = 'setup'").select("json").distinct().limit(2).collect()]
    if len(setups) > 1:
        raise SystemExit(
            "spark_analyze: the nodes do not work with the same program, model and sides file:\n  "
            + "\n  ".join(setups)
        )
    if not setups:
        raise SystemExit("spark_analyze: there is no document to analyze")
    return json.loads(setups[0])


def write_outputs(
    settings: Settings, rows: DataFrame, setup: dict[str, Any], merged: Any, started: float
) -> int:
    """Writes all files; gives the exit code."""
    out = Path(settings.out)
    documents = rows.where("kind = 'document'").orderBy("document")
    statements = rows.where("kind = 'statement'").orderBy("document", "start")
    rejected = rows.where("kind = 'rejected'").orderBy("document", "json")
    counts = {"abstained": 0, "truncated": 0, "filtered": 0}
    paired = {pair[end] for pair in merged.pairs for end in "ab"}
    full: dict[str, Any] = {}

    def counted(records: Iterable[str]) -> Iterator[str]:
        for record in records:
            statement = json.loads(record)
            if statement["id"] in merged.explanations:
                extra = {"extra": statement.pop("extra")} if "extra" in statement else {}
                statement.update(explanation=merged.explanations[statement["id"]], **extra)
                record = to_json(statement)
            counts["abstained"] += statement["abstained"]
            counts["truncated"] += statement["truncated"]
            if statement["id"] in paired:
                full[statement["id"]] = statement
            yield record

    def filtered(records: Iterable[str]) -> Iterator[str]:
        for record in records:
            counts["filtered"] += len(json.loads(record)["filtered"])
            yield record

    with Whole(out / "statements.jsonl") as file:
        file.writelines(record + "\n" for record in counted(jsons(statements)))
    with Whole(out / "pairs.jsonl") as file:
        for pair in merged.pairs:
            record = {"schema": SCHEMA, **pair, "a": full[pair["a"]], "b": full[pair["b"]]}
            file.write(to_json(record) + "\n")
    bad = [json.loads(record) for record in jsons(rejected)]
    with Whole(out / "analysis.json") as file:
        head = {"schema": SCHEMA, **setup}
        file.write(to_json(head)[:-1] + ',"documents":')
        counts["documents"] = write_list(file, filtered(jsons(documents)))
        file.write(',"statements":')
        with open(out / "statements.jsonl", encoding="utf-8") as lines:
            counts["statements"] = write_list(file, (line.rstrip("\n") for line in lines))
        tail = {
            "pairs": merged.pairs,
            "issues": merged.issues,
            "unanswered": merged.unanswered,
            "copies": merged.copies,
            "rejected": bad,
        }
        file.write("," + to_json(tail)[1:] + "\n")
    counts["rejected"] = len(bad)
    counts["pairs"] = len(merged.pairs)
    counts["issues"] = len(merged.issues)
    counts["copies"] = sum(len(group["copies"]) for group in merged.copies)
    write_run(settings, setup["setup"], counts, bad, started)
    for record in bad:
        say(f"rejected {record['source']}: {record['error']}")
    return 3 if bad else 0


def write_run(
    settings: Settings, setup: dict[str, Any], counts: dict[str, int], bad: list[dict[str, Any]], started: float
) -> None:
    now = time.time()

    def stamp(seconds: float) -> str:
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat().replace("+00:00", "Z")

    run = {
        "schema": SCHEMA,
        "version": setup["version"],
        "commit": None,  # the nodes' programs do not tell
        "started": stamp(started),
        "finished": stamp(now),
        "seconds": round(now - started, 3),
        "settings": {
            "corpus": settings.corpus,
            "window_days": settings.window,
            "chunk": settings.chunk,
            "options": settings.option,
        },
        "model": {"name": setup["model"], "hash": setup["model_hash"]},
        "sides": {"name": setup["sides"], "hash": setup["sides_hash"]},
        "inputs": [],
        "counts": counts,
        "timings": settings.timings,
        "rejected": bad,
    }
    with Whole(Path(settings.out) / "run.json") as file:
        json.dump(run, file, ensure_ascii=False, indent=2)
        file.write("\n")


# --- on the driver: the run ------------------------------------------------


def session(settings: Settings) -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("standoff")
    if settings.master:
        builder = builder.master(settings.master)
    # Documents are large: few at a time go from the JVM to Python.
    builder = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", "200")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    return spark


def analyze(spark: SparkSession, settings: Settings) -> int:
    """Runs all stages; gives the exit code."""
    from spark_merge import Window, merge

    started = time.time()
    settings.timings = {}

    def timed(stage: str, since: float) -> float:
        now = time.time()
        settings.timings[stage] = round(now - since, 3)
        return now

    say("classifying")
    good, bad = set_apart(read_corpus(spark, settings))
    if settings.partitions:
        good = good.repartition(settings.partitions, "id")
    work = settings.work or os.path.join(os.path.abspath(settings.out), "work")
    classified = os.path.join(work, "classified.parquet")
    rows = good.mapInPandas(classifier(settings), ROWS).unionByName(bad)
    rows.write.mode("overwrite").parquet(classified)
    rows = spark.read.parquet(classified)
    setup = one_setup(rows)
    clock = timed("classify", started)

    say("contrasting")
    statements = rows.where("kind = 'statement'")
    windowed = in_windows(statements.select("document", "start", "day", "json"), settings.window)
    found = windowed.groupBy("window").applyInPandas(contraster(settings), WINDOW_ROWS)
    windows = [Window.of(row["window"], json.loads(row["json"])) for row in found.toLocalIterator()]
    clock = timed("contrast", clock)

    say(f"merging {len(windows)} windows")
    merged = merge(windows, settings.window, certain_blocs(statements, setup))
    clock = timed("merge", clock)

    say("writing")
    code = write_outputs(settings, rows, setup, merged, started)
    if not settings.work:
        remove(spark, work)
    return code


def certain_blocs(statements: DataFrame, setup: dict[str, Any]) -> tuple[bool, bool]:
    """Whether each bloc has a statement whose side is sure, in a language the contrast reads."""
    read = statements.select(
        F.get_json_object("json", "$.side.label").alias("side"),
        F.get_json_object("json", "$.language").alias("language"),
        F.get_json_object("json", "$.side.confidence").cast("double").alias("confidence"),
    )
    english = F.coalesce("language", F.lit("en")) == "en"
    sure = F.col("confidence") >= setup["setup"]["min_confidence"]
    found = {row["side"] for row in read.where(english & sure).distinct().collect()}
    first, second = (bloc["id"] in found for bloc in setup["blocs"])
    return first, second


def remove(spark: SparkSession, folder: str) -> None:
    """Removes a folder on whatever file system it is."""
    path = spark._jvm.org.apache.hadoop.fs.Path(folder)
    path.getFileSystem(spark._jsc.hadoopConfiguration()).delete(path, True)


def parse(arguments: Optional[Sequence[str]]) -> Settings:
    parser = argparse.ArgumentParser(
        description="Runs Standoff's analysis over a corpus in Parquet on Apache Spark.",
        epilog="Exit codes: 0 success; 1 failure; 2 wrong usage; 3 finished, but some documents were rejected.",
    )
    parser.add_argument("corpus", help="Parquet file, folder or URI that the executors can read")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the results, on the driver")
    parser.add_argument("--master", help="Spark master, such as 'local[2]' (default: what spark-submit says)")
    parser.add_argument(
        "--program",
        default=os.environ.get("STANDOFF_BIN", "standoff"),
        help="the program's path on every node (default: STANDOFF_BIN, or standoff on the PATH)",
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="OPTION",
        help="an option for standoff, such as --option=--threads=1; may be given several times",
    )
    parser.add_argument(
        "--window",
        type=int,
        default=WINDOW,
        metavar="DAYS",
        help="most days between two opposing statements (default: %(default)s)",
    )
    parser.add_argument(
        "--chunk", type=int, default=500, metavar="N", help="documents classified in one go (default: %(default)s)"
    )
    parser.add_argument("--partitions", type=int, metavar="N", help="partitions to classify (default: as in CORPUS)")
    parser.add_argument(
        "--work",
        metavar="URI",
        help="folder for the classified statements, that all nodes share (default: in DIR, and removed at the end)",
    )
    parser.add_argument("--force", action="store_true", help="replace results that are in DIR already")
    settings = parser.parse_args(arguments, namespace=Settings())
    if settings.window < 0 or settings.chunk < 1:
        parser.error("--window must be 0 or more, --chunk 1 or more")
    if os.path.exists(os.path.join(settings.out, "run.json")) and not settings.force:
        parser.error(f"{settings.out} holds results already; name another folder, or give --force")
    return settings


def main(arguments: Optional[Sequence[str]] = None) -> int:
    settings = parse(arguments)
    os.makedirs(settings.out, exist_ok=True)
    spark = session(settings)
    try:
        return analyze(spark, settings)
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.exit(main())
