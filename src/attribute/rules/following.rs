//! The noun phrase after a verb or preposition: `said X`, `according to X`.

use super::subject::{can_speak, day, finite, Phrase};
use crate::attribute::lexicon::{self, Inflection};
use crate::attribute::tokens::{Kind, Tokens};

/// The noun phrase that begins at `from`, for `said X` and `according to X`.
pub(crate) fn following(t: &Tokens, from: usize, limit: usize) -> Option<Phrase> {
    if from > limit || from >= t.len() {
        return None;
    }
    let mut first = from;
    if matches!(t.lower(first), "both" | "also" | "even") && first < limit {
        first += 1;
    }
    let mut last = None;
    let mut name = false;
    let mut relative = false;
    let mut i = first;
    while i <= limit {
        let tok = &t.tokens[i];
        let w = tok.lower.as_str();
        let stop = match tok.kind {
            Kind::Clitic => false,
            Kind::Open | Kind::Close => true,
            Kind::Punct => {
                !matches!(tok.text, "." | "&")
                    || i == limit
                    || t.tokens[i].end < t.tokens.get(i + 1).map_or(0, |n| n.start)
                        && tok.text == "."
            }
            Kind::Word => {
                let small = !tok.capitalised();
                if i == first {
                    small
                        && (lexicon::is_conjunction(w)
                            || lexicon::is_preposition(w)
                            || lexicon::is_aux(w))
                } else if small && matches!(w, "and" | "or") {
                    !t.tokens.get(i + 1).is_some_and(|n| {
                        n.capitalised()
                            || lexicon::is_people(&n.lower)
                            || lexicon::is_people(t.lower(i + 2))
                                && lexicon::verb(&n.lower).is_none()
                            || (!name
                                && n.is_word()
                                && !lexicon::is_pronoun(n.lower.as_str())
                                && lexicon::verb(&n.lower).is_none())
                    })
                } else if small && matches!(w, "of" | "for") {
                    day(t, i + 1) && t.tokens.get(i + 2).is_none_or(|k| k.kind != Kind::Clitic)
                } else if small && relative {
                    day(t, i)
                } else if small && lexicon::is_preposition(w) {
                    name || day(t, i + 1)
                        || !lexicon::one_of(w, "at from in with to on by")
                        || statement_noun(t, i + 1)
                } else {
                    (small
                        && (lexicon::is_conjunction(w)
                            || matches!(w, "which" | "whose")
                            || (w == "who"
                                && name
                                && t.tokens[i - 1].capitalised()
                                && !relative
                                && !lexicon::is_determiner(t.lower(first)))
                            || (finite(t, i) && !relative)))
                        || (small && lexicon::is_adverb(w))
                        || (small
                            && w.ends_with("ly")
                            && w.len() > 5
                            && !lexicon::one_of(w, "family assembly daily weekly elderly"))
                        || (small
                            && lexicon::verb(w)
                                .is_some_and(|v| v.inflection == Inflection::Ing && !v.noun))
                        || (day(t, i) && t.tokens.get(i + 1).is_none_or(|k| k.kind != Kind::Clitic))
                        || (lexicon::is_pronoun(w) && small)
                        || lexicon::one_of(w, "last late earlier early ahead")
                            && small
                            && !(i > first && lexicon::is_determiner(t.lower(i - 1)))
                }
            }
        };
        if stop {
            break;
        }
        relative |= w == "who" && i > first;
        name |= tok.capitalised() && i > first || (tok.capitalised() && !lexicon::is_determiner(w));
        last = Some(i);
        if i == first && lexicon::is_pronoun(w) && !lexicon::one_of(w, "that this these those") {
            break;
        }
        i += 1;
    }
    let mut last = last?;
    while last > first
        && (lexicon::one_of(t.lower(last), "and or of for in at the a")
            || t.tokens[last].kind == Kind::Punct && !matches!(t.tokens[last].text, "." | ")"))
    {
        last -= 1;
    }
    if !can_speak(t, first, last) {
        return None;
    }
    let head = (first, last);
    Some(Phrase {
        head,
        full: (first, apposition_after(t, last, limit)),
    })
}

pub(super) fn statement_noun(t: &Tokens, i: usize) -> bool {
    (i..i + 4).any(|j| {
        lexicon::one_of(
            t.lower(j),
            "statement interview speech tweet briefing conference letter post message rally \
debate",
        )
    })
}

/// The last token of an apposition that follows the noun phrase ending at `last`, or `last` itself.
pub(super) fn apposition_after(t: &Tokens, last: usize, limit: usize) -> usize {
    let i = last + 1;
    if i + 1 > limit || !t.tokens[i].is_comma() {
        return last;
    }
    let first = &t.tokens[i + 1];
    let w = first.lower.as_str();
    let noun_like = first.is_word()
        && !lexicon::is_conjunction(w)
        && !lexicon::is_pronoun(w)
        && !lexicon::one_of(w, "and or in on at during with")
        && !lexicon::verb(w).is_some_and(|v| v.inflection == Inflection::Ing)
        && !w.ends_with("ing");
    if !noun_like {
        return last;
    }
    let mut end = i + 1;
    let mut commas = 0;
    while end < limit {
        let n = &t.tokens[end + 1];
        if n.kind == Kind::Open || matches!(n.text, "." | ";" | ":") && end + 1 == limit {
            break;
        }
        if n.is_comma() {
            commas += 1;
            let after = t.lower(end + 2);
            if commas > 2 || !matches!(after, "a" | "the") {
                break;
            }
        }
        end += 1;
    }
    while end > last && matches!(t.tokens[end].text, "," | "." | ";") && !t.tokens[end].is_word() {
        end -= 1;
    }
    if end <= i {
        last
    } else {
        end
    }
}
