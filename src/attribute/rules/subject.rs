//! Noun phrases as speakers: before a verb, after it, and after a preposition.

use super::Range;
use crate::attribute::lexicon::{self, Inflection};
use crate::attribute::tokens::{Kind, Tokens};
use crate::attribute::words;

/// A speaker's noun phrase: without and with its apposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub head: Range,
    pub full: Range,
}

impl Phrase {
    fn bare(r: Range) -> Phrase {
        Phrase { head: r, full: r }
    }
}

fn dash(s: &str) -> bool {
    lexicon::one_of(s, "— – - --")
}

pub(super) fn day(t: &Tokens, i: usize) -> bool {
    t.tokens
        .get(i)
        .is_some_and(|x| words::is_day_or_month(x.text) && x.text != "May")
}

/// A word that is a finite verb wherever it stands: it ends the search for a subject.
pub(crate) fn finite(t: &Tokens, i: usize) -> bool {
    let w = t.lower(i);
    if lexicon::is_other_verb(w) {
        return true;
    }
    // `Will Hurd`, `Mark Said`: a capital inside the sentence is a name.
    if t.tokens[i].capitalised() && i > t.sentence_start(i) {
        return false;
    }
    lexicon::verb(w)
        .is_some_and(|v| !v.noun && matches!(v.inflection, Inflection::Past | Inflection::Third))
}

/// The subject that stands right before token `verb` (the first of the verb group).
pub(crate) fn before(t: &Tokens, verb: usize) -> Option<Phrase> {
    let start = t.sentence_start(verb);
    if verb == start {
        return None;
    }
    let end = verb - 1;
    let last = &t.tokens[end];
    if last.is_comma() || dash(last.text) || last.text == ")" {
        return apposed(t, start, end);
    }
    if matches!(last.lower.as_str(), "who" | "which") {
        return Some(Phrase::bare((end, end)));
    }
    let mut first = verb;
    while first > start {
        let i = first - 1;
        if boundary(t, i, start) {
            break;
        }
        if matches!(t.lower(i), "and" | "or" | "&") && !joins_nouns(t, start, i) {
            break;
        }
        first = i;
    }
    // `Two workers who had driven in from the coast said …`
    if first > start && finite(t, first - 1) {
        if let Some(p) = with_relative(t, start, first - 1, end) {
            return Some(Phrase::bare(p));
        }
    }
    trimmed(t, first, end).map(Phrase::bare)
}

/// A noun phrase with a restrictive relative clause that reaches to `end`.
fn with_relative(t: &Tokens, start: usize, verb: usize, end: usize) -> Option<Range> {
    let mut i = verb;
    while i > start {
        i -= 1;
        let tok = &t.tokens[i];
        if matches!(tok.lower.as_str(), "who" | "which") && i > start {
            let head = &t.tokens[i - 1];
            if !(lexicon::is_people(&head.lower) || head.capitalised()) {
                return None;
            }
            let mut first = i;
            while first > start
                && !boundary(t, first - 1, start)
                && !matches!(t.lower(first - 1), "and" | "or")
            {
                first -= 1;
            }
            let (f, l) = trimmed(t, first, i - 1)?;
            return (l == i - 1).then_some((f, end));
        }
        if !matches!(tok.kind, Kind::Word | Kind::Clitic)
            || lexicon::is_conjunction(tok.lower.as_str())
            || lexicon::verb(&tok.lower).is_some_and(|v| !v.noun)
        {
            return None;
        }
    }
    None
}

/// Whether token `i` cannot be inside a subject.
fn boundary(t: &Tokens, i: usize, start: usize) -> bool {
    let tok = &t.tokens[i];
    match tok.kind {
        Kind::Open | Kind::Close => !matches!(tok.text, "'" | "’"),
        Kind::Punct => !lexicon::one_of(tok.text, ". & % ( )"),
        Kind::Clitic => false,
        Kind::Word => {
            (lexicon::is_conjunction(tok.lower.as_str()) && !(tok.capitalised() && i > start))
                || lexicon::one_of(tok.lower.as_str(), "who which whom whose")
                || finite(t, i)
        }
    }
}

