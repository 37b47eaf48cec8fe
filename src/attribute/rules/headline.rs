//! Headlines: `X: …`, `…: X` and `… — X`. The mark is the cue, so the speaker
//! must be a name or body beyond doubt; a topic (`Ukraine war: …`) or a label
//! (`Live: …`) is none.

use super::content;
use super::{Form, Range, Raw};
use crate::attribute::lexicon;
use crate::attribute::tokens::{Kind, Tokens};
use crate::attribute::words;

/// Words of topics and rubrics, which stand before a colon as speakers do.
const LABELS: &[&str] = &[
    "live",
    "breaking",
    "video",
    "watch",
    "update",
    "updates",
    "exclusive",
    "opinion",
    "analysis",
    "news",
    "war",
    "crisis",
    "talks",
    "deal",
    "vote",
    "election",
    "elections",
    "summit",
    "explained",
    "explainer",
    "conflict",
    "invasion",
    "attack",
    "strike",
    "strikes",
    "photos",
    "pictures",
    "map",
    "timeline",
    "factbox",
    "fact",
    "check",
    "review",
    "editorial",
    "interview",
    "listen",
    "read",
    "more",
    "note",
    "correction",
    "editor",
    "background",
    "feature",
    "profile",
    "sanctions",
    "day",
    "week",
    "debate",
    "bombshell",
    "shock",
    "related",
    "latest",
    "briefing",
    "morning",
    "evening",
    "part",
    "chapter",
    "episode",
    "battle",
    "peace",
    "nuclear",
    "gas",
    "oil",
    "energy",
    "economy",
    "sport",
    "football",
    "weather",
    "source",
    "photo",
    "image",
    "credit",
    "location",
    "date",
    "time",
    "place",
    "the",
    "this",
    "here",
    "example",
    "conclusion",
    "question",
    "answer",
    "agenda",
];

/// Longest speaker of a headline, in words.
const LONGEST: usize = 9;

pub(super) fn find(t: &Tokens, names: &dyn Fn(Range) -> bool) -> Vec<Raw> {
    let mut out = Vec::new();
    let last = t.len() - 1;
    // A symbol before the text, or the mark of a transcript.
    let start = t.tokens.iter().position(|k| k.is_word()).unwrap_or(0);
    let end = t.sentence_end(last);
    // Only texts of one sentence, or a first sentence with a colon near its beginning.
    let colon = (0..t.len()).find(|&i| {
        t.tokens[i].text == ":" && (!t.tokens[i].quoted || t.tokens[0].kind == Kind::Open)
    });
    if let Some(c) = colon {
        let reported = (start..c).any(|i| verb_like(t, i));
        if c > 0
            && c < last
            && c <= start + LONGEST
            && c > start
            && !reported
            && speaker(t, start, c - 1, names)
        {
            let first = c + 1;
            let close = t.sentence_end(c);
            let quote = t.quote_from(first);
            let to = match quote {
                Some(q) if q.last >= close.saturating_sub(1) => q.last,
                _ => content::strip_stop_soft(t, first, close.max(t.sentence_end(first))),
            };
            out.push(raw((start, c - 1), c, vec![(first, to)]));
            return out;
        }
    }
    if end != last || t.tokens[last].text == "." || t.tokens[0].sentence != t.tokens[last].sentence
    {
        return out;
    }
    // The speaker at the end, after a colon or dash.
    let mark = (1..last).rev().find(|&i| {
        lexicon::one_of(t.tokens[i].text, ": — – --")
            || (matches!(t.tokens[i].text, "-" | "|") && spaced(t, i))
    });
    if let Some(m) = mark {
        let from = m + 1;
        if last - m <= LONGEST
            && m >= 3
            && !(from..=last).any(|i| verb_like(t, i))
            && speaker(t, from, last, names)
            && proper(t, from, last)
        {
            let to = if t.tokens[m - 1].kind == Kind::Close {
                m - 1
            } else {
                content::strip_stop_soft(t, 0, m - 1)
            };
            let first = if t.tokens[0].kind == Kind::Open {
                0
            } else {
                start
            };
            out.push(raw((from, last), m, vec![(first, to)]));
        }
    }
    out
}

fn spaced(t: &Tokens, i: usize) -> bool {
    t.tokens[i - 1].end < t.tokens[i].start
        && t.tokens
            .get(i + 1)
            .is_some_and(|n| n.start > t.tokens[i].end)
}

fn verb_like(t: &Tokens, i: usize) -> bool {
    let tok = &t.tokens[i];
    lexicon::is_aux(tok.lower.as_str())
        || (!tok.capitalised() && lexicon::verb(&tok.lower).is_some_and(|v| !v.noun))
}

/// A known actor that the whole phrase is about, or a title with a name, or a body.
fn speaker(t: &Tokens, first: usize, last: usize, names: &dyn Fn(Range) -> bool) -> bool {
    if first > last || last - first >= LONGEST {
        return false;
    }
    if (first..=last).any(|i| {
        !matches!(t.tokens[i].kind, Kind::Word | Kind::Clitic)
            && !lexicon::one_of(t.tokens[i].text, ". & ( ) ' ’ ,")
    }) {
        return false;
    }
    let w = t.lower(last);
    if words::is_day_or_month(t.tokens[last].text) || w.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    if names((first, last)) {
        return true;
    }
    let people = lexicon::is_people(w)
        && !lexicon::one_of(
            w,
            "statement document one two some many most both state media people country letter \
transcript book article editorial side states campaign group law rules countries",
        );
    let person = last > first
        && last - first <= 4
        && (first..=last).all(|i| t.tokens[i].capitalised())
        && (crate::attribute::names::gender(t.tokens[first].text).is_some()
            || words::is_title(t.lower(first)));
    // A transcript: `PENCE: Well, …`.
    let shouted = first == last
        && t.tokens[first].text.len() >= 3
        && !t.tokens[first].text.chars().any(char::is_lowercase)
        && t.tokens
            .iter()
            .any(|k| k.text.chars().any(char::is_lowercase));
    let topic = (first..=last).any(|i| LABELS.contains(&t.lower(i)));
    let two = (1..=2).contains(&(last - first))
        && (first..=last).all(|i| t.tokens[i].capitalised())
        && !(first..=last).any(|i| names((i, i)));
    !topic && (people || person || shouted || two)
}

/// At least one word of the phrase is a name.
fn proper(t: &Tokens, first: usize, last: usize) -> bool {
    (first..=last).any(|i| t.tokens[i].capitalised())
}

fn raw(source: Range, mark: usize, content: Vec<Range>) -> Raw {
    Raw {
        source: Some(source),
        full: Some(source),
        cue: (mark, mark),
        content,
        form: Form::Headline,
        inherited: false,
        quoted: false,
    }
}
