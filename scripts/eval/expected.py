#!/usr/bin/env python3
"""Makes tests/fixtures/eval/expected.json: figures that scikit-learn, SciPy and
plain NumPy compute on fixed random data. `cargo test` holds Standoff's own
figures to them, equal to 1e-9.

    pip install scikit-learn==1.9.1 scipy numpy
    python scripts/eval/expected.py
"""

import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest, chi2
from sklearn import metrics as m

OUT = pathlib.Path(__file__).parents[2] / "tests/fixtures/eval/expected.json"
BINS = 10


def ece(confidence, correct):
    """Expected calibration error; bins are closed above, edges i / BINS."""
    edges = np.array([(i + 1) / BINS for i in range(BINS - 1)])
    which = np.searchsorted(edges, confidence, side="left")
    total = 0.0
    for b in range(BINS):
        inside = which == b
        if inside.any():
            gap = abs(correct[inside].mean() - confidence[inside].mean())
            total += inside.mean() * gap
    return total


def krippendorff(a, b, labels):
    """Nominal alpha by the coincidence matrix (Krippendorff 2011), two coders, none missing."""
    k = len(labels)
    o = np.zeros((k, k))
    for x, y in zip(a, b):
        o[x, y] += 1
        o[y, x] += 1
    n_c = o.sum(axis=1)
    n = n_c.sum()
    observed = o.sum() - np.trace(o)
    expected = (np.outer(n_c, n_c).sum() - (n_c**2).sum()) / (n - 1)
    return 1 - observed / expected


def undefined_is_null(values):
    return [None if np.isnan(v) else float(v) for v in values]


def classification(rng, n, k, skill, only=None):
    gold = rng.integers(0, k, n)
    if only is not None:
        gold = rng.choice(only, n)
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), gold] += skill
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    pred = scores.argmax(axis=1)
    confidence = scores.max(axis=1)
    labels = list(range(k))
    p, r, f, support = m.precision_recall_fscore_support(
        gold, pred, labels=labels, zero_division=np.nan
    )
    # F1 exists wherever the label is in gold or prediction: 2TP/(2TP+FP+FN).
    seen = [c in set(gold) | set(pred) for c in labels]
    f = np.where(seen, np.nan_to_num(f), np.nan)
    one_class = len(set(gold)) == 1 or len(set(pred)) == 1
    return {
        "gold": gold.tolist(),
        "pred": pred.tolist(),
        "scores": scores.tolist(),
        "labels": k,
        "accuracy": m.accuracy_score(gold, pred),
        "precision": undefined_is_null(p),
        "recall": undefined_is_null(r),
        "f1": undefined_is_null(f),
        "support": support.tolist(),
        "macro_precision": float(np.nanmean(p)),
        "macro_recall": float(np.nanmean(r)),
        "macro_f1": m.f1_score(gold, pred, average="macro"),
        "mcc": None if one_class else m.matthews_corrcoef(gold, pred),
        "confusion": m.confusion_matrix(gold, pred, labels=labels).tolist(),
        "ece": ece(confidence, gold == pred),
        "brier": m.brier_score_loss(gold, scores, labels=labels, scale_by_half=False),
    }


def agreement(rng, n, k, same):
    a = rng.integers(0, k, n)
    b = np.where(rng.random(n) < same, a, rng.integers(0, k, n))
    labels = list(range(k))
    return {
        "a": a.tolist(),
        "b": b.tolist(),
        "labels": k,
        "kappa": m.cohen_kappa_score(a, b, labels=labels),
        "alpha": krippendorff(a, b, labels),
        "one_kappa": [m.cohen_kappa_score(a == c, b == c) for c in labels],
        "one_alpha": [krippendorff(1 * (a == c), 1 * (b == c), [0, 1]) for c in labels],
    }


def ranking(rng, n, rate, ties):
    positive = rng.random(n) < rate
    score = rng.normal(size=n) + positive
    if ties:
        score = np.round(score)
    return {
        "positive": positive.tolist(),
        "score": score.tolist(),
        "average_precision": m.average_precision_score(positive, score),
        "base_rate": float(positive.mean()),
        # Without ties, precision at k is that of the first k.
        "precision_at": None
        if ties
        else {
            str(k): float(positive[np.argsort(-score)[:k]].mean()) for k in (1, 5, 10, 20)
        },
    }


def mcnemar(only_first, only_second):
    n = only_first + only_second
    statistic = max(abs(only_first - only_second) - 1, 0) ** 2 / n
    return {
        "only_first": only_first,
        "only_second": only_second,
        "p_exact": binomtest(only_first, n, 0.5).pvalue,
        "chi2": statistic,
        "p_chi2": chi2.sf(statistic, 1),
    }


def tokens(rng, n):
    """Token labelling scored as a binary task: in the span or not."""
    gold = rng.random(n) < 0.3
    pred = np.where(rng.random(n) < 0.8, gold, ~gold)
    p, r, f, _ = m.precision_recall_fscore_support(gold, pred, average="binary")
    return {"gold": gold.tolist(), "pred": pred.tolist(), "precision": p, "recall": r, "f1": f}


def percentiles(rng, n):
    values = rng.normal(size=n)
    return {
        "values": values.tolist(),
        "low": float(np.percentile(values, 2.5)),
        "high": float(np.percentile(values, 97.5)),
    }


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(20240224)
    data = {
        "made_with": {
            "script": "scripts/eval/expected.py",
            "scikit-learn": sklearn.__version__,
            "scipy": scipy.__version__,
            "numpy": np.__version__,
        },
        "classification": [
            classification(rng, 200, 3, 1.5),
            classification(rng, 60, 3, 0.3),
            classification(rng, 40, 2, 1.0),
            classification(rng, 50, 4, 2.0, only=[0, 2]),
            classification(rng, 30, 3, 1.0, only=[1]),
        ],
        "agreement": [agreement(rng, 120, 3, 0.7), agreement(rng, 25, 2, 0.2)],
        "ranking": [
            ranking(rng, 100, 0.15, False),
            ranking(rng, 100, 0.4, True),
            ranking(rng, 30, 0.5, False),
        ],
        "mcnemar": [mcnemar(*x) for x in [(10, 25), (3, 0), (7, 7), (140, 101), (1200, 1350)]],
        "tokens": tokens(rng, 300),
        "percentiles": percentiles(rng, 1000),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(data) + "\n")
    print(OUT, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
