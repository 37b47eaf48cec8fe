//! Who is meant by `she`, `the spokeswoman`, `the alliance`: within the document,
//! by role, gender, number and recency, never by guess. What cannot be decided
//! stays unresolved, and a note says why.
//!
//! Recency counts only between statements whose order is reliable. Elsewhere an
//! antecedent must be unique in the document, or the wording must rule out all
//! others: nobody blames his own side in a partisan's words (see [`voice`]).

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::candidates::{gender_of, people, persons, subject_of, Candidate};
use super::lexicon;
use super::link::{self, Anaphor, Link};
use super::mentions::Found;
use super::speaker::{self, Draft};
use super::tokens::Tokens;
use super::voice;
use crate::document::Span;
use crate::labels::Side;
use crate::record::How;
use crate::sides::{self, Gender, Sides};

/// How many statements back a pronoun may reach.
const REACH: usize = 3;

/// A document as the resolver sees it.
pub(crate) struct Document<'a> {
    pub sides: &'a Sides,
    pub tokens: &'a [Tokens<'a>],
    pub found: &'a [Vec<Found>],
    /// Mentions and text of the title.
    pub title: Option<(&'a Tokens<'a>, &'a [Found])>,
    pub date: Option<NaiveDate>,
    pub order_reliable: bool,
}

/// An antecedent that was found, or why none was.
enum Verdict {
    Actor(usize, String),
    Open(String),
    /// Several could be meant, all of one side.
    Sided(Side, String),
}

/// Resolves the open speakers of a document, first to last.
pub(crate) fn resolve(doc: &Document, drafts: &mut [Option<Draft>]) {
    for i in 0..drafts.len() {
        let Some(mut draft) = drafts[i].take() else {
            continue;
        };
        settle(doc, i, drafts, &mut draft);
        let nested = std::mem::take(&mut draft.nested);
        draft.nested = nested
            .into_iter()
            .map(|mut n| {
                settle(doc, i, drafts, &mut n);
                n
            })
            .collect();
        drafts[i] = Some(draft);
    }
}

fn settle(doc: &Document, i: usize, drafts: &[Option<Draft>], draft: &mut Draft) {
    let Some(anaphor) = draft.anaphor.clone() else {
        return;
    };
    let at = draft.speaker.span;
    let verdict = match &anaphor {
        Anaphor::Pronoun(p) => pronoun(doc, i, at, p, drafts, draft),
        Anaphor::Description(words) => description(doc, i, at, words, drafts, draft),
    };
    match verdict {
        Verdict::Actor(actor, note) => {
            let link = Link {
                actor: Some(actor),
                ..Link::default()
            };
            speaker::name(doc.sides, &mut draft.speaker, &link, doc.date);
            draft.actor = Some(actor);
            draft.speaker.how = How::Coreference;
            draft.speaker.note = Some(note);
        }
        Verdict::Sided(side, note) => {
            draft.speaker.side = Some(doc.sides.names().name(side).to_string());
            draft.speaker.how = How::Unresolved;
            draft.speaker.note = Some(note);
        }
        Verdict::Open(note) => {
            draft.speaker.how = How::Unresolved;
            draft.speaker.note = Some(note);
        }
    }
}

fn pronoun(
    doc: &Document,
    i: usize,
    at: Span,
    p: &str,
    drafts: &[Option<Draft>],
    draft: &Draft,
) -> Verdict {
    let gender = match p {
        "she" => Gender::Female,
        "he" => Gender::Male,
        "it" => return neuter(doc, i, drafts),
        "who" | "which" => return relative(doc, i, at),
        _ => return Verdict::Open(format!("\"{p}\" does not tell who speaks")),
    };
    let word = match gender {
        Gender::Female => "woman",
        Gender::Male => "man",
    };
    // Inside the statement the order is always reliable.
    let own = people(doc, i, gender, Some(at));
    if let Some(verdict) = nearest(doc, i, &own, Some(at), true, None) {
        return contradicted(doc, i, draft, verdict, gender, word);
    }
    if doc.order_reliable {
        for j in (i.saturating_sub(REACH)..i).rev() {
            let some = people(doc, j, gender, None);
            if let Some(verdict) = nearest(doc, j, &some, None, j + 1 == i, drafts[j].as_ref()) {
                return contradicted(doc, i, draft, verdict, gender, word);
            }
        }
    }
    let all = everyone(doc, gender, if doc.order_reliable { Some(i) } else { None });
    unique(doc, i, draft, all, word)
}

