//! Reads documents from files, folders and standard input, one at a time.
//!
//! [`sources`] turns what the user named into a list of [`Source`]s in a stable
//! order; [`Source::documents`] reads one of them. Files with many records
//! (JSON Lines, CSV, Parquet) are streamed, so memory stays bounded by the size
//! of a record. Whatever cannot be used becomes a [`Rejected`] that names the
//! file, the line or record, and the remedy; the rest is read on.
//!
//! | file | read as |
//! |---|---|
//! | `.txt` with a date `YYYYMMDD` on line 2 or a URL on line 3 | article dump: one statement a line ([`text`]) |
//! | other `.txt`, `.md` | prose; a headline, date or front matter at the top is read off |
//! | `.jsonl`, `.ndjson`, `.json` | documents with `text` or `statements` ([`json`]) |
//! | `.csv`, `.tsv` | one document a row, columns by name ([`table`]) |
//! | `.parquet` | the same ([`columnar`]) |
//! | `.html`, `.htm` | main text, title, date and outlet of a saved page ([`html`]) |
//! | any of these with `.gz` or `.zst` | decompressed, within limits ([`bytes`]) |
//!
//! Standard input and files with another ending are told by their content.
//!
//! # Ids
//!
//! A document's id is the record's own `id`, else the path relative to the input
//! that named it (`folder/` makes `sub/file.txt`, a single file its name), with
//! `:N` for the N-th line, row or record where a file holds several. [`Ids`]
//! keeps them apart within a run: the second document of the same id becomes
//! `ID~2`, the third `ID~3`, in reading order.

pub mod bytes;
mod classified;
mod columnar;
mod date;
mod decode;
mod fields;
mod html;
mod ids;
mod json;
mod source;
mod table;
mod text;

use crate::document::Document;
use crate::record::Rejected;

pub use classified::{classified, is_classified};
pub use date::parse as parse_date;
pub use decode::{decode, Decoded};
pub use ids::Ids;
pub use source::{sources, Format, Source};

/// Limits of reading. A file or record over a limit is rejected, never cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Size of a file that is read whole: text, Markdown, HTML, JSON (not JSON Lines), compressed Parquet. Bytes.
    pub max_file_bytes: u64,
    /// Size of one line of JSON Lines or one row of CSV. Bytes.
    pub max_record_bytes: u64,
    /// What a compressed file may unpack to. Bytes.
    pub max_decompressed_bytes: u64,
    /// How many times its own size a compressed file may unpack to, once it is past a mebibyte.
    pub max_ratio: u64,
    /// Elements in an HTML page.
    pub max_html_elements: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_file_bytes: 64 << 20,
            max_record_bytes: 16 << 20,
            max_decompressed_bytes: 256 << 20,
            max_ratio: 250,
            max_html_elements: 100_000,
        }
    }
}

/// The documents of one source, in order, and what could not be used.
pub type Documents = Box<dyn Iterator<Item = Result<Document, Rejected>> + Send>;

/// A rejection of one source, or of one place in it.
fn rejected(source: impl Into<String>, error: impl Into<String>) -> Rejected {
    Rejected {
        source: source.into(),
        error: error.into(),
    }
}

/// An iterator of one item.
fn once(item: Result<Document, Rejected>) -> Documents {
    Box::new(std::iter::once(item))
}

/// What the user should know about a document that was read all the same, in
/// words: no date, no title. Empty if nothing is missing.
pub fn notices(doc: &Document) -> Vec<String> {
    let mut out = Vec::new();
    if doc.date.is_none() {
        out.push(format!(
            "{}: no date, so roles are not checked against one and pairs are not ranked by time; give it as `date` or as YYYYMMDD on line 2",
            doc.source
        ));
    }
    if doc.title.is_none() {
        out.push(format!(
            "{}: no title; give it as `title` or on line 1",
            doc.source
        ));
    }
    out
}

#[cfg(test)]
mod tests;
