//! CSV and its relatives: one document a row, columns by their names.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder};

use super::fields::{Draft, Field};
use super::{bytes, decode, rejected, Options};
use crate::document::{Document, Layout};
use crate::record::Rejected;

/// Where the columns stand; shared by CSV and Parquet.
#[derive(Debug, Clone)]
pub struct Columns {
    text: usize,
    rest: [(Field, Option<usize>); 5],
}

impl Columns {
    /// By the header; the error names the columns there are.
    pub fn new<S: AsRef<str>>(names: &[S]) -> Result<Self, String> {
        let Some(text) = Field::Text.find(names) else {
            let list: Vec<&str> = names.iter().map(AsRef::as_ref).take(20).collect();
            return Err(format!(
                "no column `text` (found: {}); name the column that holds the text so, in a header row",
                list.join(", ")
            ));
        };
        let rest = [
            Field::Id,
            Field::Title,
            Field::Date,
            Field::Url,
            Field::Outlet,
        ]
        .map(|f| (f, f.find(names).filter(|&i| i != text)));
        Ok(Columns { text, rest })
    }

    /// Positions of all known columns.
    pub fn used(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.text).chain(self.rest.iter().filter_map(|(_, i)| *i))
    }

    /// A row as a draft; `cell` gives the content of a column.
    pub fn draft(&self, cell: impl Fn(usize) -> Option<String>) -> Result<Draft, String> {
        let get = |f: Field| {
            self.rest
                .iter()
                .find(|(g, _)| *g == f)
                .and_then(|(_, i)| cell((*i)?))
        };
        let mut draft = Draft::new(cell(self.text).unwrap_or_default(), Layout::Prose);
        draft.id = get(Field::Id);
        draft.title = get(Field::Title);
        draft.url = get(Field::Url);
        draft.outlet = get(Field::Outlet);
        draft.dated(get(Field::Date).as_deref())
    }
}

/// The documents of a CSV input.
pub struct Rows<R> {
    reader: csv::Reader<Allowance<R>>,
    allowance: Arc<AtomicU64>,
    columns: Columns,
    id: String,
    name: String,
    max: u64,
    row: usize,
    done: bool,
}

impl<R: Read> Rows<R> {
    /// Reads the header. `head` is the beginning of the input, to tell the delimiter by.
    pub fn new(
        input: R,
        head: &[u8],
        id: &str,
        name: &str,
        opts: &Options,
    ) -> Result<Self, Rejected> {
        let allowance = Arc::new(AtomicU64::new(opts.max_record_bytes));
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter(head))
            .from_reader(Allowance {
                inner: input,
                left: Arc::clone(&allowance),
            });
        let columns = reader
            .byte_headers()
            .map_err(|e| message(&e, opts.max_record_bytes))
            .and_then(|header| {
                if header.is_empty() {
                    return Err("empty: no header row in it".into());
                }
                let names: Vec<String> = header.iter().map(cell).collect();
                Columns::new(&names)
            })
            .map_err(|e| rejected(name, e))?;
        Ok(Rows {
            reader,
            allowance,
            columns,
            id: id.into(),
            name: name.into(),
            max: opts.max_record_bytes,
            row: 0,
            done: false,
        })
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<Document, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        self.allowance.store(self.max, Ordering::Relaxed);
        let mut record = ByteRecord::new();
        let line = self.reader.position().line();
        match self.reader.read_byte_record(&mut record) {
            Ok(false) => {
                self.done = true;
                (self.row == 0).then(|| Err(rejected(&*self.name, "empty: a header but no rows")))
            }
            Err(e) => {
                self.row += 1;
                // A row with too few or too many cells is one bad row; anything else ends the reading.
                self.done = !matches!(e.kind(), csv::ErrorKind::UnequalLengths { .. });
                let line = e.position().map_or(line, csv::Position::line);
                Some(Err(rejected(
                    format!("{}:{line}", self.name),
                    message(&e, self.max),
                )))
            }
            Ok(true) => {
                self.row += 1;
                let line = record.position().map_or(line, csv::Position::line);
                let place = format!("{}:{line}", self.name);
                let fallback = format!("{}:{}", self.id, self.row);
                let document = self
                    .columns
                    .draft(|i| record.get(i).map(cell))
                    .and_then(|d| d.finish(&fallback, &place));
                Some(document.map_err(|e| rejected(place, e)))
            }
        }
    }
}

fn cell(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(s) => s.to_string(),
        Err(_) => decode::decode(bytes)
            .map(|d| d.text)
            .unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn message(e: &csv::Error, max: u64) -> String {
    match e.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!(
            "{len} cells, but the header has {expected_len}; check the quotes and delimiters of this row"
        ),
        csv::ErrorKind::Io(e) if e.get_ref().is_some_and(|r| r.is::<Spent>()) => format!(
            "a row longer than the limit of {}; check for a quotation mark that is not closed",
            bytes::size(max)
        ),
        csv::ErrorKind::Io(e) => format!("{}; the rows before were read", bytes::io_message(e)),
        _ => format!("{e}; the rows before were read"),
    }
}

/// The delimiter that occurs most often in the header row, the comma on a tie.
pub(super) fn delimiter(head: &[u8]) -> u8 {
    let row = head.split(|&b| b == b'\n').next().unwrap_or(head);
    let count = |d: u8| row.iter().filter(|&&b| b == d).count();
    [b',', b';', b'\t', b'|']
        .into_iter()
        .rev()
        .max_by_key(|&d| count(d))
        .unwrap_or(b',')
}

/// A row used up its allowance of bytes.
#[derive(Debug, thiserror::Error)]
#[error("row too long")]
struct Spent;

/// Lets only so many bytes through before the allowance is renewed, so that a
/// quotation mark that is never closed does not read the whole file into memory.
struct Allowance<R> {
    inner: R,
    left: Arc<AtomicU64>,
}

impl<R: Read> Read for Allowance<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other(Spent));
        }
        let n = self.inner.read(buffer)?;
        self.left
            .store(left.saturating_sub(n as u64), Ordering::Relaxed);
        Ok(n)
    }
}
