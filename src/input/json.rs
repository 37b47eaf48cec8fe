//! JSON Lines and JSON documents.

use std::io::BufRead;

use serde_json::{Map, Value};

use super::fields::Draft;
use super::{bytes, decode, rejected, Documents, Options};
use crate::document::Document;
use crate::record::Rejected;

/// Documents of a JSON Lines input, line by line; blank lines are skipped and a
/// bad line is rejected alone.
pub struct Lines<R> {
    input: R,
    id: String,
    name: String,
    max: u64,
    line: usize,
    buffer: Vec<u8>,
    seen: bool,
    done: bool,
}

impl<R: BufRead> Lines<R> {
    /// `id` is the source's id, `name` its name in messages.
    pub fn new(input: R, id: &str, name: &str, opts: &Options) -> Self {
        Lines {
            input,
            id: id.into(),
            name: name.into(),
            max: opts.max_record_bytes,
            line: 0,
            buffer: Vec::new(),
            seen: false,
            done: false,
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Document, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            self.line += 1;
            let place = format!("{}:{}", self.name, self.line);
            match bytes::read_line(&mut self.input, &mut self.buffer, self.max) {
                Err(e) => {
                    self.done = true;
                    return Some(Err(rejected(
                        place,
                        format!("{}; the lines before were read", bytes::io_message(&e)),
                    )));
                }
                Ok(None) => {
                    self.done = true;
                    if !self.seen {
                        return Some(Err(rejected(&*self.name, "empty: no record in it")));
                    }
                }
                Ok(Some(false)) => {
                    self.seen = true;
                    return Some(Err(rejected(
                        place,
                        format!(
                            "longer than the limit of {} for a record; split the record",
                            bytes::size(self.max)
                        ),
                    )));
                }
                Ok(Some(true)) if self.buffer.trim_ascii().is_empty() => {}
                Ok(Some(true)) => {
                    self.seen = true;
                    let fallback = format!("{}:{}", self.id, self.line);
                    let document = object(&self.buffer)
                        .and_then(|o| Draft::from_json(&o))
                        .and_then(|d| d.finish(&fallback, &place));
                    return Some(document.map_err(|e| rejected(place, e)));
                }
            }
        }
        None
    }
}

/// One line as a JSON object.
pub(super) fn object(line: &[u8]) -> Result<Map<String, Value>, String> {
    let decoded;
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let text = match std::str::from_utf8(line) {
        Ok(text) => text,
        Err(_) => {
            decoded = decode::decode(line)?;
            &decoded.text
        }
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(o)) => Ok(o),
        Ok(_) => Err("no JSON object; a record looks like {\"id\": …, \"text\": …}".into()),
        Err(e) => Err(format!(
            "not valid JSON ({e}); a record is one JSON object on one line"
        )),
    }
}

/// Documents of a JSON file: one object, a list of them, a list under
/// `documents`, `articles`, `items` or `data`, or objects one after another.
pub fn whole(text: &str, id: &str, name: &str) -> Documents {
    let mut records: Vec<Value> = Vec::new();
    let mut broken = None;
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match value {
            Ok(Value::Array(list)) => records.extend(list),
            Ok(Value::Object(mut o)) => {
                let list = ["documents", "articles", "items", "data"]
                    .iter()
                    .find(|k| o.get(**k).is_some_and(Value::is_array));
                match list.and_then(|k| o.remove(*k)) {
                    Some(Value::Array(list)) => records.extend(list),
                    _ => records.push(Value::Object(o)),
                }
            }
            Ok(other) => records.push(other),
            Err(e) => {
                broken = Some(rejected(
                    name,
                    format!("not valid JSON ({e}); mend it or save it again"),
                ))
            }
        }
    }
    if records.is_empty() && broken.is_none() {
        broken = Some(rejected(name, "empty: no record in it"));
    }
    let several = records.len() > 1;
    let (id, name) = (id.to_string(), name.to_string());
    Box::new(
        records
            .into_iter()
            .enumerate()
            .map(move |(i, record)| {
                let (fallback, place) = if several {
                    (
                        format!("{id}:{}", i + 1),
                        format!("{name}: record {}", i + 1),
                    )
                } else {
                    (id.clone(), name.clone())
                };
                match record {
                    Value::Object(o) => {
                        Draft::from_json(&o).and_then(|d| d.finish(&fallback, &place))
                    }
                    _ => Err("no JSON object; a record looks like {\"id\": …, \"text\": …}".into()),
                }
                .map_err(|e| rejected(place, e))
            })
            .chain(broken.map(Err)),
    )
}
