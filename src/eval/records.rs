//! Reading files of records, whatever they hold: JSON lines, a JSON array, or
//! CSV/TSV with a header. Each record becomes a JSON object with its place.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::problem::{Problem, ProblemKind};
use crate::{Error, Result};

/// A record as read.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// Line in the file, or number of the record in an array, from 1.
    pub line: usize,
    pub map: Map<String, Value>,
}

/// A file of records.
#[derive(Debug, Clone)]
pub struct RawFile {
    pub path: PathBuf,
    pub records: Vec<Raw>,
    pub problems: Vec<Problem>,
}

impl RawFile {
    /// `FILE:LINE` for messages.
    pub fn place(&self, line: usize) -> String {
        place(&self.path, line)
    }
}

/// `FILE:LINE` for messages.
pub fn place(path: &Path, line: usize) -> String {
    format!("{}:{line}", path.display())
}

/// Reads a file; the format is told from the extension and the first character.
pub fn read(path: &Path) -> Result<RawFile> {
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = 1 + e.as_bytes()[..at].iter().filter(|&&b| b == b'\n').count();
        Error::content(path, Some(line), "not UTF-8; save the file as UTF-8")
    })?;
    parse(path, &text)
}

/// Parses the text of a file of records.
pub fn parse(path: &Path, text: &str) -> Result<RawFile> {
    let text = text.trim_start_matches('\u{feff}');
    let mut file = RawFile {
        path: path.to_path_buf(),
        records: Vec::new(),
        problems: Vec::new(),
    };
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .map(str::to_ascii_lowercase);
    match extension.as_deref() {
        Some("csv") => read_csv(&mut file, text, b',')?,
        Some("tsv") => read_csv(&mut file, text, b'\t')?,
        _ if text.trim_start().starts_with('[') && !one_per_line(text) => {
            read_array(&mut file, text)?
        }
        _ => read_lines(&mut file, text),
    }
    if file.records.is_empty() && file.problems.is_empty() {
        file.problems.push(Problem::new(
            ProblemKind::EmptyFile,
            path.display().to_string(),
            None,
            "no records in it",
        ));
    }
    Ok(file)
}

/// Whether a text that begins with `[` is JSON lines of arrays rather than one array.
fn one_per_line(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let complete = |l: &str| serde_json::from_str::<Value>(l).is_ok();
    matches!((lines.next(), lines.next()), (Some(a), Some(b)) if complete(a) && complete(b))
}

fn push(file: &mut RawFile, line: usize, value: Value) {
    match value {
        Value::Object(map) => file.records.push(Raw { line, map }),
        _ => {
            let place = file.place(line);
            file.problems.push(Problem::new(
                ProblemKind::Malformed,
                place,
                None,
                "not a JSON object",
            ));
        }
    }
}

fn read_lines(file: &mut RawFile, text: &str) {
    for (i, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line) {
            Ok(value) => push(file, i + 1, value),
            Err(e) => {
                let place = file.place(i + 1);
                file.problems.push(Problem::new(
                    ProblemKind::Malformed,
                    place,
                    None,
                    format!(
                        "not JSON (column {}); one object a line is expected",
                        e.column()
                    ),
                ));
            }
        }
    }
}

fn read_array(file: &mut RawFile, text: &str) -> Result<()> {
    let values: Vec<Value> = serde_json::from_str(text).map_err(|e| {
        Error::content(
            &file.path,
            Some(e.line()),
            format!("not a JSON array (column {})", e.column()),
        )
    })?;
    for (i, value) in values.into_iter().enumerate() {
        push(file, i + 1, value);
    }
    Ok(())
}

fn read_csv(file: &mut RawFile, text: &str, delimiter: u8) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|e| Error::content(&file.path, Some(1), format!("CSV header: {e}")))?
        .clone();
    for record in reader.records() {
        let record = match record {
            Ok(r) => r,
            Err(e) => {
                let line = e.position().map_or(0, |p| p.line() as usize);
                let place = file.place(line);
                file.problems.push(Problem::new(
                    ProblemKind::Malformed,
                    place,
                    None,
                    format!("CSV: {e}"),
                ));
                continue;
            }
        };
        let line = record.position().map_or(0, |p| p.line() as usize);
        if record.len() != header.len() {
            let place = file.place(line);
            file.problems.push(Problem::new(
                ProblemKind::Malformed,
                place,
                None,
                format!(
                    "{} cells, but the header has {}",
                    record.len(),
                    header.len()
                ),
            ));
            continue;
        }
        let map = header
            .iter()
            .zip(record.iter())
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(key, cell)| (key.to_string(), cell_value(key, cell)))
            .collect();
        file.records.push(Raw { line, map });
    }
    Ok(())
}

