//! Cuts a statement into words, punctuation, sentences and quotations: what the
//! rules of attribution work on. Every token is a byte span of the text.

use super::lexicon;
use crate::document::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// `'s`, `’s` after a word.
    Clitic,
    Punct,
    /// An opening quotation mark.
    Open,
    /// A closing quotation mark.
    Close,
}

/// A token.
#[derive(Debug, Clone)]
pub(crate) struct Token<'a> {
    pub text: &'a str,
    pub lower: String,
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
    /// Number of the sentence, from 0.
    pub sentence: usize,
    /// Inside a quotation (its marks included).
    pub quoted: bool,
    /// First of a paragraph.
    pub paragraph: bool,
}

impl Token<'_> {
    pub fn is(&self, s: &str) -> bool {
        self.lower == s
    }

    pub fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }

    pub fn capitalised(&self) -> bool {
        self.kind == Kind::Word && self.text.chars().next().is_some_and(char::is_uppercase)
    }

    pub fn is_comma(&self) -> bool {
        self.text == ","
    }
}

/// A quotation, as token positions, marks included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quote {
    pub first: usize,
    pub last: usize,
    /// Both marks are there.
    pub balanced: bool,
}

/// A text cut for the rules.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    pub text: &'a str,
    pub tokens: Vec<Token<'a>>,
    pub quotes: Vec<Quote>,
}

const ABBREVIATIONS: &[&str] = &[
    "mr.", "mrs.", "ms.", "dr.", "prof.", "gen.", "lt.", "col.", "maj.", "capt.", "adm.", "sgt.",
    "sen.", "rep.", "gov.", "st.", "jr.", "sr.", "jan.", "feb.", "mar.", "apr.", "aug.", "sep.",
    "sept.", "oct.", "nov.", "dec.", "no.", "vs.", "inc.", "corp.", "co.", "ltd.", "u.s.", "u.k.",
    "u.n.", "e.u.", "a.m.", "p.m.", "i.e.", "e.g.", "d.c.", "p.s.", "brig.", "rev.", "hon.",
    "pres.", "mt.", "ft.", "cmdr.", "pvt.",
];

