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

/// Side probabilities when it is known that the speaker, or whoever publishes the statement, belongs to a bloc: `log_odds`
/// more for that bloc against each of the others. The encoder reads the speaker from its marks, but words that are
/// typical of the other side can still outweigh them; the publisher it does not see.
pub fn shift(probabilities: &mut [f64], bloc: usize, log_odds: f64) {
    probabilities[bloc] *= log_odds.exp();
    let sum: f64 = probabilities.iter().sum();
    for p in probabilities {
        *p /= sum;
    }
}

/// One held-out row for [`with_blocs`]: logits, the bloc that each of `N` things points to, true label index.
pub type Row<const N: usize> = (Vec<f32>, [Option<usize>; N], usize);

/// The temperature and a [`shift`], not below 0, for each of the `N` things that point to a bloc, which together have the
/// lowest negative log-likelihood on held-out rows; shifts are taken to be small (a normal prior with a deviation of
/// 2), so that few rows do not make a large one. 1 and 0 if there are no rows.
pub fn with_blocs<const N: usize>(rows: &[Row<N>]) -> (f64, [f64; N]) {
    /// One number after the other is fitted, in so many rounds.
    const ROUNDS: usize = 12;
    let (mut log_t, mut shifts) = (0.0, [0.0; N]);
    if rows.is_empty() {
        return (1.0, shifts);
    }
    let loss = |log_t: f64, shifts: &[f64; N]| -> f64 {
        rows.iter()
            .map(|(l, blocs, y)| {
                let mut p = softmax(l, log_t.exp());
                for (bloc, log_odds) in blocs.iter().zip(shifts) {
                    if let Some(bloc) = bloc {
                        shift(&mut p, *bloc, *log_odds);
                    }
                }
                -p[*y].max(1e-12).ln()
            })
            .sum()
    };
    for _ in 0..ROUNDS {
        log_t = least(|log_t| loss(log_t, &shifts), 0.2f64.ln(), 5f64.ln());
        for i in 0..N {
            let with = |log_odds| {
                let mut shifts = shifts;
                shifts[i] = log_odds;
                loss(log_t, &shifts) + log_odds * log_odds / 8.0
            };
            shifts[i] = least(with, 0.0, 4.0);
        }
    }
    (log_t.exp(), shifts)
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
        let rows: Vec<Row<1>> = (0..100)
            .map(|i| (logits.clone(), [Some(1)], usize::from(i % 10 != 0)))
            .collect();
        let (t, [log_odds]) = with_blocs(&rows);
        let mut p = softmax(&logits, t);
        shift(&mut p, 1, log_odds);
        assert!((p[1] - 0.9).abs() < 0.02, "{p:?}");
        assert_eq!(with_blocs(&[]), (1.0, [0.0]));
    }

    #[test]
    fn each_pointer_to_a_bloc_is_weighed_by_itself() {
        // The first points to the label nine times out of ten, the second one time in two.
        let logits = vec![1.0, 1.0, 0.3];
        let rows: Vec<Row<2>> = (0..200)
            .map(|i| {
                let blocs = if i < 100 {
                    [Some(1), None]
                } else {
                    [None, Some(1)]
                };
                let right = if i < 100 { i % 10 != 0 } else { i % 2 == 0 };
                (logits.clone(), blocs, usize::from(right))
            })
            .collect();
        let (t, [first, second]) = with_blocs(&rows);
        let p = |log_odds| {
            let mut p = softmax(&logits, t);
            shift(&mut p, 1, log_odds);
            p[1]
        };
        assert!((p(first) - 0.9).abs() < 0.03 && (p(second) - 0.5).abs() < 0.05);
        assert!(first > second + 1.0, "{first} {second}");
        // What nothing is known of counts for nothing, and five rows do not make a certainty.
        let first_alone: Vec<Row<2>> = rows[..100].to_vec();
        assert!(with_blocs(&first_alone).1[1] < 1e-3);
        let few: Vec<Row<1>> = vec![(logits.clone(), [Some(1)], 1); 5];
        assert!(with_blocs(&few).1[0] < 3.0);
    }

    #[test]
    fn macro_f1_is_the_mean_over_labels_present() {
        assert_eq!(macro_f1::<Stance>(&[]), None);
        assert_eq!(macro_f1::<Stance>(&[(0, 0), (1, 1)]), Some(1.0));
        let f = macro_f1::<Stance>(&[(0, 0), (0, 1), (1, 1)]).unwrap();
        assert!((f - 2.0 / 3.0).abs() < 1e-12);
    }
}
