//! What users read: one file per format, all made from [`Analysis`] alone.
//!
//! A [`Reporter`] writes one file. [`Format`] is what `--format` names; a format
//! may stand for several files. [`write_all`] writes each into a temporary file
//! and renames it, so that a report is there whole or not at all. The same
//! analysis gives the same bytes, whoever asks: `analyze` and `report` share
//! this module. `docs/report.md` describes the files for their readers.

mod csv;
pub mod facts;
mod html;
mod json;
mod markdown;
mod parquet;
mod terminal;
pub mod text;

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::home::Whole;
use crate::record::{Analysis, SCHEMA};

pub use csv::PairsCsv;
pub use html::Html;
pub use json::{AnalysisJson, PairsJsonl, StatementsJsonl};
pub use markdown::Markdown;
pub use parquet::{PairsParquet, StatementsParquet};
pub use terminal::terminal;

/// The file that all reports are made from.
pub const ANALYSIS: &str = "analysis.json";

/// Writes one file of a report.
pub trait Reporter {
    /// Name of the file in the output folder.
    fn file_name(&self) -> &str;

    /// Writes the file's content. The same analysis gives the same bytes.
    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> Result<()>;
}

/// A format that `--format` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// `report.html`: the page for reading.
    Html,
    /// `report.md`: for code hosts and mail.
    Markdown,
    /// `analysis.json`: everything, and what the other formats are made from.
    Json,
    /// `statements.jsonl` and `pairs.jsonl`: a record a line.
    Jsonl,
    /// `pairs.csv`: for spreadsheets.
    Csv,
    /// `statements.parquet` and `pairs.parquet`: for data tools.
    Parquet,
}

impl Format {
    /// All formats, in the order in which they are written: `analysis.json` first.
    pub const ALL: [Format; 6] = [
        Format::Json,
        Format::Jsonl,
        Format::Csv,
        Format::Parquet,
        Format::Markdown,
        Format::Html,
    ];

    /// What is written if nothing is asked for: everything but Parquet.
    pub const DEFAULT: [Format; 5] = [
        Format::Json,
        Format::Jsonl,
        Format::Csv,
        Format::Markdown,
        Format::Html,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Markdown => "md",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
            Format::Parquet => "parquet",
        }
    }

    /// Reads one name; `markdown` is understood besides `md`.
    pub fn parse(name: &str) -> Option<Format> {
        match name.trim().to_ascii_lowercase().as_str() {
            "markdown" => Some(Format::Markdown),
            name => Format::ALL.into_iter().find(|f| f.name() == name),
        }
    }

    /// Reads a list such as `html,md`. Doubles are dropped; the order is that of [`Format::ALL`].
    pub fn parse_list(list: &str) -> Result<Vec<Format>> {
        let mut chosen = Vec::new();
        for name in list.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            chosen.push(Format::parse(name).ok_or_else(|| {
                Error::Usage(format!(
                    "--format: there is no format \"{name}\"; choose from {}",
                    Format::ALL.map(Format::name).join(", ")
                ))
            })?);
        }
        if chosen.is_empty() {
            return Err(Error::Usage(format!(
                "--format names no format; choose from {}",
                Format::ALL.map(Format::name).join(", ")
            )));
        }
        Ok(Format::ALL
            .into_iter()
            .filter(|f| chosen.contains(f))
            .collect())
    }

    /// The files that this format stands for.
    pub fn reporters(self) -> Vec<Box<dyn Reporter>> {
        match self {
            Format::Html => vec![Box::new(Html)],
            Format::Markdown => vec![Box::new(Markdown)],
            Format::Json => vec![Box::new(AnalysisJson)],
            Format::Jsonl => vec![Box::new(StatementsJsonl), Box::new(PairsJsonl)],
            Format::Csv => vec![Box::new(PairsCsv)],
            Format::Parquet => vec![Box::new(StatementsParquet), Box::new(PairsParquet)],
        }
    }
}

impl std::str::FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(Format::parse_list(name)?[0])
    }
}

/// Writes the formats asked for into `dir` and returns the paths written.
pub fn write_all(analysis: &Analysis, dir: &Path, formats: &[Format]) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(dir).map_err(|e| Error::io(dir, e))?;
    let mut written = Vec::new();
    for format in Format::ALL.into_iter().filter(|f| formats.contains(f)) {
        for reporter in format.reporters() {
            let path = dir.join(reporter.file_name());
            let mut file = Whole::create(&path)?;
            reporter
                .write(analysis, &mut file)
                .map_err(|e| named(e, &path))?;
            file.finish()?;
            written.push(path);
        }
    }
    Ok(written)
}

/// Reads the analysis of a finished run; errors say what to do about it.
pub fn read(dir: &Path) -> Result<Analysis> {
    let path = dir.join(ANALYSIS);
    let bytes = std::fs::read(&path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::Usage(format!(
            "{}: there is no {ANALYSIS} in it; name the --out folder of a finished `standoff analyze`",
            dir.display()
        )),
        _ => Error::io(&path, e),
    })?;
    let analysis: Analysis = serde_json::from_slice(&bytes).map_err(|e| {
        Error::content(
            &path,
            Some(e.line()),
            format!("not an analysis that this version reads: {e}; run `standoff analyze` again"),
        )
    })?;
    if analysis.schema != SCHEMA {
        return Err(Error::content(
            &path,
            None,
            format!(
                "its schema is {}, this version reads {SCHEMA}; run `standoff analyze` again",
                analysis.schema
            ),
        ));
    }
    Ok(analysis)
}

/// Puts the file's path on an error of writing to it.
fn named(e: Error, path: &Path) -> Error {
    match e {
        Error::Io { source, .. } => Error::io(path, source),
        Error::Other(m) => Error::Other(format!("{}: {m}", path.display())),
        e => e,
    }
}

/// An I/O error of a reporter, which does not know where it writes to.
fn io(e: std::io::Error) -> Error {
    Error::io("report", e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_lists_are_read_in_a_fixed_order() {
        assert_eq!(
            Format::parse_list("html, Markdown,html,json").unwrap(),
            [Format::Json, Format::Markdown, Format::Html]
        );
        let e = Format::parse_list("html,pdf").unwrap_err();
        assert_eq!(e.exit_code(), 2);
        assert!(e.to_string().contains("\"pdf\"") && e.to_string().contains("parquet"));
        assert!(Format::parse_list(" , ").is_err());
    }

    #[test]
    fn every_format_has_a_name_that_reads_back() {
        for f in Format::ALL {
            assert_eq!(Format::parse(f.name()), Some(f));
            assert!(!f.reporters().is_empty());
        }
    }
}
