//! What several reports state about an analysis: counts, dates, and what was left out.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::document::Filtered;
use crate::labels::{Label, Relation, Side, SideNames, Stance};
use crate::record::{Analysis, Issue, Pair, StatementRecord};

use super::text;

/// Counts over an analysis, and its statements by id.
pub struct Facts<'a> {
    pub analysis: &'a Analysis,
    pub names: SideNames,
    /// Position in `analysis.statements` by id; the first on doubles.
    pub position: HashMap<&'a str, usize>,
    /// Statements by side, then stance, in label order; those abstained on are not counted.
    pub counts: [[usize; 3]; 3],
    /// Statements abstained on.
    pub abstained: usize,
    /// Statements longer than the model reads.
    pub truncated: usize,
    /// Statements in another language than English.
    pub foreign: usize,
    /// Stretches that were not taken as statements, by reason.
    pub filtered: BTreeMap<Filtered, usize>,
    /// Statements that repeat another one.
    pub copies: usize,
    /// First and last date of a document or statement.
    pub dates: Option<(NaiveDate, NaiveDate)>,
    /// How actors are called in the texts, by id: the commonest way.
    pub actors: BTreeMap<&'a str, String>,
}

impl<'a> Facts<'a> {
    /// Counts what `analysis` holds.
    pub fn new(analysis: &'a Analysis) -> Self {
        let names = analysis.side_names();
        let mut facts = Facts {
            analysis,
            position: HashMap::with_capacity(analysis.statements.len()),
            counts: [[0; 3]; 3],
            abstained: 0,
            truncated: 0,
            foreign: 0,
            filtered: BTreeMap::new(),
            copies: analysis.copies.iter().map(|c| c.copies.len()).sum(),
            dates: None,
            actors: actor_names(analysis),
            names,
        };
        for (i, s) in analysis.statements.iter().enumerate() {
            facts.position.entry(&s.id).or_insert(i);
            facts.abstained += usize::from(s.abstained);
            facts.truncated += usize::from(s.truncated);
            facts.foreign += usize::from(s.language.as_deref().is_some_and(|l| l != "en"));
            if !s.abstained {
                facts.counts[facts.side(s).index()][s.stance.label.index()] += 1;
            }
        }
        for f in analysis.documents.iter().flat_map(|d| &d.filtered) {
            *facts.filtered.entry(f.reason).or_default() += 1;
        }
        let dates = analysis.documents.iter().filter_map(|d| d.date);
        let dates = dates.chain(analysis.statements.iter().filter_map(|s| s.date));
        facts.dates = dates.fold(None, |range, d| match range {
            None => Some((d, d)),
            Some((a, b)) => Some((d.min(a), d.max(b))),
        });
        facts
    }

    /// The side of a statement; one whose label is unknown counts as `other`.
    pub fn side(&self, s: &StatementRecord) -> Side {
        s.side(&self.names).unwrap_or(Side::Other)
    }

