//! The parts of an evaluation that are no classification task: statements as a
//! whole, the ranking of pairs, attributions, coreference.

use serde::Serialize;

use super::attribution;
use super::bootstrap::{Bootstrap, Figure, Groups};
use super::breakdown;
use super::errors;
use super::evaluate::{Evaluation, Settings};
use super::gold::{Gold, GoldStatement};
use super::metrics::ratio;
use super::pairs::{self, RankingReport};
use super::predicted::Predicted;
use super::predictions::Prediction;
use super::problem::{Problem, ProblemKind};
use crate::labels::{Label, Relation};

/// About statements as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatementsReport {
    /// Statements with a prediction.
    pub n: u64,
    /// Side and stance both right, of those with both labels.
    pub both_right: Figure,
    /// Statements on which the model abstained; they are scored all the same.
    pub abstained: u64,
    /// Accuracy on the others.
    pub answered_side_accuracy: Option<f64>,
    pub answered_stance_accuracy: Option<f64>,
}

/// Coreference cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoreferenceReport {
    pub n: u64,
    /// The right actor, or rightly unresolved.
    pub accuracy: Figure,
    /// Of the cases with an actor, the share resolved to him.
    pub recall: Figure,
    /// Of the resolved ones, the share that is right.
    pub precision: Figure,
    /// Of the cases without an answer, the share left unresolved.
    pub rightly_unresolved: Figure,
}

pub(super) fn statements(
    gold: &Gold,
    predicted: &Predicted,
    bootstrap: Bootstrap,
) -> Option<StatementsReport> {
    if gold.statements.is_empty() {
        return None;
    }
    let known: Vec<_> = gold
        .statements
        .iter()
        .zip(&predicted.statements)
        .filter_map(|(g, p)| Some((g, p.as_ref()?)))
        .collect();
    let side = |g: &GoldStatement, p: &Prediction| Some(g.side?.index() == p.side.as_ref()?.label);
    let stance =
        |g: &GoldStatement, p: &Prediction| Some(g.stance?.index() == p.stance.as_ref()?.label);
    let both: Vec<(Option<&str>, bool)> = known
        .iter()
        .filter_map(|(g, p)| Some((g.meta.doc.as_deref(), side(g, p)? && stance(g, p)?)))
        .collect();
    let groups = Groups::new(both.iter().map(|b| b.0));
    let right: Vec<bool> = both.iter().map(|b| b.1).collect();
    let answered = |test: &dyn Fn(&GoldStatement, &Prediction) -> Option<bool>| {
        let list: Vec<bool> = known
            .iter()
            .filter(|(_, p)| !p.abstained)
            .filter_map(|(g, p)| test(g, p))
            .collect();
        ratio(
            list.iter().filter(|x| **x).count() as u64,
            list.len() as u64,
        )
    };
    Some(StatementsReport {
        n: known.len() as u64,
        both_right: share(&right, &groups, bootstrap),
        abstained: known.iter().filter(|(_, p)| p.abstained).count() as u64,
        answered_side_accuracy: answered(&side),
        answered_stance_accuracy: answered(&stance),
    })
}

/// The share of `true`, with its interval.
fn share(values: &[bool], groups: &Groups, bootstrap: Bootstrap) -> Figure {
    bootstrap.figures(groups, |w| {
        let (mut yes, mut all) = (0u64, 0u64);
        for (&v, &w) in values.iter().zip(w) {
            yes += u64::from(v) * u64::from(w);
            all += u64::from(w);
        }
        vec![ratio(yes, all)]
    })[0]
}

pub(super) fn ranking(
    gold: &Gold,
    predicted: &Predicted,
    bootstrap: Bootstrap,
) -> Option<RankingReport> {
    if gold.pairs.is_empty() {
        return None;
    }
    let opposed = Relation::Opposed.index();
    let known: Vec<_> = gold
        .pairs
        .iter()
        .zip(&predicted.pairs)
        .filter_map(|(g, p)| Some((g, p.as_ref()?)))
        .collect();
    let items: Vec<pairs::Item> = known
        .iter()
        .map(|(g, p)| {
            let score = p
                .relation
                .as_ref()
                .and_then(|c| c.scores.as_ref())
                .map(|s| s[opposed]);
            (g.relation == Relation::Opposed, score, p.similarity)
        })
        .collect();
    let groups = Groups::new(known.iter().map(|(g, _)| g.meta.doc.as_deref()));
    Some(pairs::report(&items, &groups, bootstrap))
}

