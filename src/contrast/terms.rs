//! Words, terms and actors of statements, and how telling each of them is.
//!
//! A *term* is a content word, folded (NFKC, lower case, no possessive) and
//! stemmed with the Snowball stemmer for English; stop words come from the
//! `stop-words` crate (NLTK's list). How telling a term or an actor is follows
//! from how few statements have it: inverse document frequency (Spärck Jones,
//! "A statistical interpretation of term specificity", 1972), scaled to [0, 1]. For a pair
//! they are counted in the [`window`] it belongs to, so that a pair's score does not
//! depend on what else was written in other months, nor on how a corpus is cut.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::window;
use crate::record::StatementRecord;

/// Words of news reporting that say nothing about the matter, and prepositions and adverbs that NLTK's list lacks;
/// added to the stop words.
const REPORTING: &str = "said say says saying told tell tells telling according added adding adds \
    reported reports reporting stated states statement statements noted notes claimed claims \
    announced announces spokesman spokeswoman spokesperson reporters journalists asked also would \
    could may might must shall however yet mr mrs ms one two new news monday tuesday wednesday \
    thursday friday saturday sunday today yesterday tomorrow day days week \
    near amid among toward towards within without across along around despite via upon ahead already still \
    even since like including";

/// Terms of one statement beyond this many are not looked at: a text of
/// thousands of words would otherwise share something with everything.
const MAX_TERMS: usize = 256;

fn stop_words() -> &'static HashSet<&'static str> {
    static WORDS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    WORDS.get_or_init(|| {
        stop_words::lookup("en")
            .unwrap_or_default()
            .iter()
            .copied()
            .chain(REPORTING.split_whitespace())
            .collect()
    })
}

/// Words with their byte offsets, as Unicode (UAX 29) cuts them.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.unicode_word_indices()
}

/// A word without differences of writing: NFKC, lower case, straight apostrophe, no possessive.
pub(crate) fn fold(word: &str) -> String {
    let mut s: String = word
        .nfkc()
        .flat_map(char::to_lowercase)
        .map(|c| if c == '’' { '\'' } else { c })
        .collect();
    if let Some(stem) = s.strip_suffix("'s") {
        s.truncate(stem.len());
    }
    s
}

/// Whether a folded word carries no content.
fn empty_word(folded: &str) -> bool {
    stop_words().contains(folded)
        || folded.chars().count() < 2
        || folded.chars().all(|c| c.is_ascii_digit()) && folded.len() < 2
}

/// What one statement has in terms and actors. Numbers are positions in the
/// [`Lexicon`], in ascending order and each once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    pub(crate) terms: Vec<u32>,
    pub(crate) actors: Vec<u32>,
}

/// All terms and actors of a set of statements with their weights.
#[derive(Debug, Clone)]
pub struct Lexicon {
    terms: Table,
    actors: Table,
    profiles: Vec<Profile>,
    /// Length of a window.
    days: i64,
}

#[derive(Debug, Clone, Default)]
struct Table {
    /// In ascending order, so that positions do not depend on the order of the statements.
    names: Vec<String>,
    /// How telling among all statements, 0 to 1.
    weights: Vec<f64>,
    /// The same within each window, for the names that occur there, by position.
    within: BTreeMap<i64, Vec<(u32, f64)>>,
}

/// In how many statements each name occurs.
type Counts = BTreeMap<u32, usize>;

impl Table {
    /// `buckets` are those of the statements' days, as windows are made of.
    fn new(per_statement: &[Vec<String>], buckets: &[Option<i64>]) -> (Table, Vec<Vec<u32>>) {
        let names: BTreeSet<&str> = per_statement.iter().flatten().map(String::as_str).collect();
        let position: HashMap<&str, u32> = names
            .iter()
            .enumerate()
            .map(|(i, k)| (*k, i as u32))
            .collect();
        let rows: Vec<Vec<u32>> = per_statement
            .iter()
            .map(|names| {
                let mut row: Vec<u32> = names.iter().map(|n| position[n.as_str()]).collect();
                row.sort_unstable();
                row
            })
            .collect();
        let mut by_bucket: BTreeMap<Option<i64>, (usize, Counts)> = BTreeMap::new();
        for (row, bucket) in rows.iter().zip(buckets) {
            let (n, counts) = by_bucket.entry(*bucket).or_default();
            *n += 1;
            for &t in row {
                *counts.entry(t).or_default() += 1;
            }
        }
        let over = |buckets: &[Option<i64>]| {
            let (mut n, mut all) = (0, Counts::new());
            for (more, counts) in buckets.iter().filter_map(|b| by_bucket.get(b)) {
                n += more;
                for (&t, df) in counts {
                    *all.entry(t).or_default() += df;
                }
            }
            telling(n, &all)
        };
        let every: Vec<Option<i64>> = by_bucket.keys().copied().collect();
        let within = every
            .iter()
            .flatten()
            .map(|&w| (w, over(&[Some(w), Some(w + 1), None])))
            .collect();
        let table = Table {
            weights: over(&every).into_iter().map(|(_, weight)| weight).collect(),
            within,
            names: names.into_iter().map(str::to_string).collect(),
        };
        (table, rows)
    }

