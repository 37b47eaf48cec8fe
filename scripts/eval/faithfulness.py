#!/usr/bin/env python3
"""Whether the words that `standoff classify --explain` names decide: the comprehensiveness of DeYoung et al. 2020 ("ERASER").

Every statement is classified again without its heaviest words, and once more with as many words taken out at
random. If the words named decided, the probability of the label falls further without them than without the others.

    scripts/eval/faithfulness.py eval/gold/statements.jsonl --count 200

Standard library only; `--standoff` names the program. Both labels are measured, side and stance.
"""

import argparse
import json
import random
import subprocess
import sys
import time

HEADS = ("side", "stance")


def classify(args, records, *flags):
    lines = "".join(json.dumps(r) + "\n" for r in records)
    command = [args.standoff, "classify", "--quiet", "--model", args.model, *flags]
    start = time.monotonic()
    out = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in out.splitlines()], time.monotonic() - start


def words(text):
    """Byte spans of the words of a text, as far as they hold a letter or digit."""
    at, out = 0, []
    for word in text.split(" "):
        end = at + len(word.encode())
        if any(c.isalnum() for c in word):
            out.append((at, end))
        at = end + 1
    return out


def without(text, spans):
    """The text without these byte spans."""
    data, out, at = text.encode(), b"", 0
    for start, end in sorted(spans):
        out += data[at:start]
        at = max(at, end)
    return " ".join((out + data[at:]).decode(errors="replace").split())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("statements", help="JSONL with `text`, and `date` if there is one")
    parser.add_argument("--count", type=int, default=200, help="statements, drawn at random")
    parser.add_argument("--top", type=int, nargs="+", default=[1, 3], help="so many of the heaviest words are taken out")
    parser.add_argument("--standoff", default="target/release/standoff")
    parser.add_argument("--model", default="standoff-2")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--at-least", type=float, metavar="N", help="fail if the fall is not N times that without other words")
    args = parser.parse_args()
    with open(args.statements, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rng = random.Random(args.seed)
    rows = [r for r in rows if len(words(r["text"])) >= 8]
    rows = rng.sample(rows, min(args.count, len(rows)))
    keep = ("text", "date")
    rows = [{"id": str(i), **{k: r[k] for k in keep if r.get(k)}} for i, r in enumerate(rows)]
    plain, _ = classify(args, rows)
    explained, seconds = classify(args, rows, "--explain")
    changed, about = [], []
    for row, before, record in zip(rows, plain, explained):
        for head in HEADS:
            named = [(w["span"][0], w["span"][1]) for w in record["explanation"][head] if w["weight"] > 0]
            for top in args.top:
                if len(named) < top:
                    continue
                at_random = rng.sample(words(row["text"]), top)
                for how, spans in (("named", named[:top]), ("random", at_random)):
                    text = without(row["text"], spans)
                    if text:
                        changed.append({**row, "text": text})
                        about.append((head, top, how, before[head]))
    drops = {}
    for (head, top, how, before), after in zip(about, classify(args, changed)[0]):
        label = before["label"]
        drop = before["scores"][label] - after[head]["scores"][label]
        drops.setdefault((head, top, how), []).append((drop, after[head]["label"] != label))
    print(f"{len(rows)} statements explained in {seconds:.1f} s ({args.model})")
    print(f"{'label':8}{'words out':>10}{'which':>8}{'cases':>7}{'mean fall':>11}{'label changed':>15}")
    falls = {}
    for (head, top, how), values in sorted(drops.items()):
        fall, flips = (sum(v[i] for v in values) / len(values) for i in (0, 1))
        falls.setdefault((head, top), {})[how] = fall
        print(f"{head:8}{top:>10}{how:>8}{len(values):>7}{fall:>11.3f}{flips:>15.3f}")
    if args.at_least is None:
        return 0
    weak = [f"{head}, {top} words" for (head, top), f in falls.items() if f["named"] <= args.at_least * max(f["random"], 0.0)]
    if weak or not falls:
        print("not faithful enough: " + ("; ".join(weak) or "nothing was explained"), file=sys.stderr)
    return int(bool(weak or not falls))


if __name__ == "__main__":
    sys.exit(main())
