//! Prodigy datasets as `db-out` writes them: choice tasks (`options`, `accept`),
//! single labels (`label`, `answer`) and spans (`spans` in characters). Only
//! accepted answers are used.

use serde_json::{json, Map, Value};

use super::tools::{
    all_labels, escape, id_of, put_labels, put_spans, scalar, show_pair, take_labels, take_spans,
    unescape, Canonical, Refused, ToolSpan,
};
use crate::eval::problem::ProblemKind;
use crate::labels::SideNames;

/// Field names that Prodigy uses itself.
const OWN: [&str; 11] = [
    "label",
    "labels",
    "options",
    "accept",
    "answer",
    "spans",
    "tokens",
    "relations",
    "attribution",
    "entities",
    "data",
];

/// Fields of Prodigy that say nothing about the labels; they are dropped.
const DROPPED: [&str; 6] = [
    "options",
    "tokens",
    "answer",
    "config",
    "_view_id",
    "relations",
];

/// Whether a record looks like a Prodigy answer.
pub(super) fn is_record(map: &Map<String, Value>) -> bool {
    let answered = matches!(
        map.get("answer").and_then(Value::as_str),
        Some("accept" | "reject" | "ignore")
    );
    answered
        && (map.contains_key("_task_hash")
            || map.contains_key("_input_hash")
            || ["accept", "label", "spans"]
                .iter()
                .any(|k| map.contains_key(*k)))
}

/// Into Standoff's own fields.
pub(super) fn import(mut map: Map<String, Value>, names: &SideNames) -> Canonical {
    let answer = map
        .get("answer")
        .and_then(Value::as_str)
        .unwrap_or("")
        .to_string();
    let accept = map.remove("accept");
    let label = map.remove("label");
    let spans = map.remove("spans");
    let marked = map.remove("attribution") == Some(Value::Bool(true));
    for k in DROPPED {
        map.remove(k);
    }
    let mut map = unescape(map);
    if !map.contains_key("id") {
        let meta = map.get("meta").and_then(|m| m.get("id")).and_then(scalar);
        if let Some(id) = meta {
            map.insert("id".into(), Value::String(id));
        }
    }
    let id = id_of(&map);
    if answer != "accept" {
        return Err(Refused::new(
            ProblemKind::Skipped,
            id.as_deref(),
            format!("answered `{answer}`"),
        ));
    }
    let mut labels: Vec<&str> = Vec::new();
    if let Some(Value::Array(list)) = &accept {
        labels.extend(list.iter().filter_map(Value::as_str));
    } else if let Some(Value::String(one)) = &label {
        labels.push(one);
    }
    put_labels(&mut map, labels.iter().copied(), names)?;
    let list = match spans {
        Some(Value::Array(list)) if marked || !list.is_empty() || labels.is_empty() => list,
        _ => {
            drop_shown_text(&mut map);
            return Ok(map);
        }
    };
    let spans = list
        .iter()
        .map(|s| {
            Some(ToolSpan {
                label: s.get("label")?.as_str()?.to_string(),
                start: s.get("start")?.as_u64()? as usize,
                end: s.get("end")?.as_u64()? as usize,
            })
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| {
            Refused::new(
                ProblemKind::Malformed,
                id.as_deref(),
                "`spans` wants label, start and end",
            )
        })?;
    put_spans(&mut map, spans)?;
    Ok(map)
}

fn drop_shown_text(map: &mut Map<String, Value>) {
    if map.contains_key("a") && map.contains_key("b") {
        map.remove("text");
    }
}

/// From Standoff's own fields.
pub(super) fn export(mut map: Map<String, Value>, names: &SideNames) -> Map<String, Value> {
    show_pair(&mut map);
    let labels = take_labels(&mut map, names);
    let spans = take_spans(&mut map);
    let pair = map.contains_key("a");
    let mut out = escape(map, &OWN);
    if !labels.is_empty() || spans.is_none() {
        let options: Vec<Value> = all_labels(names)
            .into_iter()
            .filter(|l| {
                let relation = crate::labels::Relation::parse(l).is_some();
                relation == pair
            })
            .map(|l| json!({"id": l, "text": l}))
            .collect();
        out.insert("options".into(), Value::Array(options));
        out.insert("accept".into(), json!(labels));
    }
    if let Some(spans) = spans {
        let list: Vec<Value> = spans
            .iter()
            .map(|s| json!({"start": s.start, "end": s.end, "label": s.label}))
            .collect();
        out.insert("spans".into(), Value::Array(list));
        out.insert("attribution".into(), Value::Bool(true));
    }
    out.insert("answer".into(), "accept".into());
    out
}
