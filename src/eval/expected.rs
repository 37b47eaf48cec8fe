//! Holds the figures to those that scikit-learn, SciPy and NumPy compute
//! (tests/fixtures/eval/expected.json, made by scripts/eval/expected.py).

use serde_json::Value;

use super::agreement::agreement;
use super::bootstrap::{percentile_interval, Bootstrap, Groups};
use super::classification::Task;
use super::metrics::{Counts, Row};
use super::pairs::ranking;
use super::significance::mcnemar;

const EXPECTED: &str = include_str!("../../tests/fixtures/eval/expected.json");
const NONE: Bootstrap = Bootstrap {
    samples: 0,
    seed: 0,
};

fn expected(part: &str) -> Value {
    let all: Value = serde_json::from_str(EXPECTED).unwrap();
    all[part].clone()
}

fn list(v: &Value) -> &Vec<Value> {
    v.as_array().unwrap()
}

fn indices(v: &Value) -> Vec<usize> {
    list(v)
        .iter()
        .map(|x| x.as_u64().unwrap() as usize)
        .collect()
}

fn numbers(v: &Value) -> Vec<f64> {
    list(v).iter().map(|x| x.as_f64().unwrap()).collect()
}

#[track_caller]
fn same(what: &str, ours: Option<f64>, theirs: &Value) {
    match (ours, theirs.as_f64()) {
        (Some(a), Some(b)) => assert!((a - b).abs() < 1e-9, "{what}: {a} and {b}"),
        (a, b) => assert_eq!(a, b, "{what}"),
    }
}

#[test]
fn classification_equals_scikit_learn() {
    for case in list(&expected("classification")) {
        let gold = indices(&case["gold"]);
        let pred = indices(&case["pred"]);
        let scores: Vec<Vec<f64>> = list(&case["scores"]).iter().map(numbers).collect();
        let labels = case["labels"].as_u64().unwrap() as usize;
        let task = Task {
            labels: (0..labels).map(|k| k.to_string()).collect(),
            groups: Groups::single(gold.len()),
            rows: gold
                .iter()
                .zip(&pred)
                .zip(scores)
                .map(|((&gold, &pred), scores)| Row {
                    gold,
                    pred: Some(pred),
                    confidence: Some(scores[pred]),
                    scores: Some(scores),
                })
                .collect(),
        };
        let r = task.report(NONE);
        for (name, figure) in [
            ("accuracy", r.accuracy),
            ("macro_precision", r.macro_precision),
            ("macro_recall", r.macro_recall),
            ("macro_f1", r.macro_f1),
            ("mcc", r.mcc),
        ] {
            same(name, figure.value, &case[name]);
        }
        for (k, c) in r.classes.iter().enumerate() {
            same("precision", c.precision.value, &case["precision"][k]);
            same("recall", c.recall.value, &case["recall"][k]);
            same("f1", c.f1.value, &case["f1"][k]);
            assert_eq!(c.support, case["support"][k].as_u64().unwrap());
            for j in 0..labels {
                assert_eq!(r.confusion[k][j], case["confusion"][k][j].as_u64().unwrap());
            }
        }
        let calibration = r.calibration.unwrap();
        same("ece", calibration.ece.value, &case["ece"]);
        same("brier", calibration.brier.value, &case["brier"]);
    }
}

#[test]
fn agreement_equals_scikit_learn_and_the_coincidence_matrix() {
    for case in list(&expected("agreement")) {
        let pairs: Vec<(usize, usize)> = indices(&case["a"])
            .into_iter()
            .zip(indices(&case["b"]))
            .collect();
        let labels: Vec<String> = (0..case["labels"].as_u64().unwrap())
            .map(|k| k.to_string())
            .collect();
        let r = agreement(&labels, &pairs, &Groups::single(pairs.len()), NONE);
        same("kappa", r.kappa.value, &case["kappa"]);
        same("alpha", r.alpha.value, &case["alpha"]);
        for (k, l) in r.per_label.iter().enumerate() {
            same("one_kappa", l.kappa.value, &case["one_kappa"][k]);
            same("one_alpha", l.alpha.value, &case["one_alpha"][k]);
        }
    }
}

#[test]
fn rankings_equal_scikit_learn() {
    for case in list(&expected("ranking")) {
        let positive = list(&case["positive"]).iter().map(|v| v.as_bool().unwrap());
        let r = ranking(positive, &numbers(&case["score"]));
        same("ap", r.average_precision(None), &case["average_precision"]);
        same("base rate", r.base_rate(), &case["base_rate"]);
        for (k, p) in case["precision_at"].as_object().into_iter().flatten() {
            same(
                "precision at k",
                r.precision_at(k.parse().unwrap(), None),
                p,
            );
        }
    }
}

#[test]
fn mcnemar_equals_scipy() {
    for case in list(&expected("mcnemar")) {
        let n = |k: &str| case[k].as_u64().unwrap();
        let r = mcnemar(n("only_first"), n("only_second"));
        same("p_exact", r.p_exact, &case["p_exact"]);
        same("chi2", r.chi2, &case["chi2"]);
        same("p_chi2", r.p_chi2, &case["p_chi2"]);
    }
}

#[test]
fn token_figures_equal_scikit_learn() {
    let case = expected("tokens");
    let mut c = Counts::default();
    for (g, p) in list(&case["gold"]).iter().zip(list(&case["pred"])) {
        let (g, p) = (g.as_bool().unwrap(), p.as_bool().unwrap());
        c.tp += u64::from(g && p);
        c.fp += u64::from(!g && p);
        c.fn_ += u64::from(g && !p);
    }
    same("precision", c.precision(), &case["precision"]);
    same("recall", c.recall(), &case["recall"]);
    same("f1", c.f1(), &case["f1"]);
}

#[test]
fn percentiles_equal_numpy() {
    let case = expected("percentiles");
    let values = numbers(&case["values"]).into_iter().map(Some).collect();
    let (low, high) = percentile_interval(values).unwrap();
    same("low", Some(low), &case["low"]);
    same("high", Some(high), &case["high"]);
}
