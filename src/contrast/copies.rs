//! Near-duplicates and syndicated copies: found first, merged, and counted.
//!
//! Two statements are copies if their word-pair shingles (Broder, "On the
//! resemblance and containment of documents", 1997) have a Jaccard similarity
//! of at least [`MIN_JACCARD`], both have the same numbers and the same words
//! of denial, and the names of one are among the names of the other: "12 dead"
//! and "15 dead", "planned" and "not planned" are no copies, whatever they
//! share. The join is exact: an inverted index over the rarest shingles
//! (prefix filter; Chaudhuri et al. 2006, Bayardo et al. 2007) proposes the
//! only candidates that can reach the threshold. Groups are stars: every copy
//! resembles the statement that stands for it, so that chains cannot drift.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use rust_stemmers::{Algorithm, Stemmer};

use super::terms::{fold, words};

/// Least Jaccard similarity of the word-pair shingles of two copies.
pub const MIN_JACCARD: f64 = 0.8;

/// Stems of words that turn an assertion round; copies must agree in them.
const DENIALS: [&str; 22] = [
    "not", "no", "never", "none", "nor", "neither", "nobodi", "noth", "nowher", "without",
    "cannot", "fals", "untru", "unlik", "deni", "denial", "refus", "reject", "refut", "fail",
    "failur", "dismiss",
];

/// What of a text decides whether another is its copy. Everything is hashed,
/// in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fingerprint {
    /// Folded word pairs, each once.
    shingles: Vec<u64>,
    /// Numbers and denials, with repetitions.
    keys: Vec<u64>,
    /// Capitalised words after the first, each once.
    names: Vec<u64>,
}

fn hash(parts: &[&str]) -> u64 {
    let mut h = DefaultHasher::new();
    parts.hash(&mut h);
    h.finish()
}

fn ascending(hashes: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut v: Vec<u64> = hashes.collect();
    v.sort_unstable();
    v
}

fn within(part: &[u64], whole: &[u64]) -> bool {
    part.iter().all(|x| whole.binary_search(x).is_ok())
}

impl Fingerprint {
    /// Reads a text.
    pub(crate) fn new(text: &str) -> Self {
        let raw: Vec<&str> = words(text).map(|w| w.1).collect();
        let folded: Vec<String> = raw.iter().map(|w| fold(w)).collect();
        let mut shingles = ascending(folded.windows(2).map(|w| hash(&[&w[0], &w[1]])));
        if shingles.is_empty() {
            // A text of one word, or of none: itself.
            shingles.push(hash(&[folded.first().map_or(text.trim(), String::as_str)]));
        }
        shingles.dedup();
        let stemmer = Stemmer::create(Algorithm::English);
        let decides = |w: &str| {
            w.contains(char::is_numeric)
                || w.ends_with("n't")
                || DENIALS.contains(&stemmer.stem(w).as_ref())
        };
        let keys = ascending(folded.iter().filter(|w| decides(w)).map(|w| hash(&[w])));
        let mut names = ascending(
            raw.iter()
                .zip(&folded)
                .skip(1)
                .filter(|(r, _)| r.starts_with(char::is_uppercase))
                .map(|(_, f)| hash(&[f])),
        );
        names.dedup();
        Fingerprint {
            shingles,
            keys,
            names,
        }
    }

    /// Whether the two texts say the same in almost the same words.
    pub(crate) fn same(&self, other: &Fingerprint) -> bool {
        self.keys == other.keys
            && (within(&self.names, &other.names) || within(&other.names, &self.names))
            && jaccard(&self.shingles, &other.shingles) >= MIN_JACCARD
    }
}

fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut both) = (0, 0, 0usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                both += 1;
                i += 1;
                j += 1;
            }
        }
    }
    both as f64 / (a.len() + b.len() - both).max(1) as f64
}

