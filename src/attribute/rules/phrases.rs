//! Attributions without a verb of saying: `according to X`, `in X's words`, and
//! nouns such as `statement by X` or `X's claim that …`.

use super::content;
use super::subject::{self, Phrase};
use super::{Form, Raw};
use crate::attribute::lexicon::{self, Inflection};
use crate::attribute::tokens::{Kind, Tokens};

/// `according to X`, `in the words of X`.
pub(super) fn according(t: &Tokens) -> Vec<Raw> {
    let mut out = Vec::new();
    for i in 0..t.len() {
        let cue = match (t.lower(i), t.lower(i + 1)) {
            ("according", "to") => (i, i + 1),
            ("as", "per") | ("citing", "the") if t.lower(i) == "as" => (i, i + 1),
            _ => continue,
        };
        let end = t.sentence_end(i);
        let Some(p) = subject::following(t, cue.1 + 1, end).or_else(|| any_noun(t, cue.1 + 1, end)) else {
            continue;
        };
        let start = t.sentence_start(i);
        let content = if i == start || (i <= start + 2 && !t.tokens[i - 1].is_comma() && i > 0 && t.tokens[i - 1].is_word()) {
            // After: `According to X, …`.
            let plain = (p.head.1 + 1..=p.full.1).any(|k| subject::finite(t, k)) || t.tokens.get(p.head.1 + 2).is_some_and(|k| k.capitalised()) || p.full.1 + 2 >= end;
            let mut from = if plain { p.head.1 + 1 } else { p.full.1 + 1 };
            while from <= end && !t.tokens[from].is_comma() {
                from += 1;
            }
            if from >= end {
                continue;
            }
            vec![(from + 1, content::strip_stop(t, from + 1, end))]
        } else {
            // Before: `…, according to X`.
            let mut last = i - 1;
            while last > start && t.tokens[last].kind == Kind::Punct {
                last -= 1;
            }
            let mut first = start;
            for k in start..last {
                if t.tokens[k].text == ";" {
                    first = k + 1;
                }
            }
            let mut all = vec![(first, last)];
            // `…, according to X, …` in the middle of a clause.
            let next = p.full.1 + 1;
            if next < end && t.tokens[next].is_comma() && lexicon::AUX.contains(&t.lower(next + 1)) {
                all.push((next + 1, content::strip_stop(t, next + 1, end)));
            }
            all
        };
        let p = if content[0].0 > i && content[0].0 <= p.full.1 { Phrase { head: p.head, full: p.head } } else { p };
        out.push(raw(p, cue, content, Form::According, t.tokens[i].quoted));
    }
    out
}

/// A noun phrase that is no person: `according to local media data`.
fn any_noun(t: &Tokens, from: usize, end: usize) -> Option<Phrase> {
    let mut last = None;
    for i in from..=end.min(from + 10) {
        let tok = &t.tokens[i];
        let w = tok.lower.as_str();
        let inside = matches!(tok.kind, Kind::Word | Kind::Clitic)
            && !lexicon::CONJUNCTIONS.contains(&w)
            && !matches!(w, "who" | "which")
            && !(i > from && subject::finite(t, i));
        if !inside {
            break;
        }
        last = Some(i);
    }
    let r = (from, last?);
    Some(Phrase { head: r, full: r })
}

