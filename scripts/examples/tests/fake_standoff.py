#!/usr/bin/env python3
"""Stands in for `standoff classify` and `standoff relate` in the tests of the examples.

Answers in the program's format without a model; FAKE_MODE makes it misbehave.
"""

import json
import os
import sys
import time

SCORES = {"russian": 0.2, "western": 0.7, "other": 0.1}


def scored(scores):
    label = max(scores, key=lambda name: scores[name])
    return {"label": label, "confidence": scores[label], "scores": scores}


def statement(row, known, id_):
    text = row["text"]
    side = {"russian": 0.7, "western": 0.2, "other": 0.1} if "Moscow" in text else SCORES
    record = {"schema": 1, "id": id_}
    if "doc" in row:
        record["document"] = row["doc"]
    if "date" in row:
        record["date"] = row["date"]
    record.update(
        text=text,
        side=scored(side),
        stance=scored({"escalation": 0.1, "de-escalation": 0.3, "neutral": 0.6}),
        abstained=False,
        truncated=False,
        language="en",
        speaker=None,
        mentions=[],
    )
    return record


def relation(row, known, id_):
    opposed = 0.8 if row["a"] != row["b"] else 0.1
    scores = {"opposed": opposed, "aligned": round(0.9 - opposed, 4), "unrelated": 0.1}
    return {"schema": 1, "id": id_, "relation": scored(scores), "similarity": 0.5}


def answer(command, line, number):
    known = {"classify": {"id", "text", "date", "doc"}, "relate": {"id", "a", "b"}}[command]
    if line.lstrip().startswith("{") or command == "relate":
        try:
            row = json.loads(line)
        except ValueError as error:
            return {"schema": 1, "id": None, "line": number, "error": f"not a JSON object: {error}"}
    else:
        row = {"id": number, "text": line.strip()}
    id_ = str(row.get("id", number))
    for name in sorted(known - {"id", "date", "doc"}):
        if not str(row.get(name) or "").strip():
            return {"schema": 1, "id": id_, "line": number, "error": f"the field `{name}` is empty or missing"}
    record = (statement if command == "classify" else relation)(row, known, id_)
    extra = {name: value for name, value in row.items() if name not in known}
    if extra:
        record["extra"] = extra
    return record


def lines(inputs):
    for path in inputs or ["-"]:
        with open(sys.stdin.fileno() if path == "-" else path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line


def main():
    command, *arguments = sys.argv[1:]
    if command == "analyze":
        return analyze(arguments)
    mode = os.environ.get("FAKE_MODE", "")
    if mode == "refuse":
        print("error: unexpected argument '--nonsense'", file=sys.stderr)
        return 2
    with_value = {"--threads", "--sides", "--model", "--min-confidence", "--batch-tokens"}
    inputs, rejected = [], 0
    rest = iter(arguments)
    for argument in rest:
        if argument in with_value:
            next(rest)
        elif argument == "-" or not argument.startswith("-"):
            inputs.append(argument)
    for n, (number, line) in enumerate(lines(inputs), 1):
        record = answer(command, line, number)
        if mode == "die" and n == 3:
            print("error: libtorch: out of memory", file=sys.stderr)
            return 1
        if mode == "hang" and n == 3:
            time.sleep(60)
        if mode == "babble" and n == 2:
            print("Loading model…", flush=True)
        if mode == "swap" and n == 2:
            record["id"] = "another"
        if mode == "future":
            record["schema"] = 2
        if mode == "chatter":
            print("x" * 10_000, file=sys.stderr)
        if "error" in record:
            rejected += 1
            print(f"rejected line {number}: {record['error']}", file=sys.stderr)
        try:
            print(json.dumps(record, ensure_ascii=False, separators=(",", ":")), flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
    if mode == "stubborn":
        time.sleep(60)
    return 3 if rejected else 0


def analyze(arguments):
    """Writes what it was asked to do, and ends with FAKE_EXIT; the first try ends with FAKE_FIRST_EXIT."""
    out = arguments[arguments.index("--out") + 1]
    finished, begun = os.path.join(out, "run.json"), os.path.join(out, "state")
    if os.path.exists(finished) and "--resume" not in arguments and "--force" not in arguments:
        print(f"error: {out} holds results; give --resume or --force", file=sys.stderr)
        return 2
    first = not os.path.exists(begun)
    os.makedirs(out, exist_ok=True)
    with open(begun, "a", encoding="utf-8") as file:
        file.write(" ".join(arguments) + "\n")
    code = int(os.environ.get("FAKE_FIRST_EXIT" if first else "FAKE_EXIT", os.environ.get("FAKE_EXIT", "0")))
    if code in (0, 3):
        with open(finished, "w", encoding="utf-8") as file:
            rejected = [{"source": "inbox/broken.html", "error": "empty"}] if code == 3 else []
            json.dump({"schema": 1, "rejected": rejected}, file)
    return code


if __name__ == "__main__":
    sys.exit(main())