    /// How telling a name is in a window, or among all statements.
    fn weight(&self, t: u32, window: Option<i64>) -> f64 {
        let of = window.and_then(|w| self.within.get(&w)).and_then(|list| {
            let at = list.binary_search_by_key(&t, |(t, _)| *t).ok()?;
            Some(list[at].1)
        });
        of.unwrap_or(self.weights[t as usize])
    }

    /// The names of some positions, most telling first.
    fn ranked(&self, ids: impl Iterator<Item = u32>, window: Option<i64>) -> Vec<u32> {
        let mut ids: Vec<u32> = ids.collect();
        ids.sort_by(|&x, &y| {
            let weight = |t| self.weight(t, window);
            weight(y).total_cmp(&weight(x)).then(x.cmp(&y))
        });
        ids
    }
}

/// `idf = ln((n + 1) / (df + 0.5))` among `n` statements, scaled by its value at `df = 1`.
fn telling(n: usize, counts: &Counts) -> Vec<(u32, f64)> {
    let n = n as f64;
    let scale = ((n + 1.0) / 1.5).ln().max(f64::MIN_POSITIVE);
    counts
        .iter()
        .map(|(&t, &df)| {
            let idf = ((n + 1.0) / (df as f64 + 0.5)).ln();
            (t, (idf / scale).clamp(0.0, 1.0))
        })
        .collect()
}

impl Lexicon {
    /// Reads the terms and actors of statements; profiles are in their order. Windows are of so many days.
    pub fn new<'a>(
        statements: impl IntoIterator<Item = &'a StatementRecord>,
        window_days: i64,
    ) -> Self {
        let (mut terms, mut actors, mut buckets) = (Vec::new(), Vec::new(), Vec::new());
        let stemmer = Stemmer::create(Algorithm::English);
        for s in statements {
            terms.push(
                content_words(s, &stemmer)
                    .map(|(term, _)| term)
                    .collect::<indexmap::IndexSet<_>>()
                    .into_iter()
                    .take(MAX_TERMS)
                    .collect(),
            );
            let mut ids: Vec<String> = s.mentions.iter().map(|m| m.actor.clone()).collect();
            ids.extend(s.speaker.iter().filter_map(|sp| sp.actor.clone()));
            ids.sort_unstable();
            ids.dedup();
            actors.push(ids);
            buckets.push(s.date.map(|d| window::bucket(window::day(d), window_days)));
        }
        let (terms, term_rows) = Table::new(&terms, &buckets);
        let (actors, actor_rows) = Table::new(&actors, &buckets);
        let profiles = term_rows
            .into_iter()
            .zip(actor_rows)
            .map(|(terms, actors)| Profile { terms, actors })
            .collect();
        Lexicon {
            terms,
            actors,
            profiles,
            days: window_days,
        }
    }

    /// The window that a pair belongs to.
    pub fn window(&self, a: &StatementRecord, b: &StatementRecord) -> Option<i64> {
        window::home(a.date.map(window::day), b.date.map(window::day), self.days)
    }

    /// The profile of the statement at this position.
    pub fn profile(&self, i: usize) -> &Profile {
        &self.profiles[i]
    }

    /// How much two statements share in terms: cosine of their term sets
    /// weighted by how telling each term is in a window, 0 to 1.
    pub fn term_overlap(&self, a: &Profile, b: &Profile, window: Option<i64>) -> f64 {
        let square = |t: u32| self.terms.weight(t, window).powi(2);
        let norm = |p: &Profile| -> f64 { p.terms.iter().map(|&t| square(t)).sum() };
        let shared: f64 = common(&a.terms, &b.terms).map(square).sum();
        let n = (norm(a) * norm(b)).sqrt();
        if n > 0.0 {
            (shared / n).min(1.0)
        } else {
            0.0
        }
    }

    /// How telling the shared actors are together: `1 - Π (1 - weight)`, 0 to 1.
    pub fn actor_overlap(&self, a: &Profile, b: &Profile, window: Option<i64>) -> f64 {
        1.0 - common(&a.actors, &b.actors)
            .map(|t| 1.0 - self.actors.weight(t, window))
            .product::<f64>()
    }

    /// Ids of the actors in both, most telling first.
    pub fn shared_actors(&self, a: &Profile, b: &Profile, window: Option<i64>) -> Vec<String> {
        self.actors
            .ranked(common(&a.actors, &b.actors), window)
            .into_iter()
            .map(|t| self.actors.names[t as usize].clone())
            .collect()
    }

    /// Positions of the terms in both, most telling first.
    pub(crate) fn shared_terms(&self, a: &Profile, b: &Profile, window: Option<i64>) -> Vec<u32> {
        self.terms.ranked(common(&a.terms, &b.terms), window)
    }

    /// The term (a stem) at a position.
    pub(crate) fn term(&self, t: u32) -> &str {
        &self.terms.names[t as usize]
    }

    /// How telling the term at a position is among all statements, 0 to 1.
    pub(crate) fn term_weight(&self, t: u32) -> f64 {
        self.terms.weights[t as usize]
    }

    /// Names and weights of everything in a profile, terms then actors, for hashing.
    pub(crate) fn weighted<'a>(
        &'a self,
        p: &'a Profile,
    ) -> impl Iterator<Item = (&'a str, &'a str, f64)> {
        let of = |kind: &'static str, table: &'a Table, ids: &'a [u32]| {
            ids.iter().map(move |&t| {
                (
                    kind,
                    table.names[t as usize].as_str(),
                    table.weights[t as usize],
                )
            })
        };
        of("term", &self.terms, &p.terms).chain(of("actor", &self.actors, &p.actors))
    }
}

