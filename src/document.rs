//! A document as read, and the statements cut from it. The text is never
//! changed after decoding: everything later is a byte span into it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A half-open range of UTF-8 byte offsets, written `[start, end]` in files.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(from = "(usize, usize)", into = "(usize, usize)")]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// A span from `start` (inclusive) to `end` (exclusive).
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Span { start, end }
    }

    /// The text under the span; `None` if it does not fall on character boundaries of `text`.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.start..self.end)
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span covers nothing.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the two spans share at least one byte.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies wholly inside this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The same span moved right by `by` bytes.
    pub fn shift(self, by: usize) -> Span {
        Span::new(self.start + by, self.end + by)
    }
}

impl From<(usize, usize)> for Span {
    fn from((start, end): (usize, usize)) -> Self {
        Span { start, end }
    }
}

impl From<Span> for (usize, usize) {
    fn from(s: Span) -> Self {
        (s.start, s.end)
    }
}

/// How the statements of a document are found and whether their order means anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Article dump: one statement a line, never split further; the order is not reliable.
    Dump,
    /// Running prose in paragraphs; sentences are cut by [`crate::segment`].
    Prose,
    /// The source gave the statements itself (one a line of `text`), in a reliable order.
    Statements,
}

/// A document as an input reader hands it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Unique within a run and stable between runs: the record's own id, or
    /// the path relative to the input that named it.
    pub id: String,
    /// Where it came from, for messages: path, and line or record where there are several.
    pub source: String,
    pub title: Option<String>,
    pub date: Option<NaiveDate>,
    pub url: Option<String>,
    pub outlet: Option<String>,
    /// The decoded text (UTF-8, no BOM, `\r\n` kept). For a dump it holds the
    /// statement lines only, title, date and URL being read off before.
    pub text: String,
    pub layout: Layout,
    /// SHA-256 over everything that decides this document's result (title, date, url, outlet, layout, text), hex.
    pub hash: String,
}

/// A stretch of a document that the segmenter cut, kept as a statement or filtered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Byte span in the document's text, without surrounding white space.
    pub span: Span,
    /// Why it is not a statement, if it is not.
    pub filtered: Option<Filtered>,
    /// ISO 639-1 code; `None` where the text is too short to tell.
    pub language: Option<String>,
}

/// Why a stretch of text is not taken as a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filtered {
    Byline,
    Caption,
    ReadMore,
    CookieNotice,
    TimeStamp,
    SocialEmbed,
    Navigation,
    /// No words in it: rules, bullets, bare links, numbers.
    Empty,
}
