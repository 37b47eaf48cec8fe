#!/usr/bin/env python3
"""Adds side, stance and their confidences to a CSV file with a column of sentences.

    scripts/examples/label_csv.py sentences.csv --column text > labelled.csv
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import deque
from collections.abc import Iterator
from typing import Deque, Dict, Optional

from standoff_client import Classifier, Failure

ADDED = ["side", "side_confidence", "stance", "stance_confidence", "abstained", "error"]


def main(arguments: Optional[list[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--column", default="text", help="the column of sentences (default: text)")
    parser.add_argument("--program", help="standoff's path (default: STANDOFF_BIN, or standoff on the PATH)")
    options = parser.parse_args(arguments)

    with open(options.file, encoding="utf-8-sig", newline="") as source:
        table = csv.DictReader(source)
        columns = list(table.fieldnames or [])
        if options.column not in columns:
            parser.error(f"{options.file} has no column {options.column}; it has: {', '.join(columns)}")
        columns += [name for name in ADDED if name not in columns]
        output = csv.DictWriter(sys.stdout, columns, extrasaction="ignore")
        output.writeheader()
        waiting: Deque[Dict[str, str]] = deque()

        def sentences() -> Iterator[str]:
            for row in table:
                waiting.append(row)
                yield row[options.column] or ""

        failed = 0
        with Classifier(options.program) as standoff:
            for answer in standoff.classify(sentences()):
                row = waiting.popleft()
                if isinstance(answer, Failure):
                    failed += 1
                    row["error"] = answer.error
                else:
                    row["side"] = answer.side.label
                    row["side_confidence"] = str(answer.side.confidence)
                    row["stance"] = answer.stance.label
                    row["stance_confidence"] = str(answer.stance.confidence)
                    row["abstained"] = str(answer.abstained).lower()
                output.writerow(row)
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
