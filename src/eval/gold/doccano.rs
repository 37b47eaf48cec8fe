//! doccano exports: text classification (JSONL with `label` as a list, CSV with
//! labels joined by `#`) and sequence labelling (JSONL with `label`/`labels` as
//! `[start, end, label]`, or with `entities`). Offsets are in characters.
//! doccano keeps unknown columns as meta data and exports them beside the label.

use serde_json::{json, Map, Value};

use super::tools::{
    escape, id_of, put_labels, put_spans, show_pair, take_labels, take_spans, unescape, Canonical,
    Refused, ToolSpan,
};
use crate::eval::problem::ProblemKind;
use crate::labels::SideNames;

/// Field names that doccano uses itself.
const OWN: [&str; 8] = [
    "id",
    "label",
    "labels",
    "entities",
    "relations",
    "Comments",
    "comments",
    "cats",
];

/// Whether a record looks like a doccano export.
pub(super) fn is_record(map: &Map<String, Value>) -> bool {
    let text = map.get("text").is_some_and(Value::is_string);
    let list = |k: &str| {
        map.get(k)
            .is_some_and(|v| v.is_array() || v.is_string() || v.is_null())
    };
    let entities = map.get("entities").is_some_and(Value::is_array);
    // With these it is in our own fields already, whatever else it holds.
    let own = ["side", "stance", "relation"]
        .iter()
        .any(|k| map.contains_key(*k))
        || (map.contains_key("speaker") && map.contains_key("content"));
    text && !own && (entities || list("label") || list("labels"))
}

/// Into Standoff's own fields.
pub(super) fn import(mut map: Map<String, Value>, names: &SideNames) -> Canonical {
    let label = map.remove("label").or_else(|| map.remove("labels"));
    let entities = map.remove("entities");
    for tool in ["Comments", "comments", "relations", "labels", "cats"] {
        let empty = match map.get(tool) {
            Some(Value::Array(a)) => a.is_empty(),
            Some(Value::Object(o)) => o.is_empty(),
            Some(Value::Null) => true,
            _ => false,
        };
        if empty {
            map.remove(tool);
        }
    }
    let mut map = unescape(map);
    let id = id_of(&map);
    let bad = |what: &str| Refused::new(ProblemKind::Malformed, id.as_deref(), what);
    if let Some(Value::Array(list)) = entities {
        let spans = list
            .iter()
            .map(|e| {
                Some(ToolSpan {
                    label: e.get("label")?.as_str()?.to_string(),
                    start: e.get("start_offset")?.as_u64()? as usize,
                    end: e.get("end_offset")?.as_u64()? as usize,
                })
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| bad("`entities` wants label, start_offset and end_offset"))?;
        put_spans(&mut map, spans)?;
    }
    match label {
        Some(Value::String(s)) => put_labels(&mut map, s.split('#'), names)?,
        Some(Value::Array(list)) if list.iter().any(Value::is_array) => {
            let spans = list
                .iter()
                .map(|e| {
                    Some(ToolSpan {
                        label: e.get(2)?.as_str()?.to_string(),
                        start: e.get(0)?.as_u64()? as usize,
                        end: e.get(1)?.as_u64()? as usize,
                    })
                })
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| bad("`label` wants [start, end, label]"))?;
            put_spans(&mut map, spans)?;
        }
        Some(Value::Array(list)) => {
            let labels = list
                .iter()
                .map(Value::as_str)
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| bad("`label` wants label names"))?;
            put_labels(&mut map, labels, names)?;
        }
        _ => {}
    }
    if map.contains_key("a") && map.contains_key("b") {
        map.remove("text");
    }
    Ok(map)
}

/// From Standoff's own fields.
pub(super) fn export(mut map: Map<String, Value>, names: &SideNames) -> Map<String, Value> {
    let id = map.get("id").cloned().unwrap_or(Value::Null);
    show_pair(&mut map);
    let labels = take_labels(&mut map, names);
    let spans = take_spans(&mut map);
    let mut out = Map::new();
    // doccano gives its own ids on import; ours comes back under the escaped name.
    out.insert("id".into(), id);
    out.extend(escape(map, &OWN));
    match spans {
        Some(spans) => {
            let entities: Vec<Value> = spans
                .iter()
                .enumerate()
                .map(|(i, s)| {
                    json!({"id": i, "label": s.label, "start_offset": s.start, "end_offset": s.end})
                })
                .collect();
            out.insert("entities".into(), Value::Array(entities));
            out.insert("relations".into(), json!([]));
            if !labels.is_empty() {
                out.insert("label".into(), json!(labels));
            }
        }
        None => {
            out.insert("label".into(), json!(labels));
        }
    }
    out.insert("Comments".into(), json!([]));
    out
}
