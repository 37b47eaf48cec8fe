#!/usr/bin/env python3
"""Labels kept apart from texts that cannot be distributed.

models/training/read_statements.tsv and read_pairs.tsv hold labels that annotators gave to texts of public
corpora. Instead of a text stand the first 16 hex digits of its SHA-256 (words joined by single spaces,
UTF-8), so that whoever has the corpora can put the two together again:

    scripts/read_labels.py statements unlabelled.jsonl articles/statements.jsonl > read.jsonl
    scripts/read_labels.py pairs unlabelled.jsonl articles/statements.jsonl > read_pairs.jsonl

The inputs are JSONL with a field `text` and, if they are there, `date` and `outlet`; they may be output of `standoff classify`. A
text that was read more than once has a row for each reading. All readings of a statement, and the model's
scores if there are any, are multiplied to one probability a label, since each of them errs: `--right` says how often a label is
right that the annotator was sure of, `--hesitant` how often one he was not. Readings of a pair vote. The output is
for `standoff train`.
"""

import argparse
import collections
import csv
import hashlib
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "models/training"
SIDES = ["russian", "western", "other"]
STANCES = ["escalation", "de-escalation", "neutral"]
#: Added to every score before it is multiplied, so that no label is ruled out.
FLOOR = 0.01


def key(text):
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def texts(paths):
    """Records by the key of their text; the first of equal ones."""
    found = {}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if isinstance(record.get("text"), str):
                    found.setdefault(key(record["text"]), record)
    return found


def labels(name):
    with open(FOLDER / name, encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def multiplied(scores, readings):
    """A model's scores and labels, each with how often such a label is right."""
    product = {k: v + FLOOR for k, v in scores.items()}
    for label, right in readings:
        for k in product:
            product[k] *= right if k == label else (1 - right) / 2
    total = sum(product.values())
    return {k: round(v / total, 4) for k, v in product.items()}


def statement(rows, record, args):
    """One statement from all readings of it."""
    key_of = rows[0]["text"]
    out = {"id": key_of, "text": record["text"], "doc": record.get("document") or key_of}
    for head, names in (("side", SIDES), ("stance", STANCES)):
        given = record.get(head)
        scores = given["scores"] if isinstance(given, dict) and "scores" in given else dict.fromkeys(names, 1 / 3)
        readings = [(row[head], args.right if row["sure"] == "1" else args.hesitant) for row in rows]
        out[f"{head}_scores"] = multiplied(scores, readings)
    return out


def pair(rows, a, b):
    """One pair from all readings of it, of which a sure one counts double; None if they leave it open."""
    votes = collections.Counter()
    for row in rows:
        votes[row["relation"]] += 2 if row["sure"] == "1" else 1
    (relation, most), *others = votes.most_common()
    second = others[0][1] if others else 0
    if most == second:
        return None
    out = {"id": f"{rows[0]['a']}-{rows[0]['b']}", "a": a["text"], "b": b["text"], "relation": relation}
    if second or all(row["sure"] != "1" for row in rows):
        out["sure"] = False
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["statements", "pairs"])
    parser.add_argument("files", nargs="+", help="JSONL with the texts")
    parser.add_argument("--right", type=float, default=0.94)
    parser.add_argument("--hesitant", type=float, default=0.75)
    args = parser.parse_args()
    found = texts(args.files)
    rows = labels(f"read_{args.what}.tsv")
    readings = {}
    for row in rows:
        readings.setdefault((row.get("text"), row.get("a"), row.get("b")), []).append(row)
    written = 0
    for (text, *ab), rows in readings.items():
        if args.what == "statements":
            record = found.get(text)
            out = record and statement(rows, record, args)
        else:
            record, b = map(found.get, ab)
            out = record and b and pair(rows, record, b)
        if not out:
            continue
        out |= {k: record[k] for k in ("date", "outlet") if record.get(k)}
        print(json.dumps(out, ensure_ascii=False))
        written += 1
    print(f"{written} of {len(readings)} labelled texts were found and taken", file=sys.stderr)


if __name__ == "__main__":
    main()
