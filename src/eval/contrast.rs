//! Scores a finished run end to end on a corpus whose true contrasts are known:
//! precision among the first pairs, recall, and purity of the issues.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::metrics::ratio;
use super::problem::{Problem, ProblemKind};
use crate::record::Analysis;

/// A statement by its document (file name) and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub document: String,
    pub text: String,
}

/// A true contrast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    pub event: String,
    pub a: Place,
    pub b: Place,
}

/// A statement that belongs to an event, or to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub event: Option<String>,
    pub place: Place,
}

/// The k of precision at k.
const KS: [u64; 3] = [5, 10, 20];

/// Keys of the figures, in the order of [`ContrastReport::figures`].
pub fn keys() -> Vec<String> {
    KS.iter()
        .map(|k| format!("contrast.precision_at_{k}"))
        .chain(
            [
                "precision",
                "recall",
                "claim_recall",
                "purity",
                "inverse_purity",
            ]
            .map(|k| format!("contrast.{k}")),
        )
        .collect()
}

/// Precision among the first k pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairPrecision {
    pub k: u64,
    /// Null with fewer than k pairs.
    pub precision: Option<f64>,
    /// Share whose two statements are of the same event, true contrast or not.
    pub same_event: Option<f64>,
}

/// The end-to-end figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContrastReport {
    pub documents: u64,
    /// True contrasts, copies of one statement counted once.
    pub truths: u64,
    /// Pairs of the run.
    pub pairs: u64,
    pub precision_at: Vec<PairPrecision>,
    /// Share of all pairs that are true.
    pub precision: Option<f64>,
    /// Share of true contrasts that are among the pairs.
    pub recall: Option<f64>,
    /// Share of statements with a true counterpart that stand in at least one true pair.
    pub claim_recall: Option<f64>,
    pub issues: u64,
    /// Purity of the issues: share of their statements that belong to the issue's most frequent event.
    pub purity: Option<f64>,
    /// Inverse purity: share of grouped event statements that lie in their event's largest issue.
    pub inverse_purity: Option<f64>,
    /// The first pairs that are not true, best first.
    pub wrong: Vec<WrongPair>,
}

/// A pair of the run that is no true contrast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WrongPair {
    pub rank: u64,
    pub score: f64,
    pub a: String,
    pub b: String,
    /// Events of the two statements; null if none.
    pub events: [Option<String>; 2],
}

fn words(text: &str) -> HashSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Statements of an analysis, to be found by document and text.
struct Finder<'a> {
    /// Document file name → (statement id, its words).
    by_document: HashMap<&'a str, Vec<(&'a str, HashSet<String>)>>,
    /// A copy's id → the id that stands for all.
    stands_for: HashMap<&'a str, &'a str>,
}

fn file_name(id: &str) -> &str {
    id.rsplit(['/', '\\']).next().unwrap_or(id)
}

impl<'a> Finder<'a> {
    fn new(analysis: &'a Analysis) -> Self {
        let mut by_document: HashMap<&str, Vec<_>> = HashMap::new();
        for s in &analysis.statements {
            let document = file_name(s.document.as_deref().unwrap_or(""));
            by_document
                .entry(document)
                .or_default()
                .push((s.id.as_str(), words(&s.text)));
        }
        let stands_for = analysis
            .copies
            .iter()
            .flat_map(|c| c.copies.iter().map(|x| (x.as_str(), c.statement.as_str())))
            .collect();
        Finder {
            by_document,
            stands_for,
        }
    }

    fn canonical(&self, id: &'a str) -> &'a str {
        self.stands_for.get(id).copied().unwrap_or(id)
    }

    /// The statement with the most words in common, at least six tenths of
    /// those in either: segmentation may differ from the marked text.
    fn find(&self, place: &Place) -> Option<&'a str> {
        let wanted = words(&place.text);
        let candidates = self.by_document.get(file_name(&place.document))?;
        let overlap = |w: &HashSet<String>| {
            wanted.intersection(w).count() as f64 / wanted.union(w).count().max(1) as f64
        };
        let mut best: Option<(&str, f64)> = None;
        for (id, w) in candidates {
            let o = overlap(w);
            if o >= 0.6 && best.is_none_or(|b| o > b.1) {
                best = Some((id, o));
            }
        }
        best.map(|b| self.canonical(b.0))
    }
}

