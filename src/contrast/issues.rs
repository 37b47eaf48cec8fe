//! Pairs grouped into issues: what is disputed, across documents.
//!
//! A statement's vector is its embedding beside a hashed, weighted vector of
//! its terms and actors (feature hashing; Weinberger et al. 2009), which share
//! [`TERM_SHARE`] of a cosine. A pair's vector is the sum of its statements'.
//! Pairs are clustered by average linkage ([`super::cluster`]); pairs whose
//! statements the relation model sets against each other count as nearer.

use std::collections::{BTreeMap, BTreeSet};

use rust_stemmers::{Algorithm, Stemmer};
use sha2::{Digest, Sha256};

use super::embeddings::dot;
use super::terms::{content_words, shown, Lexicon};
use super::{cluster, window, Embeddings, Input, Options};
use crate::record::{rounded, Issue, StatementRecord};
use crate::Result;

/// Share of the hashed terms and actors in the cosine of two vectors; the rest is the embeddings'.
pub const TERM_SHARE: f64 = 0.3;
/// Windows apart at which pairs no longer get farther from each other by time alone.
const ISSUE_WINDOWS: i64 = 4;
/// Width of the hashed part.
const HASHED: usize = 256;
/// Longest headline in characters.
pub const HEADLINE: usize = 100;
/// Statements compared with all issues at once.
const NEIGHBOUR_BLOCK: usize = 1024;
/// Keywords of an issue.
pub const KEYWORDS: usize = 6;

/// The first 12 hex digits of the SHA-256 of a text: ids of pairs and issues.
pub(crate) fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(6)
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// The statements that issues are made from.
pub(crate) struct Matter<'a> {
    pub input: &'a Input<'a>,
    /// Rows of the input that are kept, in order of precedence.
    pub kept: &'a [usize],
    pub lexicon: &'a Lexicon,
}

/// A pair as the grouping needs it; positions among the kept statements.
#[derive(Debug, Clone)]
pub(crate) struct Grouped {
    pub id: String,
    pub a: usize,
    pub b: usize,
    pub score: f64,
    pub primary: bool,
}

