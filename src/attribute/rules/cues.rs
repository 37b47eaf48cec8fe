//! Reporting verbs in use: which words are one, and what belongs to their group.

use super::subject;
use super::Range;
use crate::attribute::lexicon::{self, Inflection, Takes, Verb};
use crate::attribute::tokens::{Kind, Tokens};

/// A verb that may report, with its group (auxiliaries and adverbs included).
#[derive(Debug, Clone, Copy)]
pub(super) struct Cue {
    pub verb: Verb,
    pub at: usize,
    pub group: Range,
    pub passive: bool,
}

/// Whether token `i` is a reporting verb in use, and its group.
pub(super) fn cue(t: &Tokens, i: usize) -> Option<Cue> {
    let tok = &t.tokens[i];
    if !tok.is_word() {
        return None;
    }
    let verb = lexicon::verb(&tok.lower)?;
    let phrasal = ["turn", "brush", "play"]
        .iter()
        .any(|p| tok.lower.starts_with(p));
    if phrasal && group_end(t, i) == i {
        return None;
    }
    let start = t.sentence_start(i);
    // `Will Price`, `Call of Duty`: a capital inside a sentence of small letters is a name.
    if tok.capitalised() && i > start && !title_case(t, i) {
        return None;
    }
    let first = group_start(t, i, start);
    let aux = (first..i)
        .rev()
        .map(|j| t.lower(j))
        .find(|w| lexicon::is_aux(w) || *w == "to");
    let before = if first > start {
        t.lower(first - 1)
    } else {
        ""
    };
    let be = aux.is_some_and(|w| {
        lexicon::one_of(
            w,
            "is are was were be been being isn't wasn't weren't aren't get gets got",
        )
    });
    let mut passive = false;
    match verb.inflection {
        Inflection::Past => {
            passive = be;
            if first == i
                && (lexicon::is_determiner(before) && verb.noun
                    || before == "the"
                    || before == "of")
            {
                return None;
            }
            // Reduced relative: `a man accused of …`, `a plan rejected by …`.
            if aux.is_none()
                && matches!(t.lower(i + 1), "by" | "of")
                && !lexicon::one_of(
                    tok.lower.as_str(),
                    "thought said complained warned spoke heard told",
                )
            {
                return None;
            }
        }
        Inflection::Third => {
            if verb.noun && !(first < i || third_has_subject(t, i, start)) {
                return None;
            }
        }
        Inflection::Base => {
            let modal =
                aux.is_some_and(|w| !lexicon::one_of(w, "has have had is are was were be been"));
            let plural = i > start && {
                let p = &t.tokens[i - 1];
                lexicon::one_of(
                    before,
                    "they we i you who and people many some others most police which both",
                ) || (before.ends_with('s')
                    && !before.ends_with("ss")
                    && lexicon::verb(before).is_none_or(|v| v.noun)
                    && !lexicon::is_preposition(before)
                    && before.len() > 3
                    && p.kind == Kind::Word
                    && !verb.noun)
            };
            if !(modal || plural) {
                return None;
            }
            if aux == Some("to") && first > start && !chained(t, first) {
                // `to say`: an infinitive of purpose reports nothing by itself.
                return None;
            }
        }
        Inflection::Ing => {
            if first == i
                && (lexicon::is_determiner(before)
                    || t.tokens[i.saturating_sub(1)].kind == Kind::Clitic)
            {
                return None;
            }
        }
    }
    Some(Cue {
        verb,
        at: i,
        group: (first, group_end(t, i)),
        passive,
    })
}

pub(super) fn chained(t: &Tokens, first: usize) -> bool {
    lexicon::is_chain(t.lower(first))
}

pub(super) fn title_case(t: &Tokens, i: usize) -> bool {
    let s = t.tokens[i].sentence;
    let words = t
        .tokens
        .iter()
        .filter(|x| x.sentence == s && x.is_word() && x.text.len() >= 4);
    let (mut n, mut caps) = (0, 0);
    for w in words {
        n += 1;
        caps += usize::from(w.capitalised());
    }
    n >= 3 && caps * 10 >= n * 7
}

