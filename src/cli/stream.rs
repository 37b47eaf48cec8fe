//! Line filters: records in on stdin or from files, one JSON line out per
//! record, in order. What has arrived is worked on at once, so that an
//! interactive partner gets each answer without delay and a full pipe is
//! worked off in large batches.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{sync_channel, Receiver};

use rayon::prelude::*;
use serde_json::{Map, Value};

use super::Context;
use crate::error::{Error, Result};
use crate::record::{ErrorRecord, SCHEMA};

/// Records worked on together at most.
const CHUNK: usize = 1024;
/// Lines read ahead at most.
const AHEAD: usize = 4 * CHUNK;
/// Longest line that is read; a longer one is rejected.
pub const MAX_LINE: usize = 16 << 20;

/// One input line.
#[derive(Debug)]
pub struct Line {
    /// Number in its input, from 1.
    pub number: usize,
    pub content: std::result::Result<String, String>,
}

/// Reads lines of stdin (no inputs, or `-`) or of files, in a thread of its own.
fn read_lines(inputs: Vec<PathBuf>) -> Result<Receiver<Result<Line>>> {
    for path in &inputs {
        if path.as_os_str() != "-" && !path.is_file() {
            let kind = std::fs::metadata(path).map_or_else(
                |e| Error::io(path, e),
                |_| {
                    Error::Usage(format!(
                        "{}: not a file; give JSONL files, or `analyze` for folders",
                        path.display()
                    ))
                },
            );
            return Err(kind);
        }
    }
    let (send, receive) = sync_channel(AHEAD);
    std::thread::spawn(move || {
        let inputs = if inputs.is_empty() {
            vec![PathBuf::from("-")]
        } else {
            inputs
        };
        for path in inputs {
            let mut reader: Box<dyn BufRead> = if path.as_os_str() == "-" {
                Box::new(BufReader::with_capacity(1 << 16, std::io::stdin()))
            } else {
                match std::fs::File::open(&path) {
                    Ok(f) => Box::new(BufReader::with_capacity(1 << 16, f)),
                    Err(e) => {
                        let _ = send.send(Err(Error::io(&path, e)));
                        return;
                    }
                }
            };
            let mut number = 0;
            loop {
                number += 1;
                match next_line(&mut reader) {
                    Ok(None) => break,
                    Ok(Some(content)) => {
                        if content.as_ref().is_ok_and(|s| s.trim().is_empty()) {
                            continue;
                        }
                        if send.send(Ok(Line { number, content })).is_err() {
                            return;
                        }
                    }
                    Err(e) => {
                        let _ = send.send(Err(Error::io(&path, e)));
                        return;
                    }
                }
            }
        }
    });
    Ok(receive)
}

fn next_line(
    mut reader: &mut dyn BufRead,
) -> std::io::Result<Option<std::result::Result<String, String>>> {
    let mut bytes = Vec::new();
    let n = (&mut reader)
        .take(MAX_LINE as u64 + 1)
        .read_until(b'\n', &mut bytes)?;
    if n == 0 {
        return Ok(None);
    }
    if n > MAX_LINE && bytes.last() != Some(&b'\n') {
        loop {
            let buffer = reader.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|&b| b == b'\n');
            let used = end.map_or(buffer.len(), |e| e + 1);
            reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        return Ok(Some(Err(format!(
            "the line is longer than {} MiB; split it",
            MAX_LINE >> 20
        ))));
    }
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Ok(Some(String::from_utf8(bytes.to_vec()).map_err(|e| {
        format!(
            "not UTF-8 (byte {} of the line); convert the input to UTF-8",
            e.utf8_error().valid_up_to() + 1
        )
    })))
}

/// A record of the input that could not be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Bad {
    pub id: Option<String>,
    pub line: usize,
    pub error: String,
}

/// The JSON object of a line, or the reason why there is none.
pub fn object(line: &str) -> std::result::Result<Map<String, Value>, String> {
    serde_json::from_str::<Map<String, Value>>(line).map_err(|e| format!("not a JSON object: {e}"))
}

