//! Whether confidences can be believed: expected calibration error (Naeini et
//! al. 2015; Guo et al. 2017) in ten equal-width bins, Brier score (Brier
//! 1950), and accuracy at coverage (selective prediction, El-Yaniv & Wiener 2010).

use rand::RngCore;
use rayon::prelude::*;
use serde::Serialize;

use super::bootstrap::{percentile, Bootstrap};
use super::metrics::{ratio, Row};

/// Number of equal-width bins.
pub const BINS: usize = 10;

/// One bin of the reliability diagram: confidences in `(low, high]`, the first with 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    pub low: f64,
    pub high: f64,
    /// Number of records.
    pub n: u64,
    /// Mean confidence; null if empty.
    pub confidence: Option<f64>,
    /// Share of right predictions; null if empty.
    pub accuracy: Option<f64>,
}

/// Sums from which bins and ECE are made.
#[derive(Debug, Clone, Default)]
pub struct BinSums {
    n: [u64; BINS],
    confidence: [f64; BINS],
    correct: [u64; BINS],
}

/// The bin of a confidence.
pub fn bin_of(confidence: f64) -> usize {
    (0..BINS - 1)
        .find(|&b| confidence <= (b + 1) as f64 / BINS as f64)
        .unwrap_or(BINS - 1)
}

impl BinSums {
    /// Sums over rows that have a confidence.
    pub fn of(rows: &[Row]) -> Self {
        let mut sums = Self::default();
        for r in rows {
            if let Some(c) = r.confidence {
                sums.add(bin_of(c), c, r.pred == Some(r.gold), 1);
            }
        }
        sums
    }

    #[inline]
    pub(crate) fn add(&mut self, bin: usize, confidence: f64, correct: bool, times: u32) {
        self.n[bin] += u64::from(times);
        self.confidence[bin] += confidence * f64::from(times);
        self.correct[bin] += u64::from(times) * u64::from(correct);
    }

    /// Number of records with a confidence.
    pub fn total(&self) -> u64 {
        self.n.iter().sum()
    }

    /// Σ_b n_b / n · |accuracy_b − confidence_b|; `None` without records.
    pub fn ece(&self) -> Option<f64> {
        let n = self.total();
        (n > 0).then(|| {
            (0..BINS)
                .map(|b| (self.correct[b] as f64 - self.confidence[b]).abs())
                .sum::<f64>()
                / n as f64
        })
    }

    /// The bins of the reliability diagram.
    pub fn bins(&self) -> Vec<Bin> {
        (0..BINS)
            .map(|b| Bin {
                low: b as f64 / BINS as f64,
                high: (b + 1) as f64 / BINS as f64,
                n: self.n[b],
                confidence: (self.n[b] > 0).then(|| self.confidence[b] / self.n[b] as f64),
                accuracy: ratio(self.correct[b], self.n[b]),
            })
            .collect()
    }
}

/// The ECE that a perfectly calibrated model with these confidences shows by
/// chance: what an ECE must be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Floor {
    pub mean: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Number of simulations.
    pub simulations: usize,
}

/// Simulates a perfectly calibrated model: each record is right with the
/// probability that it claims.
pub fn floor(rows: &[Row], bootstrap: Bootstrap) -> Option<Floor> {
    let records: Vec<(usize, u64)> = rows
        .iter()
        .filter_map(|r| r.confidence)
        .map(|c| (bin_of(c), (c.clamp(0.0, 1.0) * 4_294_967_296.0) as u64))
        .collect();
    if records.is_empty() || bootstrap.samples == 0 {
        return None;
    }
    let expected = BinSums::of(rows).confidence;
    let n = records.len() as f64;
    let mut eces: Vec<f64> = (0..bootstrap.samples)
        .into_par_iter()
        .map(|sample| {
            let mut rng = Bootstrap {
                seed: bootstrap.seed ^ 0xece,
                ..bootstrap
            }
            .rng(sample);
            let mut right = [0u64; BINS];
            for &(bin, threshold) in &records {
                right[bin] += u64::from(u64::from(rng.next_u32()) < threshold);
            }
            (0..BINS)
                .map(|b| (right[b] as f64 - expected[b]).abs())
                .sum::<f64>()
                / n
        })
        .collect();
    eces.sort_by(f64::total_cmp);
    Some(Floor {
        mean: eces.iter().sum::<f64>() / eces.len() as f64,
        p95: percentile(&eces, 0.95),
        simulations: eces.len(),
    })
}

