//! What the user named, as a list of sources in a stable order, and how each is opened.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::NamedTempFile;
use walkdir::WalkDir;

use super::{
    bytes, classified, columnar, decode, html, json, once, rejected, table, text, Documents,
    Options,
};
use crate::document::Document;
use crate::error::{Error, Result};
use crate::record::{Rejected, StatementRecord};

/// How the content of a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Article dump or prose.
    Text,
    Markdown,
    JsonLines,
    Json,
    Csv,
    Html,
    Parquet,
    /// Told by the content.
    Unknown,
}

impl Format {
    /// By the ending, not counting `.gz` and `.zst`.
    fn of(path: &Path) -> Self {
        let ending = |p: &Path| {
            p.extension()
                .and_then(OsStr::to_str)
                .map(str::to_ascii_lowercase)
                .unwrap_or_default()
        };
        let last = match ending(path).as_str() {
            "gz" | "gzip" | "zst" | "zstd" => {
                ending(Path::new(path.file_stem().unwrap_or_default()))
            }
            other => other.to_string(),
        };
        match last.as_str() {
            "txt" | "text" => Format::Text,
            "md" | "markdown" => Format::Markdown,
            "jsonl" | "ndjson" | "jsonlines" => Format::JsonLines,
            "json" => Format::Json,
            "csv" | "tsv" => Format::Csv,
            "html" | "htm" | "xhtml" => Format::Html,
            "parquet" | "pq" => Format::Parquet,
            _ => Format::Unknown,
        }
    }

    /// By the first bytes of the (decompressed) content.
    fn sniff(head: &[u8]) -> Self {
        let s = head
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(head)
            .trim_ascii_start();
        if head.starts_with(b"PAR1") {
            return Format::Parquet;
        }
        let start = s[..s.len().min(64)].to_ascii_lowercase();
        if start.starts_with(b"<!doctype html") || start.starts_with(b"<html") {
            return Format::Html;
        }
        let first = s.split(|&b| b == b'\n').next().unwrap_or(s);
        match s.first() {
            // A whole object on the first line, or the beginning of one too long to be seen whole.
            Some(b'{')
                if json::object(first).is_ok()
                    || first.len() == s.len() && s.len() >= SNIFF / 2 =>
            {
                Format::JsonLines
            }
            Some(b'{') => Format::Json,
            Some(b'[') if s[1..].trim_ascii_start().starts_with(b"{") => Format::Json,
            _ if is_header(first) => Format::Csv,
            _ => Format::Text,
        }
    }
}

/// Bytes looked at to tell the format.
const SNIFF: usize = 32 << 10;

/// Whether a line looks like a CSV header: short cells, one of them named `text`.
fn is_header(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else {
        return false;
    };
    let delimiter = char::from(table::delimiter(line.as_bytes()));
    let cells: Vec<&str> = line
        .split(delimiter)
        .map(|c| c.trim().trim_matches('"'))
        .collect();
    cells.len() > 1
        && cells
            .iter()
            .all(|c| c.len() <= 30 && c.split_whitespace().count() <= 2)
        && cells.iter().any(|c| c.eq_ignore_ascii_case("text"))
}

/// One file (or standard input) to read documents from.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    /// What stands for the file in document ids: the path relative to the input that named it.
    id: String,
    format: Format,
    /// Standard input, kept in a temporary file that goes away with the last clone.
    spool: Option<Arc<NamedTempFile>>,
    /// Why it cannot be read, found out while walking a folder.
    problem: Option<String>,
}

impl Source {
    /// The path relative to the input that named it; `-` for standard input.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The file as the user would name it; `-` for standard input.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size on disk in bytes, for progress; 0 if unknown.
    pub fn bytes(&self) -> u64 {
        std::fs::metadata(self.file()).map_or(0, |m| m.len())
    }

    /// Whether it holds classified statements; then read it by [`Source::classified`].
    pub fn is_classified(&self) -> bool {
        self.problem.is_none()
            && matches!(self.format, Format::JsonLines | Format::Unknown)
            && classified::is_classified(self.file())
    }

