//! A statement's text cut into plain and deciding words.

use crate::record::{StatementRecord, Weight};

/// At most this many words are marked for a label.
const MARKED: usize = 4;
/// A word is marked if it weighs at least this share of the heaviest one.
const SHARE: f64 = 0.3;

/// The spans of an explanation that are worth marking, in text order; neighbours are joined.
pub fn deciding(weights: &[Weight], text: &str) -> Vec<(usize, usize, f64)> {
    let mut kept: Vec<(usize, usize, f64)> = weights
        .iter()
        .filter(|w| w.weight > 0.0 && !w.span.is_empty() && w.span.of(text).is_some())
        .map(|w| (w.span.start, w.span.end, w.weight))
        .collect();
    kept.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    let least = kept.first().map_or(0.0, |w| w.2 * SHARE);
    kept.retain(|w| w.2 >= least);
    kept.truncate(MARKED);
    kept.sort_by_key(|w| w.0);
    let mut joined: Vec<(usize, usize, f64)> = Vec::with_capacity(kept.len());
    for w in kept {
        match joined.last_mut() {
            Some(last) if w.0 <= last.1 || text[last.1..w.0].trim().is_empty() => {
                last.1 = last.1.max(w.1);
                last.2 += w.2;
            }
            _ => joined.push(w),
        }
    }
    joined
}

/// A piece of text and what its words decided: the side, the stance, both or nothing.
#[derive(Debug, PartialEq, serde::Serialize)]
pub struct Piece {
    pub text: String,
    pub side: bool,
    pub stance: bool,
}

/// The whole text in pieces.
pub fn pieces(s: &StatementRecord) -> Vec<Piece> {
    let text = s.text.as_str();
    let explanation = s.explanation.clone().unwrap_or_default();
    let side = deciding(&explanation.side, text);
    let stance = deciding(&explanation.stance, text);
    let mut cuts: Vec<usize> = side
        .iter()
        .chain(&stance)
        .flat_map(|w| [w.0, w.1])
        .collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    let inside = |w: &[(usize, usize, f64)], at: usize| w.iter().any(|w| w.0 <= at && at < w.1);
    cuts.windows(2)
        .map(|c| Piece {
            text: crate::report::text::visible(&text[c[0]..c[1]]),
            side: inside(&side, c[0]),
            stance: inside(&stance, c[0]),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;

    fn weight(start: usize, end: usize, weight: f64) -> Weight {
        Weight {
            span: Span { start, end },
            weight,
        }
    }

    #[test]
    fn only_heavy_words_on_character_borders_are_marked() {
        let text = "Né à Kyiv";
        let weights = [
            weight(6, 10, 0.8),
            weight(0, 3, 0.3),
            weight(3, 4, 0.01),
            weight(0, 2, 0.9),
            weight(0, 99, 1.0),
        ];
        assert_eq!(deciding(&weights, text), [(0, 3, 0.3), (6, 10, 0.8)]);
        assert!(deciding(&[weight(0, 3, -1.0)], text).is_empty());
    }

    #[test]
    fn neighbours_are_marked_as_one() {
        let weights = [weight(4, 7, 0.5), weight(0, 3, 0.5), weight(13, 16, 0.5)];
        let spans: Vec<_> = deciding(&weights, "one two three ten")
            .iter()
            .map(|w| (w.0, w.1))
            .collect();
        assert_eq!(spans, [(0, 7), (13, 16)]);
    }
}