/// The only candidate of the document, or the only one that the wording allows.
fn unique(
    doc: &Document,
    i: usize,
    draft: &Draft,
    all: BTreeSet<Candidate>,
    word: &str,
) -> Verdict {
    let name = |c: &Candidate| match c {
        Candidate::Actor(a) => doc.sides.actors[*a].name.clone(),
        Candidate::Stranger(n) => n.clone(),
    };
    let list = all.iter().map(name).collect::<Vec<_>>().join(", ");
    match all.len() {
        0 => Verdict::Open(format!("no {word} is named in the document")),
        1 => match all.first() {
            Some(Candidate::Actor(a)) => {
                if let Some(reason) =
                    voice::rules_out(doc.sides, &doc.tokens[i], &doc.found[i], &draft.speaker, *a)
                {
                    return Verdict::Open(format!("the only {word} named is {list}, but {reason}"));
                }
                Verdict::Actor(*a, format!("the only {word} named in the document"))
            }
            _ => Verdict::Open(format!(
                "the only {word} named is {list}, who is not in the sides file"
            )),
        },
        _ => {
            let mut reasons = Vec::new();
            let left: Vec<&Candidate> = all
                .iter()
                .filter(|c| match c {
                    Candidate::Actor(a) => match voice::rules_out(
                        doc.sides,
                        &doc.tokens[i],
                        &doc.found[i],
                        &draft.speaker,
                        *a,
                    ) {
                        Some(reason) => {
                            reasons.push(reason);
                            false
                        }
                        None => true,
                    },
                    Candidate::Stranger(_) => true,
                })
                .collect();
            match left[..] {
                [Candidate::Actor(a)] if !reasons.is_empty() => {
                    reasons.dedup();
                    Verdict::Actor(
                        *a,
                        format!(
                            "{} could be meant ({list}); of them only {} fits the wording: {}",
                            all.len(),
                            doc.sides.actors[*a].name,
                            reasons.join("; ")
                        ),
                    )
                }
                _ => {
                    let known: Option<Vec<usize>> = all
                        .iter()
                        .map(|c| match c {
                            Candidate::Actor(a) => Some(*a),
                            Candidate::Stranger(_) => None,
                        })
                        .collect();
                    undecided(
                        doc,
                        known,
                        format!("several could be meant ({list}) and nothing decides between them"),
                    )
                }
            }
        }
    }
}

/// Who it is stays open; the side does not, if all candidates share it.
fn undecided(doc: &Document, candidates: Option<Vec<usize>>, note: String) -> Verdict {
    let sides: BTreeSet<Side> = candidates
        .iter()
        .flatten()
        .map(|a| doc.sides.actors[*a].side)
        .collect();
    match sides.first() {
        Some(side) if sides.len() == 1 => Verdict::Sided(*side, note),
        _ => Verdict::Open(note),
    }
}

/// A verdict from recency falls if the wording speaks against it while another fits.
fn contradicted(
    doc: &Document,
    i: usize,
    draft: &Draft,
    verdict: Verdict,
    gender: Gender,
    word: &str,
) -> Verdict {
    let Verdict::Actor(a, _) = &verdict else {
        return verdict;
    };
    match voice::rules_out(doc.sides, &doc.tokens[i], &doc.found[i], &draft.speaker, *a) {
        Some(reason) => {
            let others = everyone(doc, gender, Some(i)).len() > 1;
            if others {
                Verdict::Open(format!(
                    "recency points to {}, but {reason}; another {word} is named",
                    doc.sides.actors[*a].name
                ))
            } else {
                verdict
            }
        }
        None => verdict,
    }
}

/// The person meant among those of one statement: the only one, its speaker, or its subject.
fn nearest(
    doc: &Document,
    j: usize,
    some: &[(Candidate, Span)],
    before: Option<Span>,
    near: bool,
    speaker: Option<&Draft>,
) -> Option<Verdict> {
    let distinct: BTreeSet<&Candidate> = some.iter().map(|s| &s.0).collect();
    let describe = |c: &Candidate, why: &str| match c {
        Candidate::Actor(a) => Verdict::Actor(*a, why.to_string()),
        Candidate::Stranger(n) => {
            Verdict::Open(format!("{n} is meant, who is not in the sides file"))
        }
    };
    let adjacent = before.is_some() || near;
    // A speaker of the statement before who was himself resolved.
    let spoke = speaker
        .and_then(|d| d.actor)
        .filter(|a| doc.sides.actors[*a].kind == sides::Kind::Person);
    match distinct.len() {
        0 => None,
        1 => Some(describe(&some[0].0, "the nearest person before that fits")),
        _ => {
            if let Some(a) = spoke.filter(|_| adjacent) {
                if distinct.contains(&Candidate::Actor(a)) {
                    return Some(Verdict::Actor(a, "speaker of the statement before".into()));
                }
            }
            let t = &doc.tokens[j];
            if let Some(c) = subject_of(t, some, before).filter(|_| adjacent) {
                return Some(describe(&c, "subject of the sentence before"));
            }
            let list: Vec<String> = distinct
                .iter()
                .map(|c| match c {
                    Candidate::Actor(a) => doc.sides.actors[*a].name.clone(),
                    Candidate::Stranger(n) => n.clone(),
                })
                .collect();
            Some(Verdict::Open(format!(
                "several could be meant ({}) and nothing decides between them",
                list.join(", ")
            )))
        }
    }
}