impl<'a> Tokens<'a> {
    /// Cuts `text`.
    pub fn new(text: &'a str) -> Tokens<'a> {
        let mut tokens = cut(text);
        let quotes = pair(&mut tokens);
        sentences(text, &mut tokens);
        Tokens {
            text,
            tokens,
            quotes,
        }
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Byte span of the tokens `first..=last`.
    pub fn span(&self, first: usize, last: usize) -> Span {
        Span::new(self.tokens[first].start, self.tokens[last].end)
    }

    /// First token of the sentence that token `i` is in.
    pub fn sentence_start(&self, i: usize) -> usize {
        let s = self.tokens[i].sentence;
        let mut j = i;
        while j > 0 && self.tokens[j - 1].sentence == s {
            j -= 1;
        }
        j
    }

    /// Last token of the sentence that token `i` is in.
    pub fn sentence_end(&self, i: usize) -> usize {
        let s = self.tokens[i].sentence;
        let mut j = i;
        while j + 1 < self.len() && self.tokens[j + 1].sentence == s {
            j += 1;
        }
        j
    }

    /// The lower-case text of token `i`, or nothing past the ends.
    pub fn lower(&self, i: usize) -> &str {
        self.tokens.get(i).map_or("", |t| t.lower.as_str())
    }

    /// The quotation that begins at token `i`.
    pub fn quote_from(&self, i: usize) -> Option<Quote> {
        self.quotes.iter().copied().find(|q| q.first == i)
    }

    /// The quotation that ends at token `i`.
    pub fn quote_to(&self, i: usize) -> Option<Quote> {
        self.quotes.iter().copied().find(|q| q.last == i)
    }
}

fn cut(text: &str) -> Vec<Token<'_>> {
    let mut out: Vec<Token> = Vec::with_capacity(text.len() / 5 + 4);
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let at = |i: usize| chars.get(i).map(|c| c.1);
    let byte = |i: usize| chars.get(i).map_or(text.len(), |c| c.0);
    let mut paragraph = true;
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i].1;
        if c.is_whitespace() {
            paragraph |= c == '\n';
            i += 1;
            continue;
        }
        let begin = i;
        let apostrophe = |c: Option<char>| matches!(c, Some('\'' | '’'));
        let kind = if c.is_alphanumeric()
            || (matches!(c, '$' | '€' | '£' | '#' | '@')
                && at(i + 1).is_some_and(char::is_alphanumeric))
        {
            i += 1;
            while let Some(c) = at(i) {
                let next_alnum = at(i + 1).is_some_and(char::is_alphanumeric);
                let clitic = apostrophe(Some(c))
                    && matches!(at(i + 1), Some('s' | 'S'))
                    && !at(i + 2).is_some_and(char::is_alphanumeric);
                if c.is_alphanumeric()
                    || c == '_'
                    || (matches!(c, '-' | '‑' | '&' | '/') && next_alnum)
                    || (apostrophe(Some(c)) && next_alnum && !clitic)
                    || (matches!(c, '.' | ',')
                        && next_alnum
                        && at(i - 1).is_some_and(|p| p.is_ascii_digit())
                        && at(i + 1).is_some_and(|n| n.is_ascii_digit()))
                    || (c == '.' && next_alnum && at(i - 1).is_some_and(char::is_alphabetic))
                {
                    i += 1;
                } else if c == '.' && is_abbreviation(&text[byte(begin)..byte(i)], at(i + 1)) {
                    i += 1;
                    // `U.S.-led` goes on.
                    if !(at(i) == Some('-') && at(i + 1).is_some_and(char::is_alphanumeric)) {
                        break;
                    }
                } else {
                    break;
                }
            }
            Kind::Word
        } else if apostrophe(Some(c))
            && matches!(at(i + 1), Some('s' | 'S'))
            && !at(i + 2).is_some_and(char::is_alphanumeric)
            && i > 0
            && at(i - 1).is_some_and(char::is_alphanumeric)
        {
            i += 2;
            Kind::Clitic
        } else {
            let same = |n: usize| (0..n).all(|k| at(i + k) == Some(c));
            i += match c {
                '.' if same(3) => 3,
                '\'' | '`' | '-' if same(2) => 2,
                _ => 1,
            };
            let opens = !at(begin.wrapping_sub(1)).is_some_and(|p| {
                !p.is_whitespace() && !matches!(p, '(' | '[' | '—' | '–' | '-' | '/' | '‘' | '“')
            }) && at(i).is_some_and(|n| !n.is_whitespace());
            match &text[byte(begin)..byte(i)] {
                "“" | "«" | "„" | "``" => Kind::Open,
                "”" | "»" => Kind::Close,
                "\"" | "''" => {
                    if opens {
                        Kind::Open
                    } else {
                        Kind::Close
                    }
                }
                "‘" => Kind::Open,
                "'" if opens => Kind::Open,
                "’" | "'" => Kind::Close,
                _ => Kind::Punct,
            }
        };
        let piece = &text[byte(begin)..byte(i)];
        out.push(Token {
            text: piece,
            lower: piece.to_lowercase(),
            start: byte(begin),
            end: byte(i),
            kind,
            sentence: 0,
            quoted: false,
            paragraph: std::mem::take(&mut paragraph),
        });
    }
    out
}

fn is_abbreviation(word: &str, next: Option<char>) -> bool {
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    // `U.S` read so far, its last full stop follows.
    let dotted = word.len() >= 3
        && word
            .split('.')
            .all(|p| p.chars().count() == 1 && p.chars().all(char::is_alphabetic));
    let known = || {
        let w = word.to_lowercase() + ".";
        ABBREVIATIONS.contains(&w.as_str())
    };
    (initial && word != "I" && next.is_some_and(char::is_whitespace)) || dotted || known()
}