/// The content words of a statement as (term, word as written), in the text's
/// order; the words that name the speaker and report his speech are left out.
pub(crate) fn content_words<'a>(
    s: &'a StatementRecord,
    stemmer: &'a Stemmer,
) -> impl Iterator<Item = (String, &'a str)> {
    let outside = s.speaker.as_ref().map(|sp| (sp.span, sp.cue));
    words(&s.text).filter_map(move |(at, word)| {
        let inside = |span: crate::document::Span| span.start <= at && at < span.end;
        if let Some((span, cue)) = outside {
            if inside(span) || cue.is_some_and(inside) {
                return None;
            }
        }
        let folded = fold(word);
        if empty_word(&folded) {
            return None;
        }
        Some((stemmer.stem(&folded).into_owned(), word))
    })
}

/// A folded word as it should be shown: without the possessive.
pub(crate) fn shown(word: &str) -> &str {
    word.strip_suffix("'s")
        .or_else(|| word.strip_suffix("’s"))
        .unwrap_or(word)
}

/// Numbers in both of two ascending lists.
fn common<'a>(a: &'a [u32], b: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    let mut rest = b;
    a.iter().copied().filter(move |&x| {
        let skip = rest.partition_point(|&y| y < x);
        rest = &rest[skip..];
        rest.first() == Some(&x)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::statement;
    use super::*;

    #[test]
    fn words_are_folded_and_stop_words_dropped() {
        assert_eq!(fold("Ukraine’s"), "ukraine");
        assert_eq!(fold("ﬁring"), "firing");
        let s = statement(
            "s",
            "The minister said the harbour's CRANES were not touched.",
        );
        let stemmer = Stemmer::create(Algorithm::English);
        let got: Vec<String> = content_words(&s, &stemmer).map(|w| w.0).collect();
        assert_eq!(got, ["minist", "harbour", "crane", "touch"]);
    }

    #[test]
    fn rare_terms_and_actors_tell_more() {
        let mut texts: Vec<StatementRecord> = (0..10)
            .map(|i| statement(&i.to_string(), &format!("grain word{i}")))
            .collect();
        texts.push(statement("x", "grain lighthouse"));
        texts.push(statement("y", "grain lighthouse keeper"));
        let l = Lexicon::new(&texts, 30);
        let over = |i: usize, j: usize| l.term_overlap(l.profile(i), l.profile(j), None);
        assert!(over(10, 11) > over(0, 1));
        assert!((over(0, 0) - 1.0).abs() < 1e-12);
        let shared = l.shared_terms(l.profile(10), l.profile(11), None);
        let names: Vec<&str> = shared.iter().map(|&t| l.term(t)).collect();
        assert_eq!(names, ["lighthous", "grain"]);
    }

    #[test]
    fn a_pair_is_weighed_by_its_window_alone() {
        let dated = |id: &str, text: &str, date: &str| StatementRecord {
            date: date.parse().ok(),
            ..statement(id, text)
        };
        let mut texts = vec![
            dated("a", "The grain ship was held.", "2022-03-01"),
            dated("b", "No grain barge was held.", "2022-03-02"),
            dated("c", "The envoy left.", "2022-03-03"),
        ];
        let overlap = |texts: &[StatementRecord]| {
            let l = Lexicon::new(texts, 30);
            let window = l.window(&texts[0], &texts[1]);
            assert!(window.is_some());
            l.term_overlap(l.profile(0), l.profile(1), window)
        };
        let before = overlap(&texts);
        texts.push(dated("d", "The ship with grain came.", "2023-05-01"));
        assert_eq!(overlap(&texts), before);
        texts.push(statement("e", "Grain without a date."));
        assert_ne!(overlap(&texts), before);
    }

    #[test]
    fn a_statement_without_words_shares_nothing() {
        let l = Lexicon::new(&[statement("a", "…"), statement("b", "")], 30);
        assert_eq!(l.term_overlap(l.profile(0), l.profile(1), None), 0.0);
        assert_eq!(l.actor_overlap(l.profile(0), l.profile(1), None), 0.0);
    }
}
