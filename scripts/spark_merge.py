"""Merges what `standoff analyze` found in overlapping time windows into one result.

Used by spark_analyze.py; needs SciPy, not Spark. The windows are those of src/contrast/window.rs. What may differ from
one run over everything is listed in docs/spark.md.
"""

from __future__ import annotations

import datetime
import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

# As in src/contrast: what a score must reach, further answers to a claim, keywords and neighbours of an issue.
MIN_SCORE = 0.15
MAX_FURTHER = 3
MAX_KEYWORDS = 6
MAX_NEIGHBOURS = 20
# As in src/cli/analyze.rs: statements in pairs that are explained.
MAX_EXPLAINED = 200

EPOCH = datetime.date(1970, 1, 1).toordinal()


# --- windows ---------------------------------------------------------------


def day(date: Optional[str]) -> Optional[int]:
    """Days since 1970-01-01 of a date YYYY-MM-DD."""
    return None if date is None else datetime.date.fromisoformat(date).toordinal() - EPOCH


def bucket(day: int, days: int) -> int:
    """Bucket of a day; window `w` holds the buckets `w` and `w + 1` and everything without a date."""
    return day // max(days, 1)


def home(a: Optional[int], b: Optional[int], days: int) -> Optional[int]:
    """The window that a pair with these days belongs to; None if neither has one."""
    buckets = [bucket(d, days) for d in (a, b) if d is not None]
    return min(buckets) if buckets else None


# --- what a window gives ---------------------------------------------------


@dataclass
class Fact:
    """What merging needs to know of a statement."""

    date: Optional[str]
    #: 0 or 1 for the blocs, None for anyone else.
    bloc: Optional[int]
    #: Whether the side is too doubtful to take part.
    unsure: bool
    #: By which claims without an answer are ordered.
    strength: float
    #: The words that decided, if the window explains them.
    explanation: Optional[dict[str, Any]] = None

    @classmethod
    def of(cls, statement: dict[str, Any], blocs: list[str], least: float) -> Fact:
        label = statement["side"]["label"]
        bloc = blocs.index(label) if label in blocs else None
        neutral = statement["stance"]["scores"]["neutral"]
        return cls(
            date=statement.get("date"),
            bloc=bloc,
            unsure=statement["side"]["confidence"] < least,
            strength=statement["side"]["scores"][label] * (1 - neutral),
            explanation=statement.get("explanation"),
        )


@dataclass
class Window:
    """The result of one window: lists as in analysis.json, and facts of every statement named in them."""

    number: int
    pairs: list[dict[str, Any]]
    issues: list[dict[str, Any]]
    unanswered: list[list[str]]
    copies: list[dict[str, Any]]
    facts: dict[str, Fact] = field(default_factory=dict)

    @classmethod
    def of(cls, number: int, analysis: dict[str, Any]) -> Window:
        """From a window's analysis.json."""
        window = cls(number, analysis["pairs"], analysis["issues"], analysis["unanswered"], analysis["copies"])
        blocs = [bloc["id"] for bloc in analysis["blocs"]]
        named = window.named()
        least = analysis["setup"]["min_confidence"]
        window.facts = {s["id"]: Fact.of(s, blocs, least) for s in analysis["statements"] if s["id"] in named}
        return window

    def named(self) -> set[str]:
        """Ids of all statements that the lists name."""
        ids = {pair[end] for pair in self.pairs for end in "ab"}
        ids.update(i for issue in self.issues for i in (issue["central"], *issue["neighbours"]))
        ids.update(i for side in self.unanswered for i in side)
        ids.update(i for group in self.copies for i in (group["statement"], *group["copies"]))
        return ids


@dataclass
class Merged:
    pairs: list[dict[str, Any]]
    issues: list[dict[str, Any]]
    unanswered: list[list[str]]
    copies: list[dict[str, Any]]
    #: The words that decided, by statement, for the best pairs.
    explanations: dict[str, dict[str, Any]]


def merge(windows: Iterable[Window], days: int, certain: tuple[bool, bool] = (True, True)) -> Merged:
    """One result from the windows'. `certain`: whether the bloc has statements anywhere whose side is sure;
    then the others take no part, though a window without others let them in."""
    windows = sorted(windows, key=lambda w: w.number)
    facts: dict[str, Fact] = {}
    for window in windows:
        for i, fact in window.facts.items():
            if i not in facts or fact.explanation is not None:
                facts[i] = fact
    copies = _merge_copies(windows, facts)
    out = {copy for group in copies for copy in group["copies"]}
    out.update(i for i, fact in facts.items() if fact.unsure and fact.bloc is not None and certain[fact.bloc])

    pairs = _best_versions(windows, facts, days)
    pairs = {i: p for i, p in pairs.items() if p["a"] not in out and p["b"] not in out}
    _match(pairs)
    issues = _merge_issues(windows, pairs, facts)
    paired = {pair[end] for pair in pairs.values() for end in "ab"}
    unanswered = []
    for side in (0, 1):
        ids = {i for window in windows for i in window.unanswered[side]} - paired - out
        unanswered.append(sorted(ids, key=lambda i: (-facts[i].strength, i)))
    ranked = sorted(pairs.values(), key=_rank)
    return Merged(ranked, issues, unanswered, copies, _explanations(ranked, facts))