/// Columns that hold text as it is, whatever it looks like.
const PLAIN: [&str; 5] = ["id", "text", "a", "b", "doc"];

/// A CSV cell: JSON numbers, booleans, null, arrays, objects and quoted strings
/// are read as such, all else as text.
fn cell_value(key: &str, cell: &str) -> Value {
    if PLAIN.contains(&key) {
        return Value::String(cell.to_string());
    }
    json_cell(cell).unwrap_or_else(|| Value::String(cell.to_string()))
}

fn json_cell(cell: &str) -> Option<Value> {
    let first = cell.as_bytes().first()?;
    let may_be = matches!(first, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9')
        || matches!(cell, "true" | "false" | "null");
    may_be.then(|| serde_json::from_str(cell).ok()).flatten()
}

/// The cell that [`read`] turns back into `value`.
fn value_cell(key: &str, value: &Value) -> String {
    match value {
        Value::String(s) if PLAIN.contains(&key) => s.clone(),
        Value::String(s) if !s.is_empty() && json_cell(s).is_none() => s.clone(),
        v => v.to_string(),
    }
}

/// Writes records as CSV; the columns are the keys in order of appearance.
pub fn to_csv(records: &[Map<String, Value>]) -> Result<Vec<u8>> {
    let failed = |e: &dyn std::fmt::Display| Error::Other(format!("CSV: {e}"));
    let mut columns: Vec<&str> = Vec::new();
    for key in records.iter().flat_map(Map::keys) {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns).map_err(|e| failed(&e))?;
    for r in records {
        let cells = columns
            .iter()
            .map(|c| r.get(*c).map(|v| value_cell(c, v)).unwrap_or_default());
        writer.write_record(cells).map_err(|e| failed(&e))?;
    }
    writer.into_inner().map_err(|e| failed(&e))
}

/// Writes records as JSON lines.
pub fn to_jsonl(records: &[Map<String, Value>]) -> Vec<u8> {
    let mut out = Vec::new();
    for r in records {
        out.extend(Value::Object(r.clone()).to_string().into_bytes());
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart() {
        let lines = parse(
            Path::new("x.jsonl"),
            "\u{feff}{\"id\":1}\r\n\r\n{\"id\":2}\r\n",
        )
        .unwrap();
        assert_eq!(
            lines.records.iter().map(|r| r.line).collect::<Vec<_>>(),
            [1, 3]
        );
        let array = parse(Path::new("x.json"), "[{\"id\":1},\n {\"id\":2}, 3]").unwrap();
        assert_eq!((array.records.len(), array.problems.len()), (2, 1));
        let csv = parse(Path::new("x.csv"), "id,text,n\n1,\"a, b\",007\n2,c\n").unwrap();
        assert_eq!(csv.records[0].map["text"], "a, b");
        assert_eq!(csv.records[0].map["n"], "007");
        assert_eq!(csv.problems[0].kind, ProblemKind::Malformed);
    }

    #[test]
    fn bad_lines_and_empty_files_are_named() {
        let f = parse(Path::new("x.jsonl"), "{\"id\":1}\n{oops\n5\n").unwrap();
        assert_eq!(f.records.len(), 1);
        assert_eq!(f.problems[0].source, "x.jsonl:2");
        assert_eq!(f.problems[1].source, "x.jsonl:3");
        let f = parse(Path::new("x.jsonl"), " \n").unwrap();
        assert_eq!(f.problems[0].kind, ProblemKind::EmptyFile);
        assert!(parse(Path::new("x.json"), "[{]").is_err());
    }

    #[test]
    fn csv_cells_keep_their_types() {
        let map: Map<String, Value> = serde_json::from_str(
            r#"{"id":"7","text":"[1]","n":7,"s":"7","e":"","q":"\"x\"","l":[1,"a"],"z":null,"y":true,"t":"true"}"#,
        )
        .unwrap();
        let bytes = to_csv(std::slice::from_ref(&map)).unwrap();
        let back = parse(Path::new("x.csv"), std::str::from_utf8(&bytes).unwrap()).unwrap();
        assert_eq!(back.records[0].map, map);
    }
}
