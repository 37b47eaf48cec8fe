//! Where the words attributed to a speaker begin and end.

use super::Range;
use crate::attribute::lexicon::{self, Inflection, Takes};
use crate::attribute::tokens::{Kind, Quote, Tokens};
use crate::attribute::words;

/// A quotation that ends right before token `i`, possibly with a comma outside, and reads as speech.
pub(crate) fn quote_before(t: &Tokens, i: usize) -> Option<Quote> {
    let mut j = i.checked_sub(1)?;
    let mut outside = false;
    if t.tokens[j].is_comma() || matches!(t.tokens[j].text, "—" | "–" | "--" | "-") {
        outside = true;
        j = j.checked_sub(1)?;
    }
    let q = t.quote_to(j)?;
    let inner = q.last.checked_sub(1)?;
    let ends = matches!(
        t.tokens[inner].text,
        "," | "?" | "!" | "." | "—" | "–" | "--" | "..." | "…"
    );
    // The name of a broadcast or book: `on "Meet the Press," he said`.
    let title = q.last - q.first <= 6
        && q.first > t.sentence_start(q.first)
        && (q.first..q.last).all(|k| {
            !t.tokens[k].is_word()
                || t.tokens[k].capitalised()
                || matches!(t.lower(k), "the" | "of" | "this" | "and" | "with" | "a")
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
        let small = (start..q.first)
            .all(|i| matches!(t.lower(i), "but" | "and" | "so" | "yet" | "," | "still"));
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
            if t.tokens[i - 1].is_comma()
                || matches!(t.tokens[i - 1].text, "—" | "–" | ":" | "--" | ";")
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
        if is_cue(i) || matches!(t.tokens[i].text, "." | ";" | "?" | "!") || t.tokens[i].is("that")
        {
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

/// Where the complement of a verb group ending at `right` begins, after hearers
/// and circumstances; `None` if the sentence ends or a comma comes first.
pub(crate) fn complement(t: &Tokens, right: usize, takes: Takes) -> Option<usize> {
    let end = t.sentence_end(right);
    let mut i = right + 1;
    if i > end {
        return None;
    }
    if matches!(takes, Takes::Object) {
        return begins(t, i, end);
    }
    if takes == Takes::HearerClause {
        if let Some(at) = that_ahead(t, i, end, true) {
            return Some(at);
        }
        i = hearer(t, i, end)?;
    }
    // A `that` a few words on decides at once.
    if let Some(at) = that_ahead(t, i, end, false) {
        return Some(at);
    }
    i = circumstances(t, i, end);
    begins(t, i, end)
}

fn begins(t: &Tokens, i: usize, end: usize) -> Option<usize> {
    if i > end {
        return None;
    }
    let tok = &t.tokens[i];
    match tok.kind {
        Kind::Punct if tok.text == ":" => begins(t, i + 1, end),
        Kind::Punct if !matches!(tok.text, "$" | "(" | "[") => None,
        Kind::Close => None,
        _ => Some(i),
    }
}

/// `that` (or a question word) within reach, with only circumstances before it.
fn that_ahead(t: &Tokens, from: usize, end: usize, hearer: bool) -> Option<usize> {
    let first = t.lower(from);
    if first == "that" {
        return Some(from);
    }
    let next = t.lower(from + 1);
    // `to reprint an editorial that …`, `on creating a board that …`: the content itself.
    let plain = t.tokens.get(from + 1).is_some_and(|n| {
        n.capitalised()
            || lexicon::DETERMINERS.contains(&next)
            || lexicon::is_people(next)
            || matches!(
                next,
                "me" | "him" | "them" | "us" | "his" | "her" | "their" | "its"
            )
    });
    let starts = lexicon::PREPOSITIONS.contains(&first)
        && (plain || first != "to")
        && !next.ends_with("ing")
        || t.tokens
            .get(from)
            .is_some_and(|x| words::is_day_or_month(x.text))
        || lexicon::ADVERBS.contains(&first)
        || first.ends_with("ly")
        || matches!(first, "late" | "last" | "early" | "this" | "here");
    if !starts && !hearer {
        return None;
    }
    for i in from + 1..=end.min(from + 16) {
        let tok = &t.tokens[i];
        if tok.is("that")
            || (hearer && matches!(tok.lower.as_str(), "how" | "why" | "whether" | "what"))
        {
            return Some(i);
        }
        if tok.kind != Kind::Word && tok.kind != Kind::Clitic
            || lexicon::AUX.contains(&tok.lower.as_str())
            || matches!(
                tok.lower.as_str(),
                "who" | "which" | "he" | "she" | "they" | "it" | "there"
            )
            || lexicon::verb(&tok.lower)
                .is_some_and(|v| v.inflection == Inflection::Past && !v.noun)
        {
            return None;
        }
    }
    None
}

/// Past the hearer of `told`: the position after it.
fn hearer(t: &Tokens, from: usize, end: usize) -> Option<usize> {
    let w = t.lower(from);
    if matches!(w, "that" | "of" | "about" | "how" | "what" | "why")
        || t.tokens.get(from)?.kind == Kind::Open
    {
        return Some(from);
    }
    if matches!(
        w,
        "me" | "him"
            | "her"
            | "them"
            | "us"
            | "you"
            | "reporters"
            | "journalists"
            | "lawmakers"
            | "supporters"
            | "parliament"
            | "viewers"
            | "voters"
            | "it"
            | "people"
            | "senators"
            | "ministers"
            | "delegates"
    ) && !t
        .tokens
        .get(from + 1)
        .is_some_and(|n| n.kind == Kind::Clitic)
        && !(w == "her"
            && t.tokens
                .get(from + 1)
                .is_some_and(|n| n.is_word() && lexicon::is_people(n.lower.as_str())))
    {
        return Some(from + 1);
    }
    let mut i = from;
    let mut capital = false;
    let determined = lexicon::DETERMINERS.contains(&w);
    while i <= end {
        let tok = &t.tokens[i];
        let w = tok.lower.as_str();
        let stop = match tok.kind {
            Kind::Clitic => false,
            Kind::Word => {
                i > from
                    && !tok.capitalised()
                    && (lexicon::PREPOSITIONS.contains(&w) && !matches!(w, "of")
                        || lexicon::CONJUNCTIONS.contains(&w)
                        || lexicon::PRONOUNS.contains(&w)
                        || lexicon::AUX.contains(&w)
                        || matches!(w, "there" | "the" | "a" | "an" | "his" | "their" | "its")
                        || (capital
                            && !determined
                            && !t.tokens[i - 1].is("of")
                            && t.tokens[i - 1].kind != Kind::Clitic))
                    || words::is_day_or_month(tok.text) && i > from
            }
            _ => true,
        };
        if stop {
            break;
        }
        capital = tok.capitalised();
        i += 1;
    }
    Some(i)
}

/// Past circumstances of time, place and medium.
fn circumstances(t: &Tokens, mut i: usize, end: usize) -> usize {
    for _ in 0..4 {
        if i > end {
            return i;
        }
        let w = t.lower(i);
        if words::is_day_or_month(t.tokens[i].text)
            && t.tokens[i].text != "May"
            && t.tokens.get(i + 1).is_none_or(|k| k.kind != Kind::Clitic)
        {
            i += 1;
            while i <= end
                && (matches!(t.lower(i), "night" | "morning" | "evening" | "afternoon")
                    || t.lower(i).bytes().all(|b| b.is_ascii_digit()))
            {
                i += 1;
            }
            continue;
        }
        if matches!(
            w,
            "later"
                | "earlier"
                | "today"
                | "yesterday"
                | "overnight"
                | "tonight"
                | "here"
                | "again"
                | "publicly"
                | "bluntly"
                | "flatly"
                | "repeatedly"
                | "recently"
                | "simply"
                | "afterward"
                | "afterwards"
                | "instead"
        ) {
            i += 1;
            if matches!(t.lower(i), "this" | "in")
                && matches!(t.lower(i + 1), "week" | "month" | "year" | "day" | "the")
            {
                i += if t.lower(i + 1) == "the" { 3 } else { 2 };
            }
            continue;
        }
        if matches!(w, "last" | "this" | "late" | "early")
            && (matches!(
                t.lower(i + 1),
                "week"
                    | "month"
                    | "year"
                    | "night"
                    | "morning"
                    | "evening"
                    | "fall"
                    | "spring"
                    | "summer"
                    | "winter"
            ) || t
                .tokens
                .get(i + 1)
                .is_some_and(|x| words::is_day_or_month(x.text)))
        {
            i += 2;
            continue;
        }
        let medium = |j: usize| {
            (j..=end.min(j + 5)).find(|&k| {
                matches!(
                    t.lower(k),
                    "statement"
                        | "interview"
                        | "speech"
                        | "tweet"
                        | "briefing"
                        | "conference"
                        | "letter"
                        | "post"
                        | "message"
                        | "rally"
                        | "debate"
                        | "address"
                        | "video"
                        | "email"
                        | "e-mail"
                        | "meeting"
                        | "report"
                        | "appearance"
                        | "call"
                        | "event"
                        | "hearing"
                        | "twitter"
                        | "telegram"
                        | "facebook"
                        | "instagram"
                        | "television"
                        | "tv"
                        | "media"
                        | "radio"
                        | "release"
                        | "session"
                        | "summit"
                        | "book"
                        | "memo"
                        | "testimony"
                        | "remarks"
                        | "essay"
                        | "article"
                        | "piece"
                        | "column"
                        | "editorial"
                        | "forum"
                        | "condition"
                        | "visit"
                        | "trip"
                        | "tour"
                )
            })
        };
        if matches!(
            w,
            "in" | "on"
                | "at"
                | "during"
                | "via"
                | "through"
                | "after"
                | "following"
                | "before"
                | "from"
                | "by"
        ) {
            let direct = t
                .tokens
                .get(i + 1)
                .is_some_and(|x| words::is_day_or_month(x.text));
            if direct {
                i += 1;
                continue;
            }
            if let Some(k) = medium(i + 1) {
                let plain = (i + 1..k).all(|j| {
                    t.tokens[j].is_word() && !finite_small(t, j)
                        || t.tokens[j].kind == Kind::Clitic
                        || t.tokens[j].is("'s")
                });
                if plain {
                    i = k + 1;
                    // `with CNN`, `to the nation`, `of …`
                    if matches!(
                        t.lower(i),
                        "with" | "to" | "on" | "of" | "for" | "in" | "by" | "at" | "from"
                    ) {
                        i = short_phrase(t, i + 1, end);
                    }
                    continue;
                }
            }
            // A place: `said in Geneva`.
            if t.tokens.get(i + 1).is_some_and(|x| x.capitalised()) && w != "after" && w != "by" {
                let j = short_phrase(t, i + 1, end);
                if j > i + 1 {
                    i = j;
                    continue;
                }
            }
        }
        if w == "to"
            && t.tokens.get(i + 1).is_some_and(|x| {
                x.capitalised()
                    || lexicon::DETERMINERS.contains(&x.lower.as_str())
                    || lexicon::is_people(x.lower.as_str())
                    || matches!(x.lower.as_str(), "me" | "him" | "them" | "us")
            })
        {
            i = short_phrase(t, i + 1, end);
            continue;
        }
        break;
    }
    i
}

fn finite_small(t: &Tokens, j: usize) -> bool {
    lexicon::AUX.contains(&t.lower(j))
        || lexicon::PRONOUNS.contains(&t.lower(j))
        || t.lower(j) == "that"
}

/// Past a short noun phrase: determiner, small words, then a run of capitals.
fn short_phrase(t: &Tokens, mut i: usize, end: usize) -> usize {
    let from = i;
    let mut capital = false;
    while i <= end && i < from + 8 {
        let tok = &t.tokens[i];
        match tok.kind {
            Kind::Clitic => {}
            Kind::Word => {
                let w = tok.lower.as_str();
                if words::is_day_or_month(tok.text) && i > from
                    || lexicon::CONJUNCTIONS.contains(&w)
                    || lexicon::PRONOUNS.contains(&w)
                    || lexicon::AUX.contains(&w)
                {
                    break;
                }
                if i > from && !tok.capitalised() && capital && t.tokens[i - 1].kind != Kind::Clitic
                {
                    break;
                }
                if i > from && lexicon::DETERMINERS.contains(&w)
                    || (i > from && lexicon::PREPOSITIONS.contains(&w))
                {
                    break;
                }
                capital = tok.capitalised();
                if !capital && lexicon::is_people(w) {
                    i += 1;
                    break;
                }
            }
            _ => break,
        }
        i += 1;
    }
    i
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
                let conj = matches!(t.lower(j), "and" | "but" | "while" | "then" | "yet");
                if conj {
                    j += 1;
                }
                while lexicon::ADVERBS.contains(&t.lower(j))
                    || t.lower(j).ends_with("ly")
                    || matches!(t.lower(j), "has" | "had" | "have")
                {
                    j += 1;
                }
                // `, though she acknowledged …`
                if matches!(
                    t.lower(i + 1),
                    "though" | "although" | "but" | "and" | "while" | "yet"
                ) && matches!(t.lower(i + 2), "he" | "she" | "they")
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
                while lexicon::ADVERBS.contains(&t.lower(j)) {
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
        && matches!(
            t.tokens[last].text,
            "." | "," | ";" | ":" | "?" | "!" | "—" | "–"
        )
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
    while last > from && matches!(t.tokens[last].text, "." | "," | ";" | ":") {
        last -= 1;
    }
    last
}
