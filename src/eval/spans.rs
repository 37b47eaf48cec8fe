//! Comparing spans: exactly, and by the tokens that they cover.

use unicode_segmentation::UnicodeSegmentation;

use super::metrics::Counts;
use crate::document::Span;

/// Tokens of a text: words, numbers and punctuation marks by Unicode word
/// boundaries (UAX #29), without white space.
pub fn tokens(text: &str) -> Vec<Span> {
    text.split_word_bound_indices()
        .filter(|(_, w)| !w.trim().is_empty())
        .map(|(at, w)| Span::new(at, at + w.len()))
        .collect()
}

/// A span without white space at its ends; spans that do not fit the text stay as they are.
fn trimmed(text: &str, span: Span) -> Span {
    match span.of(text) {
        Some(s) => {
            let start = span.start + (s.len() - s.trim_start().len());
            Span::new(start, (start + s.trim().len()).max(start))
        }
        None => span,
    }
}

/// Spans that are the same, up to white space at the ends.
pub fn exact(text: &str, gold: &[Span], predicted: &[Span]) -> Counts {
    let gold: Vec<Span> = gold.iter().map(|&s| trimmed(text, s)).collect();
    let mut left = gold.clone();
    let mut tp = 0;
    for p in predicted {
        let p = trimmed(text, *p);
        if let Some(at) = left.iter().position(|&g| g == p) {
            left.swap_remove(at);
            tp += 1;
        }
    }
    Counts {
        tp,
        fp: predicted.len() as u64 - tp,
        fn_: gold.len() as u64 - tp,
    }
}

/// Tokens covered by both; a token counts as covered if it shares a byte with a span.
pub fn by_token(tokens: &[Span], gold: &[Span], predicted: &[Span]) -> Counts {
    let mut c = Counts::default();
    for t in tokens {
        let g = gold.iter().any(|s| s.overlaps(*t));
        let p = predicted.iter().any(|s| s.overlaps(*t));
        c.tp += u64::from(g && p);
        c.fp += u64::from(!g && p);
        c.fn_ += u64::from(g && !p);
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_hold_punctuation_and_unicode() {
        let text = "“Нет,” said Müller’s aide.";
        let words: Vec<&str> = tokens(text).iter().map(|s| s.of(text).unwrap()).collect();
        assert_eq!(
            words,
            ["“", "Нет", ",", "”", "said", "Müller’s", "aide", "."]
        );
    }

    #[test]
    fn white_space_at_the_ends_does_not_matter() {
        let text = "He said so.";
        let c = exact(text, &[Span::new(0, 2)], &[Span::new(0, 3)]);
        assert_eq!((c.tp, c.fp, c.fn_), (1, 0, 0));
        let c = exact(text, &[Span::new(0, 2)], &[Span::new(0, 4)]);
        assert_eq!((c.tp, c.fp, c.fn_), (0, 1, 1));
    }

    #[test]
    fn partly_covered() {
        let text = "one two three four";
        let c = by_token(&tokens(text), &[Span::new(0, 7)], &[Span::new(4, 13)]);
        assert_eq!((c.tp, c.fp, c.fn_), (1, 1, 1));
        let none = by_token(&tokens(text), &[], &[]);
        assert_eq!(none.f1(), None);
    }
}
