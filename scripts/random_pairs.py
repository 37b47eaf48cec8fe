#!/usr/bin/env python3
"""Pairs put together at random, as `unrelated`, for `standoff train --task relation`.

Labelled pairs are nearly all near each other in topic. A model that has seen no others takes an emphatic wording for a
clash, whatever the other statement is about. This puts the first statement of one pair beside the second of
another; three in five of the first statements come from an opposed pair, if there is any.

    scripts/random_pairs.py PAIRS.jsonl… --count 3000 --hold-out 0.1 > random.jsonl

Development only; nothing that is shipped needs it.
"""

import argparse
import hashlib
import json
import random
import re
import sys

#: Statements that share so many long words may well be about one thing.
SHARED, LONG = 3, 7
OPPOSED_SHARE = 0.6


def held_out(pair, share, seed):
    """Whether `standoff train --hold-out SHARE --seed SEED` holds this pair out."""
    group = pair.get("doc") or pair.get("group") or pair.get("date")
    digest = hashlib.sha256(f"{seed}/{group}".encode()).digest()
    return bool(group) and int.from_bytes(digest[:4], "big") / 0xFFFFFFFF < share


def long_words(text):
    return {w for w in re.findall(r"\w+", text.lower()) if len(w) >= LONG}


def related(a, b):
    return len(long_words(a) & long_words(b)) >= SHARED


def mixed(pairs, count, rng):
    """At most `count` unrelated pairs; fewer if the statements are too much alike."""
    opposed = [p for p in pairs if p["relation"] == "opposed"]
    out, seen = [], set()
    for _ in range(20 * count):
        if len(out) == count:
            break
        source = opposed if opposed and rng.random() < OPPOSED_SHARE else pairs
        first, second = rng.choice(source), rng.choice(pairs)
        a, b = first["a"], second["b"]
        if first is second or (a, b) in seen or related(a, b) or related(a, second["a"]) or related(first["b"], b):
            continue
        seen.add((a, b))
        out.append({"id": f"random-{len(out) + 1:05}", "a": a, "b": b, "relation": "unrelated"})
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", help="labelled pairs (JSONL: a, b, relation)")
    parser.add_argument("--hold-out", type=float, default=0.0, help="leave out what `standoff train` holds out with this share and the same seed")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=17)
    args = parser.parse_args()
    pairs = []
    for path in args.pairs:
        with open(path, encoding="utf-8") as lines:
            pairs += [json.loads(line) for line in lines if line.strip()]
    pairs = [p for p in pairs if not held_out(p, args.hold_out, args.seed)]
    found = mixed(pairs, args.count, random.Random(args.seed))
    for pair in found:
        print(json.dumps(pair, ensure_ascii=False))
    if len(found) < args.count:
        print(f"only {len(found)} of {args.count} pairs: the statements are too much alike", file=sys.stderr)


if __name__ == "__main__":
    main()
