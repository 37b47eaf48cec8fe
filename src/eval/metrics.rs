//! Figures of a classification: confusion matrix, precision, recall, F1,
//! accuracy, Matthews correlation. A figure that does not exist (a division by
//! zero) is `None`, never 0. Formulas and sources: docs/evaluation.md.

use serde::Serialize;

/// One scored record of a classification task.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Index of the gold label.
    pub gold: usize,
    /// Index of the predicted label; `None` if there is no prediction and it counts as wrong.
    pub pred: Option<usize>,
    /// Probability of the predicted label.
    pub confidence: Option<f64>,
    /// Probability of every label, in label order.
    pub scores: Option<Vec<f64>>,
}

/// Counts by gold label (row) and predicted label (column); the last column
/// counts records without a prediction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    labels: usize,
    /// `counts[gold * (labels + 1) + predicted]`.
    counts: Vec<u64>,
}

impl Confusion {
    /// An empty matrix for so many labels.
    pub fn new(labels: usize) -> Self {
        Confusion {
            labels,
            counts: vec![0; labels * (labels + 1)],
        }
    }

    /// Counts rows.
    pub fn of(labels: usize, rows: &[Row]) -> Self {
        let mut c = Self::new(labels);
        for r in rows {
            c.add(r.gold, r.pred, 1);
        }
        c
    }

    /// Counts one cell `times` times.
    pub fn add(&mut self, gold: usize, pred: Option<usize>, times: u64) {
        let at = self.cell(gold, pred);
        self.counts[at] += times;
    }

    /// Where a cell stands in the flat counts.
    pub(crate) fn cell(&self, gold: usize, pred: Option<usize>) -> usize {
        gold * (self.labels + 1) + pred.unwrap_or(self.labels)
    }

    pub(crate) fn from_flat(labels: usize, counts: Vec<u64>) -> Self {
        debug_assert_eq!(counts.len(), labels * (labels + 1));
        Confusion { labels, counts }
    }

    /// How often `gold` was predicted as `pred`.
    pub fn get(&self, gold: usize, pred: Option<usize>) -> u64 {
        self.counts[self.cell(gold, pred)]
    }

    /// Number of records.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Number of records whose prediction is the gold label.
    pub fn correct(&self) -> u64 {
        (0..self.labels).map(|k| self.get(k, Some(k))).sum()
    }

    /// Number of records with this gold label.
    pub fn support(&self, label: usize) -> u64 {
        let w = self.labels + 1;
        self.counts[label * w..(label + 1) * w].iter().sum()
    }

    /// Number of records with this predicted label.
    pub fn predicted(&self, label: usize) -> u64 {
        (0..self.labels).map(|g| self.get(g, Some(label))).sum()
    }

    /// Number of records without a prediction.
    pub fn unanswered(&self) -> u64 {
        (0..self.labels).map(|g| self.get(g, None)).sum()
    }

    /// TP / (TP + FP); `None` if the label was never predicted.
    pub fn precision(&self, label: usize) -> Option<f64> {
        ratio(self.get(label, Some(label)), self.predicted(label))
    }

    /// TP / (TP + FN); `None` if no record has the label.
    pub fn recall(&self, label: usize) -> Option<f64> {
        ratio(self.get(label, Some(label)), self.support(label))
    }

    /// 2 TP / (2 TP + FP + FN); `None` if the label is neither in the gold nor predicted.
    pub fn f1(&self, label: usize) -> Option<f64> {
        ratio(
            2 * self.get(label, Some(label)),
            self.predicted(label) + self.support(label),
        )
    }

    /// Share of right records; `None` if there are none.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.correct(), self.total())
    }

    /// Mean precision over the labels for which it exists.
    pub fn macro_precision(&self) -> Option<f64> {
        mean((0..self.labels).map(|k| self.precision(k)))
    }

    /// Mean recall over the labels for which it exists.
    pub fn macro_recall(&self) -> Option<f64> {
        mean((0..self.labels).map(|k| self.recall(k)))
    }

    /// Mean F1 over the labels for which it exists: those in the gold or predicted.
    pub fn macro_f1(&self) -> Option<f64> {
        mean((0..self.labels).map(|k| self.f1(k)))
    }

    /// Matthews correlation for several classes (Gorodkin 2004, R_K); `None`
    /// where gold or predictions hold one class only.
    pub fn mcc(&self) -> Option<f64> {
        let s = self.total() as f64;
        let c = self.correct() as f64;
        let t: Vec<f64> = (0..self.labels).map(|k| self.support(k) as f64).collect();
        let mut p: Vec<f64> = (0..self.labels).map(|k| self.predicted(k) as f64).collect();
        let tp: f64 = t.iter().zip(&p).map(|(a, b)| a * b).sum();
        p.push(self.unanswered() as f64);
        let tt = s * s - t.iter().map(|x| x * x).sum::<f64>();
        let pp = s * s - p.iter().map(|x| x * x).sum::<f64>();
        (tt > 0.0 && pp > 0.0).then(|| (c * s - tp) / (tt.sqrt() * pp.sqrt()))
    }

    /// The matrix by rows; the last column is "no prediction".
    pub fn rows(&self) -> Vec<Vec<u64>> {
        self.counts
            .chunks(self.labels + 1)
            .map(<[u64]>::to_vec)
            .collect()
    }
}