/// Pairs quotation marks. A single mark counts only as a pair of its kind
/// round several words; a double mark without partner reaches to the end (or
/// the beginning) of its paragraph. A quotation of several paragraphs, each
/// with an opening mark and only the last closed, is one.
fn pair(tokens: &mut [Token]) -> Vec<Quote> {
    let single = |t: &Token| matches!(t.text, "'" | "‘" | "’");
    let mut quotes: Vec<Quote> = Vec::new();
    let mut open: Option<usize> = None;
    for i in 0..tokens.len() {
        if single(&tokens[i]) {
            continue;
        }
        match (tokens[i].kind, open) {
            (Kind::Open, None) => open = Some(i),
            // A new paragraph of the same speech opens again.
            (Kind::Open, Some(_)) if tokens[i].paragraph => {}
            (Kind::Open, Some(first))
                // Nested or a missing close: a mark of another kind is nested.
                if tokens[i].text == tokens[first].text && tokens[i].text != "“" => {
                    quotes.push(Quote {
                        first,
                        last: i - 1,
                        balanced: false,
                    });
                    open = Some(i);
                }
            (Kind::Close, Some(first))
                if partners(tokens, first, i) => {
                    quotes.push(Quote {
                        first,
                        last: i,
                        balanced: true,
                    });
                    open = None;
                }
            (Kind::Close, None) => {
                // No opening mark: from the paragraph's beginning, if nothing was quoted since.
                let mut first = i;
                while first > 0 && !tokens[first].paragraph {
                    first -= 1;
                }
                let fresh = quotes.last().is_none_or(|q| q.last < first);
                if fresh && i > first + 2 {
                    quotes.push(Quote {
                        first,
                        last: i,
                        balanced: false,
                    });
                }
            }
            _ => {}
        }
    }
    if let Some(first) = open {
        let mut last = first;
        while last + 1 < tokens.len() {
            last += 1;
        }
        quotes.push(Quote {
            first,
            last,
            balanced: false,
        });
    }
    quotes.extend(single_pairs(tokens, &quotes));
    quotes.sort_by_key(|q| q.first);
    for q in &quotes {
        if q.balanced || tokens[q.last].kind == Kind::Close {
            for t in &mut tokens[q.first..=q.last] {
                t.quoted = true;
            }
        }
    }
    quotes
}

/// Whether the mark at `close` closes the one at `open`: a mark of its kind, or, where
/// the paragraph has none, any.
fn partners(tokens: &[Token], open: usize, close: usize) -> bool {
    let kind = |i: usize| match (tokens[open].text, tokens[i].text) {
        ("“", t) => t == "”",
        ("„", t) => matches!(t, "”" | "“"),
        ("«", t) => t == "»",
        ("``", t) => t == "''",
        (o, t) => o == t,
    };
    let later = || {
        (close + 1..tokens.len())
            .take_while(|&i| !tokens[i].paragraph)
            .take_while(|&i| tokens[i].text != tokens[open].text || tokens[i].kind != Kind::Open)
            .any(|i| tokens[i].kind == Kind::Close && kind(i))
    };
    kind(close) || !later()
}

/// Quotations in single marks that are not inside double ones.
fn single_pairs(tokens: &[Token], double: &[Quote]) -> Vec<Quote> {
    let inside = |i: usize| double.iter().any(|q| q.first <= i && i <= q.last);
    let mut out = Vec::new();
    let mut open: Option<usize> = None;
    for (i, t) in tokens.iter().enumerate() {
        if inside(i) || !matches!(t.text, "'" | "‘" | "’") {
            continue;
        }
        match t.kind {
            Kind::Open => open = Some(i),
            Kind::Close => {
                if let Some(first) = open.take() {
                    if i > first + 1 {
                        out.push(Quote {
                            first,
                            last: i,
                            balanced: true,
                        });
                    }
                }
            }
            _ => {}
        }
    }
    out
}