impl Matter<'_> {
    fn statement(&self, p: usize) -> &StatementRecord {
        &self.input.statements[self.kept[p]]
    }

    /// A statement's vector, of length 1 or zero.
    fn vector(&self, p: usize) -> Vec<f32> {
        let mut hashed = vec![0f32; HASHED];
        for (kind, name, weight) in self.lexicon.weighted(self.lexicon.profile(p)) {
            let digest = Sha256::digest(format!("{kind}\0{name}").as_bytes());
            let place = u16::from_le_bytes([digest[0], digest[1]]) as usize % HASHED;
            let sign = if digest[2] & 1 == 0 { 1.0 } else { -1.0 };
            hashed[place] += sign * weight as f32;
        }
        let norm = dot(&hashed, &hashed).sqrt();
        let scale = if norm > 0.0 {
            TERM_SHARE.sqrt() / norm
        } else {
            0.0
        };
        let keep = (1.0 - TERM_SHARE).sqrt();
        self.input
            .embeddings
            .row(self.kept[p])
            .iter()
            .map(|&x| (f64::from(x) * keep) as f32)
            .chain(hashed.into_iter().map(|x| (f64::from(x) * scale) as f32))
            .collect()
    }

    fn width(&self) -> usize {
        self.input.embeddings.width() + HASHED
    }

    /// Sum of vectors, brought to length 1.
    fn sum(&self, vectors: &[Vec<f32>]) -> Vec<f32> {
        let mut sum = vec![0f32; self.width()];
        for v in vectors {
            sum.iter_mut().zip(v).for_each(|(s, x)| *s += x);
        }
        let norm = dot(&sum, &sum).sqrt();
        if norm > 0.0 {
            sum.iter_mut()
                .for_each(|s| *s = (f64::from(*s) / norm) as f32);
        }
        sum
    }

    /// Groups pairs. Gives the issues, heaviest first, and the issue's id of every pair.
    pub(crate) fn issues(
        &self,
        pairs: &[Grouped],
        options: &Options,
    ) -> Result<(Vec<Issue>, Vec<String>)> {
        let primary: Vec<usize> = (0..pairs.len()).filter(|&i| pairs[i].primary).collect();
        let mut rows = Vec::with_capacity(primary.len() * self.width());
        for &i in &primary {
            rows.extend(self.sum(&[self.vector(pairs[i].a), self.vector(pairs[i].b)]));
        }
        let rows = Embeddings::new(rows, self.width())?;
        // Which primary pair each statement is in.
        let mut home: BTreeMap<usize, usize> = BTreeMap::new();
        for (n, &i) in primary.iter().enumerate() {
            home.insert(pairs[i].a, n);
            home.insert(pairs[i].b, n);
        }
        let links: Vec<(usize, usize)> = pairs
            .iter()
            .filter_map(|p| Some((*home.get(&p.a)?, *home.get(&p.b)?)))
            .filter(|(x, y)| x != y)
            .collect();
        let day = |p: usize| self.statement(p).date.map(window::day);
        let days: Vec<Option<i64>> = primary
            .iter()
            .map(|&i| day(pairs[i].a).or(day(pairs[i].b)))
            .collect();
        let points = cluster::Points {
            rows: &rows,
            days: &days,
            apart: ISSUE_WINDOWS * options.window_days,
            links: &links,
        };
        let clusters = cluster::clusters(&points, options.issue_similarity as f32)?;
        let mut cluster_of = vec![0; primary.len()];
        for (c, members) in clusters.iter().enumerate() {
            members.iter().for_each(|&m| cluster_of[m] = c);
        }
        // A further answer goes with the stronger of the primary pairs that its statements are in.
        let of_pair: Vec<usize> = pairs
            .iter()
            .map(|p| {
                let at = |s: &usize| home.get(s).copied();
                let score = |n: usize| pairs[primary[n]].score;
                match (at(&p.a), at(&p.b)) {
                    (Some(x), Some(y)) if score(y) > score(x) => cluster_of[y],
                    (Some(x), _) => cluster_of[x],
                    (None, Some(y)) => cluster_of[y],
                    (None, None) => 0,
                }
            })
            .collect();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); clusters.len()];
        for (i, &c) in of_pair.iter().enumerate() {
            members[c].push(i);
        }
        let centres: Vec<Vec<f32>> = clusters
            .iter()
            .map(|c| {
                let rows: Vec<Vec<f32>> = c.iter().map(|&m| rows.row(m).to_vec()).collect();
                self.sum(&rows)
            })
            .collect();
        let mut issues: Vec<Issue> = members
            .iter()
            .zip(&centres)
            .map(|(m, centre)| self.issue(pairs, m, centre))
            .collect();
        let ids: Vec<String> = of_pair.iter().map(|&c| issues[c].id.clone()).collect();
        self.add_neighbours(pairs, &mut issues, &centres, options)?;
        issues.sort_by(|x, y| y.weight.total_cmp(&x.weight).then_with(|| x.id.cmp(&y.id)));
        Ok((issues, ids))
    }

    /// One issue from its pairs (positions in `pairs`).
    fn issue(&self, pairs: &[Grouped], members: &[usize], centre: &[f32]) -> Issue {
        let in_primary: BTreeSet<usize> = members
            .iter()
            .filter(|&&i| pairs[i].primary)
            .flat_map(|&i| [pairs[i].a, pairs[i].b])
            .collect();
        let nearness = |p: usize| rounded(dot(&self.vector(p), centre));
        // A statement is in one primary pair only, so no other issue has the same central one.
        let central = in_primary
            .iter()
            .map(|&p| (nearness(p), &self.statement(p).id, p))
            .min_by(|x, y| y.0.total_cmp(&x.0).then_with(|| x.1.cmp(y.1)))
            .map_or(pairs[members[0]].a, |c| c.2);
        let statements: BTreeSet<usize> = members
            .iter()
            .flat_map(|&i| [pairs[i].a, pairs[i].b])
            .collect();
        let dates = || statements.iter().filter_map(|&p| self.statement(p).date);
        let mut order: Vec<usize> = members.to_vec();
        order.sort_by(|&x, &y| {
            pairs[y]
                .score
                .total_cmp(&pairs[x].score)
                .then_with(|| pairs[x].id.cmp(&pairs[y].id))
        });
        let central = self.statement(central);
        Issue {
            id: short_hash(&central.id),
            headline: shorten(&central.text, HEADLINE),
            central: central.id.clone(),
            keywords: self.keywords(&statements),
            weight: rounded(order.iter().map(|&i| pairs[i].score).sum()),
            from: dates().min(),
            to: dates().max(),
            pairs: order.into_iter().map(|i| pairs[i].id.clone()).collect(),
            neighbours: Vec::new(),
        }
    }

    /// The terms in most of the statements that are in few others (TF-IDF), those
    /// in a single one last, as they are mostly written.
    fn keywords(&self, statements: &BTreeSet<usize>) -> Vec<String> {
        let stemmer = Stemmer::create(Algorithm::English);
        let mut count: BTreeMap<u32, usize> = BTreeMap::new();
        let mut written: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for &p in statements {
            for &t in &self.lexicon.profile(p).terms {
                *count.entry(t).or_default() += 1;
            }
            for (term, word) in content_words(self.statement(p), &stemmer) {
                let forms = written.entry(term).or_default();
                *forms.entry(shown(word).to_string()).or_default() += 1;
            }
        }
        let mut terms: Vec<(u32, bool, f64)> = count
            .into_iter()
            .filter(|&(t, _)| !self.lexicon.term(t).contains(char::is_numeric))
            .map(|(t, n)| (t, n == 1, n as f64 * self.lexicon.term_weight(t)))
            .collect();
        terms.sort_by(|x, y| x.1.cmp(&y.1).then(y.2.total_cmp(&x.2)).then(x.0.cmp(&y.0)));
        terms
            .into_iter()
            .take(KEYWORDS)
            .filter_map(|(t, ..)| {
                let forms = written.get(self.lexicon.term(t))?;
                most_frequent(forms)
            })
            .collect()
    }

    /// Gives every statement without a partner to the issue it is nearest to, if it is near.
    fn add_neighbours(
        &self,
        pairs: &[Grouped],
        issues: &mut [Issue],
        centres: &[Vec<f32>],
        options: &Options,
    ) -> Result<()> {
        let paired: BTreeSet<usize> = pairs.iter().flat_map(|p| [p.a, p.b]).collect();
        let alone: Vec<usize> = (0..self.kept.len())
            .filter(|p| !paired.contains(p))
            .filter(|&p| {
                let language = self.statement(p).language.as_deref();
                language.is_none_or(|l| l == "en")
            })
            .collect();
        let days: Vec<Option<(i64, i64)>> = issues
            .iter()
            .map(|i| Some((window::day(i.from?), window::day(i.to?))))
            .collect();
        let mut near: Vec<Vec<(f64, usize)>> = vec![Vec::new(); issues.len()];
        for block in alone.chunks(NEIGHBOUR_BLOCK) {
            let rows: Vec<Vec<f32>> = block.iter().map(|&p| self.vector(p)).collect();
            let similarities = cluster::products(&rows, centres)?;
            for (&p, row) in block.iter().zip(&similarities) {
                let day = self.statement(p).date.map(window::day);
                let in_time = |c: usize| match (day, days[c]) {
                    (Some(d), Some((from, to))) => {
                        (from - options.window_days..=to + options.window_days).contains(&d)
                    }
                    _ => true,
                };
                let best = row
                    .iter()
                    .enumerate()
                    .filter(|&(c, _)| in_time(c))
                    .map(|(c, &s)| (rounded(f64::from(s)), c))
                    .min_by(|x, y| {
                        y.0.total_cmp(&x.0)
                            .then_with(|| issues[x.1].id.cmp(&issues[y.1].id))
                    });
                if let Some((similarity, c)) = best {
                    if similarity >= options.neighbour_similarity {
                        near[c].push((similarity, p));
                    }
                }
            }
        }
        for (issue, mut near) in issues.iter_mut().zip(near) {
            near.sort_by(|x, y| {
                let id = |p: usize| &self.statement(p).id;
                y.0.total_cmp(&x.0).then_with(|| id(x.1).cmp(id(y.1)))
            });
            near.truncate(options.max_neighbours);
            issue.neighbours = near
                .into_iter()
                .map(|(_, p)| self.statement(p).id.clone())
                .collect();
        }
        Ok(())
    }
}