pub(super) fn attributions(
    gold: &Gold,
    predicted: &Predicted,
    settings: &Settings,
    out: &mut Evaluation,
) {
    if gold.attributions.is_empty() {
        return;
    }
    let counts = attribution::counts(&gold.attributions, &predicted.attributions);
    let mut known = Vec::new();
    let mut at = Vec::new();
    for (i, c) in counts.into_iter().enumerate() {
        let g = &gold.attributions[i];
        match (c, predicted.attributions[i].as_ref()) {
            (Some(c), Some(p)) => {
                out.error_rows
                    .extend(errors::attribution_error(gold, g, &c, p));
                known.push(c);
                at.push(i);
            }
            (None, Some(_)) => out.problems.push(Problem::new(
                ProblemKind::MissingPrediction,
                gold.place(&g.meta),
                Some(&g.meta.id),
                "its prediction has no `speaker`",
            )),
            _ => {
                // Named when matching; counted as nothing found if it is to count as wrong.
                if settings.missing_is_wrong {
                    known.push(attribution::RecordCounts::of(g, None));
                    at.push(i);
                }
            }
        }
    }
    let groups = Groups::new(at.iter().map(|&i| gold.attributions[i].meta.doc.as_deref()));
    out.resampled_by
        .insert("attributions".into(), groups.unit().into());
    for field in &settings.by {
        let values: Vec<String> = at
            .iter()
            .map(|&i| breakdown::value(gold, &gold.attributions[i], field))
            .collect();
        out.breakdowns.push(breakdown::attributions(
            &known,
            &groups,
            field,
            &values,
            settings.bootstrap,
        ));
    }
    out.attribution = Some(attribution::report(&known, &groups, settings.bootstrap));
}

pub(super) fn coreferences(
    gold: &Gold,
    predicted: &Predicted,
    bootstrap: Bootstrap,
    out: &mut Evaluation,
) {
    if gold.coreferences.is_empty() {
        return;
    }
    let Some(answers) = &predicted.coreferences else {
        out.problems.push(Problem::new(
            ProblemKind::NotScored,
            predicted.source.clone(),
            None,
            format!(
                "it resolves no coreference; {} cases are not scored",
                gold.coreferences.len()
            ),
        ));
        return;
    };
    let cases: Vec<(Option<&str>, Option<&str>)> = gold
        .coreferences
        .iter()
        .zip(answers)
        .map(|(g, a)| (g.actor.as_deref(), a.as_deref()))
        .collect();
    let groups = Groups::new(gold.coreferences.iter().map(|g| g.meta.doc.as_deref()));
    let f = bootstrap.figures(&groups, |w| {
        let sum = |test: &dyn Fn(Option<&str>, Option<&str>) -> bool| -> u64 {
            cases
                .iter()
                .zip(w)
                .filter(|((g, a), _)| test(*g, *a))
                .map(|(_, &w)| u64::from(w))
                .sum()
        };
        let hit = sum(&|g, a| g.is_some() && g == a);
        vec![
            ratio(sum(&|g, a| g == a), sum(&|_, _| true)),
            ratio(hit, sum(&|g, _| g.is_some())),
            ratio(hit, sum(&|_, a| a.is_some())),
            ratio(
                sum(&|g, a| g.is_none() && a.is_none()),
                sum(&|g, _| g.is_none()),
            ),
        ]
    });
    for (g, (right, answer)) in gold.coreferences.iter().zip(&cases) {
        if right != answer {
            out.error_rows
                .push(errors::coreference_error(gold, g, *right, *answer));
        }
    }
    out.resampled_by
        .insert("coreferences".into(), groups.unit().into());
    out.coreference = Some(CoreferenceReport {
        n: cases.len() as u64,
        accuracy: f[0],
        recall: f[1],
        precision: f[2],
        rightly_unresolved: f[3],
    });
}
