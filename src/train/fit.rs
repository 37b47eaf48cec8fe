//! Small fits on held-out predictions: temperature, and the scores shown while training.

use crate::labels::Label;

/// Probabilities from logits at a temperature.
pub fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let e: Vec<f64> = logits
        .iter()
        .map(|&l| (f64::from(l - top) / temperature).exp())
        .collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|x| x / sum).collect()
}

/// The temperature with the lowest negative log-likelihood on held-out rows of
/// (logits, true label index), by golden-section search on its logarithm
/// (Guo et al. 2017, "On calibration of modern neural networks"). 1 if there are no rows.
pub fn temperature(rows: &[(Vec<f32>, usize)]) -> f64 {
    if rows.is_empty() {
        return 1.0;
    }
    let loss = |log_t: f64| -> f64 {
        let t = log_t.exp();
        rows.iter()
            .map(|(l, y)| -softmax(l, t)[*y].max(1e-12).ln())
            .sum()
    };
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.2f64.ln(), 5f64.ln());
    for _ in 0..60 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if loss(a) < loss(b) {
            high = b;
        } else {
            low = a;
        }
    }
    ((low + high) / 2.0).exp()
}

/// Macro-F1 over the labels that occur among the true ones; `None` without rows.
pub fn macro_f1<L: Label>(rows: &[(usize, usize)]) -> Option<f64> {
    let n = L::ALL.len();
    let f1: Vec<f64> = (0..n)
        .filter_map(|k| {
            let gold = rows.iter().filter(|r| r.1 == k).count();
            let said = rows.iter().filter(|r| r.0 == k).count();
            let hit = rows.iter().filter(|r| r.0 == k && r.1 == k).count();
            (gold > 0).then(|| 2.0 * hit as f64 / (gold + said) as f64)
        })
        .collect();
    (!f1.is_empty()).then(|| f1.iter().sum::<f64>() / f1.len() as f64)
}

/// Index of the largest value, the first on a tie.
pub fn argmax(values: &[f32]) -> usize {
    (0..values.len()).fold(0, |b, i| if values[i] > values[b] { i } else { b })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Stance;

    #[test]
    fn a_temperature_above_one_cools_overconfidence() {
        // Always certain, right three times out of four.
        let rows: Vec<(Vec<f32>, usize)> = (0..100)
            .map(|i| (vec![6.0, 0.0, 0.0], usize::from(i % 4 == 0)))
            .collect();
        let t = temperature(&rows);
        let p = softmax(&[6.0, 0.0, 0.0], t)[0];
        assert!((p - 0.75).abs() < 0.08, "{t} {p}");
    }

    #[test]
    fn macro_f1_is_the_mean_over_labels_present() {
        assert_eq!(macro_f1::<Stance>(&[]), None);
        assert_eq!(macro_f1::<Stance>(&[(0, 0), (1, 1)]), Some(1.0));
        let f = macro_f1::<Stance>(&[(0, 0), (0, 1), (1, 1)]).unwrap();
        assert!((f - 2.0 / 3.0).abs() < 1e-12);
    }
}
