//! Already classified statements: `statements.jsonl` of an earlier run, or the
//! output of `standoff classify`.

use std::path::Path;

use serde_json::{Map, Value};

use super::{bytes, json, rejected, Options};
use crate::record::{Rejected, StatementRecord, SCHEMA};

/// Lines looked at before a file is taken for something else: a run's output
/// may begin with error records.
const LOOK_AT: usize = 100;

/// Whether a file holds classified statements: its first record that is no
/// error has `schema`, `text`, `side` and `stance`. False for what cannot be read.
pub fn is_classified(path: &Path) -> bool {
    let opts = Options::default();
    let Ok(mut input) = bytes::open(path, &opts) else {
        return false;
    };
    let mut line = Vec::new();
    for _ in 0..LOOK_AT {
        match bytes::read_line(&mut input, &mut line, opts.max_record_bytes) {
            Ok(Some(true)) if line.trim_ascii().is_empty() => {}
            Ok(Some(true)) => match json::object(&line) {
                Ok(record) if is_error(&record) => {}
                Ok(record) => return is_statement(&record),
                Err(_) => return false,
            },
            _ => return false,
        }
    }
    false
}

fn is_statement(record: &Map<String, Value>) -> bool {
    record.contains_key("schema")
        && record.contains_key("text")
        && record.get("side").is_some_and(Value::is_object)
        && record.get("stance").is_some_and(Value::is_object)
}

fn is_error(record: &Map<String, Value>) -> bool {
    record.contains_key("schema") && record.contains_key("error") && !record.contains_key("text")
}

/// The statements of a file, in order; lines that are none are rejected one by
/// one, error records of the earlier run among them.
pub fn classified(
    path: &Path,
    opts: &Options,
) -> Box<dyn Iterator<Item = Result<StatementRecord, Rejected>> + Send> {
    let name = path.display().to_string();
    let mut input = match bytes::open(path, opts) {
        Ok(input) => input,
        Err(e) => return Box::new(std::iter::once(Err(rejected(name, e)))),
    };
    let max = opts.max_record_bytes;
    let (mut line, mut number, mut done, mut seen) = (Vec::new(), 0usize, false, false);
    Box::new(std::iter::from_fn(move || {
        while !done {
            number += 1;
            let place = format!("{name}:{number}");
            match bytes::read_line(&mut input, &mut line, max) {
                Err(e) => {
                    done = true;
                    return Some(Err(rejected(
                        place,
                        format!("{}; the lines before were read", bytes::io_message(&e)),
                    )));
                }
                Ok(None) => {
                    done = true;
                    if !seen {
                        return Some(Err(rejected(&*name, "empty: no record in it")));
                    }
                }
                Ok(Some(false)) => {
                    seen = true;
                    return Some(Err(rejected(
                        place,
                        format!("longer than the limit of {} for a record", bytes::size(max)),
                    )));
                }
                Ok(Some(true)) if line.trim_ascii().is_empty() => {}
                Ok(Some(true)) => {
                    seen = true;
                    return Some(statement(&line).map_err(|e| rejected(place, e)));
                }
            }
        }
        None
    }))
}

fn statement(line: &[u8]) -> Result<StatementRecord, String> {
    let record = json::object(line)?;
    if is_error(&record) {
        let error = record
            .get("error")
            .and_then(Value::as_str)
            .unwrap_or("unknown");
        return Err(format!("rejected by the earlier run: {error}"));
    }
    match record.get("schema").and_then(Value::as_u64) {
        Some(v) if v == u64::from(SCHEMA) => {}
        Some(v) => {
            return Err(format!(
                "schema {v}, but this version reads {SCHEMA}; use the version of Standoff that wrote it, or classify the texts again"
            ))
        }
        None => return Err("no `schema`; this is no classified statement".into()),
    }
    serde_json::from_value(Value::Object(record))
        .map_err(|e| format!("not a classified statement ({e}); classify the text again"))
}
