//! Figures of a ranking: average precision and precision at k.

/// One ranked record: its score and whether it is a positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    pub score: f64,
    pub positive: bool,
}

/// A ranking in descending order of score, with ties kept together.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// Original positions, best first.
    order: Vec<usize>,
    items: Vec<Ranked>,
}

impl Ranking {
    /// Sorts the records; those with equal scores form one block.
    pub fn new(items: Vec<Ranked>) -> Self {
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by(|&a, &b| items[b].score.total_cmp(&items[a].score).then(a.cmp(&b)));
        Ranking { order, items }
    }

    /// Blocks of equal score, best first: (weight of positives, weight of all).
    fn blocks<'a>(&'a self, weights: Option<&'a [u32]>) -> impl Iterator<Item = (u64, u64)> + 'a {
        let mut at = 0;
        std::iter::from_fn(move || {
            let first = *self.order.get(at)?;
            let (mut positive, mut all) = (0u64, 0u64);
            while let Some(&i) = self.order.get(at) {
                if self.items[i].score != self.items[first].score {
                    break;
                }
                let w = weights.map_or(1, |w| u64::from(w[i]));
                all += w;
                positive += w * u64::from(self.items[i].positive);
                at += 1;
            }
            Some((positive, all))
        })
    }

    /// Average precision Σ_n (R_n − R_{n−1}) P_n over the distinct scores, without
    /// interpolation; `None` without a positive. `weights`: how often each record counts.
    pub fn average_precision(&self, weights: Option<&[u32]>) -> Option<f64> {
        let (mut tp, mut seen, mut sum) = (0u64, 0u64, 0.0);
        for (positive, all) in self.blocks(weights) {
            tp += positive;
            seen += all;
            if positive > 0 {
                sum += positive as f64 * tp as f64 / seen as f64;
            }
        }
        (tp > 0).then(|| sum / tp as f64)
    }

    /// Share of positives among the best `k`; where a tie crosses the border its
    /// records count in proportion (the mean over all orders of the tie). `None`
    /// with fewer than `k` records.
    pub fn precision_at(&self, k: u64, weights: Option<&[u32]>) -> Option<f64> {
        let (mut hits, mut left) = (0.0, k);
        if k == 0 {
            return None;
        }
        for (positive, all) in self.blocks(weights) {
            if all >= left {
                hits += positive as f64 * left as f64 / all as f64;
                return Some(hits / k as f64);
            }
            hits += positive as f64;
            left -= all;
        }
        None
    }

    /// Share of positives: the average precision of a random order.
    pub fn base_rate(&self) -> Option<f64> {
        super::metrics::ratio(
            self.items.iter().filter(|i| i.positive).count() as u64,
            self.items.len() as u64,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranking(items: &[(f64, bool)]) -> Ranking {
        Ranking::new(
            items
                .iter()
                .map(|&(score, positive)| Ranked { score, positive })
                .collect(),
        )
    }

    #[test]
    fn by_hand() {
        let r = ranking(&[(0.1, false), (0.9, true), (0.8, false), (0.7, true)]);
        assert!((r.average_precision(None).unwrap() - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(r.precision_at(1, None), Some(1.0));
        assert_eq!(r.precision_at(2, None), Some(0.5));
        assert_eq!(r.precision_at(5, None), None);
        assert_eq!(r.base_rate(), Some(0.5));
        assert_eq!(ranking(&[(0.3, false)]).average_precision(None), None);
        assert_eq!(ranking(&[]).base_rate(), None);
    }

    #[test]
    fn ties_count_in_proportion() {
        let r = ranking(&[(0.5, true), (0.5, false)]);
        assert_eq!(r.precision_at(1, None), Some(0.5));
        assert_eq!(r.average_precision(None), Some(0.5));
    }

    proptest! {
        #[test]
        fn weights_are_repetition_and_order_does_not_matter(
            items in proptest::collection::vec((0u8..6, any::<bool>(), 0u32..3), 1..30)
        ) {
            let flat: Vec<(f64, bool)> = items.iter().map(|&(s, p, _)| (f64::from(s), p)).collect();
            let weights: Vec<u32> = items.iter().map(|i| i.2).collect();
            let mut repeated: Vec<(f64, bool)> = flat.iter().zip(&weights)
                .flat_map(|(&i, &w)| std::iter::repeat_n(i, w as usize)).collect();
            repeated.reverse();
            let (a, b) = (ranking(&flat), ranking(&repeated));
            match (a.average_precision(Some(&weights)), b.average_precision(None)) {
                (Some(x), Some(y)) => prop_assert!((x - y).abs() < 1e-12),
                (x, y) => prop_assert_eq!(x, y),
            }
            for k in 1..5 {
                match (a.precision_at(k, Some(&weights)), b.precision_at(k, None)) {
                    (Some(x), Some(y)) => prop_assert!((x - y).abs() < 1e-12),
                    (x, y) => prop_assert_eq!(x, y),
                }
            }
        }
    }
}
