//! Who may be meant by a pronoun: persons of a statement with their gender.

use std::collections::BTreeSet;

use super::coreference::Document;
use super::lexicon;
use super::mentions::Found;
use super::names;
use super::tokens::Tokens;
use crate::document::Span;
use crate::sides::{self, Gender, Sides};

/// Somebody who may be meant: an actor, or a person the sides file does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Candidate {
    Actor(usize),
    Stranger(String),
}

/// Persons of a gender named in statement `j`, outside quotations, before a position.
pub(super) fn people(
    doc: &Document,
    j: usize,
    gender: Gender,
    before: Option<Span>,
) -> Vec<(Candidate, Span)> {
    persons(doc.sides, &doc.tokens[j], &doc.found[j], gender)
        .into_iter()
        .filter(|(_, s)| before.is_none_or(|b| s.end <= b.start))
        .filter(|(_, s)| !in_quote(&doc.tokens[j], *s))
        .collect()
}

pub(super) fn in_quote(t: &Tokens, s: Span) -> bool {
    t.tokens
        .iter()
        .any(|k| k.start <= s.start && s.start < k.end && k.quoted)
}

pub(super) fn persons(
    sides: &Sides,
    t: &Tokens,
    found: &[Found],
    gender: Gender,
) -> Vec<(Candidate, Span)> {
    let mut out: Vec<(Candidate, Span)> = found
        .iter()
        .filter(|f| {
            let a = &sides.actors[f.actor];
            a.kind == sides::Kind::Person && gender_of(a) == Some(gender)
        })
        .map(|f| (Candidate::Actor(f.actor), f.span))
        .collect();
    out.extend(strangers(t, found, gender));
    out.sort_by_key(|c| c.1);
    out
}

pub(super) fn gender_of(a: &sides::Actor) -> Option<Gender> {
    a.gender
        .or_else(|| names::gender(a.name.split(' ').next()?))
}

/// Slavic surnames that only women have, after a given name in `-a`.
pub(super) fn feminine(given: &str, surname: &str) -> bool {
    given.ends_with('a')
        && [
            "ova", "ová", "eva", "aya", "ska", "ská", "cka", "ina", "aia",
        ]
        .iter()
        .any(|e| surname.ends_with(e))
}

/// Full names with a known given name that are no actor's.
pub(super) fn strangers(t: &Tokens, found: &[Found], gender: Gender) -> Vec<(Candidate, Span)> {
    let mut out = Vec::new();
    let mut i = 0;
    while i + 1 < t.len() {
        let tok = &t.tokens[i];
        let free = |k: usize| !found.iter().any(|f| f.span.overlaps(t.span(k, k)));
        let given = names::gender(tok.text)
            .or_else(|| feminine(tok.text, t.tokens[i + 1].text).then_some(Gender::Female));
        if tok.capitalised()
            && free(i)
            && free(i + 1)
            && given == Some(gender)
            && t.tokens[i + 1].capitalised()
        {
            let span = t.span(i, i + 1);
            if let Some(name) = span.of(t.text) {
                out.push((Candidate::Stranger(name.to_string()), span));
            }
            i += 1;
        }
        i += 1;
    }
    out
}

/// The candidate who is the sole subject of the sentence, unless the verb joins both (`spoke with`).
pub(super) fn subject_of(
    t: &Tokens,
    some: &[(Candidate, Span)],
    before: Option<Span>,
) -> Option<Candidate> {
    const MUTUAL: &[&str] = &[
        "spoke",
        "met",
        "called",
        "phoned",
        "talked",
        "telephoned",
        "meet",
        "meets",
        "speak",
        "speaks",
        "talk",
        "talks",
        "call",
        "phone",
        "with",
        "received",
        "hosted",
    ];
    let limit = before.map_or(usize::MAX, |s| s.start);
    let last = t
        .tokens
        .iter()
        .filter(|k| k.end <= limit)
        .count()
        .checked_sub(1)?;
    // The last sentence with a candidate in it.
    let (_, near) = some.iter().rfind(|s| s.1.end <= limit)?;
    let at = t
        .tokens
        .iter()
        .position(|k| k.start >= near.start)?
        .min(last);
    let start = t.sentence_start(at);
    let end = t.sentence_end(at);
    let verb = (start..=end).find(|&i| {
        let w = t.lower(i);
        i > start
            && !t.tokens[i].capitalised()
            && t.tokens[i].is_word()
            && (lexicon::is_other_verb(w)
                || lexicon::verb(w).is_some_and(|v| !v.noun)
                || (w.ends_with("ed") && w.len() > 3)
                || (w.ends_with('s') && lexicon::verb(w).is_some()))
    })?;
    let verb_at = t.tokens[verb].start;
    let head: BTreeSet<&Candidate> = some
        .iter()
        .filter(|s| s.1.start >= t.tokens[start].start && s.1.end <= verb_at)
        .map(|s| &s.0)
        .collect();
    if head.len() != 1 || (verb..=end.min(verb + 4)).any(|i| MUTUAL.contains(&t.lower(i))) {
        return None;
    }
    head.into_iter().next().cloned()
}
