//! Rules that find who is reported to say what: reporting verbs with their
//! subject and complement, `according to`, nouns such as `statement`, and the
//! forms of headlines.
//!
//! The rules read words, punctuation and quotation marks only. They know the
//! lexicon of reporting words and, through the actors found before, which
//! names are people and bodies.

mod complement;
mod content;
mod cues;
mod following;
mod headline;
mod phrases;
mod subject;
mod verbs;

use super::tokens::Tokens;

/// First and last token, both included.
pub(crate) type Range = (usize, usize);

/// By which construction an attribution was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Verb,
    According,
    Noun,
    Headline,
}

/// An attribution in token positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    /// The speaker's noun phrase without trailing apposition.
    pub source: Option<Range>,
    /// The same with apposition, as corpora count it.
    pub full: Option<Range>,
    pub cue: Range,
    pub content: Vec<Range>,
    pub form: Form,
    /// The source is the subject of an earlier verb (`…, adding that …`).
    pub inherited: bool,
    /// The cue stands inside a quotation.
    pub quoted: bool,
}

impl Raw {
    /// Whether `inner` lies inside this one's content.
    pub fn holds(&self, inner: &Raw) -> bool {
        self.content
            .iter()
            .any(|c| c.0 <= inner.cue.0 && inner.cue.1 <= c.1)
    }
}

/// All attributions of a text, in the order of their cues.
pub(crate) fn find(t: &Tokens, names: &dyn Fn(Range) -> bool) -> Vec<Raw> {
    if t.len() < 2 {
        return Vec::new();
    }
    let mut out = headline::find(t, names);
    let taken = |out: &[Raw], cue: Range| out.iter().any(|r| r.cue.0 <= cue.1 && cue.0 <= r.cue.1);
    for raw in phrases::according(t) {
        if !taken(&out, raw.cue) {
            out.push(raw);
        }
    }
    for raw in verbs::find(t) {
        if !taken(&out, raw.cue) {
            out.push(raw);
        }
    }
    let known = out.clone();
    for raw in phrases::nouns(t, &known) {
        if !taken(&out, raw.cue) {
            out.push(raw);
        }
    }
    out.retain(|r| !r.content.is_empty());
    out.sort_by_key(|r| r.cue);
    out
}

#[cfg(test)]
mod tests;
