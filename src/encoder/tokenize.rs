//! WordPiece tokens with byte offsets into the text.

use std::path::Path;

use tokenizers::Tokenizer as WordPiece;

use crate::document::Span;
use crate::error::{Error, Result};

/// Longest text that is tokenised at all, in bytes per token of the limit;
/// what lies beyond can never be within the limit for natural language.
const BYTES_PER_TOKEN: usize = 48;

/// A text as the encoder reads it: `[CLS] … [SEP]`, or `[CLS] a [SEP] b [SEP]`; for an encoder of MPNet's
/// family `<s> … </s>`, or `<s> a </s></s> b </s>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Token ids.
    pub ids: Vec<i64>,
    /// Byte span of each token in its text; empty for special tokens.
    pub offsets: Vec<Span>,
    /// 0 for the first text, 1 for the second.
    pub types: Vec<i64>,
    /// Whether a text was cut to fit.
    pub truncated: bool,
}

impl Encoded {
    /// Number of tokens, special ones included.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no token at all (never, after encoding).
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// The encoder's tokenizer.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: WordPiece,
    cls: i64,
    sep: i64,
    mask: i64,
    /// Separators between the two texts of a pair.
    between: usize,
}

struct Body {
    ids: Vec<i64>,
    offsets: Vec<Span>,
    cut: bool,
}

impl Tokenizer {
    /// Reads `tokenizer.json`.
    pub fn load(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Err(Error::Model(format!(
                "{}: the tokenizer is missing; run scripts/setup",
                path.display()
            )));
        }
        let bad = |e: tokenizers::Error| {
            Error::Model(format!(
                "{}: not a usable tokenizer ({e}); run scripts/setup again",
                path.display()
            ))
        };
        let mut inner = WordPiece::from_file(path).map_err(bad)?;
        inner.with_truncation(None).map_err(bad)?;
        inner.with_padding(None);
        let id = |t: &str| inner.token_to_id(t).map(i64::from);
        let special = |names: [&str; 3]| {
            let [cls, sep, mask] = names.map(id);
            Some((cls?, sep?, mask?))
        };
        let missing = || {
            let path = path.display();
            Error::Model(format!(
                "{path}: neither [CLS], [SEP], [MASK] nor <s>, </s>, <mask> are among its tokens"
            ))
        };
        // MPNet's vocabulary holds BERT's tokens too, without a use for them.
        let own = special(["<s>", "</s>", "<mask>"]);
        let between = if own.is_some() { 2 } else { 1 };
        let (cls, sep, mask) = own
            .or_else(|| special(["[CLS]", "[SEP]", "[MASK]"]))
            .ok_or_else(missing)?;
        Ok(Tokenizer {
            inner,
            cls,
            sep,
            mask,
            between,
        })
    }

    /// Id of the token that stands for a hidden one.
    pub fn mask_id(&self) -> i64 {
        self.mask
    }

    fn body(&self, text: &str, limit: usize) -> Result<Body> {
        let mut end = text.len().min(limit * BYTES_PER_TOKEN);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut cut = end < text.len();
        let encoding = self
            .inner
            .encode(&text[..end], false)
            .map_err(|e| Error::Model(format!("tokenizer: {e}")))?;
        let mut ids: Vec<i64> = encoding.get_ids().iter().map(|&i| i64::from(i)).collect();
        let mut offsets: Vec<Span> = encoding
            .get_offsets()
            .iter()
            .map(|&(s, e)| Span::new(s, e))
            .collect();
        if ids.len() > limit {
            cut = true;
            let keep = boundary(text, &offsets, limit);
            ids.truncate(keep);
            offsets.truncate(keep);
        }
        Ok(Body { ids, offsets, cut })
    }

    /// Encodes one text into at most `max_tokens` tokens. A longer text is cut
    /// after the last sentence that fits, or, if that would lose more than half
    /// of the window, after the last whole word.
    pub fn encode(&self, text: &str, max_tokens: usize) -> Result<Encoded> {
        let body = self.body(text, max_tokens - 2)?;
        Ok(self.assemble(&[body]))
    }

    /// Encodes two texts into at most `max_tokens` tokens; each gets half of the
    /// window, and what one does not use the other may.
    pub fn encode_pair(&self, a: &str, b: &str, max_tokens: usize) -> Result<Encoded> {
        let room = max_tokens - 2 - self.between;
        let mut first = self.body(a, room)?;
        let mut second = self.body(b, room)?;
        if first.ids.len() + second.ids.len() > room {
            let half = room / 2;
            let (la, lb) = (first.ids.len(), second.ids.len());
            let (ka, kb) = if la <= half {
                (la, room - la)
            } else if lb <= half {
                (room - lb, lb)
            } else {
                (room - half, half)
            };
            first.shorten(a, ka);
            second.shorten(b, kb);
        }
        Ok(self.assemble(&[first, second]))
    }

    fn assemble(&self, bodies: &[Body]) -> Encoded {
        let mut out = Encoded {
            ids: vec![self.cls],
            offsets: vec![Span::default()],
            types: vec![0],
            truncated: false,
        };
        for (i, body) in bodies.iter().enumerate() {
            let last = i + 1 == bodies.len();
            let separators = if last { 1 } else { self.between };
            out.ids.extend(&body.ids);
            out.ids.resize(out.ids.len() + separators, self.sep);
            out.offsets.extend(&body.offsets);
            out.offsets.resize(out.ids.len(), Span::default());
            out.types.resize(out.ids.len(), i as i64);
            out.truncated |= body.cut;
        }
        out
    }
}

impl Body {
    fn shorten(&mut self, text: &str, limit: usize) {
        if self.ids.len() > limit {
            let keep = boundary(text, &self.offsets, limit);
            self.ids.truncate(keep);
            self.offsets.truncate(keep);
            self.cut = true;
        }
    }
}

/// How many of the first `limit` tokens to keep so that the cut falls after a
/// sentence, or else after a word.
fn boundary(text: &str, offsets: &[Span], limit: usize) -> usize {
    let ends_sentence = |i: usize| {
        offsets[i]
            .of(text)
            .is_some_and(|t| matches!(t, "." | "!" | "?" | "…"))
    };
    let sentence = (limit / 2..limit).rev().find(|&i| ends_sentence(i));
    if let Some(i) = sentence {
        // A closing quotation mark belongs to the sentence before it.
        let mut keep = i + 1;
        while keep < limit
            && offsets[keep]
                .of(text)
                .is_some_and(|t| matches!(t, "\"" | "”" | "’" | "'" | ")"))
        {
            keep += 1;
        }
        return keep;
    }
    let word = (1..=limit).rev().find(|&i| {
        offsets
            .get(i)
            .is_none_or(|next| next.start > offsets[i - 1].end)
    });
    word.unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(words: &[&str], text: &str) -> Vec<Span> {
        let mut at = 0;
        words
            .iter()
            .map(|w| {
                let s = at + text[at..].find(w).unwrap();
                at = s + w.len();
                Span::new(s, at)
            })
            .collect()
    }

    #[test]
    fn a_cut_falls_after_a_sentence_or_a_word() {
        let text = "One two. Three fourfive six";
        let toks = ["One", "two", ".", "Three", "four", "five", "six"];
        let offsets = spans(&toks, text);
        assert_eq!(boundary(text, &offsets, 4), 3);
        let text = "One two three fourfive six";
        let toks = ["One", "two", "three", "four", "five", "six"];
        let offsets = spans(&toks, text);
        assert_eq!(boundary(text, &offsets, 4), 3);
        assert_eq!(boundary(text, &offsets, 5), 5);
    }
}