/// Whether `and` at `i` joins two names or nouns and not two clauses.
fn joins_nouns(t: &Tokens, start: usize, i: usize) -> bool {
    if i == start || i + 1 >= t.len() {
        return false;
    }
    let mut j = i;
    let mut length = 0;
    while j > start && !boundary(t, j - 1, start) {
        j -= 1;
        length += 1;
    }
    let clean = j == start || t.tokens[j - 1].kind != Kind::Word || !finite(t, j - 1);
    let left = &t.tokens[i - 1];
    let person = left.capitalised() || lexicon::is_people(left.lower.as_str());
    clean && person && length <= 7 && !lexicon::is_pronoun(t.lower(i + 1))
}

/// `NP, apposition, said`: the noun phrase before the first comma that opens an apposition.
fn apposed(t: &Tokens, start: usize, end: usize) -> Option<Phrase> {
    let mark = t.tokens[end].text;
    let opener = if mark == ")" { "(" } else { mark };
    // Only the stretch after the last quotation, semicolon or colon.
    let mut from = start;
    for i in start..end {
        if matches!(t.tokens[i].text, ";" | ":")
            || (t.tokens[i].kind == Kind::Close
                && t.tokens[i].text != "’"
                && t.tokens[i].text != "'")
        {
            from = i + 1;
        }
    }
    let marks: Vec<usize> = (from..end)
        .filter(|&i| t.tokens[i].text == opener)
        .collect();
    let mut left = from;
    for (n, &m) in marks.iter().enumerate() {
        let seg_end = m.checked_sub(1)?;
        if seg_end >= left && m + 1 < end && opens_apposition(t, m + 1) {
            let mut first = seg_end + 1;
            while first > left && !boundary(t, first - 1, start) {
                if matches!(t.lower(first - 1), "and" | "or") && !joins_nouns(t, start, first - 1) {
                    break;
                }
                first -= 1;
            }
            let lead = first > left && lexicon::is_conjunction(t.lower(first - 1))
                || lexicon::is_preposition(t.lower(first))
                || (t.lower(first).ends_with("ing") && !lexicon::is_people(t.lower(first)));
            if first <= seg_end && !lead {
                if let Some(head) = trimmed(t, first, seg_end) {
                    if head.1 == seg_end {
                        return Some(Phrase {
                            head,
                            full: (head.0, full_end(t, head.1, end)),
                        });
                    }
                }
            }
        }
        left = marks[n] + 1;
    }
    None
}

/// Where an apposition ends for the full phrase: a relative clause, a participle
/// or a circumstance after the name is no part of it.
fn full_end(t: &Tokens, last: usize, end: usize) -> usize {
    let other = |i: usize| {
        let w = t.lower(i);
        lexicon::one_of(
            w,
            "who which whose whom for in on at once too however meanwhile during after before as \
with by along according like also when",
        ) || (w.ends_with("ing") && w.len() > 5 && !t.tokens[i].capitalised())
            || (w.ends_with("ed") && w.len() > 5 && !t.tokens[i].capitalised())
    };
    for i in last + 1..end {
        if lexicon::one_of(t.tokens[i].text, ", — – -- -") && other(i + 1) {
            return i.saturating_sub(1).max(last);
        }
    }
    end
}

/// Whether what begins at `i` explains the noun before it.
fn opens_apposition(t: &Tokens, i: usize) -> bool {
    let w = t.lower(i);
    if lexicon::verb(w).is_some_and(|v| v.inflection == Inflection::Ing)
        || lexicon::one_of(w, "and but or so he she they it")
    {
        return false;
    }
    true
}