    /// Its classified statements.
    pub fn classified(
        &self,
        opts: &Options,
    ) -> Box<dyn Iterator<Item = Result<StatementRecord, Rejected>> + Send> {
        if let Some(problem) = &self.problem {
            return Box::new(std::iter::once(Err(rejected(self.name(), problem.clone()))));
        }
        classified::classified(self.file(), opts)
    }

    /// Its documents, in order. Never panics; what cannot be used comes as [`Rejected`].
    pub fn documents(&self, opts: &Options) -> Documents {
        if let Some(problem) = &self.problem {
            return once(Err(rejected(self.name(), problem.clone())));
        }
        self.open(opts)
            .unwrap_or_else(|e| once(Err(rejected(self.name(), e))))
    }

    fn file(&self) -> &Path {
        self.spool.as_ref().map_or(&self.path, |s| s.path())
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn open(&self, opts: &Options) -> Result<Documents, String> {
        let (head, input) = bytes::peek(bytes::open(self.file(), opts)?, SNIFF)
            .map_err(|e| bytes::io_message(&e))?;
        if head.is_empty() {
            return Err("the file is empty; there is nothing to read".into());
        }
        let format = match self.format {
            Format::Unknown => Format::sniff(&head),
            // Parquet is known by its first bytes whatever it is called.
            _ if head.starts_with(b"PAR1") => Format::Parquet,
            known => known,
        };
        let name = self.name();
        let id = self.id.as_str();
        let flat: Documents = match format {
            Format::Parquet => return self.parquet(input, opts),
            Format::JsonLines | Format::Csv => {
                // UTF-16 has no bytes to cut lines at: such a file is decoded whole.
                let input: Box<dyn BufRead + Send> = if decode::is_utf16(&head) {
                    let text = decode::decode(&bytes::read_rest(input, opts)?)?.text;
                    Box::new(Cursor::new(text.into_bytes()))
                } else {
                    Box::new(input)
                };
                if format == Format::JsonLines {
                    Box::new(json::Lines::new(input, id, &name, opts))
                } else {
                    let rows = table::Rows::new(input, &head, id, &name, opts);
                    match rows {
                        Ok(rows) => Box::new(rows),
                        Err(rejection) => once(Err(rejection)),
                    }
                }
            }
            Format::Json => {
                let text = decode::decode(&bytes::read_rest(input, opts)?)?.text;
                json::whole(&text, id, &name)
            }
            Format::Text | Format::Markdown | Format::Html | Format::Unknown => once(
                self.single(bytes::read_rest(input, opts)?, format, opts)
                    .map_err(|e| rejected(&*name, e)),
            ),
        };
        Ok(flat)
    }

    /// The one document of a file that is read whole.
    fn single(&self, content: Vec<u8>, format: Format, opts: &Options) -> Result<Document, String> {
        let decoded = if format == Format::Html {
            html::page_text(&content)?
        } else {
            decode::decode(&content)?.text
        };
        drop(content);
        if decoded.trim().is_empty() {
            return Err("nothing but blank lines in it; there is nothing to read".into());
        }
        let draft = match format {
            Format::Html => html::read(decoded, opts)?,
            _ => text::read(decoded, format == Format::Markdown)?,
        };
        draft.finish(&self.id, &self.name())
    }

    /// Parquet needs a file that can be read from its end; a compressed one is unpacked to a temporary file.
    fn parquet(&self, input: impl Read, opts: &Options) -> Result<Documents, String> {
        let plain = File::open(self.file())
            .and_then(|mut f| {
                let mut magic = [0u8; 4];
                f.read_exact(&mut magic)?;
                f.rewind()?;
                Ok((&magic == b"PAR1").then_some(f))
            })
            .unwrap_or(None);
        let file = match plain {
            Some(file) => file,
            None => {
                let mut file = tempfile::tempfile().map_err(|e| bytes::io_message(&e))?;
                let content = bytes::read_rest(input, opts)?;
                file.write_all(&content)
                    .and_then(|()| file.seek(SeekFrom::Start(0)))
                    .map_err(|e| bytes::io_message(&e))?;
                file
            }
        };
        Ok(
            match columnar::Rows::new(file, &self.id, &self.name(), opts) {
                Ok(rows) => Box::new(rows),
                Err(rejection) => once(Err(rejection)),
            },
        )
    }
}

/// The sources that the named inputs stand for: a file is one, a folder gives
/// every file in it with a known ending (sorted by name, folders descended
/// into, hidden files and folders left out, links followed), `-` is standard
/// input. A file that is reached twice is read once, where it comes first.
///
/// An input that does not exist, or a folder without a file to read, is an
/// error. A subfolder that cannot be entered, or a link that leads back to a
/// folder above it, becomes a source that yields one rejection.
///
/// Standard input is read to its end here, into a temporary file.
pub fn sources(paths: &[PathBuf], _opts: &Options) -> Result<Vec<Source>> {
    let mut out = Vec::new();
    let mut seen = HashSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            if seen.insert(PathBuf::from("-")) {
                out.push(stdin()?);
            }
            continue;
        }
        let meta = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
        let found = if meta.is_dir() {
            walk(path)?
        } else {
            vec![Source {
                id: path.file_name().map_or_else(
                    || path.display().to_string(),
                    |n| n.to_string_lossy().into_owned(),
                ),
                format: Format::of(path),
                path: path.clone(),
                spool: None,
                problem: None,
            }]
        };
        out.extend(found.into_iter().filter(|s| {
            let real = s.path.canonicalize().unwrap_or_else(|_| s.path.clone());
            s.problem.is_some() || seen.insert(real)
        }));
    }
    Ok(out)
}

