//! Percentile bootstrap (Efron 1979), seeded. Whole documents are drawn where
//! records name one, because sentences of one article are not independent
//! (cluster bootstrap, Field & Welsh 2007); otherwise records.

use std::collections::HashMap;

use rand::RngCore;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// A figure with its 95 % bootstrap interval; each part is null where it does not exist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figure {
    /// The figure itself, over all records.
    pub value: Option<f64>,
    /// 2.5th percentile of the bootstrap distribution.
    pub low: Option<f64>,
    /// 97.5th percentile.
    pub high: Option<f64>,
}

impl Figure {
    /// A figure without an interval.
    pub fn bare(value: Option<f64>) -> Self {
        Figure {
            value,
            low: None,
            high: None,
        }
    }

    /// A figure and the values it took on the resamples.
    pub fn new(value: Option<f64>, resampled: Vec<Option<f64>>) -> Self {
        let interval = value.and_then(|_| percentile_interval(resampled));
        Figure {
            value,
            low: interval.map(|i| i.0),
            high: interval.map(|i| i.1),
        }
    }
}

/// The units that are drawn: documents where known, else single records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    of: Vec<u32>,
    count: usize,
    by_doc: bool,
}

impl Groups {
    /// Groups records by document; a record without one is a unit of its own.
    pub fn new<'a>(docs: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut ids: HashMap<&str, u32> = HashMap::new();
        let mut count = 0u32;
        let mut by_doc = false;
        let of = docs
            .into_iter()
            .map(|doc| {
                let fresh = || {
                    count += 1;
                    count - 1
                };
                match doc {
                    Some(d) => {
                        by_doc = true;
                        *ids.entry(d).or_insert_with(fresh)
                    }
                    None => {
                        let mut fresh = fresh;
                        fresh()
                    }
                }
            })
            .collect();
        Groups {
            of,
            count: count as usize,
            by_doc,
        }
    }

    /// Every record a unit of its own.
    pub fn single(records: usize) -> Self {
        Groups::new((0..records).map(|_| None))
    }

    /// The same grouping of a part of the records.
    pub fn subset(&self, rows: &[usize]) -> Self {
        let mut ids: HashMap<u32, u32> = HashMap::new();
        let of = rows
            .iter()
            .map(|&r| {
                let next = ids.len() as u32;
                *ids.entry(self.of[r]).or_insert(next)
            })
            .collect();
        Groups {
            of,
            count: ids.len(),
            by_doc: self.by_doc,
        }
    }

    /// Number of units.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of records.
    pub fn records(&self) -> usize {
        self.of.len()
    }

    /// What is drawn, in a word.
    pub fn unit(&self) -> &'static str {
        if self.by_doc {
            "doc"
        } else {
            "record"
        }
    }
}

/// How often and from which seed to resample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bootstrap {
    /// Number of resamples; 0 for no intervals.
    pub samples: usize,
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Bootstrap {
            samples: 1000,
            seed: 1,
        }
    }
}

impl Bootstrap {
    /// Applies `statistic` to every resample. It is given one weight a record:
    /// how often the resample holds it. The result is in sample order and does
    /// not depend on the number of threads. Empty for fewer than two units,
    /// from which no spread can be learnt.
    pub fn run<T: Send>(
        &self,
        groups: &Groups,
        statistic: impl Fn(&[u32]) -> T + Sync + Send,
    ) -> Vec<T> {
        let units = groups.count;
        if units < 2 {
            return Vec::new();
        }
        (0..self.samples)
            .into_par_iter()
            .map_init(
                || (vec![0u32; units], vec![0u32; groups.of.len()]),
                |(drawn, weights), sample| {
                    let mut rng = self.rng(sample);
                    drawn.fill(0);
                    for _ in 0..units {
                        drawn[below(&mut rng, units)] += 1;
                    }
                    for (w, &g) in weights.iter_mut().zip(&groups.of) {
                        *w = drawn[g as usize];
                    }
                    statistic(weights)
                },
            )
            .collect()
    }

