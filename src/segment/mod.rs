//! Cuts a document into statements: byte spans into its untouched text.
//!
//! An article dump and a list of statements are cut at line ends and nowhere
//! else. Prose goes through three steps: [`blocks`] finds paragraphs, list
//! items and headlines; [`sentences`] cuts a block at the sentence boundaries
//! of Unicode Standard Annex 29 (crate `unicode-segmentation`) as corrected for
//! news English; [`boilerplate`] marks what is no statement. [`language`] says
//! what a statement is written in, or `None` where it is too short to tell.
//!
//! Every span slices back exactly, has no white space at its ends, and lies
//! after the one before it.

mod abbreviations;
mod blocks;
pub mod boilerplate;
pub mod language;
mod quotes;
mod sentences;

use crate::document::{Document, Layout, Segment, Span};

/// What the segmenter does besides cutting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentOptions {
    /// Mark bylines, captions, cookie notices and the like as filtered. Stretches
    /// without a single word are marked in any case.
    pub filter_boilerplate: bool,
    /// Fill in [`Segment::language`]; otherwise it stays `None`.
    pub detect_language: bool,
}

impl Default for SegmentOptions {
    fn default() -> Self {
        SegmentOptions {
            filter_boilerplate: true,
            detect_language: true,
        }
    }
}

/// Cuts a document into segments, in the order of the text. Filtered segments
/// are included and carry the reason, so that they can be counted and shown.
pub fn segment(doc: &Document, opts: &SegmentOptions) -> Vec<Segment> {
    let spans = match doc.layout {
        Layout::Dump | Layout::Statements => blocks::lines(&doc.text),
        Layout::Prose => blocks::blocks(&doc.text)
            .into_iter()
            .flat_map(|b| sentences::sentences(&doc.text, b))
            .collect(),
    };
    let detector = opts
        .detect_language
        .then(|| language::Detector::for_document(&doc.text));
    spans
        .into_iter()
        .map(|span| {
            let text = &doc.text[span.start..span.end];
            let filtered = if opts.filter_boilerplate {
                boilerplate::reason(text)
            } else {
                boilerplate::wordless(text)
            };
            let language = match &detector {
                Some(d) if filtered.is_none() => d.detect(text).map(str::to_string),
                _ => None,
            };
            Segment {
                span,
                filtered,
                language,
            }
        })
        .collect()
}

/// Cuts running text (one paragraph or several) into sentences; spans into `text`.
pub fn prose(text: &str) -> Vec<Span> {
    blocks::blocks(text)
        .into_iter()
        .flat_map(|b| sentences::sentences(text, b))
        .collect()
}

/// The span without white space and invisible marks at its ends; `None` if nothing is left.
fn trimmed(text: &str, span: Span) -> Option<Span> {
    let s = &text[span.start..span.end];
    let invisible =
        |c: char| c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}' | '\u{2060}' | '\0');
    let front = s.trim_start_matches(invisible);
    let start = span.start + (s.len() - front.len());
    let end = start + front.trim_end_matches(invisible).len();
    (start < end).then(|| Span::new(start, end))
}

#[cfg(test)]
mod tests;
