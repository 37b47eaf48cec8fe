//! Agreement between two annotators: Cohen's kappa (1960) and Krippendorff's
//! alpha for nominal data (2011), over all labels and one label against the rest.

use serde::Serialize;

use super::bootstrap::{Bootstrap, Figure, Groups};
use super::metrics::Confusion;

/// A disagreement, by the record's place among the compared ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// `side`, `stance` or `relation`.
    pub task: String,
    pub id: String,
    pub text: String,
    /// The first annotator's label.
    pub a: String,
    /// The second annotator's label.
    pub b: String,
}

/// Agreement on one label against the rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelAgreement {
    pub label: String,
    /// How often the first and the second annotator used it.
    pub used: [u64; 2],
    pub kappa: Figure,
    pub alpha: Figure,
}

/// Agreement on one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgreementReport {
    /// Records that both labelled.
    pub n: u64,
    pub labels: Vec<String>,
    /// Share of records with the same label.
    pub observed: Figure,
    pub kappa: Figure,
    pub alpha: Figure,
    pub per_label: Vec<LabelAgreement>,
    /// Rows: first annotator, columns: second.
    pub confusion: Vec<Vec<u64>>,
}

/// Counts of label pairs, `counts[a * labels + b]`.
struct Table {
    labels: usize,
    counts: Vec<u64>,
}

impl Table {
    fn of(labels: usize, pairs: &[(usize, usize)], weights: &[u32]) -> Self {
        let mut counts = vec![0; labels * labels];
        for (&(a, b), &w) in pairs.iter().zip(weights) {
            counts[a * labels + b] += u64::from(w);
        }
        Table { labels, counts }
    }

    fn get(&self, a: usize, b: usize) -> u64 {
        self.counts[a * self.labels + b]
    }

    fn total(&self) -> f64 {
        self.counts.iter().sum::<u64>() as f64
    }

    fn used(&self, label: usize) -> [u64; 2] {
        [
            (0..self.labels).map(|b| self.get(label, b)).sum(),
            (0..self.labels).map(|a| self.get(a, label)).sum(),
        ]
    }

    /// One label against the rest.
    fn one(&self, label: usize) -> Table {
        let [a, b] = self.used(label);
        let both = self.get(label, label);
        let rest = self.counts.iter().sum::<u64>() + both - a - b;
        Table {
            labels: 2,
            counts: vec![both, a - both, b - both, rest],
        }
    }

    fn observed(&self) -> Option<f64> {
        let n = self.total();
        let same: u64 = (0..self.labels).map(|k| self.get(k, k)).sum();
        (n > 0.0).then(|| same as f64 / n)
    }

    /// (p_o − p_e) / (1 − p_e), p_e = Σ_k p_a(k) p_b(k).
    fn kappa(&self) -> Option<f64> {
        let n = self.total();
        let po = self.observed()?;
        let pe = (0..self.labels)
            .map(|k| {
                let [a, b] = self.used(k);
                (a as f64 / n) * (b as f64 / n)
            })
            .sum::<f64>();
        (1.0 - pe > 1e-15).then(|| (po - pe) / (1.0 - pe))
    }

    /// 1 − D_o / D_e with the pooled label distribution, small-sample form:
    /// D_e uses n(n−1) ordered pairs of the n = 2N values.
    fn alpha(&self) -> Option<f64> {
        let n = 2.0 * self.total();
        let po = self.observed()?;
        let same = (0..self.labels)
            .map(|k| {
                let [a, b] = self.used(k);
                let nk = (a + b) as f64;
                nk * (nk - 1.0)
            })
            .sum::<f64>();
        let de = 1.0 - same / (n * (n - 1.0));
        (de > 1e-15).then(|| 1.0 - (1.0 - po) / de)
    }
}

/// Compares two annotators' labels of the same records.
pub fn agreement(
    labels: &[String],
    pairs: &[(usize, usize)],
    groups: &Groups,
    bootstrap: Bootstrap,
) -> AgreementReport {
    let k = labels.len();
    let table = Table::of(k, pairs, &vec![1; pairs.len()]);
    let f = bootstrap.figures(groups, |w| {
        let t = Table::of(k, pairs, w);
        let mut out = vec![t.observed(), t.kappa(), t.alpha()];
        for label in 0..k {
            let one = t.one(label);
            out.extend([one.kappa(), one.alpha()]);
        }
        out
    });
    let mut confusion = Confusion::new(k);
    for &(a, b) in pairs {
        confusion.add(a, Some(b), 1);
    }
    AgreementReport {
        n: pairs.len() as u64,
        labels: labels.to_vec(),
        observed: f[0],
        kappa: f[1],
        alpha: f[2],
        per_label: labels
            .iter()
            .enumerate()
            .map(|(i, label)| LabelAgreement {
                label: label.clone(),
                used: table.used(i),
                kappa: f[3 + 2 * i],
                alpha: f[4 + 2 * i],
            })
            .collect(),
        confusion: confusion
            .rows()
            .into_iter()
            .map(|mut r| {
                r.pop();
                r
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(k: usize, pairs: &[(usize, usize)]) -> AgreementReport {
        let labels: Vec<String> = (0..k).map(|i| format!("l{i}")).collect();
        let none = Bootstrap {
            samples: 0,
            seed: 1,
        };
        agreement(&labels, pairs, &Groups::single(pairs.len()), none)
    }

    #[test]
    fn krippendorffs_own_example() {
        // Krippendorff 2011, "Computing Krippendorff's alpha-reliability", example A: binary,
        // two observers, ten units: alpha 0.095.
        let a = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0];
        let b = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0];
        let pairs: Vec<_> = a.into_iter().zip(b).collect();
        let alpha = run(2, &pairs).alpha.value.unwrap();
        assert!((alpha - 0.095).abs() < 5e-4, "{alpha}");
    }

    #[test]
    fn kappa_by_hand() {
        // p_o = 0.7, p_e = 0.5 * 0.6 + 0.5 * 0.4 = 0.5
        let mut pairs = vec![(0, 0); 20];
        pairs.extend(vec![(0, 1); 5]);
        pairs.extend(vec![(1, 0); 10]);
        pairs.extend(vec![(1, 1); 15]);
        let r = run(2, &pairs);
        assert!((r.kappa.value.unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(r.per_label[0].used, [25, 30]);
        assert_eq!(r.confusion, [[20, 5], [10, 15]]);
    }

    #[test]
    fn one_label_only_has_no_kappa() {
        let r = run(2, &[(0, 0), (0, 0)]);
        assert_eq!(r.observed.value, Some(1.0));
        assert_eq!((r.kappa.value, r.alpha.value), (None, None));
        assert_eq!(run(2, &[]).observed.value, None);
    }

    proptest! {
        #[test]
        fn the_annotators_can_be_swapped(
            pairs in proptest::collection::vec((0usize..3, 0usize..3), 1..40)
        ) {
            let swapped: Vec<_> = pairs.iter().map(|&(a, b)| (b, a)).collect();
            let (x, y) = (run(3, &pairs), run(3, &swapped));
            for (p, q) in [(x.kappa, y.kappa), (x.alpha, y.alpha)] {
                match (p.value, q.value) {
                    (Some(p), Some(q)) => prop_assert!((p - q).abs() < 1e-12 && p <= 1.0 + 1e-12),
                    (p, q) => prop_assert_eq!(p, q),
                }
            }
        }
    }
}
