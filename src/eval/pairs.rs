//! Ranks pairs by how surely they are `opposed`, and compares with ranking by
//! embedding similarity alone.

use serde::Serialize;

use super::bootstrap::{Bootstrap, Figure, Groups};
use super::ranking::{Ranked, Ranking};

/// The k of precision at k.
pub const KS: [u64; 5] = [1, 5, 10, 20, 50];

/// Precision among the best k.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrecisionAt {
    pub k: u64,
    pub precision: Figure,
}

/// Figures of one ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankingFigures {
    pub average_precision: Figure,
    pub precision_at: Vec<PrecisionAt>,
}

/// Ranking of pairs for `opposed`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankingReport {
    pub n: u64,
    pub positives: u64,
    /// Share of positives: the average precision of a random order.
    pub base_rate: Option<f64>,
    /// By the score of `opposed`; null where predictions have no scores.
    pub model: Option<RankingFigures>,
    /// By embedding similarity alone; null where predictions have none.
    pub similarity: Option<RankingFigures>,
}

/// A pair: whether it is opposed, its score, its similarity.
pub type Item = (bool, Option<f64>, Option<f64>);

/// Ranks and scores.
pub fn report(items: &[Item], groups: &Groups, bootstrap: Bootstrap) -> RankingReport {
    let figures = |scores: Option<Vec<f64>>| {
        let ranking = ranking(items.iter().map(|i| i.0), &scores?);
        let f = bootstrap.figures(groups, |w| {
            std::iter::once(ranking.average_precision(Some(w)))
                .chain(KS.iter().map(|&k| ranking.precision_at(k, Some(w))))
                .collect()
        });
        Some(RankingFigures {
            average_precision: f[0],
            precision_at: KS
                .iter()
                .zip(&f[1..])
                .map(|(&k, &precision)| PrecisionAt { k, precision })
                .collect(),
        })
    };
    let positives = items.iter().filter(|i| i.0).count() as u64;
    let all = |which: fn(&Item) -> Option<f64>| {
        (!items.is_empty())
            .then(|| items.iter().map(which).collect::<Option<Vec<f64>>>())
            .flatten()
    };
    RankingReport {
        n: items.len() as u64,
        positives,
        base_rate: super::metrics::ratio(positives, items.len() as u64),
        model: figures(all(|i| i.1)),
        similarity: figures(all(|i| i.2)),
    }
}

/// A ranking of records by score.
pub fn ranking(positive: impl IntoIterator<Item = bool>, scores: &[f64]) -> Ranking {
    Ranking::new(
        positive
            .into_iter()
            .zip(scores)
            .map(|(positive, &score)| Ranked { score, positive })
            .collect(),
    )
}

impl RankingReport {
    /// All figures by key.
    pub fn figures(&self) -> Vec<(String, Option<f64>)> {
        let model = self.model.as_ref();
        let similarity = self.similarity.as_ref();
        let mut out = vec![
            (
                "relation.opposed.ap".into(),
                model.and_then(|m| m.average_precision.value),
            ),
            (
                "relation.opposed.ap_similarity".into(),
                similarity.and_then(|m| m.average_precision.value),
            ),
        ];
        for (i, k) in KS.iter().enumerate() {
            out.push((
                format!("relation.opposed.p_at_{k}"),
                model.and_then(|m| m.precision_at[i].precision.value),
            ));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_and_baseline_are_ranked_apart() {
        let items = [
            (true, Some(0.9), Some(0.1)),
            (false, Some(0.2), Some(0.8)),
            (false, Some(0.3), Some(0.7)),
        ];
        let r = report(&items, &Groups::single(3), Bootstrap::default());
        assert_eq!(r.model.unwrap().average_precision.value, Some(1.0));
        assert_eq!(
            r.similarity.as_ref().unwrap().average_precision.value,
            Some(1.0 / 3.0)
        );
        assert_eq!(r.similarity.unwrap().precision_at[1].precision.value, None);
    }

    #[test]
    fn without_scores_there_is_no_ranking() {
        let r = report(
            &[(true, None, Some(0.5))],
            &Groups::single(1),
            Bootstrap::default(),
        );
        assert!(r.model.is_none() && r.similarity.is_some());
        let r = report(&[], &Groups::single(0), Bootstrap::default());
        assert_eq!((r.base_rate, r.model), (None, None));
    }
}
