#!/usr/bin/env python3
"""Labels kept apart from texts that cannot be distributed.

models/training/read_statements.tsv and read_pairs.tsv hold labels that annotators gave to texts of public
corpora. Instead of a text stand the first 16 hex digits of its SHA-256 (words joined by single spaces,
UTF-8), so that whoever has the corpora can put the two together again:

    scripts/read_labels.py statements unlabelled.jsonl articles/statements.jsonl > read.jsonl
    scripts/read_labels.py pairs unlabelled.jsonl articles/statements.jsonl > read_pairs.jsonl

The inputs are JSONL with a field `text` and, if there is one, `date`; they may be output of `standoff classify`. Then
a label and the scores are multiplied, since both err: `--right` says how often a label is right that the
annotator was sure of, `--hesitant` how often one he was not. The output is for `standoff train`.
"""

import argparse
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


def multiplied(scores, label, right):
    """A label that is right in `right` of all cases, and a model's scores."""
    product = {k: (v + FLOOR) * (right if k == label else (1 - right) / 2) for k, v in scores.items()}
    total = sum(product.values())
    return {k: round(v / total, 4) for k, v in product.items()}


def statement(row, record, args):
    out = {"id": row["text"], "text": record["text"], "doc": record.get("document") or row["text"]}
    right = args.right if row["sure"] == "1" else args.hesitant
    for head in ("side", "stance"):
        given = record.get(head)
        if isinstance(given, dict) and "scores" in given:
            out[f"{head}_scores"] = multiplied(given["scores"], row[head], right)
        else:
            out[head] = row[head]
    if row["sure"] != "1" and "side" in out:
        out["sure"] = False
    return out


def pair(row, a, b):
    out = {"id": f"{row['a']}-{row['b']}", "a": a["text"], "b": b["text"], "relation": row["relation"]}
    if row["sure"] != "1":
        out["sure"] = False
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["statements", "pairs"])
    parser.add_argument("files", nargs="+", help="JSONL with the texts")
    parser.add_argument("--right", type=float, default=0.92)
    parser.add_argument("--hesitant", type=float, default=0.82)
    args = parser.parse_args()
    found = texts(args.files)
    rows = labels(f"read_{args.what}.tsv")
    written = 0
    for row in rows:
        if args.what == "statements":
            record = found.get(row["text"])
            out = record and statement(row, record, args)
        else:
            record, b = found.get(row["a"]), found.get(row["b"])
            out = record and b and pair(row, record, b)
        if not out:
            continue
        if record.get("date"):
            out["date"] = record["date"]
        print(json.dumps(out, ensure_ascii=False))
        written += 1
    print(f"{written} of {len(rows)} labels found their text", file=sys.stderr)


if __name__ == "__main__":
    main()