/// Precision, recall and F1 from counts of spans, tokens or records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// In gold and prediction.
    pub tp: u64,
    /// Predicted only.
    pub fp: u64,
    /// In the gold only.
    pub fn_: u64,
}

impl Counts {
    /// Adds `other`, `times` times.
    pub fn add(&mut self, other: Counts, times: u64) {
        self.tp += other.tp * times;
        self.fp += other.fp * times;
        self.fn_ += other.fn_ * times;
    }

    /// TP / (TP + FP).
    pub fn precision(&self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fp)
    }

    /// TP / (TP + FN).
    pub fn recall(&self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fn_)
    }

    /// 2 TP / (2 TP + FP + FN).
    pub fn f1(&self) -> Option<f64> {
        ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn_)
    }
}

/// `a / b`, or nothing where `b` is 0.
pub fn ratio(a: u64, b: u64) -> Option<f64> {
    (b > 0).then(|| a as f64 / b as f64)
}

/// Mean of the values that exist; `None` if none does.
pub fn mean(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let (sum, n) = values
        .into_iter()
        .flatten()
        .fold((0.0, 0u64), |(s, n), v| (s + v, n + 1));
    (n > 0).then(|| sum / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(pairs: &[(usize, usize)]) -> Vec<Row> {
        pairs
            .iter()
            .map(|&(gold, pred)| Row {
                gold,
                pred: Some(pred),
                confidence: None,
                scores: None,
            })
            .collect()
    }

    #[test]
    fn what_does_not_exist_is_none() {
        let c = Confusion::of(3, &rows(&[(0, 0), (0, 0)]));
        assert_eq!(c.precision(1), None);
        assert_eq!(c.recall(1), None);
        assert_eq!(c.f1(1), None);
        assert_eq!(c.macro_f1(), Some(1.0));
        assert_eq!(c.mcc(), None);
        let empty = Confusion::of(3, &[]);
        assert_eq!(empty.accuracy(), None);
        assert_eq!(empty.macro_f1(), None);
        // In the gold but never found: recall and F1 are a real zero, precision does not exist.
        let c = Confusion::of(2, &rows(&[(0, 1), (1, 1)]));
        assert_eq!(
            (c.precision(0), c.recall(0), c.f1(0)),
            (None, Some(0.0), Some(0.0))
        );
    }

    #[test]
    fn no_prediction_counts_against_recall_only() {
        let mut r = rows(&[(0, 0), (0, 0), (1, 1)]);
        r[1].pred = None;
        let c = Confusion::of(2, &r);
        assert_eq!(c.recall(0), Some(0.5));
        assert_eq!(c.precision(0), Some(1.0));
        assert_eq!(c.accuracy(), Some(2.0 / 3.0));
        assert_eq!(c.rows(), [[1, 0, 1], [0, 1, 0]]);
    }

    proptest! {
        #[test]
        fn figures_are_in_range_and_order_does_not_matter(
            mut pairs in proptest::collection::vec((0usize..3, 0usize..3), 0..60)
        ) {
            let c = Confusion::of(3, &rows(&pairs));
            for v in [c.accuracy(), c.macro_f1(), c.macro_precision(), c.macro_recall()].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&v));
            }
            if let Some(m) = c.mcc() { prop_assert!((-1.0 - 1e-12..=1.0 + 1e-12).contains(&m)); }
            pairs.reverse();
            prop_assert_eq!(c, Confusion::of(3, &rows(&pairs)));
        }

        #[test]
        fn swapping_gold_and_prediction_swaps_precision_and_recall(
            pairs in proptest::collection::vec((0usize..3, 0usize..3), 1..60)
        ) {
            let c = Confusion::of(3, &rows(&pairs));
            let swapped: Vec<_> = pairs.iter().map(|&(a, b)| (b, a)).collect();
            let d = Confusion::of(3, &rows(&swapped));
            for k in 0..3 {
                prop_assert_eq!(c.precision(k), d.recall(k));
                prop_assert_eq!(c.f1(k), d.f1(k));
            }
        }
    }
}
