//! Claim contrast: which statements of the two blocs oppose each other.
//!
//! 1. [`copies`]: near-duplicates are merged and counted.
//! 2. [`search`] and `candidates`: pairs of different sides, near in topic, time
//!    and actors; blocked exact search.
//! 3. A [`Judge`] (the relation model) looks at the most promising ones only.
//! 4. [`score`]: one score from everything known; `matching`: the globally best
//!    one-to-one matching, then further answers.
//! 5. [`issues`] and [`cluster`]: pairs grouped into what is disputed.
//!
//! The result depends on the set of statements, not on their order, and is the
//! same on every run. Methods and costs are described in `docs/contrast.md`.

mod candidates;
pub mod cluster;
pub mod copies;
mod embeddings;
pub mod issues;
mod matching;
pub mod score;
pub mod search;
pub mod terms;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod window;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_stemmers::{Algorithm, Stemmer};

use self::candidates::{candidates, Candidate, Pool};
use self::copies::Fingerprint;
pub use self::embeddings::Embeddings;
use self::issues::{short_hash, Grouped, Matter};
use self::matching::Edge;
use self::score::{Coefficients, COEFFICIENTS};
use self::terms::Lexicon;
use crate::labels::{Side, SideNames, Stance};
use crate::record::{rounded, scored_relation, Copies, Evidence, Issue, Pair, StatementRecord};
use crate::{Error, Result};

/// Terms listed as evidence of a pair.
const EVIDENCE_TERMS: usize = 8;

/// The statements to contrast.
#[derive(Debug)]
pub struct Input<'a> {
    pub statements: &'a [StatementRecord],
    /// One row a statement, in the same order.
    pub embeddings: &'a Embeddings,
    pub names: SideNames,
    /// The first so many statements come from an earlier run: pairs need at
    /// least one statement that does not. An earlier statement with the id of a
    /// new one is left out.
    pub earlier: usize,
}

/// Says how two statements meet.
pub trait Judge {
    /// Calibrated probabilities of opposed, aligned and unrelated for every
    /// pair, in order, independent of the order of the two texts and of the
    /// other pairs. `done` is told how many more pairs are finished.
    fn judge(&self, pairs: &[(&str, &str)], done: &(dyn Fn(usize) + Sync))
        -> Result<Vec<[f64; 3]>>;
}

/// What is being done, for progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Copies are looked for; counted in statements.
    Copies,
    /// Candidates are looked for; counted in blocks of statements.
    Search,
    /// Candidates are judged; counted in pairs.
    Judge,
    /// Pairs are matched and grouped; counted in pairs.
    Group,
}

/// Limits and thresholds.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Least confidence in a statement's side; others take part only if their bloc has none above it.
    pub min_side_confidence: f64,
    /// Most days between two statements that may meet; one without a date may meet any.
    pub window_days: i64,
    /// Most candidates of a statement that are judged.
    pub max_candidates_per_statement: usize,
    /// Judgements for every statement of the two blocs, on average, at most.
    pub judgements_per_statement: f64,
    /// Judgements that are always allowed, so that small inputs are judged in full.
    pub min_judgements: usize,
    /// Least cosine of two statements that may meet.
    pub min_similarity: f64,
    /// Least probability of `opposed` of a pair that is shown.
    pub min_opposed: f64,
    /// Least score of a pair that is shown.
    pub min_score: f64,
    /// Most further answers to one claim.
    pub max_further: usize,
    /// Least mean cosine of pairs within an issue (see [`cluster`]).
    pub issue_similarity: f64,
    /// Least cosine of a neighbour with its issue's centre.
    pub neighbour_similarity: f64,
    /// Most neighbours of an issue.
    pub max_neighbours: usize,
    /// Workers of the search.
    pub threads: usize,
    /// Coefficients of the score.
    pub coefficients: Coefficients,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            min_side_confidence: crate::config::REPORT_MIN_CONFIDENCE,
            window_days: 30,
            max_candidates_per_statement: 12,
            judgements_per_statement: 3.0,
            min_judgements: 2_000,
            min_similarity: 0.2,
            min_opposed: 0.3,
            min_score: 0.15,
            max_further: 3,
            issue_similarity: 0.5,
            neighbour_similarity: 0.5,
            max_neighbours: 20,
            threads: 1,
            coefficients: COEFFICIENTS,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contrast {
    /// Best first.
    pub pairs: Vec<Pair>,
    /// Heaviest first.
    pub issues: Vec<Issue>,
    /// Ids of claims without an answer, for the first and the second bloc, strongest first.
    pub unanswered: [Vec<String>; 2],
    /// In order of the statements that stand for the others.
    pub copies: Vec<Copies>,
}

