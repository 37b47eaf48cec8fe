//! Attributions without a verb of saying: `according to X`, `in X's words`, and
//! nouns such as `statement by X` or `X's claim that …`.

use super::content;
use super::following;
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
            ("as", "per") => (i, i + 1),
            ("in", "the")
                if lexicon::one_of(t.lower(i + 2), "words view opinion eyes account")
                    && t.lower(i + 3) == "of" =>
            {
                (i, i + 3)
            }
            ("in", _) if i == t.sentence_start(i) => {
                // `In Kyiv's view, …`
                let Some(noun) = (i + 2..i + 7)
                    .find(|&k| lexicon::one_of(t.lower(k), "view words opinion telling account"))
                else {
                    continue;
                };
                if t.tokens[noun - 1].kind != Kind::Clitic || t.lower(noun + 1) != "," {
                    continue;
                }
                let r = (i + 1, noun - 2);
                let end = t.sentence_end(i);
                if r.0 <= r.1 && noun + 2 <= end && subject::can_speak(t, r.0, r.1) {
                    let p = Phrase { head: r, full: r };
                    out.push(raw(
                        p,
                        (noun, noun),
                        vec![(noun + 2, content::strip_stop(t, noun + 2, end))],
                        Form::According,
                        t.tokens[i].quoted,
                    ));
                }
                continue;
            }
            ("as", _) if !t.tokens[i].quoted => {
                // `As the army put it, …`
                let end = t.sentence_end(i);
                let Some(put) = (i + 2..=end.min(i + 10))
                    .find(|&k| matches!(t.lower(k), "put" | "puts") && t.lower(k + 1) == "it")
                else {
                    continue;
                };
                let Some(head) = subject::trimmed(t, i + 1, put - 1) else {
                    continue;
                };
                let p = Phrase { head, full: head };
                let content =
                    if i == t.sentence_start(i) && put + 3 <= end && t.tokens[put + 2].is_comma() {
                        (put + 3, content::strip_stop(t, put + 3, end))
                    } else if i > t.sentence_start(i) + 1 {
                        (
                            t.sentence_start(i),
                            content::strip_stop(t, t.sentence_start(i), i - 1),
                        )
                    } else {
                        continue;
                    };
                out.push(raw(
                    p,
                    (put, put + 1),
                    vec![content],
                    Form::According,
                    false,
                ));
                continue;
            }
            _ => continue,
        };
        let end = t.sentence_end(i);
        let Some(p) =
            following::following(t, cue.1 + 1, end).or_else(|| any_noun(t, cue.1 + 1, end))
        else {
            continue;
        };
        let start = t.sentence_start(i);
        let content = if i == start
            || (i <= start + 2 && !t.tokens[i - 1].is_comma() && i > 0 && t.tokens[i - 1].is_word())
        {
            // After: `According to X, …`.
            let plain = (p.head.1 + 1..=p.full.1).any(|k| subject::finite(t, k))
                || t.tokens.get(p.head.1 + 2).is_some_and(|k| k.capitalised())
                || p.full.1 + 2 >= end;
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
            let next = p.head.1 + 1;
            if next < end && t.tokens[next].is_comma() && lexicon::is_aux(t.lower(next + 1)) {
                all.push((next + 1, content::strip_stop(t, next + 1, end)));
            }
            all
        };
        let p = if content.len() > 1 {
            Phrase {
                head: p.head,
                full: p.head,
            }
        } else {
            p
        };
        let p = if content[0].0 > i && content[0].0 <= p.full.1 {
            Phrase {
                head: p.head,
                full: p.head,
            }
        } else {
            p
        };
        out.push(raw(p, cue, content, Form::According, t.tokens[i].quoted));
    }
    out
}