    /// The generator of one resample.
    pub(crate) fn rng(&self, sample: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(sample as u64);
        rng
    }

    /// A figure list with intervals: `all` on the data as it is, `statistic` on the resamples.
    pub fn figures(
        &self,
        groups: &Groups,
        statistic: impl Fn(&[u32]) -> Vec<Option<f64>> + Sync + Send,
    ) -> Vec<Figure> {
        let all = statistic(&vec![1; groups.records()]);
        let samples = self.run(groups, statistic);
        all.iter()
            .enumerate()
            .map(|(i, &v)| Figure::new(v, samples.iter().map(|s| s[i]).collect()))
            .collect()
    }
}

/// A number in `0..n` without modulo bias worth speaking of (Lemire's multiply-shift on 32 bits).
fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    ((u64::from(rng.next_u32()) * n as u64) >> 32) as usize
}

/// 2.5th and 97.5th percentile of the values that exist; `None` if more than
/// half of the resamples have none.
pub fn percentile_interval(values: Vec<Option<f64>>) -> Option<(f64, f64)> {
    let all = values.len();
    let mut v: Vec<f64> = values.into_iter().flatten().collect();
    if v.is_empty() || v.len() * 2 < all {
        return None;
    }
    v.sort_by(f64::total_cmp);
    Some((percentile(&v, 0.025), percentile(&v, 0.975)))
}

/// Percentile with linear interpolation (Hyndman & Fan 1996, type 7) of sorted values.
pub fn percentile(sorted: &[f64], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let i = at.floor() as usize;
    let next = sorted.get(i + 1).copied().unwrap_or(sorted[i]);
    sorted[i] + (at - i as f64) * (next - sorted[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_drawn_whole() {
        let groups = Groups::new([Some("a"), Some("b"), Some("a"), None]);
        assert_eq!((groups.count(), groups.unit()), (3, "doc"));
        let b = Bootstrap {
            samples: 50,
            seed: 7,
        };
        for w in b.run(&groups, <[u32]>::to_vec) {
            assert_eq!(w[0], w[2]);
            assert_eq!(w[0] + w[1] + w[3], 3);
        }
    }

    #[test]
    fn a_seed_decides_everything() {
        let groups = Groups::single(20);
        let b = Bootstrap {
            samples: 30,
            seed: 3,
        };
        let one = b.run(&groups, <[u32]>::to_vec);
        assert_eq!(one, b.run(&groups, <[u32]>::to_vec));
        let other = Bootstrap { seed: 4, ..b };
        assert_ne!(one, other.run(&groups, <[u32]>::to_vec));
    }

    #[test]
    fn one_unit_has_no_interval() {
        let groups = Groups::new([Some("a"), Some("a")]);
        let f = Bootstrap::default().figures(&groups, |w| vec![Some(w.len() as f64)]);
        assert_eq!(f[0], Figure::bare(Some(2.0)));
    }

    #[test]
    fn the_interval_of_a_mean_is_near_the_normal_one() {
        // 400 values 0 or 1, half each: standard error 0.025.
        let groups = Groups::single(400);
        let f = Bootstrap::default().figures(&groups, |w| {
            let sum: u32 = w.iter().step_by(2).sum();
            vec![Some(f64::from(sum) / 400.0)]
        })[0];
        assert_eq!(f.value, Some(0.5));
        assert!((f.low.unwrap() - 0.451).abs() < 0.01, "{f:?}");
        assert!((f.high.unwrap() - 0.549).abs() < 0.01, "{f:?}");
    }

    #[test]
    fn percentiles_interpolate() {
        let v = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(percentile(&v, 0.5), 2.5);
        assert_eq!(percentile(&v, 1.0), 4.0);
        assert_eq!(percentile(&[5.0], 0.3), 5.0);
        assert_eq!(percentile_interval(vec![None, None, Some(1.0)]), None);
    }
}