/// Nouns as cues.
pub(super) fn nouns(t: &Tokens, known: &[Raw]) -> Vec<Raw> {
    let mut out = Vec::new();
    for i in 0..t.len() {
        let tok = &t.tokens[i];
        if !tok.is_word() || !lexicon::CUE_NOUNS.contains(&tok.lower.as_str()) {
            continue;
        }
        let end = t.sentence_end(i);
        let start = t.sentence_start(i);
        let covered = |k: usize| known.iter().any(|r| r.cue.0 <= k && k <= r.cue.1);
        // `a statement by X (says) …`, `a warning from X that …`
        if matches!(t.lower(i + 1), "by" | "from") {
            if let Some(p) = subject::following(t, i + 2, end) {
                let after = p.full.1 + 1;
                let content = if t.lower(after) == "that" {
                    Some((after, content::strip_stop(t, after, end)))
                } else if after < end && t.tokens[after].is_word() && !covered(after) && i <= start + 3 {
                    predicate(t, after, end)
                } else {
                    None
                };
                if let Some(c) = content {
                    out.push(raw(p, (i, i + 1), vec![c], Form::Noun, tok.quoted));
                }
            }
            continue;
        }
        // `X's claim that …`, `the Russian claim that …`
        let that = t.lower(i + 1) == "that" || (t.lower(i + 1) == "," && false);
        let to = t.lower(i + 1) == "to" && matches!(tok.lower.as_str(), "decision" | "refusal" | "promise" | "pledge" | "vow" | "threat" | "offer" | "demand" | "call" | "calls");
        if that || to {
            let Some(p) = possessor(t, start, i) else { continue };
            let from = i + 1;
            let last = clause_until_verb(t, from, end);
            out.push(raw(p, (i, i), vec![(from, last)], Form::Noun, tok.quoted));
        }
    }
    out
}

/// The predicate's object after `a statement by X put forward …`.
fn predicate(t: &Tokens, after: usize, end: usize) -> Option<(usize, usize)> {
    let mut i = after;
    while i < end && (lexicon::AUX.contains(&t.lower(i)) || lexicon::ADVERBS.contains(&t.lower(i)) || t.lower(i).ends_with("ly")) {
        i += 1;
    }
    let w = t.lower(i);
    let verb = lexicon::verb(w).is_some_and(|v| !matches!(v.inflection, Inflection::Ing)) || subject::finite(t, i) || w.ends_with("ed");
    if !verb {
        return None;
    }
    let mut from = i + 1;
    while from < end && matches!(t.lower(from), "forward" | "out" | "off" | "up" | ":" | ",") {
        from += 1;
    }
    (from <= end && !matches!(t.tokens[from].text, "." | "!" | "?")).then(|| (from, content::strip_stop(t, from, end)))
}

/// The possessor before a cue noun: `Putin's (repeated) claim`, `his claim`.
fn possessor(t: &Tokens, start: usize, noun: usize) -> Option<Phrase> {
    let mut i = noun;
    let mut steps = 0;
    while i > start && steps < 4 {
        let p = &t.tokens[i - 1];
        if p.kind == Kind::Clitic {
            let last = i.checked_sub(2)?;
            let mut first = last;
            while first > start {
                let w = &t.tokens[first - 1];
                let joins = w.is_word() && (w.capitalised() && !(first - 1 == start && lexicon::PREPOSITIONS.contains(&w.lower.as_str())) || matches!(w.lower.as_str(), "the" | "of"));
                if !joins {
                    break;
                }
                first -= 1;
            }
            return subject::can_speak(t, first, last).then_some(Phrase {
                head: (first, last),
                full: (first, last),
            });
        }
        if matches!(p.lower.as_str(), "his" | "her" | "their" | "its" | "our" | "my") {
            return Some(Phrase {
                head: (i - 1, i - 1),
                full: (i - 1, i - 1),
            });
        }
        if !p.is_word() || lexicon::PREPOSITIONS.contains(&p.lower.as_str()) || matches!(p.lower.as_str(), "the" | "a" | "an" | "and") {
            return None;
        }
        i -= 1;
        steps += 1;
    }
    None
}

/// The end of `that …` inside a sentence that goes on with the main verb: only a comma or the end closes it.
fn clause_until_verb(t: &Tokens, from: usize, end: usize) -> usize {
    for i in from..=end {
        if t.tokens[i].is_comma() && i > from + 3 {
            return i - 1;
        }
    }
    content::strip_stop(t, from, end)
}

fn raw(p: Phrase, cue: (usize, usize), content: Vec<(usize, usize)>, form: Form, quoted: bool) -> Raw {
    Raw {
        source: Some(p.head),
        full: Some(p.full),
        cue,
        content,
        form,
        inherited: false,
        quoted,
    }
}
