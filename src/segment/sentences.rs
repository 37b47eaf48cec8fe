//! Sentences of one block: the boundaries of Unicode Standard Annex 29,
//! mended where news English needs it.
//!
//! Annex 29 breaks after every full stop before a capital letter and knows no
//! abbreviations. So boundaries are taken back after abbreviations and
//! initials, inside short quotations, and between a quotation and its
//! `he said`; and added where a full stop runs into the next word
//! (`withdraws.We have`) or a dialogue dash or bullet follows.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::{abbreviations, quotes, trimmed};
use crate::document::Span;

/// A quotation of several sentences that is no longer than this stays whole,
/// together with its `he said`; a longer one is cut at its sentences. Bytes.
const WHOLE_QUOTATION: usize = 240;

/// A stretch in brackets that is no longer than this is not cut. Bytes.
const WHOLE_BRACKET: usize = 160;

/// A "sentence" longer than this is a list or a table without full stops and
/// is cut at white space, so that no word of it is lost to a model's limit. Bytes.
const LONGEST: usize = 2000;

/// Runs of this many characters without a letter or digit end a sentence. The
/// rule look-ahead of Annex 29 is quadratic in the length of such a run.
const LONGEST_RUN: usize = 64;

/// Cuts `block` of `text` into sentences, trimmed, in order.
pub fn sentences(text: &str, block: Span) -> Vec<Span> {
    let raw = &text[block.start..block.end];
    let flat = flattened(raw);
    let s: &str = &flat;
    let mut out = Vec::new();
    for piece in pieces(s) {
        let part = &s[piece.start..piece.end];
        let base = block.start + piece.start;
        for span in cut(part) {
            let span = undashed(text, span.shift(base));
            if let Some(span) = trimmed(text, span) {
                shorten(text, span, &mut out);
            }
        }
    }
    out
}

/// Line ends inside a block are wrapping: each is replaced by a space of the same length.
fn flattened(s: &str) -> Cow<'_, str> {
    if !s.contains(['\n', '\r']) {
        return Cow::Borrowed(s);
    }
    Cow::Owned(s.replace(['\n', '\r'], " "))
}

/// The block between runs of more than [`LONGEST_RUN`] characters that are no letters or digits.
fn pieces(s: &str) -> Vec<Span> {
    let mut out = Vec::new();
    let (mut start, mut run) = (0, 0);
    for (at, c) in s.char_indices() {
        if c.is_alphanumeric() && !is_combining_mark(c) {
            run = 0;
        } else {
            run += 1;
            if run == LONGEST_RUN {
                out.push(Span::new(start, at));
                start = at;
                run = 0;
            }
        }
    }
    out.push(Span::new(start, s.len()));
    out
}

/// Where a sentence may begin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cut {
    at: usize,
    /// Found by the rules below, beyond Annex 29: never taken back.
    firm: bool,
}

fn cut(s: &str) -> Vec<Span> {
    let quotations = quotes::quotations(s);
    let mut cuts: Vec<Cut> = s
        .split_sentence_bound_indices()
        .map(|(at, _)| at)
        .filter(|&at| at > 0)
        .map(|at| Cut {
            at: after_closing_mark(s, at, &quotations),
            firm: false,
        })
        .chain(run_together(s, &quotations))
        .filter(|c| c.at < s.len())
        .collect();
    // Of two cuts at one place the firm one counts.
    cuts.sort_by_key(|c| (c.at, !c.firm));
    cuts.dedup_by_key(|c| c.at);

    let mut out = Vec::new();
    let mut start = 0;
    for (i, c) in cuts.iter().enumerate() {
        let end = cuts.get(i + 1).map_or(s.len(), |n| n.at);
        if !c.firm && goes_on(&s[start..c.at], &s[c.at..end]) || inside_short(s, c.at, &quotations)
        {
            continue;
        }
        out.push(Span::new(start, c.at));
        start = c.at;
    }
    out.push(Span::new(start, s.len()));
    out
}

/// A stray space before a closing mark (`talks. " he said`) makes Annex 29 cut
/// in front of the mark; the cut belongs behind it.
fn after_closing_mark(s: &str, at: usize, quotations: &[Span]) -> usize {
    let i = quotations.partition_point(|q| q.end <= at);
    match quotations.get(i) {
        Some(q) if q.start < at && s[at..q.end].chars().count() == 1 => q.end,
        _ => at,
    }
}