/// `it`: the body or state that spoke in the statement before.
fn neuter(doc: &Document, i: usize, drafts: &[Option<Draft>]) -> Verdict {
    if doc.order_reliable && i > 0 {
        if let Some(a) = drafts[i - 1].as_ref().and_then(|d| d.actor) {
            if doc.sides.actors[a].kind != sides::Kind::Person {
                return Verdict::Actor(a, "speaker of the statement before".into());
            }
        }
    }
    Verdict::Open("\"it\" has no certain antecedent".into())
}

/// `who said`: the name right before the relative pronoun.
fn relative(doc: &Document, i: usize, at: Span) -> Verdict {
    let last = doc.found[i].iter().rfind(|f| f.span.end <= at.start);
    match last {
        Some(f)
            if doc.tokens[i].text[f.span.end..at.start]
                .trim_matches([' ', ','])
                .is_empty() =>
        {
            Verdict::Actor(f.actor, "the name before the relative pronoun".into())
        }
        _ => Verdict::Open("the relative pronoun follows no known actor".into()),
    }
}

/// All persons of a gender in the document, up to a statement if its order counts.
fn everyone(doc: &Document, gender: Gender, until: Option<usize>) -> BTreeSet<Candidate> {
    let last = until.map_or(doc.tokens.len(), |u| (u + 1).min(doc.tokens.len()));
    let mut out: BTreeSet<Candidate> = BTreeSet::new();
    for j in 0..last {
        out.extend(
            persons(doc.sides, &doc.tokens[j], &doc.found[j], gender)
                .into_iter()
                .map(|p| p.0),
        );
    }
    if let Some((t, found)) = doc.title {
        out.extend(
            persons(doc.sides, t, found, gender)
                .into_iter()
                .map(|p| p.0),
        );
    }
    out
}

/// `the spokeswoman`, `the Ukrainian minister`, `the alliance's spokeswoman`.
fn description(
    doc: &Document,
    i: usize,
    at: Span,
    words: &[String],
    drafts: &[Option<Draft>],
    draft: &Draft,
) -> Verdict {
    let phrase = words.join(" ");
    let gender = spoken_gender(&doc.tokens[i], at);
    let fits = |a: usize| described(doc, a, words, gender) || apposed(doc, a, words);
    // The order of appearance: title, statements before, the statement itself up to here.
    let last = if doc.order_reliable {
        i + 1
    } else {
        doc.tokens.len()
    };
    let mut seen: Vec<(usize, usize)> = Vec::new();
    if let Some((_, found)) = doc.title {
        seen.extend(found.iter().filter(|f| fits(f.actor)).map(|f| (f.actor, 0)));
    }
    for j in 0..last {
        for f in &doc.found[j] {
            if j == i && f.span.end > at.start {
                continue;
            }
            if fits(f.actor) {
                seen.push((f.actor, j));
            }
            seen.extend(
                bodies_in(doc, &doc.tokens[j], f)
                    .filter(|b| fits(*b))
                    .map(|b| (b, j)),
            );
        }
    }
    let distinct: BTreeSet<usize> = seen.iter().map(|s| s.0).collect();
    let _ = (drafts, draft);
    match distinct.len() {
        0 => Verdict::Open(format!("nobody named in the document is \"{phrase}\"")),
        1 => {
            let only = seen[0].0;
            Verdict::Actor(
                only,
                format!("the only one named in the document who is \"{phrase}\""),
            )
        }
        _ => {
            if doc.order_reliable {
                let near: BTreeSet<usize> = seen
                    .iter()
                    .filter(|s| s.1 + REACH >= i)
                    .map(|s| s.0)
                    .collect();
                if near.len() == 1 {
                    let only = *near.first().unwrap_or(&seen[0].0);
                    return Verdict::Actor(
                        only,
                        format!("the only one named nearby who is \"{phrase}\""),
                    );
                }
            }
            let list: Vec<&str> = distinct
                .iter()
                .map(|a| doc.sides.actors[*a].name.as_str())
                .collect();
            undecided(
                doc,
                Some(distinct.iter().copied().collect()),
                format!("\"{phrase}\" may be any of {}", list.join(", ")),
            )
        }
    }
}