/// Σ_k (p_k − y_k)² of one record, 0 to 2; `None` without scores.
pub fn brier(row: &Row) -> Option<f64> {
    row.scores.as_ref().map(|scores| {
        scores
            .iter()
            .enumerate()
            .map(|(k, p)| (p - f64::from(u8::from(k == row.gold))).powi(2))
            .sum()
    })
}

/// What remains if only answers of at least this confidence are given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoveragePoint {
    pub threshold: f64,
    /// Share of records answered.
    pub coverage: f64,
    /// Accuracy of the answers; null if none is left.
    pub accuracy: Option<f64>,
    /// Number of records answered.
    pub n: u64,
}

/// Coverage and accuracy at the thresholds 0, 0.05, … 0.95, 0.99. Empty if no row has a confidence.
pub fn coverage(rows: &[Row]) -> Vec<CoveragePoint> {
    let mut answers: Vec<(f64, bool)> = rows
        .iter()
        .filter_map(|r| Some((r.confidence?, r.pred == Some(r.gold))))
        .collect();
    if answers.is_empty() {
        return Vec::new();
    }
    answers.sort_by(|a, b| a.0.total_cmp(&b.0));
    (0..20)
        .map(|i| f64::from(i) / 20.0)
        .chain([0.99])
        .map(|threshold| {
            let from = answers.partition_point(|a| a.0 < threshold);
            let n = (answers.len() - from) as u64;
            let right = answers[from..].iter().filter(|a| a.1).count() as u64;
            CoveragePoint {
                threshold,
                coverage: n as f64 / rows.len() as f64,
                accuracy: ratio(right, n),
                n,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(confidence: f64, right: bool) -> Row {
        Row {
            gold: 0,
            pred: Some(usize::from(!right)),
            confidence: Some(confidence),
            scores: Some(vec![confidence, 1.0 - confidence]),
        }
    }

    #[test]
    fn bins_are_closed_above() {
        assert_eq!(bin_of(0.0), 0);
        assert_eq!(bin_of(0.1), 0);
        assert_eq!(bin_of(0.3), 2);
        assert_eq!(bin_of(0.7), 6);
        assert_eq!(bin_of(0.7001), 7);
        assert_eq!(bin_of(1.0), 9);
    }

    #[test]
    fn ece_by_hand() {
        // (0.8, 0.9]: mean confidence 0.85, accuracy 0.5; (0.5, 0.6]: 0.6 and 1.
        let rows = [row(0.9, true), row(0.8 + 1e-9, false), row(0.6, true)];
        let ece = BinSums::of(&rows).ece().unwrap();
        assert!((ece - (2.0 * 0.35 + 0.4) / 3.0).abs() < 1e-9, "{ece}");
        assert_eq!(BinSums::of(&[]).ece(), None);
    }

    #[test]
    fn the_floor_matches_the_known_case() {
        // Accuracy 0.82 on 320 rows: about 0.04 on average, 0.06 at the 95th percentile.
        let rows: Vec<Row> = (0..320)
            .map(|i| row(0.5 + 0.5 * (f64::from(i % 80) / 79.0).sqrt(), true))
            .collect();
        let f = floor(&rows, Bootstrap::default()).unwrap();
        assert!((0.025..0.055).contains(&f.mean), "{f:?}");
        assert!(f.p95 > f.mean && f.p95 < 0.08, "{f:?}");
        assert_eq!(floor(&[], Bootstrap::default()), None);
    }

    #[test]
    fn certain_and_right_has_no_error() {
        let rows = vec![row(1.0, true); 10];
        assert_eq!(BinSums::of(&rows).ece(), Some(0.0));
        assert_eq!(brier(&rows[0]), Some(0.0));
        assert_eq!(floor(&rows, Bootstrap::default()).unwrap().p95, 0.0);
    }

    #[test]
    fn coverage_falls_with_the_threshold() {
        let rows = [row(0.9, true), row(0.6, false), row(0.6, true)];
        let c = coverage(&rows);
        assert_eq!((c[0].coverage, c[0].n), (1.0, 3));
        assert_eq!(c[13].accuracy, Some(1.0));
        let last = c.last().unwrap();
        assert_eq!((last.n, last.accuracy), (0, None));
        assert!(c.windows(2).all(|w| w[0].coverage >= w[1].coverage));
        assert!(coverage(&[]).is_empty());
    }
}