/// Whether a cut lies in a quotation or bracket short enough to be kept whole.
fn inside_short(s: &str, at: usize, quotations: &[Span]) -> bool {
    let i = quotations.partition_point(|q| q.end <= at);
    if quotations
        .get(i)
        .is_some_and(|q| q.start < at && q.len() <= WHOLE_QUOTATION)
    {
        return true;
    }
    let from = floor(s, at.saturating_sub(WHOLE_BRACKET));
    let to = floor(s, at + WHOLE_BRACKET);
    let Some(open) = s[from..at].rfind(['(', '[']).map(|i| from + i) else {
        return false;
    };
    !s[open..at].contains([')', ']'])
        && s[at..to]
            .find([')', ']'])
            .is_some_and(|close| at + close - open <= WHOLE_BRACKET)
}

/// Whether a boundary of Annex 29 is none: `before` goes on in `after`.
fn goes_on(before: &str, after: &str) -> bool {
    let before = before.trim_end();
    let after = after.trim_start();
    let body = before.trim_end_matches(CLOSERS);
    let closed = body.len() < before.len();
    let quote_opens = after.starts_with(['"', '“', '«', '„', '‘', '\'']);
    let words =
        after.trim_start_matches(['"', '“', '«', '„', '‘', '\'', '(', '[', '–', '—', '-', ' ']);
    let Some(first) = words.chars().next() else {
        return true;
    };
    if !before.chars().any(char::is_alphanumeric) || LIST_NUMBER.is_match(before) {
        return true;
    }
    if first.is_lowercase() && !CAMEL.is_match(words) {
        return true;
    }
    if closed && attribution_follows(body, words) {
        return true;
    }
    if closed || !body.ends_with('.') || body.ends_with("..") {
        return false;
    }
    abbreviations::goes_on(last_word(body), first_word(words), quote_opens)
}

/// Marks that close what a sentence ends in.
const CLOSERS: [char; 7] = ['"', '”', '’', '\'', '»', ')', ']'];

/// `1.`, `(2)`, `III.` and the like, standing alone at the head of a sentence.
static LIST_NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\W*(?:\d{1,3}|[a-zA-Z]|[IVXІХ]{1,5})[.)]+$").expect("valid"));

/// Names that begin in lower case: `iPhone`, `eBay`, `al-Qaida` does not count.
static CAMEL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[a-z]\p{Lu}").expect("valid"));

/// `Putin said on Tuesday.` or `the minister asked` right after a quotation:
/// a name or title of few words, a verb of speech, and no clause of its own.
static ATTRIBUTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[\p{Lu}\p{Ll}][\w’'.-]*,?\s+){1,6}?(?:said|says|asked|asks|added|adds|told|wrote|writes|tweeted|replied|warned|declared|insisted|quipped|posted|exclaimed|shouted|yelled|stressed|noted|concluded|explained|continued)\b(.{0,60})$",
    )
    .expect("valid")
});

/// Whether `words` only name the speaker of the quotation that ends in `body`.
fn attribution_follows(body: &str, words: &str) -> bool {
    // A comma would stand where the quotation goes on; a question or shout has its own mark.
    let Some(found) = ATTRIBUTION.captures(words.trim_end()) else {
        return false;
    };
    let rest = found.get(1).map_or("", |m| m.as_str());
    let own_clause = [
        " that ", "\"", "“", ":", " he ", " she ", " they ", " it ", " we ",
    ]
    .iter()
    .any(|w| rest.contains(w));
    !own_clause
        && (body.ends_with(['!', '?', '…'])
            || rest.chars().count() <= 25 && !rest.contains(" the "))
}

/// The last word, with inner full stops and without the last one.
fn last_word(body: &str) -> &str {
    let body = body.strip_suffix('.').unwrap_or(body);
    let start = body
        .char_indices()
        .rev()
        .take_while(|&(_, c)| c.is_alphanumeric() || c == '.' || is_combining_mark(c))
        .last()
        .map_or(body.len(), |(i, _)| i);
    body[start..].trim_start_matches('.')
}

/// The first word; a single letter keeps its full stop.
fn first_word(words: &str) -> &str {
    let end = words
        .char_indices()
        .find(|&(_, c)| !(c.is_alphanumeric() || matches!(c, '\'' | '’' | '№')))
        .map_or(words.len(), |(i, _)| i);
    if words[..end].chars().count() == 1 && words[end..].starts_with('.') {
        &words[..=end]
    } else {
        &words[..end]
    }
}

/// A full stop (with closing marks) that runs into a capital letter, an opening
/// quotation mark or a dialogue dash.
static RUN_TOGETHER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?P<word>[\p{L}\p{N}%]+)(?P<pre>["”’»)\]]{0,2})(?P<stop>\.{3}|[.!?…]+)(?P<post>["”’»)\]]{0,2})(?P<cut>)(?:(?P<next>["“«]?\p{Lu}[\p{L}’']*)|\s{0,2}[-–—]\s{1,2}["“«]?\p{Lu})"#,
    )
    .expect("valid")
});

