//! Where the complement of a reporting verb begins: after hearers and
//! circumstances of time, place and medium.

use crate::attribute::lexicon::{self, Inflection, Takes};
use crate::attribute::tokens::{Kind, Tokens};
use crate::attribute::words;

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

pub(super) fn begins(t: &Tokens, i: usize, end: usize) -> Option<usize> {
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
pub(super) fn that_ahead(t: &Tokens, from: usize, end: usize, hearer: bool) -> Option<usize> {
    let first = t.lower(from);
    if first == "that" {
        return Some(from);
    }
    let next = t.lower(from + 1);
    // `to reprint an editorial that …`, `on creating a board that …`: the content itself.
    let plain = t.tokens.get(from + 1).is_some_and(|n| {
        n.capitalised()
            || lexicon::is_determiner(next)
            || lexicon::is_people(next)
            || lexicon::one_of(next, "me him them us his her their its")
    });
    let starts =
        lexicon::is_preposition(first) && (plain || first != "to") && !next.ends_with("ing")
            || t.tokens
                .get(from)
                .is_some_and(|x| words::is_day_or_month(x.text))
            || lexicon::is_adverb(first)
            || first.ends_with("ly")
            || lexicon::one_of(first, "late last early this here");
    if !starts && !hearer {
        return None;
    }
    for i in from + 1..=end.min(from + 16) {
        let tok = &t.tokens[i];
        if tok.is("that") || (hearer && lexicon::one_of(tok.lower.as_str(), "how why whether what"))
        {
            return Some(i);
        }
        if tok.kind != Kind::Word && tok.kind != Kind::Clitic
            || lexicon::is_aux(tok.lower.as_str())
            || lexicon::one_of(tok.lower.as_str(), "who which he she they it there")
            || lexicon::verb(&tok.lower)
                .is_some_and(|v| v.inflection == Inflection::Past && !v.noun)
        {
            return None;
        }
    }
    None
}

/// Past the hearer of `told`: the position after it.
pub(super) fn hearer(t: &Tokens, from: usize, end: usize) -> Option<usize> {
    let w = t.lower(from);
    if lexicon::one_of(w, "that of about how what why") || t.tokens.get(from)?.kind == Kind::Open {
        return Some(from);
    }
    if lexicon::one_of(
        w,
        "me him her them us you reporters journalists lawmakers supporters parliament viewers \
voters it people senators ministers delegates",
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
    let determined = lexicon::is_determiner(w);
    while i <= end {
        let tok = &t.tokens[i];
        let w = tok.lower.as_str();
        let stop = match tok.kind {
            Kind::Clitic => false,
            Kind::Word => {
                i > from
                    && !tok.capitalised()
                    && (lexicon::is_preposition(w) && !matches!(w, "of")
                        || lexicon::is_conjunction(w)
                        || lexicon::is_pronoun(w)
                        || lexicon::is_aux(w)
                        || lexicon::one_of(w, "there the a an his their its")
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
pub(super) fn circumstances(t: &Tokens, mut i: usize, end: usize) -> usize {
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
                && (lexicon::one_of(t.lower(i), "night morning evening afternoon")
                    || t.lower(i).bytes().all(|b| b.is_ascii_digit()))
            {
                i += 1;
            }
            continue;
        }
        if lexicon::one_of(
            w,
            "later earlier today yesterday overnight tonight here again publicly bluntly flatly \
repeatedly recently simply afterward afterwards instead",
        ) {
            i += 1;
            if matches!(t.lower(i), "this" | "in")
                && lexicon::one_of(t.lower(i + 1), "week month year day the")
            {
                i += if t.lower(i + 1) == "the" { 3 } else { 2 };
            }
            continue;
        }
        if lexicon::one_of(w, "last this late early")
            && (lexicon::one_of(
                t.lower(i + 1),
                "week month year night morning evening fall spring summer winter",
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
                lexicon::one_of(t.lower(k), "statement interview speech tweet briefing conference letter post message rally \
debate address video email e-mail meeting report appearance call event hearing \
twitter telegram facebook instagram television tv media radio release session summit \
book memo testimony remarks essay article piece column editorial forum condition \
visit trip tour")
            })
        };
        if lexicon::one_of(
            w,
            "in on at during via through after following before from by",
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
                    if lexicon::one_of(t.lower(i), "with to on of for in by at from") {
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
                    || lexicon::is_determiner(x.lower.as_str())
                    || lexicon::is_people(x.lower.as_str())
                    || lexicon::one_of(x.lower.as_str(), "me him them us")
            })
        {
            i = short_phrase(t, i + 1, end);
            continue;
        }
        break;
    }
    i
}

pub(super) fn finite_small(t: &Tokens, j: usize) -> bool {
    lexicon::is_aux(t.lower(j)) || lexicon::is_pronoun(t.lower(j)) || t.lower(j) == "that"
}

/// Past a short noun phrase: determiner, small words, then a run of capitals.
pub(super) fn short_phrase(t: &Tokens, mut i: usize, end: usize) -> usize {
    let from = i;
    let mut capital = false;
    while i <= end && i < from + 8 {
        let tok = &t.tokens[i];
        match tok.kind {
            Kind::Clitic => {}
            Kind::Word => {
                let w = tok.lower.as_str();
                if words::is_day_or_month(tok.text) && i > from
                    || lexicon::is_conjunction(w)
                    || lexicon::is_pronoun(w)
                    || lexicon::is_aux(w)
                {
                    break;
                }
                if i > from && !tok.capitalised() && capital && t.tokens[i - 1].kind != Kind::Clitic
                {
                    break;
                }
                if i > from && (lexicon::is_determiner(w) || lexicon::is_preposition(w)) {
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