fn walk(root: &Path) -> Result<Vec<Source>> {
    let hidden =
        |e: &walkdir::DirEntry| e.depth() > 0 && e.file_name().to_string_lossy().starts_with('.');
    let entries = WalkDir::new(root)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|e| !hidden(e));
    let mut out = Vec::new();
    let mut others = 0usize;
    for entry in entries {
        match entry {
            Ok(e) if e.file_type().is_dir() => {}
            Ok(e) => {
                let format = Format::of(e.path());
                if format == Format::Unknown || !e.file_type().is_file() {
                    others += 1;
                    continue;
                }
                out.push(Source {
                    id: relative(root, e.path()),
                    path: e.into_path(),
                    format,
                    spool: None,
                    problem: None,
                });
            }
            Err(e) => {
                let path = e.path().unwrap_or(root).to_path_buf();
                if path == root {
                    return Err(Error::io(root, e.into()));
                }
                let problem = if e.loop_ancestor().is_some() {
                    "a link that leads back to a folder above it; remove the link".to_string()
                } else {
                    e.io_error()
                        .map_or_else(|| e.to_string(), bytes::io_message)
                };
                out.push(Source {
                    id: relative(root, &path),
                    path,
                    format: Format::Unknown,
                    spool: None,
                    problem: Some(problem),
                });
            }
        }
    }
    if out.is_empty() {
        let other = match others {
            0 => String::new(),
            n => format!(
                " ({n} with other endings; name such a file itself to read it all the same)"
            ),
        };
        return Err(Error::content(
            root,
            None,
            format!("no file to read in this folder{other}; wanted are .txt, .md, .jsonl, .json, .csv, .html, .parquet, also with .gz or .zst"),
        ));
    }
    Ok(out)
}

/// The path below `root`, with `/` on every system.
fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .components()
        .map(|c| c.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// Standard input in a temporary file: it can then be looked at twice, as
/// classified statements and Parquet need.
fn stdin() -> Result<Source> {
    let mut file = NamedTempFile::new().map_err(|e| Error::io(std::env::temp_dir(), e))?;
    io::copy(&mut io::stdin().lock(), &mut file).map_err(|e| Error::io("standard input", e))?;
    file.flush().map_err(|e| Error::io(file.path(), e))?;
    Ok(Source {
        path: PathBuf::from("-"),
        id: "-".into(),
        format: Format::Unknown,
        spool: Some(Arc::new(file)),
        problem: None,
    })
}
