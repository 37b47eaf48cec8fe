//! Label Studio exports: JSON (tasks with `data` and `annotations`) and
//! JSON-MIN/CSV (flat, with `annotation_id`). Choices are named by their
//! control (`side`, `stance`, `relation`) or told by the label; spans come from
//! a `labels` control, with offsets in characters (checked against the text
//! that the export repeats; UTF-16 units, as browsers count, are recognised).

use serde_json::{json, Map, Value};

use super::tools::{
    escape, id_of, put_labels, put_spans, scalar, show_pair, take_spans, unescape, Canonical,
    Refused, ToolSpan,
};
use crate::eval::problem::ProblemKind;
use crate::labels::SideNames;

const TASKS: [&str; 3] = ["side", "stance", "relation"];

/// Whether a record is a task of the JSON export.
pub(super) fn is_task(map: &Map<String, Value>) -> bool {
    map.get("data").is_some_and(Value::is_object)
        && map.get("annotations").is_some_and(Value::is_array)
}

/// Whether a record is a row of the JSON-MIN or CSV export.
pub(super) fn is_min(map: &Map<String, Value>) -> bool {
    map.contains_key("annotation_id") && map.contains_key("annotator")
}

/// A task into Standoff's own fields.
pub(super) fn import(task: Map<String, Value>, names: &SideNames) -> Canonical {
    let mut data = task
        .get("data")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    if !data.contains_key("id") {
        if let Some(id) = task.get("id").and_then(scalar) {
            data.insert("id".into(), Value::String(id));
        }
    }
    let id = id_of(&data);
    let all: Vec<&Value> = task
        .get("annotations")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|a| a.get("was_cancelled") != Some(&Value::Bool(true)))
        .collect();
    let truth = all
        .iter()
        .find(|a| a.get("ground_truth") == Some(&Value::Bool(true)));
    let chosen: Vec<&Value> = truth.map_or(all.clone(), |t| vec![*t]);
    let mut read = chosen.iter().map(|a| annotation(&data, a, names));
    let Some(first) = read.next() else {
        return Err(Refused::new(
            ProblemKind::Skipped,
            id.as_deref(),
            "no annotation, or all cancelled",
        ));
    };
    let first = first?;
    for other in read {
        if other? != first {
            return Err(Refused::new(
                ProblemKind::Undecided,
                id.as_deref(),
                "several annotations that differ; decide, or mark one as ground truth",
            ));
        }
    }
    Ok(first)
}

/// One annotation's results, put into the task's data.
fn annotation(data: &Map<String, Value>, annotation: &Value, names: &SideNames) -> Canonical {
    let mut map = data.clone();
    // Labels come from the annotation, not from what was shown beside the text.
    let unmarked = map.remove("attribution") == Some(Value::Bool(true));
    let mut map = unescape(
        map.into_iter()
            .filter(|(k, _)| !TASKS.contains(&k.as_str()))
            .collect(),
    );
    let id = id_of(&map);
    let text = map
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_string();
    let mut spans: Option<Vec<ToolSpan>> = None;
    for r in annotation
        .get("result")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let value = r.get("value").unwrap_or(&Value::Null);
        let name = r.get("from_name").and_then(Value::as_str).unwrap_or("");
        match r.get("type").and_then(Value::as_str) {
            Some("choices") => {
                let choices = strings(value.get("choices"));
                put_choices(&mut map, name, &choices, names)?;
            }
            Some("labels" | "hypertextlabels") => {
                let list = spans.get_or_insert_with(Vec::new);
                for label in strings(value.get("labels").or(value.get("hypertextlabels"))) {
                    list.push(tool_span(&text, value, label, id.as_deref())?);
                }
            }
            _ => {}
        }
    }
    // A span project marks "no attribution" by leaving the text unmarked; our own
    // export says so in the data.
    if unmarked && spans.is_none() {
        spans = Some(Vec::new());
    }
    if let Some(spans) = spans {
        put_spans(&mut map, spans)?;
    }
    drop_shown_text(&mut map);
    Ok(map)
}

