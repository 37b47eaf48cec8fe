//! Gold records back into files: Standoff's own JSONL and CSV, and what
//! doccano, Label Studio and Prodigy import and export.

use std::collections::{HashMap, HashSet};

use serde_json::{json, Map, Value};

use super::{doccano, label_studio, prodigy};
use super::{Gold, GoldAttribution, GoldCoreference, GoldPair, GoldStatement, Meta};
use crate::document::Span;
use crate::eval::records;
use crate::labels::SideNames;
use crate::{Error, Result};

/// A format that gold data can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Standoff's own fields, one JSON object a line.
    Jsonl,
    /// Standoff's own fields as CSV.
    Csv,
    /// doccano JSONL.
    Doccano,
    /// Label Studio JSON.
    LabelStudio,
    /// Prodigy JSONL.
    Prodigy,
}

/// Writes all records. Coreference cases only exist in Standoff's own formats.
pub(super) fn write(gold: &Gold, format: Format, names: &SideNames) -> Result<Vec<u8>> {
    let mut placed = Vec::new();
    // A record that is a statement and an attribution is written once.
    let at = |m: &Meta| (m.file, m.line);
    let marked: HashMap<_, _> = gold.attributions.iter().map(|a| (at(&a.meta), a)).collect();
    let mut joined = HashSet::new();
    for s in &gold.statements {
        let mut map = statement(s, names);
        if let Some(a) = marked.get(&at(&s.meta)).filter(|a| a.meta == s.meta) {
            joined.insert(at(&a.meta));
            put_attribution(&mut map, a);
        }
        placed.push((at(&s.meta), close(map, &s.meta)));
    }
    for a in &gold.attributions {
        if !joined.contains(&at(&a.meta)) {
            let mut map = Map::new();
            map.insert("id".into(), json!(a.meta.id));
            map.insert("text".into(), json!(a.text));
            put_attribution(&mut map, a);
            placed.push((at(&a.meta), close(map, &a.meta)));
        }
    }
    placed.extend(gold.pairs.iter().map(|p| (at(&p.meta), pair(p))));
    let cases = gold.coreferences.iter();
    match format {
        Format::Jsonl | Format::Csv => placed.extend(cases.map(|c| (at(&c.meta), coreference(c)))),
        _ if !gold.coreferences.is_empty() => {
            return Err(Error::Usage(
                "coreference cases can only be written as jsonl or csv".into(),
            ))
        }
        _ => {}
    }
    // In the order in which they were read.
    placed.sort_by_key(|p| p.0);
    let maps: Vec<Map<String, Value>> = placed.into_iter().map(|p| p.1).collect();
    Ok(match format {
        Format::Jsonl => records::to_jsonl(&maps),
        Format::Csv => records::to_csv(&maps)?,
        Format::Doccano => {
            let out: Vec<_> = maps
                .into_iter()
                .map(|m| doccano::export(m, names))
                .collect();
            records::to_jsonl(&out)
        }
        Format::Prodigy => {
            let out: Vec<_> = maps
                .into_iter()
                .map(|m| prodigy::export(m, names))
                .collect();
            records::to_jsonl(&out)
        }
        Format::LabelStudio => {
            let out: Vec<Value> = maps
                .into_iter()
                .enumerate()
                .map(|(i, m)| label_studio::export(m, i + 1))
                .collect();
            let mut bytes =
                serde_json::to_vec_pretty(&out).map_err(|e| Error::Other(format!("JSON: {e}")))?;
            bytes.push(b'\n');
            bytes
        }
    })
}

/// Adds document, date and the other fields.
fn close(mut map: Map<String, Value>, meta: &Meta) -> Map<String, Value> {
    if let Some(doc) = &meta.doc {
        map.insert("doc".into(), json!(doc));
    }
    if let Some(date) = meta.date {
        map.insert("date".into(), json!(date.to_string()));
    }
    for (k, v) in &meta.fields {
        match k.strip_prefix("speaker.") {
            Some(part) if map.get("speaker").is_some_and(Value::is_object) => {
                map["speaker"][part] = v.clone();
            }
            _ => {
                map.insert(k.clone(), v.clone());
            }
        }
    }
    map
}

fn statement(s: &GoldStatement, names: &SideNames) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("id".into(), json!(s.meta.id));
    map.insert("text".into(), json!(s.text));
    if let Some(side) = s.side {
        map.insert("side".into(), json!(names.name(side)));
    }
    if let Some(stance) = s.stance {
        map.insert("stance".into(), json!(stance.name()));
    }
    map
}

fn put_attribution(map: &mut Map<String, Value>, a: &GoldAttribution) {
    let span = |s: Span| json!([s.start, s.end]);
    let speaker = a.speaker.as_ref().map_or(
        Value::Null,
        |s| json!({"text": s.span.of(&a.text), "actor": s.actor, "span": span(s.span)}),
    );
    map.insert("speaker".into(), speaker);
    map.insert("cue".into(), a.cue.map_or(Value::Null, span));
    let content: Vec<Value> = a.content.iter().map(|&s| span(s)).collect();
    map.insert("content".into(), Value::Array(content));
}

fn pair(p: &GoldPair) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("id".into(), json!(p.meta.id));
    map.insert("a".into(), json!(p.a));
    map.insert("b".into(), json!(p.b));
    map.insert("relation".into(), json!(p.relation.name()));
    close(map, &p.meta)
}

fn coreference(c: &GoldCoreference) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("id".into(), json!(c.meta.id));
    map.insert("statements".into(), json!(c.statements));
    map.insert("target".into(), json!(c.target));
    map.insert("actor".into(), json!(c.actor));
    close(map, &c.meta)
}