fn sentences(text: &str, tokens: &mut [Token]) {
    let mut number = 0;
    for i in 0..tokens.len() {
        if i > 0 {
            let mut j = i - 1;
            // Closing marks belong to the sentence before.
            while j > 0 && (tokens[j].kind == Kind::Close || matches!(tokens[j].text, ")" | "]")) {
                j -= 1;
            }
            let stop = lexicon::one_of(tokens[j].text, ". ! ? ... …")
                || (tokens[j].text.ends_with('.')
                    && lexicon::one_of(tokens[j].lower.as_str(), "p.m. a.m. u.s. inc. co."));
            let starts = matches!(tokens[i].kind, Kind::Open)
                || tokens[i]
                    .text
                    .chars()
                    .next()
                    .is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
            let gap = text[tokens[i - 1].end..tokens[i].start]
                .chars()
                .any(char::is_whitespace);
            let abbreviation = tokens[j].text.len() > 1
                && tokens[j].text.ends_with('.')
                && tokens[j].kind == Kind::Word;
            let verb_after = abbreviation && !tokens[i].paragraph;
            // `"Really?" She said so.` splits, `"Really?" Putin said` does not: a quote that
            // ends with a question or exclamation is followed by its speaker in the same sentence.
            let speech = j < i - 1
                && matches!(tokens[j].text, "!" | "?" | "...")
                && tokens[i - 1].kind == Kind::Close
                && tokens[i].kind == Kind::Word;
            if tokens[i].paragraph
                || (stop
                    && starts
                    && gap
                    && !verb_after
                    && !speech
                    && tokens[i].kind != Kind::Close)
            {
                number += 1;
            }
        }
        tokens[i].sentence = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotes(text: &str) -> Vec<String> {
        let t = Tokens::new(text);
        t.quotes
            .iter()
            .map(|q| t.span(q.first, q.last).of(text).unwrap().to_string())
            .collect()
    }

    #[test]
    fn words_and_clitics() {
        let words: Vec<&str> =
            Tokens::new("Russia’s U.S.-led talks cost $1,000.50, Mr. Smith's don't")
                .tokens
                .iter()
                .map(|t| t.text)
                .collect();
        assert_eq!(
            words,
            [
                "Russia",
                "’s",
                "U.S.-led",
                "talks",
                "cost",
                "$1,000.50",
                ",",
                "Mr.",
                "Smith",
                "'s",
                "don't"
            ]
        );
    }

    #[test]
    fn quotes_pair_in_every_kind() {
        assert_eq!(quotes("He said \"no\" and “yes”."), ["\"no\"", "“yes”"]);
        assert_eq!(quotes("''No way,'' he said."), ["''No way,''"]);
        assert_eq!(
            quotes("Talks 'will go on', he said of Russia's plan."),
            ["'will go on'"]
        );
        assert_eq!(quotes("They left,\" she said."), ["They left,\""]);
        assert_eq!(quotes("\"They left, she said."), ["\"They left, she said."]);
        assert_eq!(quotes("“One.\n\n“Two.”"), ["“One.\n\n“Two.”"]);
        assert_eq!(
            quotes("the workers' demands and Putin's answer"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn sentences_end_after_the_closing_mark() {
        let t =
            Tokens::new("\"We stay,\" he said. \"We fight.\" Mr. Low left. \"Why?\" Ann asked.");
        let starts: Vec<&str> = (0..t.len())
            .filter(|&i| i == 0 || t.tokens[i].sentence != t.tokens[i - 1].sentence)
            .map(|i| t.tokens[i + usize::from(t.tokens[i].kind == Kind::Open)].text)
            .collect();
        assert_eq!(starts, ["We", "We", "Mr.", "Why"]);
    }
}