/// For every text the position of the one that stands for it (its own, if it
/// stands for itself). `fingerprints` come in the order of precedence: the
/// first of a group stands for it. `may` says whether two texts may be merged
/// at all (same side, near in time).
pub(crate) fn representatives(
    fingerprints: &[Fingerprint],
    may: impl Fn(usize, usize) -> bool,
) -> Vec<usize> {
    let mut frequency: HashMap<u64, u32> = HashMap::new();
    for f in fingerprints {
        for &s in &f.shingles {
            *frequency.entry(s).or_default() += 1;
        }
    }
    // Representatives by the shingles of their prefixes.
    let mut index: HashMap<u64, Vec<u32>> = HashMap::new();
    let mut stands = Vec::with_capacity(fingerprints.len());
    for (i, f) in fingerprints.iter().enumerate() {
        let mut rare: Vec<u64> = f.shingles.clone();
        rare.sort_unstable_by_key(|s| (frequency[s], *s));
        let n = rare.len();
        let must_share = (MIN_JACCARD * n as f64).ceil() as usize;
        rare.truncate(n - must_share.clamp(1, n) + 1);
        let candidates: BTreeSet<u32> = rare
            .iter()
            .filter_map(|s| index.get(s))
            .flatten()
            .copied()
            .collect();
        let found = candidates
            .into_iter()
            .map(|c| c as usize)
            .find(|&c| may(c, i) && fingerprints[c].same(f));
        match found {
            Some(c) => stands.push(c),
            None => {
                for s in rare {
                    index.entry(s).or_default().push(i as u32);
                }
                stands.push(i);
            }
        }
    }
    stands
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let same = Fingerprint::new(a).same(&Fingerprint::new(b));
        assert_eq!(same, Fingerprint::new(b).same(&Fingerprint::new(a)));
        same
    }

    #[test]
    fn writing_and_small_edits_do_not_matter() {
        let a = "The ministry’s spokesman said late on Monday that the convoy had crossed the river near the old mill and reached the town before dawn.";
        assert!(same(a, a));
        assert!(same(a, &a.replace('’', "'").to_uppercase().to_lowercase()));
        assert!(same(a, &a.replace(" late on Monday", " on Monday")));
    }

    #[test]
    fn denials_numbers_and_names_part_statements() {
        let a = "The ministry said late on Monday that the convoy of 40 lorries had crossed the river near the old mill and reached Brennick before dawn.";
        assert!(!same(a, &a.replace("had crossed", "had not crossed")));
        assert!(!same(a, &a.replace("40", "60")));
        assert!(!same(a, &a.replace("Brennick", "Tarvo")));
        assert!(!same(a, &a.replace("said late", "denied late")));
        assert!(!same("Yes", "No"));
        assert!(same("Yes.", "yes"));
        assert!(!same("…", "—"));
    }

    #[test]
    fn the_first_stands_for_all_that_may_be_merged() {
        let texts = [
            "One plain text here",
            "Another matter",
            "one plain text here!",
            "One plain text here",
        ];
        let f: Vec<Fingerprint> = texts.iter().map(|t| Fingerprint::new(t)).collect();
        assert_eq!(representatives(&f, |_, _| true), [0, 1, 0, 0]);
        assert_eq!(representatives(&f, |a, b| (a, b) != (0, 2)), [0, 1, 2, 0]);
    }

    proptest! {
        /// The prefix filter loses nothing against comparing every text with every representative.
        #[test]
        fn the_index_is_exact(texts in proptest::collection::vec("[abc]( [abcd]){0,9}", 0..40)) {
            let f: Vec<Fingerprint> = texts.iter().map(|t| Fingerprint::new(t)).collect();
            let mut plain: Vec<usize> = Vec::new();
            for i in 0..f.len() {
                let first = (0..i).find(|&c| plain[c] == c && f[c].same(&f[i]));
                plain.push(first.unwrap_or(i));
            }
            prop_assert_eq!(representatives(&f, |_, _| true), plain);
        }
    }
}