/// A noun phrase that is no person: `according to local media data`, but not `according to plan`.
fn any_noun(t: &Tokens, from: usize, end: usize) -> Option<Phrase> {
    if lexicon::one_of(
        t.lower(from),
        "plan plans schedule law tradition size need custom protocol rank",
    ) || t.lower(from + 1) == "plan"
    {
        return None;
    }
    let mut last = None;
    for i in from..=end.min(from + 10) {
        let tok = &t.tokens[i];
        let w = tok.lower.as_str();
        let outside = !matches!(tok.kind, Kind::Word | Kind::Clitic)
            || lexicon::is_conjunction(w)
            || matches!(w, "who" | "which")
            || (i > from && subject::finite(t, i));
        if outside {
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
        if !tok.is_word() || !lexicon::is_cue_noun(tok.lower.as_str()) {
            continue;
        }
        let end = t.sentence_end(i);
        let start = t.sentence_start(i);
        let covered = |k: usize| known.iter().any(|r| r.cue.0 <= k && k <= r.cue.1);
        // `a statement by X (says) …`, `a warning from X that …`
        if matches!(t.lower(i + 1), "by" | "from") {
            if let Some(p) = following::following(t, i + 2, end) {
                let after = p.full.1 + 1;
                let content = if t.lower(after) == "that"
                    || (t.lower(after) == "to"
                        && lexicon::one_of(
                            tok.lower.as_str(),
                            "promise pledge vow threat offer demand call request order",
                        )) {
                    Some((after, clause_until_verb(t, after, end, i)))
                } else if after < end
                    && t.tokens[after].is_word()
                    && !covered(after)
                    && i <= start + 3
                {
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
        let that = t.lower(i + 1) == "that";
        let to = t.lower(i + 1) == "to"
            && lexicon::one_of(tok.lower.as_str(), "decision refusal proposal request promise pledge vow threat offer demand call calls");
        if that || to {
            let Some(p) = possessor(t, start, i) else {
                continue;
            };
            let from = i + 1;
            let last = clause_until_verb(t, from, end, i);
            out.push(raw(p, (i, i), vec![(from, last)], Form::Noun, tok.quoted));
        }
    }
    out
}

/// The predicate's object after `a statement by X put forward …`.
fn predicate(t: &Tokens, after: usize, end: usize) -> Option<(usize, usize)> {
    let mut i = after;
    while i < end
        && (lexicon::is_aux(t.lower(i))
            || lexicon::is_adverb(t.lower(i))
            || t.lower(i).ends_with("ly"))
    {
        i += 1;
    }
    let w = t.lower(i);
    let verb = lexicon::verb(w).is_some_and(|v| !matches!(v.inflection, Inflection::Ing))
        || subject::finite(t, i)
        || w.ends_with("ed");
    if !verb {
        return None;
    }
    let mut from = i + 1;
    while from < end && lexicon::one_of(t.lower(from), "forward out off up : ,") {
        from += 1;
    }
    (from <= end && !matches!(t.tokens[from].text, "." | "!" | "?"))
        .then(|| (from, content::strip_stop(t, from, end)))
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
                let closed = lexicon::is_conjunction(w.lower.as_str())
                    || lexicon::is_preposition(w.lower.as_str()) && w.lower != "of"
                    || matches!(w.lower.as_str(), "and" | "or")
                    || (!w.capitalised() && subject::finite(t, first - 1));
                if !matches!(w.kind, Kind::Word | Kind::Clitic) || closed || last - first > 6 {
                    break;
                }
                first -= 1;
                if lexicon::is_determiner(w.lower.as_str()) {
                    break;
                }
            }
            return subject::can_speak(t, first, last).then_some(Phrase {
                head: (first, last),
                full: (first, last),
            });
        }
        if lexicon::one_of(p.lower.as_str(), "his her their its our my") {
            return Some(Phrase {
                head: (i - 1, i - 1),
                full: (i - 1, i - 1),
            });
        }
        if !p.is_word()
            || lexicon::is_preposition(p.lower.as_str())
            || lexicon::one_of(p.lower.as_str(), "the a an and")
        {
            return None;
        }
        i -= 1;
        steps += 1;
    }
    None
}

/// The end of `that …` inside a subject: before the main verb of the sentence,
/// which is its last finite verb if the clause has one of its own.
fn clause_until_verb(t: &Tokens, from: usize, end: usize, noun: usize) -> usize {
    for i in from..=end {
        if t.tokens[i].is_comma() && i > from + 3 {
            return i - 1;
        }
    }
    let whole = content::strip_stop(t, from, end);
    // Only a noun that opens the sentence can be its subject.
    let start = t.sentence_start(noun);
    if (start..noun).any(|k| subject::finite(t, k)) || noun > start + 8 {
        return whole;
    }
    let verb = |k: usize| {
        t.tokens[k].is_word()
            && !t.tokens[k].quoted
            && (subject::finite(t, k)
                || matches!(t.lower(k), "follows" | "followed")
                || (t.lower(k).ends_with("ed")
                    && t.lower(k).len() > 4
                    && !t.tokens[k].capitalised()))
    };
    let aux = |k: usize| lexicon::is_aux(t.lower(k));
    let groups: Vec<usize> = (from + 1..=whole)
        .filter(|&k| {
            verb(k)
                && (!verb(k - 1) || aux(k) && !aux(k - 1))
                && !(lexicon::is_aux(t.lower(k.saturating_sub(2)))
                    && lexicon::is_adverb(t.lower(k - 1)))
        })
        .collect();
    let own = usize::from(t.lower(from) == "that");
    let goes = |k: usize| lexicon::one_of(t.lower(k), "goes comes came followed follows");
    if groups.len() > own {
        let k = groups[groups.len() - 1];
        return k - 1;
    }
    if let Some(k) = (from + 2..=whole).find(|&k| goes(k)) {
        return k - 1;
    }
    whole
}

fn raw(
    p: Phrase,
    cue: (usize, usize),
    content: Vec<(usize, usize)>,
    form: Form,
    quoted: bool,
) -> Raw {
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