/// Lines up the opposing claims. `progress` is told the stage, how much more of
/// it is done, and its total.
pub fn contrast(
    input: &Input,
    judge: &dyn Judge,
    options: &Options,
    progress: &(dyn Fn(Stage, usize, usize) + Sync),
) -> Result<Contrast> {
    let n = input.statements.len();
    if input.embeddings.len() != n || input.earlier > n {
        return Err(Error::Other(format!(
            "{n} statements, {} embeddings, {} earlier statements do not fit together",
            input.embeddings.len(),
            input.earlier
        )));
    }
    let (kept, fingerprints, copies) = merge_copies(input, options, progress);
    let lexicon = Lexicon::new(
        kept.iter().map(|&i| &input.statements[i]),
        options.window_days,
    );
    let sides = sides(input, &kept, options.min_side_confidence);
    let pool = Pool {
        input,
        kept: &kept,
        fingerprints: &fingerprints,
        lexicon: &lexicon,
        sides: [&sides[0], &sides[1]],
    };
    let found = candidates(&pool, options, &options.coefficients, progress)?;
    let judged = judged(&pool, judge, &found, options, progress)?;
    let (pairs, issues) = grouped(&pool, &judged, options, progress)?;
    let paired: BTreeSet<&str> = pairs
        .iter()
        .flat_map(|p| [p.a.as_str(), p.b.as_str()])
        .collect();
    let unanswered = [0, 1].map(|side| unanswered(&pool, side, &paired));
    Ok(Contrast {
        pairs,
        issues,
        unanswered,
        copies,
    })
}

/// Puts the statements in order (new ones first, then by date, then by id) and
/// merges the copies. Gives the rows kept, their fingerprints, and the copies.
fn merge_copies(
    input: &Input,
    options: &Options,
    progress: &(dyn Fn(Stage, usize, usize) + Sync),
) -> (Vec<usize>, Vec<Fingerprint>, Vec<Copies>) {
    let statements = input.statements;
    let mut order: Vec<usize> = (0..statements.len()).collect();
    order.sort_by(|&x, &y| {
        let key = |i: usize| {
            let s = &statements[i];
            (i < input.earlier, s.date.is_none(), s.date, s.id.as_str())
        };
        key(x).cmp(&key(y)).then(x.cmp(&y))
    });
    let mut ids = BTreeSet::new();
    order.retain(|&i| ids.insert(statements[i].id.as_str()));
    let prints: Vec<Fingerprint> = order
        .iter()
        .map(|&i| Fingerprint::new(&statements[i].text))
        .collect();
    let facts: Vec<(Side, Option<i64>)> = order
        .iter()
        .map(|&i| {
            let s = &statements[i];
            (
                s.side(&input.names).unwrap_or(Side::Other),
                s.date.map(window::day),
            )
        })
        .collect();
    let stands = copies::representatives(&prints, |x, y| {
        facts[x].0 == facts[y].0 && window::meet(facts[x].1, facts[y].1, options.window_days)
    });
    progress(Stage::Copies, order.len(), order.len());
    let mut groups: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (i, &r) in stands.iter().enumerate() {
        if r != i {
            let id = statements[order[i]].id.clone();
            groups.entry(r).or_default().push(id);
        }
    }
    let copies = groups
        .into_iter()
        .map(|(r, copies)| Copies {
            statement: statements[order[r]].id.clone(),
            copies,
        })
        .collect();
    let keeps = |i: &usize| stands[*i] == *i;
    let kept = (0..order.len()).filter(keeps).map(|i| order[i]).collect();
    let prints = prints
        .into_iter()
        .enumerate()
        .filter(|(i, _)| keeps(i))
        .map(|(_, p)| p)
        .collect();
    (kept, prints, copies)
}

