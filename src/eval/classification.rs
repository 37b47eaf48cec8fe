//! The report of one classification task (side, stance or relation): every
//! figure with its bootstrap interval, calibration and coverage.

use serde::Serialize;

use super::bootstrap::{Bootstrap, Figure, Groups};
use super::calibration::{self, bin_of, Bin, BinSums, CoveragePoint, Floor};
use super::metrics::{Confusion, Row};

/// A task's rows, with the labels and the units that the bootstrap draws.
#[derive(Debug, Clone)]
pub struct Task {
    /// Label names in label order.
    pub labels: Vec<String>,
    pub rows: Vec<Row>,
    pub groups: Groups,
}

/// Figures of one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassFigures {
    pub label: String,
    pub precision: Figure,
    pub recall: Figure,
    pub f1: Figure,
    /// Records with this gold label.
    pub support: u64,
    /// Records predicted as this label.
    pub predicted: u64,
}

/// Whether the confidences can be believed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Records that have a confidence.
    pub n: u64,
    /// Expected calibration error, ten equal-width bins.
    pub ece: Figure,
    /// What a perfectly calibrated model of these confidences would show.
    pub floor: Option<Floor>,
    /// Brier score, 0 (best) to 2; null where scores are missing.
    pub brier: Figure,
    pub bins: Vec<Bin>,
}

/// Everything about one classification task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassReport {
    pub n: u64,
    pub labels: Vec<String>,
    pub accuracy: Figure,
    pub macro_precision: Figure,
    pub macro_recall: Figure,
    pub macro_f1: Figure,
    /// Matthews correlation, -1 to 1.
    pub mcc: Figure,
    pub classes: Vec<ClassFigures>,
    /// Rows: gold, columns: predicted, both in label order; the last column is "no prediction".
    pub confusion: Vec<Vec<u64>>,
    /// Null if no prediction has a confidence.
    pub calibration: Option<Calibration>,
    pub coverage: Vec<CoveragePoint>,
}

/// Rows made ready for thousands of passes.
struct Packed {
    labels: usize,
    cell: Vec<u32>,
    /// Bin, confidence and whether it is right, for rows with a confidence.
    bins: Vec<Option<(u8, bool, f64)>>,
    brier: Vec<Option<f64>>,
}

impl Packed {
    fn new(labels: usize, rows: &[Row]) -> Self {
        let c = Confusion::new(labels);
        Packed {
            labels,
            cell: rows.iter().map(|r| c.cell(r.gold, r.pred) as u32).collect(),
            bins: rows
                .iter()
                .map(|r| {
                    r.confidence
                        .map(|c| (bin_of(c) as u8, r.pred == Some(r.gold), c))
                })
                .collect(),
            brier: rows.iter().map(calibration::brier).collect(),
        }
    }

    fn figures(&self, weights: &[u32]) -> Vec<Option<f64>> {
        let mut counts = vec![0u64; self.labels * (self.labels + 1)];
        let mut bins = BinSums::default();
        let (mut brier, mut scored) = (0.0, 0u64);
        for (i, &w) in weights.iter().enumerate() {
            if w == 0 {
                continue;
            }
            counts[self.cell[i] as usize] += u64::from(w);
            if let Some((bin, right, confidence)) = self.bins[i] {
                bins.add(bin as usize, confidence, right, w);
            }
            if let Some(b) = self.brier[i] {
                brier += b * f64::from(w);
                scored += u64::from(w);
            }
        }
        let c = Confusion::from_flat(self.labels, counts);
        let mut out = vec![
            c.accuracy(),
            c.macro_precision(),
            c.macro_recall(),
            c.macro_f1(),
            c.mcc(),
            bins.ece(),
            (scored > 0).then(|| brier / scored as f64),
        ];
        for k in 0..self.labels {
            out.extend([c.precision(k), c.recall(k), c.f1(k)]);
        }
        out
    }
}

