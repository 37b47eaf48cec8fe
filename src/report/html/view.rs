//! What the page shows before its script runs, and without it: the summary, the
//! counts and the first issues. Texts are made visible here and escaped by the template.

use serde::Serialize;

use super::data::outlet;
use super::words::{pieces, Piece};
use crate::labels::{Label, Side, Stance};
use crate::record::{Issue, Pair, Speaker, StatementRecord};
use crate::report::facts::{self, Facts};
use crate::report::markdown::sign;
use crate::report::text::{
    self, count, date_range, grouped, one_line, percent, safe_url, short_date, sureness,
};

/// Issues rendered without the script, and pairs in each.
const ISSUES: usize = 12;
const PAIRS: usize = 4;
/// Issues named in the contents at the top.
const CONTENTS: usize = 6;
/// Of those, the ones whose best pair is quoted, and the length of a quotation in characters.
const QUOTED: usize = 2;
const QUOTATION: usize = 110;
/// Rejected inputs listed without the script.
const REJECTED: usize = 50;

/// The page's first view.
#[derive(Serialize)]
pub struct View {
    pub title: String,
    pub first: String,
    pub second: String,
    pub read: String,
    pub found: String,
    /// The document, if there is only one.
    pub single: Option<Source>,
    /// Anchor, name and count of the page's sections.
    pub sections: Vec<(&'static str, &'static str, String)>,
    pub counts: Vec<CountRow>,
    pub total: String,
    pub contents: Vec<Entry>,
    pub more_contents: usize,
    pub issues: Vec<IssueView>,
    pub more_issues: usize,
    pub left_out: Vec<Left>,
    pub rejected: Vec<(String, String)>,
    pub setup: Vec<(&'static str, String)>,
}

#[derive(Serialize)]
pub struct Source {
    pub title: String,
    pub outlet: Option<String>,
    pub date: Option<String>,
    pub url: Option<String>,
}

#[derive(Serialize)]
pub struct CountRow {
    /// `a`, `b` or `o`.
    pub side: &'static str,
    pub name: String,
    pub cells: Vec<Cell>,
    pub all: String,
}

#[derive(Serialize)]
pub struct Cell {
    pub stance: &'static str,
    pub n: String,
    /// Width of the bar, 0 to 100.
    pub bar: u32,
}

#[derive(Serialize)]
pub struct Entry {
    pub id: String,
    pub matter: String,
    pub pairs: String,
    /// The best pair's claims in short, for the first entries: side and words.
    pub claims: Vec<(&'static str, String, String)>,
}

#[derive(Serialize)]
pub struct Left {
    pub n: String,
    pub what: &'static str,
    pub why: &'static str,
    pub anchor: &'static str,
}

#[derive(Serialize)]
pub struct IssueView {
    pub id: String,
    pub number: usize,
    pub matter: String,
    pub dates: Option<String>,
    pub count: String,
    pub pairs: Vec<PairView>,
    pub more: usize,
}

#[derive(Serialize)]
pub struct PairView {
    pub id: String,
    pub relation: &'static str,
    /// Whether another relation than opposition is likelier.
    pub doubtful: bool,
    pub percent: String,
    pub notes: Vec<String>,
    pub a: Claim,
    pub b: Claim,
}

#[derive(Serialize)]
pub struct Claim {
    pub id: String,
    pub side: &'static str,
    pub side_name: String,
    pub pieces: Vec<Piece>,
    pub speaker: Option<String>,
    pub role: Option<String>,
    pub words: Option<String>,
    pub note: Option<String>,
    pub source: Source,
    pub stance: &'static str,
    pub sign: &'static str,
    pub stance_percent: String,
    pub stance_sureness: &'static str,
    pub side_percent: String,
    pub abstained: bool,
    pub truncated: bool,
}

/// Makes the first view.
pub fn view(facts: &Facts) -> View {
    let a = facts.analysis;
    let [first, second] = [0, 1].map(|i| one_line(&a.blocs[i].name));
    View {
        title: format!("{first} and {second}: opposing claims"),
        first,
        second,
        read: facts.what_was_read(),
        found: facts.what_was_found(),
        single: match a.documents.as_slice() {
            [d] => d.title.as_deref().map(|t| Source {
                title: one_line(t),
                ..source(
                    d.title.as_deref(),
                    d.outlet.as_deref(),
                    d.url.as_deref(),
                    d.date,
                )
            }),
            _ => None,
        },
        sections: sections(facts),
        counts: counts(facts),
        total: grouped(facts.counts.iter().flatten().sum()),
        contents: a
            .issues
            .iter()
            .take(CONTENTS)
            .enumerate()
            .map(|(i, issue)| entry(facts, issue, i < QUOTED))
            .collect(),
        more_contents: a.issues.len().saturating_sub(CONTENTS),
        issues: a
            .issues
            .iter()
            .take(ISSUES)
            .enumerate()
            .map(|(i, issue)| issue_view(facts, i + 1, issue))
            .collect(),
        more_issues: a.issues.len().saturating_sub(ISSUES),
        left_out: left_out(facts),
        rejected: a
            .rejected
            .iter()
            .take(REJECTED)
            .map(|r| (one_line(&r.source), one_line(&r.error)))
            .collect(),
        setup: setup(facts),
    }
}

pub fn letter(side: Side) -> &'static str {
    match side {
        Side::First => "a",
        Side::Second => "b",
        Side::Other => "o",
    }
}

fn sections(facts: &Facts) -> Vec<(&'static str, &'static str, String)> {
    let a = facts.analysis;
    vec![
        ("issues", "Issues", grouped(a.issues.len())),
        (
            "unanswered",
            "Without an answer",
            grouped(a.unanswered.iter().map(Vec::len).sum()),
        ),
        ("documents", "Documents", grouped(a.documents.len())),
        ("left-out", "Left out", grouped(facts.left_out_total())),
    ]
}

fn counts(facts: &Facts) -> Vec<CountRow> {
    let most = facts
        .counts
        .iter()
        .flatten()
        .copied()
        .max()
        .unwrap_or(0)
        .max(1);
    Side::ALL
        .iter()
        .map(|&side| {
            let row = facts.counts[side.index()];
            CountRow {
                side: letter(side),
                name: one_line(facts.side_name(side)),
                cells: facts::stances()
                    .iter()
                    .map(|&stance| {
                        let n = row[stance.index()];
                        Cell {
                            stance: stance.name(),
                            n: grouped(n),
                            bar: (n * 100).div_ceil(most) as u32,
                        }
                    })
                    .collect(),
                all: grouped(row.iter().sum()),
            }
        })
        .collect()
}

fn entry(facts: &Facts, issue: &Issue, quoted: bool) -> Entry {
    let pairs = facts.pairs_of(issue);
    let best = pairs.iter().find(|p| p.primary).or(pairs.first());
    let claims = best.filter(|_| quoted).map(|p| [&p.a, &p.b]);
    let claims = claims.into_iter().flatten().filter_map(|id| {
        let s = facts.statement(id)?;
        let side = facts.side(s);
        Some((
            letter(side),
            one_line(facts.side_name(side)),
            text::shortened(&one_line(&s.text), QUOTATION),
        ))
    });
    Entry {
        claims: claims.collect(),
        id: issue.id.clone(),
        matter: facts::matter(issue),
        pairs: count(issue.pairs.len(), "pair", "pairs"),
    }
}

fn left_out(facts: &Facts) -> Vec<Left> {
    let a = facts.analysis;
    [
        (
            facts.abstained,
            "abstained on",
            "too unsure, or not in English",
            "abstained",
        ),
        (
            facts.truncated,
            "cut short",
            "longer than the model reads",
            "truncated",
        ),
        (
            facts.filtered_total(),
            "filtered",
            "not statements: bylines, captions and the like",
            "filtered",
        ),
        (
            facts.copies,
            "merged as repeats",
            "the same words in another place",
            "copies",
        ),
        (
            a.rejected.len(),
            "rejected",
            "inputs that could not be read",
            "rejected",
        ),
    ]
    .into_iter()
    .filter(|x| x.0 > 0)
    .map(|(n, what, why, anchor)| Left {
        n: grouped(n),
        what,
        why,
        anchor,
    })
    .collect()
}

fn issue_view(facts: &Facts, number: usize, issue: &Issue) -> IssueView {
    let pairs = facts.pairs_of(issue);
    // Further answers are folded by the script; without it they are counted only.
    let any = pairs.iter().any(|p| p.primary);
    let shown: Vec<PairView> = pairs
        .iter()
        .filter(|p| p.primary || !any)
        .take(PAIRS)
        .filter_map(|p| pair_view(facts, p))
        .collect();
    IssueView {
        id: issue.id.clone(),
        number,
        matter: facts::matter(issue),
        dates: issue.from.zip(issue.to).map(|(a, b)| date_range(a, b)),
        count: count(pairs.len(), "pair", "pairs"),
        more: pairs.len() - shown.len(),
        pairs: shown,
    }
}

fn pair_view(facts: &Facts, p: &Pair) -> Option<PairView> {
    let meeting = facts::meeting(p);
    let doubtful = meeting.doubt.is_some();
    let mut notes: Vec<String> = meeting.doubt.into_iter().collect();
    if !p.primary {
        notes.push("a further answer".to_string());
    }
    match p.evidence.days_apart {
        Some(0) => notes.push("same day".into()),
        Some(d) => notes.push(count(d.unsigned_abs() as usize, "day apart", "days apart")),
        None => {}
    }
    Some(PairView {
        id: p.id.clone(),
        relation: meeting.word,
        doubtful,
        percent: meeting.percent,
        notes,
        a: claim(facts, facts.statement(&p.a)?),
        b: claim(facts, facts.statement(&p.b)?),
    })
}

fn claim(facts: &Facts, s: &StatementRecord) -> Claim {
    let side = facts.side(s);
    let speaker = s.speaker.as_ref();
    Claim {
        id: s.id.clone(),
        side: letter(side),
        side_name: one_line(facts.side_name(side)),
        pieces: pieces(s),
        speaker: speaker.map(|p| one_line(&p.name)),
        role: speaker.and_then(|p| p.role.as_deref()).map(one_line),
        words: speaker.and_then(stand_in).map(|w| one_line(&w)),
        note: speaker.and_then(|p| p.note.as_deref()).map(one_line),
        source: source(
            s.title.as_deref(),
            s.outlet.as_deref(),
            s.url.as_deref(),
            s.date,
        ),
        stance: match s.stance.label {
            Stance::Escalation => "Escalation",
            Stance::DeEscalation => "De-escalation",
            Stance::Neutral => "Neutral",
        },
        sign: sign(s.stance.label),
        stance_percent: percent(s.stance.confidence),
        stance_sureness: sureness(s.stance.confidence),
        side_percent: percent(s.side.confidence),
        abstained: s.abstained,
        truncated: s.truncated,
    }
}

/// The words that stand for a speaker who is named elsewhere.
fn stand_in(p: &Speaker) -> Option<String> {
    use crate::record::How;
    (matches!(p.how, How::Coreference | How::Unresolved) && p.text != p.name)
        .then(|| p.text.clone())
}

fn source(
    title: Option<&str>,
    name: Option<&str>,
    url: Option<&str>,
    date: Option<chrono::NaiveDate>,
) -> Source {
    Source {
        title: title.map(one_line).unwrap_or_default(),
        outlet: outlet(name, url).map(one_line),
        date: date.map(short_date),
        url: url.and_then(safe_url).map(str::to_string),
    }
}

fn setup(facts: &Facts) -> Vec<(&'static str, String)> {
    let s = &facts.analysis.setup;
    let hash = |h: &str| one_line(&text::shortened(h, 13));
    vec![
        ("Standoff", one_line(&s.version)),
        (
            "Model",
            format!("{} ({})", one_line(&s.model), hash(&s.model_hash)),
        ),
        (
            "Sides file",
            format!("{} ({})", one_line(&s.sides), hash(&s.sides_hash)),
        ),
        ("Precision", one_line(&s.precision)),
        ("Minimum confidence", s.min_confidence.to_string()),
    ]
}