/// Positions in `kept` of the statements of the two blocs. Those whose side is less than
/// `least` sure take part only if their bloc has no other; the stance may be in doubt, since a claim
/// is answered whichever way it pushes.
fn sides(input: &Input, kept: &[usize], least: f64) -> [Vec<usize>; 2] {
    [Side::First, Side::Second].map(|side| {
        let of = |sure: bool| -> Vec<usize> {
            let mut positions: Vec<usize> = (0..kept.len())
                .filter(|&p| {
                    let s = &input.statements[kept[p]];
                    let english = s.language.as_deref().is_none_or(|l| l == "en");
                    s.side(&input.names) == Some(side)
                        && (s.side.confidence >= least) == sure
                        && english
                })
                .collect();
            positions.sort_by_key(|&p| &input.statements[kept[p]].id);
            positions
        };
        let certain = of(true);
        if certain.is_empty() {
            of(false)
        } else {
            certain
        }
    })
}

/// A candidate with what the judge says of it and its score.
struct Judged {
    candidate: Candidate,
    relation: [f64; 3],
    score: f64,
}

/// Asks the judge, and keeps the pairs that are to be shown.
fn judged(
    pool: &Pool,
    judge: &dyn Judge,
    found: &[Candidate],
    options: &Options,
    progress: &(dyn Fn(Stage, usize, usize) + Sync),
) -> Result<Vec<Judged>> {
    let text = |p: usize| pool.input.statements[pool.kept[p]].text.as_str();
    let texts: Vec<(&str, &str)> = found.iter().map(|c| (text(c.a), text(c.b))).collect();
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let relations = judge.judge(&texts, &|n| progress(Stage::Judge, n, texts.len()))?;
    if relations.len() != texts.len() {
        return Err(Error::Model(format!(
            "the relation model judged {} of {} pairs",
            relations.len(),
            texts.len()
        )));
    }
    let mut judged: Vec<Judged> = found
        .iter()
        .zip(relations)
        .filter(|(_, r)| r.iter().all(|p| p.is_finite()))
        .map(|(&candidate, relation)| Judged {
            score: options
                .coefficients
                .score(&candidate.features.judged(relation)),
            candidate,
            relation,
        })
        .filter(|j| {
            let [opposed, aligned, _] = j.relation;
            opposed >= options.min_opposed && opposed >= aligned && j.score >= options.min_score
        })
        .collect();
    judged.sort_by_key(|j| (j.candidate.a, j.candidate.b));
    Ok(judged)
}