/// A flat row into Standoff's own fields; the tool's columns stay as they are.
pub(super) fn import_min(mut map: Map<String, Value>, names: &SideNames) -> Canonical {
    let id = id_of(&map);
    let text = map
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_string();
    let mut spans: Option<Vec<ToolSpan>> = None;
    let keys: Vec<String> = map.keys().cloned().collect();
    for key in keys {
        let is_spans = map[&key]
            .as_array()
            .is_some_and(|list| !list.is_empty() && list.iter().all(|v| v.get("labels").is_some()));
        if is_spans {
            if let Some(Value::Array(list)) = map.remove(&key) {
                let out = spans.get_or_insert_with(Vec::new);
                for v in &list {
                    for label in strings(v.get("labels")) {
                        out.push(tool_span(&text, v, label, id.as_deref())?);
                    }
                }
            }
            continue;
        }
        let task = matches!(key.as_str(), "side" | "stance" | "relation");
        if task || matches!(key.as_str(), "label" | "choice" | "sentiment") {
            if let Some(value) = map.remove(&key) {
                let choices = match value.get("choices") {
                    Some(c) => strings(Some(c)),
                    None => strings(Some(&value)),
                };
                put_choices(&mut map, &key, &choices, names)?;
            }
        }
    }
    if let Some(spans) = spans {
        put_spans(&mut map, spans)?;
    }
    drop_shown_text(&mut map);
    Ok(map)
}

fn drop_shown_text(map: &mut Map<String, Value>) {
    if map.contains_key("a") && map.contains_key("b") {
        map.remove("text");
    }
}

/// Labels of a choice control: its name is the task, or the labels tell it.
fn put_choices(
    map: &mut Map<String, Value>,
    name: &str,
    choices: &[String],
    names: &SideNames,
) -> Result<(), Refused> {
    let labels: Vec<String> = choices
        .iter()
        .map(|c| match name {
            "side" | "stance" | "relation" => format!("{name}:{c}"),
            _ => c.clone(),
        })
        .collect();
    put_labels(map, labels.iter().map(String::as_str), names)
}

fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(s)) => vec![s.clone()],
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|v| v.as_str().map(String::from))
            .collect(),
        _ => Vec::new(),
    }
}

/// A span with offsets in characters, whichever unit the export counted in.
fn tool_span(
    text: &str,
    value: &Value,
    label: String,
    id: Option<&str>,
) -> Result<ToolSpan, Refused> {
    let offset = |k: &str| value.get(k).and_then(Value::as_u64).map(|n| n as usize);
    let (Some(start), Some(end)) = (offset("start"), offset("end")) else {
        return Err(Refused::new(
            ProblemKind::BadSpan,
            id,
            "a span without whole-number `start` and `end`",
        ));
    };
    let by_char: String = text
        .chars()
        .skip(start)
        .take(end.saturating_sub(start))
        .collect();
    let said = value.get("text").and_then(Value::as_str);
    let Some(said) = said.filter(|s| *s != by_char) else {
        return Ok(ToolSpan { label, start, end });
    };
    // Not characters: try UTF-16 units.
    let units: Vec<u16> = text.encode_utf16().collect();
    let in_utf16 = units.get(start..end).map(String::from_utf16_lossy);
    if in_utf16.as_deref() != Some(said) {
        return Err(Refused::new(
            ProblemKind::BadSpan,
            id,
            format!("{start} to {end} is `{by_char}`, but the export says `{said}`"),
        ));
    }
    let chars = |n: usize| String::from_utf16_lossy(&units[..n]).chars().count();
    Ok(ToolSpan {
        label,
        start: chars(start),
        end: chars(end),
    })
}

/// From Standoff's own fields.
pub(super) fn export(mut map: Map<String, Value>, number: usize) -> Value {
    show_pair(&mut map);
    let mut result = Vec::new();
    for task in TASKS {
        if let Some(label) = map.remove(task) {
            result.push(
                json!({"id": format!("r{}", result.len()), "from_name": task,
                "to_name": "text", "type": "choices", "value": {"choices": [label]}}),
            );
        }
    }
    let spans = take_spans(&mut map);
    let mut map = escape(map, &["attribution"]);
    if let Some(spans) = spans {
        let text = map
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_string();
        map.insert("attribution".into(), Value::Bool(true));
        for s in spans {
            let said: String = text.chars().skip(s.start).take(s.end - s.start).collect();
            result.push(
                json!({"id": format!("r{}", result.len()), "from_name": "span",
                "to_name": "text", "type": "labels",
                "value": {"start": s.start, "end": s.end, "text": said, "labels": [s.label]}}),
            );
        }
    }
    json!({"id": number, "data": map,
        "annotations": [{"id": number, "result": result, "was_cancelled": false, "ground_truth": false}]})
}