/// Whether a form such as `claims` has a subject right before it.
pub(super) fn third_has_subject(t: &Tokens, i: usize, start: usize) -> bool {
    if i == start {
        return false;
    }
    let p = &t.tokens[i - 1];
    if p.kind == Kind::Clitic || p.kind == Kind::Close {
        return false;
    }
    let w = p.lower.as_str();
    let follow = t.lower(i + 1);
    // `Road nearly cut, separatist leader claims`
    let closing = matches!(follow, "" | "." | "!")
        && (start..i).any(|k| t.tokens[k].is_comma() || t.tokens[k].kind == Kind::Close);
    let object = closing
        || p.capitalised()
            && t.tokens.get(i + 1).is_some_and(|n| {
                n.is_word()
                    && !lexicon::is_preposition(n.lower.as_str())
                    && !lexicon::is_aux(n.lower.as_str())
                    && !subject::finite(t, i + 1)
            })
        || lexicon::one_of(follow, "that it he she they the a to its his her")
        || t.tokens
            .get(i + 1)
            .is_some_and(|n| n.capitalised() || n.kind == Kind::Open);
    lexicon::one_of(w, "he she it who which")
        || (object
            && !lexicon::one_of(follow, "of by for from")
            && (p.capitalised() || lexicon::is_people(w) && !w.ends_with('s')))
}

/// First token of the verb group: auxiliaries, adverbs and chains such as `refused to`.
pub(super) fn group_start(t: &Tokens, i: usize, start: usize) -> usize {
    let mut first = i;
    let mut j = i;
    while j > start {
        let w = t.lower(j - 1);
        let tok = &t.tokens[j - 1];
        let aux = lexicon::is_aux(w) && !tok.capitalised();
        let adverb = lexicon::is_adverb(w)
            && !lexicon::one_of(w, "all both today yesterday since tonight earlier long")
            || (w.ends_with("ly")
                && w.len() > 4
                && !lexicon::one_of(w, "family ally assembly italy early daily weekly")
                && !tok.capitalised());
        let be_s = tok.kind == Kind::Clitic
            && j >= start + 2
            && lexicon::one_of(t.lower(j - 2), "he she it who that there");
        if aux || be_s {
            first = j - 1;
            j -= 1;
        } else if adverb {
            j -= 1;
            // An adverb opens the group only if a word before it is the subject or an auxiliary.
            if j > start {
                first = j;
            }
        } else if w == "to" && j >= start + 2 && lexicon::is_chain(t.lower(j - 2)) {
            first = j - 2;
            j -= 2;
        } else if w == "to"
            && j >= start + 3
            && t.lower(j - 2) == "on"
            && matches!(t.lower(j - 3), "went" | "go" | "goes")
        {
            first = j - 3;
            j -= 3;
        } else {
            break;
        }
    }
    first
}

/// Last token of the cue: particles that belong to the verb.
pub(super) fn group_end(t: &Tokens, i: usize) -> usize {
    let next = t.lower(i + 1);
    let base = t.lower(i);
    let joined = match base {
        "call" | "calls" | "called" | "calling" => matches!(next, "for" | "on" | "upon"),
        "point" | "points" | "pointed" | "pointing" => matches!(next, "out" | "to"),
        "put" => next == "it",
        "rule" | "rules" | "ruled" | "ruling" => next == "out",
        "turn" | "turns" | "turned" | "turning" => next == "down",
        "brush" | "brushes" | "brushed" | "brushing" => matches!(next, "off" | "aside"),
        "play" | "plays" | "played" | "playing" => next == "down",
        "ask" | "asks" | "asked" | "asking" => next == "for",
        "hit" | "fire" | "fired" => next == "back",
        "speculate" | "speculated" | "speculating" => next == "about",
        "complain" | "complained" | "complains" | "complaining" => next == "about",
        "hint" | "hinted" | "hints" => next == "at",
        "allude" | "alluded" => next == "to",
        _ => false,
    };
    i + usize::from(joined)
}

/// `was quoted (by X) as saying`, `is reported as saying`: the subject speaks.
pub(super) fn quoted_as_saying(t: &Tokens, i: usize) -> Option<Cue> {
    if !lexicon::one_of(t.lower(i), "quoted cited reported overheard recorded heard") {
        return None;
    }
    let end = t.sentence_end(i);
    let at = (i + 1..=end.min(i + 8)).find(|&j| {
        lexicon::one_of(t.lower(j), "saying telling writing claiming warning")
            && (t.lower(j - 1) == "as" || j == i + 1)
    })?;
    let start = t.sentence_start(i);
    let first = group_start(t, i, start);
    (first < i).then_some(Cue {
        verb: Verb {
            takes: Takes::Clause,
            inflection: Inflection::Past,
            noun: false,
        },
        at,
        group: (first, at),
        passive: false,
    })
}