/// Matches the pairs, adds further answers and groups them into issues.
fn grouped(
    pool: &Pool,
    judged: &[Judged],
    options: &Options,
    progress: &(dyn Fn(Stage, usize, usize) + Sync),
) -> Result<(Vec<Pair>, Vec<Issue>)> {
    // Left and right vertices are numbered by position among the kept statements.
    let edges: Vec<Edge> = judged
        .iter()
        .map(|j| Edge {
            a: j.candidate.a,
            b: j.candidate.b,
            weight: ((j.score - options.min_score) * 1e6).round() as i64 + 1,
        })
        .collect();
    let matched = matching::best(&edges);
    let further = matching::further(&edges, &matched, options.max_further);
    let mut chosen: Vec<(usize, bool)> = matched
        .into_iter()
        .map(|i| (i, true))
        .chain(further.into_iter().map(|i| (i, false)))
        .collect();
    chosen.sort_unstable();
    let statement = |p: usize| &pool.input.statements[pool.kept[p]];
    let groups: Vec<Grouped> = chosen
        .iter()
        .map(|&(i, primary)| {
            let c = &judged[i].candidate;
            Grouped {
                id: short_hash(&format!("{}|{}", statement(c.a).id, statement(c.b).id)),
                a: c.a,
                b: c.b,
                score: rounded(judged[i].score),
                primary,
            }
        })
        .collect();
    let matter = Matter {
        input: pool.input,
        kept: pool.kept,
        lexicon: pool.lexicon,
    };
    let (issues, of_pair) = matter.issues(&groups, options)?;
    progress(Stage::Group, groups.len(), groups.len());
    let stemmer = Stemmer::create(Algorithm::English);
    let mut pairs: Vec<Pair> = chosen
        .iter()
        .zip(groups)
        .zip(of_pair)
        .map(|((&(i, primary), g), issue)| {
            let j = &judged[i];
            Pair {
                id: g.id,
                issue,
                a: statement(g.a).id.clone(),
                b: statement(g.b).id.clone(),
                similarity: rounded(j.candidate.similarity),
                relation: scored_relation(&j.relation),
                score: g.score,
                primary,
                evidence: evidence(pool, j, options, &stemmer),
            }
        })
        .collect();
    pairs.sort_by(|x, y| y.score.total_cmp(&x.score).then_with(|| x.id.cmp(&y.id)));
    Ok((pairs, issues))
}

/// What a pair has in common.
fn evidence(pool: &Pool, j: &Judged, options: &Options, stemmer: &Stemmer) -> Evidence {
    let c = &j.candidate;
    let statement = |p: usize| &pool.input.statements[pool.kept[p]];
    let (pa, pb) = (pool.lexicon.profile(c.a), pool.lexicon.profile(c.b));
    let window = pool.lexicon.window(statement(c.a), statement(c.b));
    let mut forms: HashMap<String, BTreeMap<String, usize>> = HashMap::new();
    for p in [c.a, c.b] {
        for (term, word) in terms::content_words(statement(p), stemmer) {
            let of = forms.entry(term).or_default();
            *of.entry(terms::shown(word).to_string()).or_default() += 1;
        }
    }
    Evidence {
        actors: pool.lexicon.shared_actors(pa, pb, window),
        terms: pool
            .lexicon
            .shared_terms(pa, pb, window)
            .into_iter()
            .take(EVIDENCE_TERMS)
            .filter_map(|t| issues::most_frequent(forms.get(pool.lexicon.term(t))?))
            .collect(),
        days_apart: score::days_apart(statement(c.a), statement(c.b)),
        parts: options.coefficients.parts(&c.features.judged(j.relation)),
    }
}

/// Claims of this run without an answer, strongest first: statements that
/// escalate or de-escalate, by the probability of being of the side times that of not being neutral.
fn unanswered(pool: &Pool, side: usize, paired: &BTreeSet<&str>) -> Vec<String> {
    let name = &pool.input.names.0[side];
    let mut claims: Vec<(f64, &str)> = pool.sides[side]
        .iter()
        .map(|&p| pool.kept[p])
        .filter(|&i| i >= pool.input.earlier)
        .map(|i| &pool.input.statements[i])
        // Listed for its stance, which must not be in doubt.
        .filter(|s| !s.abstained && s.stance.label != Stance::Neutral)
        .filter(|s| !paired.contains(s.id.as_str()))
        .map(|s| {
            let neutral = s.stance.scores.get(Stance::Neutral.name());
            let of_side = s.side.scores.get(name).copied().unwrap_or(0.0);
            (
                of_side * (1.0 - neutral.copied().unwrap_or(0.0)),
                s.id.as_str(),
            )
        })
        .collect();
    claims.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| x.1.cmp(y.1)));
    claims.into_iter().map(|c| c.1.to_string()).collect()
}