/// Endings of addresses that are not sentence starts: `Lenta.Ru`, `Booking.Com`.
const DOMAINS: [&str; 12] = [
    "Ru", "Com", "Org", "Net", "Ua", "By", "Uk", "Eu", "Info", "Tv", "Io", "Js",
];

/// Cuts that Annex 29 does not see because a space is missing, and those
/// before dialogue dashes and bullets inside a line.
fn run_together(s: &str, quotations: &[Span]) -> Vec<Cut> {
    let mut out = Vec::new();
    for found in RUN_TOGETHER.captures_iter(s) {
        let (Some(word), Some(cut), Some(post), Some(pre)) = (
            found.name("word"),
            found.name("cut"),
            found.name("post"),
            found.name("pre"),
        ) else {
            continue;
        };
        let mut at = cut.start();
        match found.name("next") {
            Some(next) => {
                let name = next.as_str().trim_start_matches(['"', '“', '«']);
                let letters = name.chars().filter(|c| c.is_alphabetic()).count();
                let known = abbreviations::is_known(word.as_str());
                let short = word.as_str().chars().count() < 3 && pre.is_empty() && post.is_empty();
                let capitals = word.as_str().chars().all(char::is_uppercase);
                if known
                    || short
                    || capitals && pre.is_empty() && post.is_empty()
                    || DOMAINS.contains(&name)
                    || letters == 1 && !matches!(name, "I" | "A")
                    || letters > 1 && name.chars().nth(1).is_some_and(char::is_uppercase) && short
                    || in_address(s, cut.start())
                {
                    continue;
                }
                // A straight mark right behind the full stop opens or closes: see who has it.
                if let Some(mark) = s[..at].strip_suffix('"').map(str::len) {
                    if quotations.iter().any(|q| q.start == mark) {
                        at = mark;
                    }
                }
            }
            // `…," she said." — Name` names the speaker; `said."- We` starts anew.
            None => {
                let spaced = s[at..].starts_with(char::is_whitespace);
                if spaced && !post.is_empty() || abbreviations::is_known(word.as_str()) {
                    continue;
                }
            }
        }
        out.push(Cut { at, firm: true });
    }
    out.extend(s.match_indices('•').filter_map(|(at, _)| {
        s[..at]
            .ends_with(char::is_whitespace)
            .then_some(Cut { at, firm: true })
    }));
    out
}

/// Whether the word around `at` is part of a link, an e-mail address or a handle.
fn in_address(s: &str, at: usize) -> bool {
    let from = floor(s, at.saturating_sub(200));
    let to = floor(s, at + 60);
    let start = s[from..at]
        .rfind(char::is_whitespace)
        .map_or(from, |i| from + i);
    let end = s[at..to].find(char::is_whitespace).map_or(to, |i| at + i);
    let word = &s[start..end];
    word.contains("://") || word.contains('@') || word.contains("www.")
}

/// The span without a dialogue dash or bullet at its head.
fn undashed(text: &str, span: Span) -> Span {
    let s = &text[span.start..span.end];
    let front = s.trim_start();
    let rest = front.trim_start_matches(['-', '–', '—', '•', '·', '▪', '●']);
    if rest.len() < front.len() && (rest.starts_with(char::is_whitespace) || front.starts_with('•'))
    {
        Span::new(span.end - rest.len(), span.end)
    } else {
        span
    }
}

/// Pushes `span`, cut at white space if it is longer than [`LONGEST`]; a word
/// without white space is never cut.
fn shorten(text: &str, span: Span, out: &mut Vec<Span>) {
    let mut start = span.start;
    while span.end - start > LONGEST {
        let limit = floor(text, start + LONGEST);
        let window = &text[start..limit];
        let half = floor(window, window.len() / 2);
        let at = window[half..]
            .rfind(['\n', ';', '|', '•'])
            .map(|i| half + i + window[half + i..].chars().next().map_or(1, char::len_utf8))
            .or_else(|| window.rfind(char::is_whitespace).filter(|&i| i > 0))
            .map(|i| start + i)
            .or_else(|| {
                text[limit..span.end]
                    .find(char::is_whitespace)
                    .map(|i| limit + i)
            });
        let Some(at) = at.filter(|&at| at < span.end) else {
            break;
        };
        out.extend(trimmed(text, Span::new(start, at)));
        start = at;
    }
    out.extend(trimmed(text, Span::new(start, span.end)));
}

/// The nearest character boundary at or below `at`.
fn floor(s: &str, at: usize) -> usize {
    let mut at = at.min(s.len());
    while !s.is_char_boundary(at) {
        at -= 1;
    }
    at
}
