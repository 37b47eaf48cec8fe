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
    least(loss, 0.2f64.ln(), 5f64.ln()).exp()
}

/// Side probabilities when it is known that the speaker belongs to a bloc: `log_odds` more for
/// that bloc against each of the others. The encoder reads the speaker from its marks, but words that are
/// typical of the other side can still outweigh them.
pub fn shift(probabilities: &mut [f64], speaker: usize, log_odds: f64) {
    probabilities[speaker] *= log_odds.exp();
    let sum: f64 = probabilities.iter().sum();
    for p in probabilities {
        *p /= sum;
    }
}

/// One held-out row for [`with_speaker`]: logits, the speaker's bloc, true label index.
pub type Spoken = (Vec<f32>, Option<usize>, usize);

/// The temperature and the [`shift`], not below 0, that together have the lowest negative
/// log-likelihood on held-out rows. 1 and 0 if there are no rows.
pub fn with_speaker(rows: &[Spoken]) -> (f64, f64) {
    if rows.is_empty() {
        return (1.0, 0.0);
    }
    let loss = |t: f64, log_odds: f64| -> f64 {
        rows.iter()
            .map(|(l, speaker, y)| {
                let mut p = softmax(l, t);
                if let Some(speaker) = speaker {
                    shift(&mut p, *speaker, log_odds);
                }
                -p[*y].max(1e-12).ln()
            })
            .sum()
    };
    let shift_at = |t: f64| least(|log_odds| loss(t, log_odds), 0.0, 4.0);
    let log_t = least(
        |log_t| loss(log_t.exp(), shift_at(log_t.exp())),
        0.2f64.ln(),
        5f64.ln(),
    );
    (log_t.exp(), shift_at(log_t.exp()))
}

/// Where a function with one minimum is least, by golden-section search.
fn least(loss: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    for _ in 0..40 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if loss(a) < loss(b) {
            high = b;
        } else {
            low = a;
        }
    }
    (low + high) / 2.0
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
    fn a_speaker_counts_as_much_as_he_is_right() {
        // Undecided words; the speaker's bloc is the label in nine cases out of ten.
        let logits = vec![1.0, 1.0, 0.3];
        let rows: Vec<Spoken> = (0..100)
            .map(|i| (logits.clone(), Some(1), usize::from(i % 10 != 0)))
            .collect();
        let (t, log_odds) = with_speaker(&rows);
        let mut p = softmax(&logits, t);
        shift(&mut p, 1, log_odds);
        assert!((p[1] - 0.9).abs() < 0.02, "{p:?}");
        assert_eq!(with_speaker(&[]), (1.0, 0.0));
    }

    #[test]
    fn macro_f1_is_the_mean_over_labels_present() {
        assert_eq!(macro_f1::<Stance>(&[]), None);
        assert_eq!(macro_f1::<Stance>(&[(0, 0), (1, 1)]), Some(1.0));
        let f = macro_f1::<Stance>(&[(0, 0), (0, 1), (1, 1)]).unwrap();
        assert!((f - 2.0 / 3.0).abs() < 1e-12);
    }
}
