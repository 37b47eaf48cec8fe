//! Which prediction belongs to which gold record: by id, or, where no id is in
//! common, by text. Whatever finds no partner is named.

use std::collections::HashMap;

use super::gold::{Gold, GoldRecord};
use super::predictions::{Prediction, Predictions};
use super::problem::{Problem, ProblemKind};
use super::records;

/// Predictions of a file made ready for looking up.
pub struct Index<'a> {
    predictions: &'a Predictions,
    by_id: HashMap<(bool, &'a str), usize>,
    by_text: HashMap<(bool, String), usize>,
    used: Vec<bool>,
}

/// White space does not count when texts are compared.
fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A gold record's prediction, by gold position.
pub type Partners<'a> = Vec<Option<&'a Prediction>>;

impl<'a> Index<'a> {
    /// Indexes predictions; second ones with the same id are named and not used.
    pub fn new(predictions: &'a Predictions, problems: &mut Vec<Problem>) -> Self {
        let mut index = Index {
            predictions,
            by_id: HashMap::new(),
            by_text: HashMap::new(),
            used: vec![false; predictions.list.len()],
        };
        for (i, p) in predictions.list.iter().enumerate() {
            // An error record stands for a statement or a pair, whichever has its id.
            let kinds: &[bool] = match p.error {
                Some(_) => &[false, true],
                None if p.is_pair() => &[true],
                None => &[false],
            };
            if let Some(id) = p.id.as_deref() {
                let first = kinds
                    .iter()
                    .find_map(|&k| index.by_id.get(&(k, id)).copied());
                if let Some(first) = first {
                    index.used[i] = true;
                    problems.push(Problem::new(
                        ProblemKind::DuplicateId,
                        index.place(p),
                        Some(id),
                        format!(
                            "the id stands on line {} already; the first is used",
                            predictions.list[first].line
                        ),
                    ));
                    continue;
                }
                for &k in kinds {
                    index.by_id.insert((k, id), i);
                }
            }
            if let Some(text) = &p.text {
                for &k in kinds {
                    index.by_text.entry((k, normal(text))).or_insert(i);
                }
            }
        }
        index
    }

    fn place(&self, p: &Prediction) -> String {
        records::place(std::path::Path::new(&self.predictions.source), p.line)
    }

    /// Finds the partners of gold records. `pairs`: whether they are pairs.
    pub fn partners<G: GoldRecord>(
        &mut self,
        gold: &Gold,
        records: &[G],
        pairs: bool,
        problems: &mut Vec<Problem>,
    ) -> Partners<'a> {
        let list = &self.predictions.list;
        let with_id = |g: &G| self.by_id.get(&(pairs, g.meta().id.as_str())).copied();
        let by_id = records.iter().any(|g| with_id(g).is_some());
        let found: Vec<Option<usize>> = records
            .iter()
            .map(|g| match by_id {
                true => with_id(g),
                false => self.by_text.get(&(pairs, normal(&g.shown()))).copied(),
            })
            .collect();
        let mut out = Vec::with_capacity(records.len());
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (g, i) in records.iter().zip(found) {
            let id = g.meta().id.as_str();
            let mut name = |kind, message: String| {
                problems.push(Problem::new(kind, gold.place(g.meta()), Some(id), message));
                None
            };
            let partner = match i.map(|i| (i, &list[i])) {
                _ if by_id && seen.insert(id, 0).is_some() => name(
                    ProblemKind::DuplicateId,
                    "the id stands in another gold file already; the first is used".into(),
                ),
                None => name(
                    ProblemKind::MissingPrediction,
                    format!("{} has no prediction for it", self.predictions.source),
                ),
                Some((i, p)) => {
                    self.used[i] = true;
                    match (&p.error, &p.text) {
                        (Some(e), _) => name(
                            ProblemKind::PredictionError,
                            format!("{}: {e}", self.place(p)),
                        ),
                        (_, Some(t)) if by_id && normal(t) != normal(&g.shown()) => name(
                            ProblemKind::TextMismatch,
                            format!("the prediction ({}) is for another text", self.place(p)),
                        ),
                        _ => Some(p),
                    }
                }
            };
            out.push(partner);
        }
        out
    }

    /// Names the predictions that no gold record asked for.
    pub fn extras(&self, problems: &mut Vec<Problem>) {
        for (p, _) in self
            .predictions
            .list
            .iter()
            .zip(&self.used)
            .filter(|u| !u.1)
        {
            problems.push(Problem::new(
                ProblemKind::ExtraPrediction,
                self.place(p),
                p.id.as_deref(),
                "no gold record has this id or text; not scored",
            ));
        }
    }
}
