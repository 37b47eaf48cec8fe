//! Where the words attributed to a speaker begin and end.

use super::Range;
use crate::attribute::lexicon::{self, Inflection, Takes};
use crate::attribute::tokens::{Kind, Quote, Tokens};

/// A quotation that ends right before token `i`, possibly with a comma outside, and reads as speech.
pub(crate) fn quote_before(t: &Tokens, i: usize) -> Option<Quote> {
    let mut j = i.checked_sub(1)?;
    let mut outside = false;
    if t.tokens[j].is_comma() || lexicon::one_of(t.tokens[j].text, "— – -- -") {
        outside = true;
        j = j.checked_sub(1)?;
    }
    let q = t.quote_to(j)?;
    let inner = q.last.checked_sub(1)?;
    let ends = lexicon::one_of(t.tokens[inner].text, ", ? ! . — – -- ... …");
    // The name of a broadcast or book: `on "Meet the Press," he said`.
    let title = q.last - q.first <= 6
        && q.first > t.sentence_start(q.first)
        && (q.first..q.last).all(|k| {
            !t.tokens[k].is_word()
                || t.tokens[k].capitalised()
                || lexicon::one_of(t.lower(k), "the of this and with a")
        });
    (!title && (outside || ends || q.last - q.first > 6)).then_some(q)
}

/// The content before a reporting clause that starts at `edge`: the quotation,
/// with the unquoted beginning of its sentence if there is one.
pub(crate) fn quoted_before(t: &Tokens, q: Quote, claimed: &dyn Fn(usize) -> bool) -> Vec<Range> {
    let start = t.sentence_start(q.first);
    let mut first = q.first;
    if start < q.first {
        let lead = q.first - start;
        let small = (start..q.first).all(|i| lexicon::one_of(t.lower(i), "but and so yet , still"));
        let clean = (start..q.first).all(|i| !claimed(i))
            && t.tokens[start..q.first]
                .iter()
                .all(|x| x.kind != Kind::Close);
        let ends_open = t.tokens[q.first - 1].is_word();
        if lead > 0 && !small && clean && ends_open {
            first = start;
        }
    }
    vec![(first, q.last)]
}

/// Quotations that go on after a reporting clause ending at `right`: in the same
/// sentence after a comma, then sentences that begin with a quotation mark and
/// have no reporting clause of their own.
pub(crate) fn continued(t: &Tokens, right: usize, is_cue: &dyn Fn(usize) -> bool) -> Vec<Range> {
    let mut out = Vec::new();
    let end = t.sentence_end(right);
    let mut i = right + 1;
    while i <= end {
        if let Some(q) = t.quote_from(i) {
            if t.tokens[i - 1].is_comma() || lexicon::one_of(t.tokens[i - 1].text, "— – : -- ;")
            {
                out.push((q.first, q.last));
                i = q.last + 1;
                break;
            }
            return out;
        }
        if is_cue(i) && !lexicon::verb(t.lower(i)).is_some_and(|v| v.inflection == Inflection::Ing)
        {
            return out;
        }
        i += 1;
    }
    let mut next = end.max(i.saturating_sub(1)) + 1;
    while next < t.len() {
        let Some(q) = t.quote_from(next) else { break };
        let close = t.sentence_end(q.last);
        if (q.last + 1..=close).any(|k| t.tokens[k].is_word()) {
            break;
        }
        out.push((q.first, q.last));
        next = close.max(q.last) + 1;
    }
    out
}

/// A quotation that opens right after the reporting clause `..=right`, after a
/// comma or colon and at most some words of circumstance.
pub(crate) fn quote_after(
    t: &Tokens,
    right: usize,
    is_cue: &dyn Fn(usize) -> bool,
) -> Option<Quote> {
    let mut i = right + 1;
    while i < t.len() && i <= right + 16 {
        if t.tokens[i].kind == Kind::Open {
            let q = t.quote_from(i)?;
            let before = t.tokens[i - 1].text;
            let introduced = matches!(before, "," | ":") || (i == right + 1);
            return (introduced && (q.last - q.first > 2 || before == ":")).then_some(q);
        }
        if is_cue(i) || lexicon::one_of(t.tokens[i].text, ". ; ? !") || t.tokens[i].is("that") {
            return None;
        }
        // A second comma closes a circumstance; further ones mean another clause.
        if t.tokens[i].is_comma()
            && t.tokens.get(i + 1).is_some_and(|n| n.kind != Kind::Open)
            && i > right + 10
        {
            return None;
        }
        i += 1;
    }
    None
}

