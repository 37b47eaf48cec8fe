//! Compares two models or runs on the same gold: paired bootstrap (Koehn 2004;
//! Berg-Kirkpatrick et al. 2012), McNemar's test, and the records that changed.

use serde::Serialize;

use super::bootstrap::{Bootstrap, Figure, Groups};
use super::classification::Task;
use super::metrics::{Confusion, Row};
use super::significance::{bootstrap_p, mcnemar, McNemar};

/// What became of a record between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Right here, wrong in the other.
    Gained,
    /// Wrong here, right in the other.
    Lost,
    /// Wrong in both, in different ways.
    BothWrong,
}

/// A record on which the two differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    pub change: Change,
    pub id: String,
    pub text: String,
    pub gold: String,
    /// Label and confidence here.
    pub this: Option<String>,
    pub this_confidence: Option<f64>,
    /// Label and confidence in the other.
    pub other: Option<String>,
    pub other_confidence: Option<f64>,
}

/// A figure of both, and the difference (this minus other).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub this: Option<f64>,
    pub other: Option<f64>,
    pub difference: Figure,
    /// Two-sided p of the paired bootstrap.
    pub p: Option<f64>,
}

/// The comparison on one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskComparison {
    pub task: String,
    /// Records that both predict.
    pub n: u64,
    pub accuracy: Difference,
    pub macro_f1: Difference,
    pub mcnemar: McNemar,
    /// Gained first, then lost, then both wrong; within each the surest first.
    pub changed: Vec<Changed>,
}

/// The comparison with another model or run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The other model or file.
    pub other: String,
    pub tasks: Vec<TaskComparison>,
}

/// A record for [`compare`]: both rows (same gold), its id and text.
pub struct Both {
    pub this: Row,
    pub other: Row,
    pub id: String,
    pub text: String,
}

/// Compares on the records that both predict.
pub fn compare(
    task: &str,
    labels: &[String],
    records: &[Both],
    groups: &Groups,
    bootstrap: Bootstrap,
) -> TaskComparison {
    let figures = |w: &[u32], other: bool| {
        let mut c = Confusion::new(labels.len());
        for (r, &w) in records.iter().zip(w) {
            let row = if other { &r.other } else { &r.this };
            c.add(row.gold, row.pred, u64::from(w));
        }
        [c.accuracy(), c.macro_f1()]
    };
    let ones = vec![1; records.len()];
    let (this, other) = (figures(&ones, false), figures(&ones, true));
    let minus = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
    let samples = bootstrap.run(groups, |w| {
        let (a, b) = (figures(w, false), figures(w, true));
        [minus(a[0], b[0]), minus(a[1], b[1])]
    });
    let difference = |i: usize| {
        let resampled: Vec<Option<f64>> = samples.iter().map(|s| s[i]).collect();
        Difference {
            this: this[i],
            other: other[i],
            p: bootstrap_p(&resampled),
            difference: Figure::new(minus(this[i], other[i]), resampled),
        }
    };
    let right = |r: &Row| r.pred == Some(r.gold);
    let only = |x: bool| {
        records
            .iter()
            .filter(|r| right(&r.this) == x && right(&r.other) != x)
            .count() as u64
    };
    let mut changed: Vec<Changed> = records
        .iter()
        .filter(|r| r.this.pred != r.other.pred)
        .map(|r| Changed {
            change: match (right(&r.this), right(&r.other)) {
                (true, _) => Change::Gained,
                (_, true) => Change::Lost,
                _ => Change::BothWrong,
            },
            id: r.id.clone(),
            text: r.text.clone(),
            gold: labels[r.this.gold].clone(),
            this: r.this.pred.map(|p| labels[p].clone()),
            this_confidence: r.this.confidence,
            other: r.other.pred.map(|p| labels[p].clone()),
            other_confidence: r.other.confidence,
        })
        .collect();
    changed.sort_by(|a, b| {
        let sure = |c: &Changed| c.this_confidence.unwrap_or(-1.0);
        a.change
            .cmp(&b.change)
            .then_with(|| sure(b).total_cmp(&sure(a)))
    });
    TaskComparison {
        task: task.into(),
        n: records.len() as u64,
        accuracy: difference(0),
        macro_f1: difference(1),
        mcnemar: mcnemar(only(true), only(false)),
        changed,
    }
}

/// Pairs two tasks' rows. `at`: the gold position of every row; `describe`: id and text of a gold position.
pub fn paired(
    this: (&Task, &[usize]),
    other: (&Task, &[usize]),
    describe: impl Fn(usize) -> (String, String),
) -> (Vec<Both>, Vec<usize>) {
    let by_gold: std::collections::HashMap<usize, &Row> =
        other.1.iter().copied().zip(&other.0.rows).collect();
    let mut both = Vec::new();
    let mut kept = Vec::new();
    for (i, (&at, row)) in this.1.iter().zip(&this.0.rows).enumerate() {
        if let Some(o) = by_gold.get(&at) {
            let (id, text) = describe(at);
            both.push(Both {
                this: row.clone(),
                other: (*o).clone(),
                id,
                text,
            });
            kept.push(i);
        }
    }
    (both, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(gold: usize, this: usize, other: usize) -> Both {
        let row = |pred| Row {
            gold,
            pred: Some(pred),
            confidence: Some(0.5),
            scores: None,
        };
        Both {
            this: row(this),
            other: row(other),
            id: "i".into(),
            text: "t".into(),
        }
    }

    #[test]
    fn changes_go_in_both_directions() {
        let records = [both(0, 0, 1), both(0, 1, 0), both(0, 0, 0), both(1, 0, 2)];
        let labels: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        let c = compare(
            "side",
            &labels,
            &records,
            &Groups::single(4),
            Bootstrap::default(),
        );
        let changes: Vec<Change> = c.changed.iter().map(|c| c.change).collect();
        assert_eq!(changes, [Change::Gained, Change::Lost, Change::BothWrong]);
        assert_eq!((c.mcnemar.only_first, c.mcnemar.only_second), (1, 1));
        assert_eq!(c.accuracy.difference.value, Some(0.0));
        assert_eq!(c.accuracy.p, Some(1.0));
    }

    #[test]
    fn a_clear_gain_is_significant() {
        let records: Vec<Both> = (0..60)
            .map(|i| both(i % 2, i % 2, if i < 25 { 1 - i % 2 } else { i % 2 }))
            .collect();
        let labels: Vec<String> = ["a", "b"].map(String::from).to_vec();
        let c = compare(
            "side",
            &labels,
            &records,
            &Groups::single(60),
            Bootstrap::default(),
        );
        assert!(c.accuracy.difference.low.unwrap() > 0.2);
        assert!(c.macro_f1.p.unwrap() < 0.01);
        assert!(c.mcnemar.p_exact.unwrap() < 1e-6);
    }
}