/// The noun phrase in `first..=last` without leading and trailing adjuncts, if it can speak.
pub(crate) fn trimmed(t: &Tokens, mut first: usize, mut last: usize) -> Option<Range> {
    let lower = |i: usize| t.lower(i);
    // Leading: conjunctions, adverbs, and short phrases of time and place.
    while first <= last {
        let w = lower(first);
        if t.tokens[first].kind == Kind::Punct
            || lexicon::one_of(w, "and but yet or nor so well then plus maybe perhaps even only just")
            || lexicon::is_adverb(w)
                && !lexicon::one_of(w, "both all first long")
                && (t.tokens[first].text == w || first == t.sentence_start(first))
            || (w.ends_with("ly")
                && !t.tokens[first + usize::from(first < last)]
                    .kind
                    .eq(&Kind::Clitic)
                && first < last
                && !lexicon::one_of(w, "family italy kelly billy sally assembly ally emily early reilly only daily weekly \
elderly sicily"))
        {
            first += 1;
            continue;
        }
        if day(t, first) && first < last {
            first += 1;
            continue;
        }
        if lexicon::is_preposition(w)
            && !(t.tokens[first].capitalised() && first > t.sentence_start(first))
        {
            // `On Tuesday Zakharova`, `In December last year Moscow`.
            let mut j = first + 1;
            while j <= last
                && (day(t, j)
                    || lower(j).bytes().all(|b| b.is_ascii_digit())
                    || lexicon::one_of(lower(j), "last this the week year month evening morning night late early mid a statement \
interview speech tweet turn response general fact addition particular"))
            {
                j += 1;
            }
            if j == first + 1 || j > last {
                return last_phrase(t, first, last);
            }
            // `the` before a noun that is not of time belongs to the speaker.
            if lower(j - 1) == "the" {
                j -= 1;
            }
            first = j;
            continue;
        }
        break;
    }
    if first > last {
        return None;
    }
    // Trailing: time, manner, `in a statement`.
    let mut i = first + 1;
    while i <= last {
        let w = lower(i);
        let after_name = t.tokens[i - 1].capitalised()
            || t.tokens[i - 1].kind == Kind::Clitic
            || lexicon::is_pronoun(lower(i - 1));
        let next = lower(i + 1);
        let starts = lexicon::one_of(w, "in at on during through via after before ahead following with from speaking late") && i < last
            && ((after_name
                && w != "of"
                && (lexicon::one_of(next, "a an his her its their this that the late early of") || day(t, i + 1)))
                || day(t, i + 1)
                || (matches!(next, "a" | "an")
                    && lexicon::one_of(lower(i + 2), "statement speech tweet video briefing letter news press post televised joint \
interview separate")));
        let late = matches!(w, "later" | "earlier")
            && t.tokens[i].text == w
            && !lexicon::is_determiner(lower(i - 1));
        if late {
            last = i - 1;
            break;
        }
        if starts
            || (day(t, i) && i > first && (i == last || !t.tokens[i + 1].capitalised()))
            || (w.ends_with("ly") && i == last && t.tokens[i].text == w)
            || (lexicon::is_adverb(w) && i == last && t.tokens[i].text == w)
        {
            last = i - 1;
            break;
        }
        i += 1;
    }
    can_speak(t, first, last).then_some((first, last))
}

/// The noun phrase at the end of a stretch that begins with a preposition
/// (`After the talks the minister`): from its last determiner, a pronoun, or the
/// capitals it ends with.
fn last_phrase(t: &Tokens, first: usize, last: usize) -> Option<Range> {
    if let Some(p) = pronoun_at(t, last) {
        return Some(p);
    }
    let determiner = (first + 2..last).rev().find(|&i| {
        lexicon::one_of(t.lower(i), "the a an its his her their")
            && !lexicon::is_preposition(t.lower(i - 1))
            && t.tokens[i - 1].is_word()
    });
    if let Some(d) = determiner {
        return can_speak(t, d, last).then_some((d, last));
    }
    let mut from = last + 1;
    while from > first + 2
        && (t.tokens[from - 1].capitalised() || t.tokens[from - 1].kind == Kind::Clitic)
        && !lexicon::is_preposition(t.lower(from - 1))
    {
        from -= 1;
    }
    let bound = lexicon::is_preposition(t.lower(from.saturating_sub(1)))
        || t.lower(from.saturating_sub(1)) == "the";
    (from <= last && !bound && can_speak(t, from, last)).then_some((from, last))
}

fn pronoun_at(t: &Tokens, i: usize) -> Option<Range> {
    lexicon::one_of(t.lower(i), "he she they i we it").then_some((i, i))
}

/// Whether a noun phrase can be someone who speaks: a pronoun, a name, or a person or body.
pub(crate) fn can_speak(t: &Tokens, first: usize, last: usize) -> bool {
    if last < first || last - first > 20 {
        return false;
    }
    if first == last {
        let w = t.lower(first);
        if lexicon::is_pronoun(w) {
            return !matches!(w, "that" | "this" | "these");
        }
    }
    let head = (first..=last).all(|i| {
        !(lexicon::is_preposition(t.lower(i)) && i == first && !t.tokens[i].capitalised())
    });
    head && (first..=last).any(|i| {
        let tok = &t.tokens[i];
        let name = tok.capitalised()
            && (i > t.sentence_start(i)
                || last > first
                || !lexicon::is_determiner(tok.lower.as_str()))
            && !day(t, i)
            && !lexicon::is_determiner(tok.lower.as_str())
            && !lexicon::one_of(tok.lower.as_str(), "there here what how why when");
        name || lexicon::is_people(tok.lower.as_str())
    })
}
