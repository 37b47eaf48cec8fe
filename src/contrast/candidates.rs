//! Which pairs are worth the relation model's time.
//!
//! The search gives every statement its nearest ones of the other side. Of
//! these the score's parts that need no model (similarity, stances, shared
//! actors and terms, dates) choose: first every statement's best partner, then
//! every statement's second best, and so on until the budget is spent.

use std::cmp::Reverse;

use super::copies::Fingerprint;
use super::score::{Coefficients, Features};
use super::search::{nearest, Query, Set};
use super::terms::Lexicon;
use super::{window, Input, Options, Stage};
use crate::Result;

/// A pair of statements (positions among the kept ones) that may be opposed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub a: usize,
    pub b: usize,
    pub similarity: f64,
    pub features: Features,
}

/// What candidates are drawn from.
pub(crate) struct Pool<'a> {
    pub input: &'a Input<'a>,
    /// Rows of the input that are kept (copies merged), in order of precedence.
    pub kept: &'a [usize],
    pub fingerprints: &'a [Fingerprint],
    pub lexicon: &'a Lexicon,
    /// Positions in `kept` of the two blocs' statements, in ascending order of their ids.
    pub sides: [&'a [usize]; 2],
}

/// The candidates, most promising first.
pub(crate) fn candidates(
    pool: &Pool,
    options: &Options,
    coefficients: &Coefficients,
    progress: &(dyn Fn(Stage, usize, usize) + Sync),
) -> Result<Vec<Candidate>> {
    let statements = pool.input.statements;
    let day = |i: usize| statements[i].date.map(window::day);
    let mut position = vec![0u32; statements.len()];
    for (p, &i) in pool.kept.iter().enumerate() {
        position[i] = p as u32;
    }
    let set = |side: &[usize]| {
        let rows = side.iter().map(|&p| pool.kept[p]);
        Set::new(pool.input.embeddings, rows.map(|i| (i, day(i))))
    };
    let [first, second] = pool.sides;
    let earlier = pool.input.earlier;
    let query = Query {
        // Some more than are judged at most: the other parts choose among them.
        best: 2 * options.max_candidates_per_statement,
        // A little less than asked: the exact similarity decides below.
        min: options.min_similarity as f32 - 1e-4,
        days: Some(options.window_days),
        want: &|i, j| i >= earlier || j >= earlier,
        threads: options.threads,
    };
    let found = nearest(&set(first), &set(second), &query, &|done, total| {
        progress(Stage::Search, done, total)
    })?;
    let mut all: Vec<Candidate> = found
        .into_iter()
        .filter_map(|(i, j)| {
            let (i, j) = (i as usize, j as usize);
            let (a, b) = (position[i] as usize, position[j] as usize);
            let similarity = pool.input.embeddings.cosine(i, pool.input.embeddings, j);
            // The same words on both sides do not contradict themselves.
            if similarity < options.min_similarity
                || pool.fingerprints[a].same(&pool.fingerprints[b])
            {
                return None;
            }
            let of = |i: usize, p: usize| (&statements[i], pool.lexicon.profile(p));
            let features = Features::new(of(i, a), of(j, b), similarity, pool.lexicon);
            Some(Candidate {
                a,
                b,
                similarity,
                features,
            })
        })
        .collect();
    let prior: Vec<f64> = all
        .iter()
        .map(|c| coefficients.prior(&c.features))
        .collect();
    let ranks = ranks(&all, &prior, pool.kept.len());
    let members = first.len() + second.len();
    let budget = options
        .min_judgements
        .max((options.judgements_per_statement * members as f64).ceil() as usize);
    let mut order: Vec<usize> = (0..all.len())
        .filter(|&i| ranks[i] < options.max_candidates_per_statement)
        .collect();
    let key = |i: usize| (ranks[i], Reverse(ordered(prior[i])), all[i].a, all[i].b);
    order.sort_by_key(|&i| key(i));
    order.truncate(budget);
    let chosen = order.iter().map(|&i| all[i]).collect();
    all.clear();
    Ok(chosen)
}

/// For every candidate its better rank (from 0) among the candidates of its two statements.
fn ranks(all: &[Candidate], prior: &[f64], statements: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|&i| (Reverse(ordered(prior[i])), all[i].a, all[i].b));
    let mut seen = vec![0usize; statements];
    let mut ranks = vec![0; all.len()];
    for i in order {
        let (a, b) = (all[i].a, all[i].b);
        ranks[i] = seen[a].min(seen[b]);
        seen[a] += 1;
        seen[b] += 1;
    }
    ranks
}

/// A finite number as an integer of the same order.
fn ordered(x: f64) -> i64 {
    (x * 1e9) as i64
}