def _explanations(ranked: list[dict[str, Any]], facts: dict[str, Fact]) -> dict[str, dict[str, Any]]:
    """Those of the statements in the best pairs, as many as a run on one machine explains."""
    ids = list(dict.fromkeys(pair[end] for pair in ranked for end in "ab"))[:MAX_EXPLAINED]
    return {i: explanation for i in ids if (explanation := facts[i].explanation) is not None}


def _rank(pair: dict[str, Any]) -> tuple[float, str]:
    return (-pair["score"], pair["id"])


# --- copies ----------------------------------------------------------------


class _Sets:
    """Disjoint sets."""

    def __init__(self) -> None:
        self.parent: dict[Any, Any] = {}

    def find(self, x: Any) -> Any:
        self.parent.setdefault(x, x)
        while self.parent[x] != x:
            self.parent[x] = self.parent[self.parent[x]]
            x = self.parent[x]
        return x

    def join(self, x: Any, y: Any) -> None:
        self.parent[self.find(y)] = self.find(x)

    def groups(self) -> list[list[Any]]:
        groups = defaultdict(list)
        for x in self.parent:
            groups[self.find(x)].append(x)
        return list(groups.values())


def _merge_copies(windows: list[Window], facts: dict[str, Fact]) -> list[dict[str, Any]]:
    """Groups that share a statement become one; the first by date, then by id, stands for all."""

    def order(i: str) -> tuple[bool, str, str]:
        date = facts[i].date
        return (date is None, date or "", i)

    sets = _Sets()
    for window in windows:
        for group in window.copies:
            for copy in group["copies"]:
                sets.join(group["statement"], copy)
    groups = sorted((sorted(group, key=order) for group in sets.groups()), key=lambda g: order(g[0]))
    return [{"statement": group[0], "copies": group[1:]} for group in groups]


# --- pairs -----------------------------------------------------------------


def _best_versions(windows: list[Window], facts: dict[str, Fact], days: int) -> dict[str, dict[str, Any]]:
    """Every pair once: as the window it belongs to gives it, else as the first that has it. Its issue is
    named by window and id."""
    chosen: dict[str, dict[str, Any]] = {}
    for window in windows:
        for pair in window.pairs:
            at = home(day(facts[pair["a"]].date), day(facts[pair["b"]].date), days)
            if pair["id"] not in chosen or at == window.number:
                chosen[pair["id"]] = {**pair, "issue": (window.number, pair["issue"])}
    return chosen


def _match(pairs: dict[str, dict[str, Any]]) -> None:
    """Where windows disagree, finds the best one-to-one matching and the further answers anew; drops the rest."""
    sets = _Sets()
    for pair in pairs.values():
        sets.join(("a", pair["a"]), ("b", pair["b"]))
    parts = defaultdict(list)
    for pair in pairs.values():
        parts[sets.find(("a", pair["a"]))].append(pair)
    for part in parts.values():
        if _consistent(part):
            continue
        part.sort(key=lambda p: (p["a"], p["b"]))
        matched = _best_matching(part)
        further = _further([p for p in part if p["id"] not in matched])
        for pair in part:
            pair["primary"] = pair["id"] in matched
            if not pair["primary"] and pair["id"] not in further:
                del pairs[pair["id"]]


def _consistent(part: list[dict[str, Any]]) -> bool:
    """Whether the pairs look like the outcome of one matching."""
    for end in "ab":
        primary: dict[str, int] = defaultdict(int)
        further: dict[str, int] = defaultdict(int)
        for pair in part:
            (primary if pair["primary"] else further)[pair[end]] += 1
        if any(n > 1 for n in primary.values()) or any(n > MAX_FURTHER for n in further.values()):
            return False
    return True


def _weight(pair: dict[str, Any]) -> int:
    """What the score has over the least shown, so that a strong pair is not given up for two weak ones."""
    return max(round((pair["score"] - MIN_SCORE) * 1e6), 0) + 1