impl Task {
    /// Computes the report.
    pub fn report(&self, bootstrap: Bootstrap) -> ClassReport {
        let confusion = Confusion::of(self.labels.len(), &self.rows);
        let packed = Packed::new(self.labels.len(), &self.rows);
        let f = bootstrap.figures(&self.groups, |w| packed.figures(w));
        let sums = BinSums::of(&self.rows);
        ClassReport {
            n: confusion.total(),
            labels: self.labels.clone(),
            accuracy: f[0],
            macro_precision: f[1],
            macro_recall: f[2],
            macro_f1: f[3],
            mcc: f[4],
            classes: self
                .labels
                .iter()
                .enumerate()
                .map(|(k, label)| ClassFigures {
                    label: label.clone(),
                    precision: f[7 + 3 * k],
                    recall: f[8 + 3 * k],
                    f1: f[9 + 3 * k],
                    support: confusion.support(k),
                    predicted: confusion.predicted(k),
                })
                .collect(),
            confusion: confusion.rows(),
            calibration: (sums.total() > 0).then(|| Calibration {
                n: sums.total(),
                ece: f[5],
                floor: calibration::floor(&self.rows, bootstrap),
                brier: f[6],
                bins: sums.bins(),
            }),
            coverage: calibration::coverage(&self.rows),
        }
    }

    /// Accuracy and macro-F1 of a part of the rows, for breakdowns.
    pub fn part(&self, rows: &[usize], bootstrap: Bootstrap) -> [Figure; 2] {
        let part: Vec<Row> = rows.iter().map(|&i| self.rows[i].clone()).collect();
        let packed = Packed::new(self.labels.len(), &part);
        let f = bootstrap.figures(&self.groups.subset(rows), |w| {
            let all = packed.figures(w);
            vec![all[0], all[3]]
        });
        [f[0], f[1]]
    }
}

impl ClassReport {
    /// All figures by key, with `prefix` in front, as `--fail-under` names them.
    pub fn figures(&self, prefix: &str) -> Vec<(String, Option<f64>)> {
        let mut out = vec![
            (format!("{prefix}.accuracy"), self.accuracy.value),
            (
                format!("{prefix}.macro_precision"),
                self.macro_precision.value,
            ),
            (format!("{prefix}.macro_recall"), self.macro_recall.value),
            (format!("{prefix}.macro_f1"), self.macro_f1.value),
            (format!("{prefix}.mcc"), self.mcc.value),
        ];
        for c in &self.classes {
            let p = format!("{prefix}.{}", c.label);
            out.push((format!("{p}.precision"), c.precision.value));
            out.push((format!("{p}.recall"), c.recall.value));
            out.push((format!("{p}.f1"), c.f1.value));
        }
        let calibration = self.calibration.as_ref();
        out.push((
            format!("{prefix}.ece"),
            calibration.and_then(|c| c.ece.value),
        ));
        out.push((
            format!("{prefix}.brier"),
            calibration.and_then(|c| c.brier.value),
        ));
        out
    }

    /// Labels that no gold record has, for the warning that goes with them.
    pub fn absent(&self) -> Vec<&str> {
        self.classes
            .iter()
            .filter(|c| c.support == 0)
            .map(|c| c.label.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        let rows: Vec<Row> = (0..90)
            .map(|i| Row {
                gold: i % 3,
                pred: Some(if i % 7 == 0 { (i + 1) % 3 } else { i % 3 }),
                confidence: Some(0.8),
                scores: Some(vec![0.8, 0.1, 0.1]),
            })
            .collect();
        Task {
            labels: ["a", "b", "c"].map(String::from).to_vec(),
            groups: Groups::single(rows.len()),
            rows,
        }
    }

    #[test]
    fn intervals_hold_the_figure() {
        let r = task().report(Bootstrap::default());
        for f in [r.accuracy, r.macro_f1, r.mcc] {
            assert!(f.low.unwrap() < f.value.unwrap() && f.value.unwrap() < f.high.unwrap());
        }
        assert_eq!(r.n, 90);
        assert_eq!(r.classes.iter().map(|c| c.support).sum::<u64>(), 90);
    }

    #[test]
    fn weighted_figures_equal_plain_ones() {
        let t = task();
        let packed = Packed::new(3, &t.rows);
        let f = packed.figures(&[1; 90]);
        assert_eq!(f[3], Confusion::of(3, &t.rows).macro_f1());
        assert_eq!(f[5], BinSums::of(&t.rows).ece());
    }

    #[test]
    fn no_rows_no_figures() {
        let t = Task {
            labels: vec!["a".into(), "b".into()],
            rows: vec![],
            groups: Groups::single(0),
        };
        let r = t.report(Bootstrap::default());
        assert!(r.figures("x").iter().all(|f| f.1.is_none()));
        assert_eq!(r.calibration, None);
        assert_eq!(r.absent(), ["a", "b"]);
    }
}