    /// The statement with this id.
    pub fn statement(&self, id: &str) -> Option<&'a StatementRecord> {
        self.position.get(id).map(|&i| &self.analysis.statements[i])
    }

    /// What a side is called in reports.
    pub fn side_name(&self, side: Side) -> &'a str {
        match side {
            Side::First => &self.analysis.blocs[0].name,
            Side::Second => &self.analysis.blocs[1].name,
            Side::Other => "Others",
        }
    }

    /// Stretches that were not taken as statements.
    pub fn filtered_total(&self) -> usize {
        self.filtered.values().sum()
    }

    /// The pairs of an issue, best first; ids that are not there are passed over.
    pub fn pairs_of(&self, issue: &Issue) -> Vec<&'a Pair> {
        // Few issues are shown by the reports that ask this, so a scan is cheap enough.
        let wanted: HashMap<&str, usize> = issue
            .pairs
            .iter()
            .enumerate()
            .map(|(i, p)| (p.as_str(), i))
            .collect();
        let mut found: Vec<(usize, &Pair)> = self
            .analysis
            .pairs
            .iter()
            .filter_map(|p| Some((*wanted.get(p.id.as_str())?, p)))
            .filter(|(_, p)| self.statement(&p.a).is_some() && self.statement(&p.b).is_some())
            .collect();
        found.sort_by_key(|&(i, _)| i);
        found.into_iter().map(|(_, p)| p).collect()
    }

    /// What was read, in a sentence.
    pub fn what_was_read(&self) -> String {
        let a = self.analysis;
        let mut s = format!(
            "{} in {}",
            text::count(a.statements.len(), "statement", "statements"),
            text::count(a.documents.len(), "document", "documents"),
        );
        if let Some((from, to)) = self.dates {
            s.push_str(&format!(", {}", text::date_range(from, to)));
        }
        s
    }

    /// What was found, in a phrase.
    pub fn what_was_found(&self) -> String {
        let a = self.analysis;
        match a.pairs.len() {
            0 => "no opposing claims were found".into(),
            n => format!(
                "{} on {}",
                text::count(n, "pair of opposing claims", "pairs of opposing claims"),
                text::count(a.issues.len(), "issue", "issues"),
            ),
        }
    }

    /// How much was left out of the results or read in part.
    pub fn left_out_total(&self) -> usize {
        self.abstained
            + self.truncated
            + self.filtered_total()
            + self.copies
            + self.analysis.rejected.len()
    }
}

/// What an issue is about, in a few words: its keywords, else its headline.
pub fn matter(issue: &Issue) -> String {
    let words: Vec<String> = issue
        .keywords
        .iter()
        .take(3)
        .map(|w| text::one_line(w))
        .filter(|w| !w.is_empty())
        .collect();
    if words.is_empty() {
        text::shortened(&text::one_line(&issue.headline), 90)
    } else {
        text::capitalized(&words.join(", "))
    }
}

/// How the two claims of a pair meet, in words: `opposed` with its probability. A pair
/// may have been lined up although another relation is likelier; that is said as well.
pub struct Meeting {
    pub word: &'static str,
    pub percent: String,
    pub doubt: Option<String>,
}

/// Puts a pair's relation into words.
pub fn meeting(pair: &Pair) -> Meeting {
    let r = &pair.relation;
    if r.label == Relation::Opposed {
        return Meeting {
            word: "opposed",
            percent: text::percent(r.confidence),
            doubt: None,
        };
    }
    let opposed = r.scores.get(Relation::Opposed.name()).copied();
    Meeting {
        word: "perhaps opposed",
        percent: text::percent(opposed.unwrap_or(0.0)),
        doubt: Some(format!(
            "likelier {} ({})",
            r.label.name(),
            text::percent(r.confidence)
        )),
    }
}

/// A reason for filtering in words.
pub fn reason(f: Filtered) -> &'static str {
    match f {
        Filtered::Byline => "byline",
        Filtered::Caption => "caption",
        Filtered::ReadMore => "“read more” link",
        Filtered::CookieNotice => "cookie notice",
        Filtered::TimeStamp => "time stamp",
        Filtered::SocialEmbed => "social-media embed",
        Filtered::Navigation => "navigation",
        Filtered::Empty => "no words in it",
    }
}

/// The commonest wording for each actor; on a tie the longer, then the first in order.
fn actor_names(a: &Analysis) -> BTreeMap<&str, String> {
    let mut seen: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for s in &a.statements {
        for m in &s.mentions {
            if let Some(words) = m.span.of(&s.text) {
                *seen.entry(&m.actor).or_default().entry(words).or_default() += 1;
            }
        }
    }
    let mut names: BTreeMap<&str, String> = seen
        .into_iter()
        .filter_map(|(actor, words)| {
            let best = words
                .into_iter()
                .max_by_key(|&(w, n)| (n, w.len(), std::cmp::Reverse(w)))?;
            Some((actor, text::one_line(best.0)))
        })
        .collect();
    for speaker in a.statements.iter().filter_map(|s| s.speaker.as_ref()) {
        if let Some(actor) = &speaker.actor {
            names.insert(actor, text::one_line(&speaker.name));
        }
    }
    names
}

/// Label order of stances as reports list them.
pub fn stances() -> [Stance; 3] {
    [Stance::Escalation, Stance::DeEscalation, Stance::Neutral]
}