def _best_matching(part: list[dict[str, Any]]) -> set[str]:
    """Ids of the pairs in the one-to-one matching with the greatest sum of weights."""
    left = {a: i for i, a in enumerate(sorted({p["a"] for p in part}))}
    right = {b: i for i, b in enumerate(sorted({p["b"] for p in part}))}
    rows = [left[p["a"]] for p in part]
    columns = [right[p["b"]] for p in part]
    # Every left vertex may also stay alone: a place of its own, worth 1 less than the least pair. (SciPy takes an
    # explicit 0 for no edge, hence the constant 1.)
    weights = [_weight(p) + 1 for p in part]
    rows += left.values()
    columns += [len(right) + i for i in left.values()]
    weights += [1] * len(left)
    graph = csr_matrix(
        (numpy.array(weights, dtype=float), (rows, columns)), shape=(len(left), len(right) + len(left))
    )
    matched = set(zip(*min_weight_full_bipartite_matching(graph, maximize=True)))
    return {p["id"] for p in part if (left[p["a"]], right[p["b"]]) in matched}


def _further(rest: list[dict[str, Any]]) -> set[str]:
    """Ids of further answers: best first, as long as neither statement has enough."""
    taken: dict[tuple[str, str], int] = defaultdict(int)
    chosen = set()
    for pair in sorted(rest, key=lambda p: (-_weight(p), p["a"], p["b"])):
        ends = [("a", pair["a"]), ("b", pair["b"])]
        if all(taken[end] < MAX_FURTHER for end in ends):
            chosen.add(pair["id"])
            for end in ends:
                taken[end] += 1
    return chosen


# --- issues ----------------------------------------------------------------


def _merge_issues(
    windows: list[Window], pairs: dict[str, dict[str, Any]], facts: dict[str, Fact]
) -> list[dict[str, Any]]:
    """Issues of neighbouring windows become one if they share a statement of a primary pair."""
    parts: dict[tuple[int, str], dict[str, Any]] = {}
    sets = _Sets()
    seen: dict[str, tuple[int, str]] = {}
    for window in windows:
        for issue in window.issues:
            parts[window.number, issue["id"]] = issue
            sets.find((window.number, issue["id"]))
        for pair in window.pairs:
            key = (window.number, pair["issue"])
            if pair["primary"]:
                for end in "ab":
                    sets.join(seen.setdefault(pair[end], key), key)
    members: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for pair in pairs.values():
        members[sets.find(pair["issue"])].append(pair)

    paired = {pair[end] for pair in pairs.values() for end in "ab"}
    made_of: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for key, issue in parts.items():
        made_of[sets.find(key)].append(issue)
    issues = []
    for root, own in members.items():
        own.sort(key=_rank)
        sources = sorted(made_of[root], key=lambda issue: (-issue["weight"], issue["id"]))
        issues.append(_issue(own, sources, facts, paired))
    issues.sort(key=lambda issue: (-issue["weight"], issue["id"]))
    _neighbours_once(issues)
    for issue in issues:
        for i in issue["pairs"]:
            pairs[i]["issue"] = issue["id"]
    return issues


def _issue(
    own: list[dict[str, Any]], sources: list[dict[str, Any]], facts: dict[str, Fact], paired: set[str]
) -> dict[str, Any]:
    """One issue from its pairs, best first, and the windows' issues it was made of, heaviest first."""
    statements = {pair[end] for pair in own for end in "ab"}
    # The heaviest whose central statement is still in a pair lends its headline.
    head = next((issue for issue in sources if issue["central"] in statements), sources[0])
    dates = sorted(date for date in (facts[i].date for i in statements) if date is not None)
    keywords: dict[str, None] = {}
    for rank in range(MAX_KEYWORDS):
        keywords.update((issue["keywords"][rank], None) for issue in sources if rank < len(issue["keywords"]))
    neighbours: dict[str, None] = {}
    for issue in sources:
        neighbours.update((i, None) for i in issue["neighbours"] if i not in paired)
    return {
        "id": hashlib.sha256(head["central"].encode()).hexdigest()[:12],
        "headline": head["headline"],
        "central": head["central"],
        "keywords": list(keywords)[:MAX_KEYWORDS],
        "weight": _rounded(sum(pair["score"] for pair in own)),
        "from": dates[0] if dates else None,
        "to": dates[-1] if dates else None,
        "pairs": [pair["id"] for pair in own],
        "neighbours": list(neighbours),
    }


def _neighbours_once(issues: list[dict[str, Any]]) -> None:
    """A statement is a neighbour of one issue only: the heaviest."""
    seen: set[str] = set()
    for issue in issues:
        issue["neighbours"] = [i for i in issue["neighbours"] if i not in seen][:MAX_NEIGHBOURS]
        seen.update(issue["neighbours"])


def _rounded(x: float) -> float:
    """Four decimals, as standoff writes numbers."""
    return math.floor(x * 1e4 + 0.5) / 1e4