/// Takes the id out of a record: text or number; the line's number if there is none.
pub fn take_id(row: &mut Map<String, Value>, line: usize) -> String {
    match row.remove("id") {
        Some(Value::String(s)) if !s.is_empty() => s,
        Some(Value::Number(n)) => n.to_string(),
        _ => line.to_string(),
    }
}

/// Runs a filter from the inputs to stdout: `parse` makes records of lines,
/// `work` answers a chunk of good records with one JSON text each. Bad records
/// are named on stderr. Gives the exit code.
pub fn filter<T: Send>(
    inputs: Vec<PathBuf>,
    context: &Context,
    what: &'static str,
    parse: impl Fn(&Line) -> std::result::Result<T, Bad> + Sync,
    work: impl FnMut(&[T]) -> Result<Vec<String>>,
) -> Result<u8> {
    let stdout = std::io::stdout().lock();
    // On a terminal the answers themselves show how far it is.
    let bar = (!stdout.is_terminal()).then(|| context.progress.counter(what));
    let mut out = std::io::BufWriter::with_capacity(1 << 16, stdout);
    let result = pump(inputs, context, &mut out, bar.as_ref(), parse, work);
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(if result? > 0 { 3 } else { 0 })
}

/// The loop of [`filter`]; gives the number of bad records.
fn pump<T: Send>(
    inputs: Vec<PathBuf>,
    context: &Context,
    out: &mut dyn Write,
    bar: Option<&indicatif::ProgressBar>,
    parse: impl Fn(&Line) -> std::result::Result<T, Bad> + Sync,
    mut work: impl FnMut(&[T]) -> Result<Vec<String>>,
) -> Result<usize> {
    let lines = read_lines(inputs)?;
    let mut rejected = 0;
    let write = |e: std::io::Error| Error::io(Path::new("standard output"), e);
    while let Ok(first) = lines.recv() {
        let mut chunk = vec![first?];
        while chunk.len() < CHUNK {
            match lines.try_recv() {
                Ok(line) => chunk.push(line?),
                Err(_) => break,
            }
        }
        let parsed: Vec<std::result::Result<T, Bad>> = chunk.par_iter().map(&parse).collect();
        let mut slots: Vec<Option<Bad>> = Vec::with_capacity(parsed.len());
        let mut good: Vec<T> = Vec::new();
        for p in parsed {
            match p {
                Ok(t) => {
                    good.push(t);
                    slots.push(None);
                }
                Err(bad) => slots.push(Some(bad)),
            }
        }
        let mut answers = work(&good)?.into_iter();
        for slot in slots {
            let text = match slot {
                None => answers
                    .next()
                    .ok_or_else(|| Error::Other("an answer is missing".into()))?,
                Some(bad) => {
                    rejected += 1;
                    context
                        .progress
                        .warn(format!("rejected line {}: {}", bad.line, bad.error));
                    json(&ErrorRecord {
                        schema: SCHEMA,
                        id: bad.id,
                        line: bad.line,
                        error: bad.error,
                    })?
                }
            };
            out.write_all(text.as_bytes()).map_err(write)?;
            out.write_all(b"\n").map_err(write)?;
        }
        out.flush().map_err(write)?;
        if let Some(bar) = bar {
            bar.inc(chunk.len() as u64);
        }
    }
    Ok(rejected)
}

/// A record as one line of JSON.
pub fn json<T: serde::Serialize>(record: &T) -> Result<String> {
    serde_json::to_string(record).map_err(|e| Error::Other(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(bytes: &[u8]) -> Vec<std::result::Result<String, String>> {
        let mut reader = BufReader::new(bytes);
        let mut out = Vec::new();
        while let Some(l) = next_line(&mut reader).unwrap() {
            out.push(l);
        }
        out
    }

    #[test]
    fn a_line_that_is_too_long_or_not_utf8_costs_only_itself() {
        let mut bytes = b"one\r\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', MAX_LINE + 5));
        bytes.extend(b"\n\xff\xfe\ntwo");
        let lines = lines_of(&bytes);
        assert_eq!(lines[0].as_deref(), Ok("one"));
        assert!(lines[1].is_err() && lines[2].is_err());
        assert_eq!(lines[3].as_deref(), Ok("two"));
        assert_eq!(lines.len(), 4);
    }
}