/// Scores `analysis`. Marked statements that the run does not hold are named in `problems`.
pub fn score(
    analysis: &Analysis,
    truths: &[Truth],
    events: &[Event],
    problems: &mut Vec<Problem>,
) -> ContrastReport {
    let finder = Finder::new(analysis);
    let mut lost: BTreeSet<(&str, &str)> = BTreeSet::new();
    let find = |place: &Place| -> Option<String> { finder.find(place).map(String::from) };
    let mut event_of: BTreeMap<String, String> = BTreeMap::new();
    let mut true_pairs: BTreeSet<(String, String)> = BTreeSet::new();
    let mut claims: BTreeSet<String> = BTreeSet::new();
    let mut unseen = 0u64;
    for t in truths {
        let ids = [find(&t.a), find(&t.b)];
        for (place, id) in [&t.a, &t.b].into_iter().zip(&ids) {
            match id {
                Some(id) => {
                    event_of.insert(id.clone(), t.event.clone());
                    claims.insert(id.clone());
                }
                None => {
                    lost.insert((&place.document, &place.text));
                }
            }
        }
        match ids {
            [Some(a), Some(b)] => {
                true_pairs.insert(ordered(&a, &b));
            }
            _ => unseen += 1,
        }
    }
    for e in events {
        match find(&e.place) {
            Some(id) => {
                if let Some(event) = &e.event {
                    event_of.insert(id, event.clone());
                }
            }
            None => {
                lost.insert((&e.place.document, &e.place.text));
            }
        }
    }
    for (document, text) in &lost {
        let start: String = text.chars().take(60).collect();
        problems.push(Problem::new(
            ProblemKind::MissingPrediction,
            *document,
            None,
            format!("the run has no statement like “{start}…”"),
        ));
    }
    let unfound_claims = truths
        .iter()
        .flat_map(|t| [&t.a, &t.b])
        .filter(|p| lost.contains(&(p.document.as_str(), p.text.as_str())))
        .map(|p| (&p.document, &p.text))
        .collect::<BTreeSet<_>>()
        .len() as u64;
    let mut ranked: Vec<(String, String)> = Vec::new();
    let mut scores = Vec::new();
    let mut seen = HashSet::new();
    for p in &analysis.pairs {
        let pair = ordered(finder.canonical(&p.a), finder.canonical(&p.b));
        if seen.insert(pair.clone()) {
            ranked.push(pair);
            scores.push(p.score);
        }
    }
    let is_true = |p: &(String, String)| true_pairs.contains(p);
    let same = |p: &(String, String)| {
        let (a, b) = (event_of.get(&p.0), event_of.get(&p.1));
        a.is_some() && a == b
    };
    let share = |k: usize, test: &dyn Fn(&(String, String)) -> bool| {
        (ranked.len() >= k)
            .then(|| {
                ratio(
                    ranked[..k].iter().filter(|p| test(p)).count() as u64,
                    k as u64,
                )
            })
            .flatten()
    };
    let hits = ranked.iter().filter(|p| is_true(p)).count() as u64;
    let answered: BTreeSet<&String> = ranked
        .iter()
        .filter(|p| is_true(p))
        .flat_map(|p| [&p.0, &p.1])
        .collect();
    let text_of: HashMap<&str, &str> = analysis
        .statements
        .iter()
        .map(|s| (s.id.as_str(), s.text.as_str()))
        .collect();
    let text = |id: &str| text_of.get(id).copied().unwrap_or_default().to_string();
    let (purity, inverse_purity) = purity(analysis, &finder, &event_of);
    let truths = true_pairs.len() as u64 + unseen;
    ContrastReport {
        documents: analysis.documents.len() as u64,
        truths,
        pairs: ranked.len() as u64,
        precision_at: KS
            .into_iter()
            .map(|k| PairPrecision {
                k,
                precision: share(k as usize, &is_true),
                same_event: share(k as usize, &same),
            })
            .collect(),
        precision: ratio(hits, ranked.len() as u64),
        recall: ratio(hits, truths),
        claim_recall: ratio(answered.len() as u64, claims.len() as u64 + unfound_claims),
        issues: analysis.issues.len() as u64,
        purity,
        inverse_purity,
        wrong: ranked
            .iter()
            .enumerate()
            .filter(|(_, p)| !is_true(p))
            .take(50)
            .map(|(i, p)| WrongPair {
                rank: i as u64 + 1,
                score: scores[i],
                a: text(&p.0),
                b: text(&p.1),
                events: [event_of.get(&p.0).cloned(), event_of.get(&p.1).cloned()],
            })
            .collect(),
    }
}

fn ordered(a: &str, b: &str) -> (String, String) {
    if a <= b {
        (a.into(), b.into())
    } else {
        (b.into(), a.into())
    }
}

/// Purity and inverse purity (Manning, Raghavan & Schütze 2008, 16.3). A
/// statement of no event counts against purity.
fn purity(
    analysis: &Analysis,
    finder: &Finder,
    event_of: &BTreeMap<String, String>,
) -> (Option<f64>, Option<f64>) {
    let pairs: HashMap<&str, [&str; 2]> = analysis
        .pairs
        .iter()
        .map(|p| (p.id.as_str(), [p.a.as_str(), p.b.as_str()]))
        .collect();
    let (mut all, mut main) = (0u64, 0u64);
    let mut largest: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for issue in &analysis.issues {
        let members: BTreeSet<&str> = issue
            .pairs
            .iter()
            .filter_map(|p| pairs.get(p.as_str()))
            .flatten()
            .copied()
            .chain(issue.neighbours.iter().map(String::as_str))
            .map(|id| finder.canonical(id))
            .collect();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for m in &members {
            if let Some(e) = event_of.get(*m) {
                *counts.entry(e).or_insert(0) += 1;
            }
        }
        all += members.len() as u64;
        main += counts.values().copied().max().unwrap_or(0);
        for (e, n) in counts {
            let entry = largest.entry(e).or_insert((0, 0));
            entry.0 = entry.0.max(n);
            entry.1 += n;
        }
    }
    let (best, grouped) = largest
        .values()
        .fold((0, 0), |(b, g), &(n, total)| (b + n, g + total));
    (ratio(main, all), ratio(best, grouped))
}

impl ContrastReport {
    /// All figures by key.
    pub fn figures(&self) -> Vec<(String, Option<f64>)> {
        let rest = [
            self.precision,
            self.recall,
            self.claim_recall,
            self.purity,
            self.inverse_purity,
        ];
        let values = self.precision_at.iter().map(|p| p.precision).chain(rest);
        keys().into_iter().zip(values).collect()
    }
}