/// Bodies named inside a person's title (`the Foreign Ministry's spokeswoman X`).
fn bodies_in<'a>(doc: &'a Document, t: &Tokens, f: &Found) -> impl Iterator<Item = usize> + 'a {
    let actor = &doc.sides.actors[f.actor];
    let text = f.span.of(t.text).unwrap_or_default().to_lowercase();
    actor
        .member_of
        .iter()
        .filter(move |_| actor.kind == sides::Kind::Person)
        .filter_map(|m| doc.sides.position(m))
        .filter(move |b| {
            doc.sides.actors[*b]
                .names()
                .any(|n| text.contains(&n.to_lowercase()))
        })
}

/// Whether an apposition in the document calls the actor by these words (`X, the general in command, …`).
fn apposed(doc: &Document, a: usize, words: &[String]) -> bool {
    doc.tokens.iter().zip(doc.found).any(|(t, found)| {
        found
            .iter()
            .filter(|f| f.actor == a && doc.sides.actors[a].kind == sides::Kind::Person)
            .any(|f| {
                let Some(at) = t.tokens.iter().position(|k| k.start >= f.span.end) else {
                    return false;
                };
                if !t.tokens[at].is_comma() || !lexicon::one_of(t.lower(at + 1), "the a an who") {
                    return false;
                }
                let own: Vec<String> = (at + 2..t.len())
                    .take_while(|&i| t.tokens[i].is_word())
                    .map(|i| link::normal(t.lower(i)))
                    .collect();
                let of = own
                    .iter()
                    .position(|w| lexicon::is_preposition(w.as_str()) || w == "who")
                    .unwrap_or(own.len());
                of > 0 && words.last() == own.get(of - 1) && words.iter().all(|w| own.contains(w))
            })
    })
}

fn spoken_gender(t: &Tokens, at: Span) -> Option<Gender> {
    let text = at.of(t.text)?.to_lowercase();
    if text.ends_with("spokeswoman") || text.ends_with("chairwoman") {
        Some(Gender::Female)
    } else if text.ends_with("spokesman") || text.ends_with("chairman") {
        Some(Gender::Male)
    } else {
        None
    }
}

/// Whether an actor is what the words describe.
fn described(doc: &Document, a: usize, words: &[String], gender: Option<Gender>) -> bool {
    let actor = &doc.sides.actors[a];
    let Some(head) = words.last() else {
        return false;
    };
    if actor.kind != sides::Kind::Person {
        let noun = |n: &String| {
            let n: Vec<String> = n
                .to_lowercase()
                .split([' ', '-'])
                .map(link::normal)
                .collect();
            n == words
                || (n.last() == Some(head)
                    && words
                        .iter()
                        .all(|w| n.contains(w) || demonym(doc, actor, w)))
        };
        const OUTLET: &[&str] = &[
            "agency",
            "newspaper",
            "paper",
            "outlet",
            "channel",
            "broadcaster",
            "network",
            "site",
            "magazine",
        ];
        return actor.nouns.iter().any(noun)
            || (actor.kind == sides::Kind::Outlet && words.len() == 1 && OUTLET.contains(&head.as_str()))
            // `the court` for the International Criminal Court.
            || (actor.kind == sides::Kind::Organisation && noun(&actor.name));
    }
    if let (Some(want), Some(is)) = (gender, gender_of(actor)) {
        if want != is {
            return false;
        }
    }
    let held = |r: &&sides::Role| doc.date.is_none_or(|d| r.holds_on(d));
    if actor
        .roles
        .iter()
        .filter(held)
        .any(|r| link::role_says(r, words, actor))
    {
        return true;
    }
    // `the alliance's spokeswoman`: a body's noun and an office.
    let (owner, office): (Vec<&String>, Vec<&String>) = words.iter().partition(|w| *w != head);
    if owner.is_empty()
        || !actor
            .roles
            .iter()
            .filter(held)
            .any(|r| link::role_says(r, &[(*office[0]).clone()], actor))
    {
        return false;
    }
    owner.iter().all(|w| {
        actor
            .roles
            .iter()
            .filter(held)
            .any(|r| link::role_says(r, &[(*w).clone()], actor))
            || doc.sides.actors.iter().enumerate().any(|(b, body)| {
                (body.nouns.iter().any(|n| n == *w)
                    || body.demonyms.iter().any(|d| d.eq_ignore_ascii_case(w))
                    || body.names().any(|n| n.eq_ignore_ascii_case(w)))
                    && link::belongs(doc.sides, actor, b)
            })
    })
}

/// Whether a word is the demonym of a state that the body belongs to.
fn demonym(doc: &Document, actor: &sides::Actor, word: &str) -> bool {
    doc.sides.actors.iter().enumerate().any(|(b, s)| {
        s.demonyms.iter().any(|d| d.eq_ignore_ascii_case(word))
            && link::belongs(doc.sides, actor, b)
    })
}

#[cfg(test)]
#[path = "coreference_tests.rs"]
mod tests;