/// The key with the greatest count; of equals the shortest, then the first.
pub(crate) fn most_frequent(forms: &BTreeMap<String, usize>) -> Option<String> {
    forms
        .iter()
        .min_by_key(|(word, n)| (std::cmp::Reverse(**n), word.len(), *word))
        .map(|(word, _)| word.clone())
}

/// A text on one line and not longer than `most` characters: cut after a whole
/// word and marked with an ellipsis.
pub fn shorten(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let mut short = String::new();
    for word in line.split(' ') {
        if short.chars().count() + word.chars().count() + 2 > most {
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    if short.is_empty() {
        // One endless word.
        short = line.chars().take(most.saturating_sub(1)).collect();
    }
    let end = short
        .trim_end_matches([',', ';', ':', '–', '—', '-', '('])
        .trim_end()
        .len();
    short.truncate(end);
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headlines_end_at_a_word() {
        assert_eq!(shorten("a short\n one", 100), "a short one");
        assert_eq!(
            shorten("The port was closed, and nobody knew why", 24),
            "The port was closed…"
        );
        assert_eq!(shorten(&"ä".repeat(50), 10), format!("{}…", "ä".repeat(9)));
        let long = "word ".repeat(5_000);
        assert!(shorten(&long, HEADLINE).chars().count() <= HEADLINE);
    }

    #[test]
    fn ids_are_short_and_stable() {
        assert_eq!(short_hash("abc"), "ba7816bf8f01");
    }
}