/// The end of a clause of content that begins at `from`: before the full stop, a
/// semicolon, or a coordinate or participial reporting clause of the same speaker.
pub(crate) fn clause_end(
    t: &Tokens,
    from: usize,
    past: bool,
    embedded: bool,
    tails: &[usize],
    is_cue: &dyn Fn(usize) -> bool,
) -> usize {
    let end = t.sentence_end(from);
    // A subordinate clause that opens the sentence, or a relative clause: to the next comma.
    if embedded {
        let mut i = from;
        while i <= end {
            if let Some(q) = t.quote_from(i).filter(|q| q.balanced && q.last > i) {
                if t.tokens[q.last - 1].is_comma() {
                    return q.last;
                }
                i = q.last + 1;
                continue;
            }
            if t.tokens[i].is_comma() && i > from + 1 {
                return i - 1;
            }
            i += 1;
        }
    }
    // Before the comma of a reporting clause that ends the sentence (`…, X said.`).
    if let Some(&comma) = tails.iter().find(|&&c| c > from && c <= end) {
        return strip_stop(t, from, comma);
    }
    let mut i = from;
    while i <= end {
        let tok = &t.tokens[i];
        if let Some(q) = t.quote_from(i) {
            if q.last > i && q.balanced {
                i = q.last + 1;
                continue;
            }
        }
        if i > from {
            if tok.text == ";" {
                return i - 1;
            }
            if tok.is_comma() {
                let mut j = i + 1;
                let conj = lexicon::one_of(t.lower(j), "and but while then yet");
                if conj {
                    j += 1;
                }
                while lexicon::is_adverb(t.lower(j))
                    || t.lower(j).ends_with("ly")
                    || matches!(t.lower(j), "has" | "had" | "have")
                {
                    j += 1;
                }
                // `, though she acknowledged …`
                if lexicon::one_of(t.lower(i + 1), "though although but and while yet")
                    && matches!(t.lower(i + 2), "he" | "she" | "they")
                    && (i + 3..=i + 5).any(|k| {
                        is_cue(k)
                            && lexicon::verb(t.lower(k)).is_some_and(|v| {
                                matches!(v.takes, Takes::Clause | Takes::HearerClause)
                            })
                    })
                {
                    return i - 1;
                }
                let v = lexicon::verb(t.lower(j));
                let same = v.is_some_and(|v| match v.inflection {
                    Inflection::Ing => {
                        !conj && !v.noun && !matches!(v.takes, Takes::Thought | Takes::Marked)
                    }
                    Inflection::Past | Inflection::Third => conj && is_cue(j) && !v.noun,
                    Inflection::Base => false,
                });
                if same || (t.is_citing(j) && !conj) {
                    return i - 1;
                }
            }
            if past && matches!(tok.lower.as_str(), "and" | "but") {
                let mut j = i + 1;
                while lexicon::is_adverb(t.lower(j)) {
                    j += 1;
                }
                if lexicon::verb(t.lower(j)).is_some_and(|v| {
                    v.inflection == Inflection::Past
                        && !v.noun
                        && matches!(v.takes, Takes::Clause | Takes::HearerClause)
                }) && is_cue(j)
                {
                    return i - 1;
                }
            }
        }
        i += 1;
    }
    strip_stop(t, from, end)
}

/// Without the full stop that ends the sentence.
pub(crate) fn strip_stop(t: &Tokens, from: usize, end: usize) -> usize {
    let mut last = end;
    while last > from
        && t.tokens[last].kind == Kind::Punct
        && lexicon::one_of(t.tokens[last].text, ". , ; : ? ! — –")
    {
        last -= 1;
    }
    last
}

impl Tokens<'_> {
    fn is_citing(&self, i: usize) -> bool {
        matches!(self.lower(i), "citing" | "referring")
    }
}

/// Without a closing full stop or comma; a question or exclamation mark stays, it belongs to what is said.
pub(crate) fn strip_stop_soft(t: &Tokens, from: usize, end: usize) -> usize {
    let mut last = end;
    while last > from && lexicon::one_of(t.tokens[last].text, ". , ; :") {
        last -= 1;
    }
    last
}
