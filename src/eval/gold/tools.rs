//! What the formats of annotation tools have in common: one list of labels for
//! all tasks, spans in characters, fields that collide with a tool's own.

use serde_json::{Map, Value};

use crate::eval::problem::ProblemKind;
use crate::labels::{Label, Relation, SideNames, Stance};

/// A record that cannot be used, and why.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) kind: ProblemKind,
    pub(super) id: Option<String>,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn new(kind: ProblemKind, id: Option<&str>, message: impl Into<String>) -> Self {
        Refused {
            kind,
            id: id.map(String::from),
            message: message.into(),
        }
    }
}

pub(super) type Canonical = std::result::Result<Map<String, Value>, Refused>;

/// The field that a label belongs to, and the label without its prefix:
/// `side:other`, `stance=neutral`, or a bare label that only one task has.
pub(super) fn task_of(label: &str, names: &SideNames) -> Option<(&'static str, String)> {
    for task in ["side", "stance", "relation"] {
        let rest = label.strip_prefix(task);
        if let Some(l) = rest.and_then(|r| r.strip_prefix([':', '='])) {
            return Some((task, l.trim().to_string()));
        }
    }
    let l = label.trim();
    if names.parse(l).is_some() {
        Some(("side", l.to_string()))
    } else if Stance::parse(l).is_some() {
        Some(("stance", l.to_string()))
    } else {
        Relation::parse(l).map(|_| ("relation", l.to_string()))
    }
}

/// A label as it is written to a tool that has one list of labels.
pub(super) fn list_label(task: &str, label: &str, names: &SideNames) -> String {
    match task_of(label, names) {
        Some((t, l)) if t == task && l == label => label.to_string(),
        _ => format!("{task}:{label}"),
    }
}

/// Puts labels of a tool's one list into the fields of their tasks.
pub(super) fn put_labels<'a>(
    map: &mut Map<String, Value>,
    labels: impl IntoIterator<Item = &'a str>,
    names: &SideNames,
) -> std::result::Result<(), Refused> {
    for label in labels {
        let id = id_of(map);
        let (task, name) = task_of(label, names).ok_or_else(|| {
            Refused::new(
                ProblemKind::UnknownLabel,
                id.as_deref(),
                format!("`{label}` is none of {}", all_labels(names).join(", ")),
            )
        })?;
        match map.get(task) {
            Some(Value::String(other)) if *other != name => {
                return Err(Refused::new(
                    ProblemKind::Undecided,
                    id.as_deref(),
                    format!("two labels for {task}: `{other}` and `{name}`"),
                ));
            }
            _ => {
                map.insert(task.into(), Value::String(name));
            }
        }
    }
    Ok(())
}

/// All labels of all tasks, for messages.
pub(super) fn all_labels(names: &SideNames) -> Vec<String> {
    let mut out: Vec<String> = names.0.to_vec();
    out.extend(Stance::ALL.iter().map(|s| s.name().to_string()));
    out.extend(Relation::ALL.iter().map(|r| r.name().to_string()));
    out
}

/// The id as a string, also if it is a number.
pub(super) fn id_of(map: &Map<String, Value>) -> Option<String> {
    scalar(map.get("id")?)
}

/// A string or number as a string.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// A span as an annotation tool gives it.
pub(super) struct ToolSpan {
    pub(super) label: String,
    /// In characters (Unicode scalar values).
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Byte offset of a character offset; `None` beyond the end.
pub(super) fn byte_of(text: &str, character: usize) -> Option<usize> {
    text.char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .nth(character)
}

/// Character offset of a byte offset.
pub(super) fn char_of(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(0, |s| s.chars().count())
}

/// Puts a tool's spans into `speaker`, `cue` and `content`.
pub(super) fn put_spans(
    map: &mut Map<String, Value>,
    spans: Vec<ToolSpan>,
) -> std::result::Result<(), Refused> {
    let id = id_of(map);
    let text = map
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_string();
    let (mut speaker, mut cue, mut content) = (None, None, Vec::new());
    for s in spans {
        let range = byte_of(&text, s.start)
            .zip(byte_of(&text, s.end))
            .filter(|(a, b)| a < b)
            .ok_or_else(|| {
                Refused::new(
                    ProblemKind::BadSpan,
                    id.as_deref(),
                    format!(
                        "characters {} to {} of a text of {}",
                        s.start,
                        s.end,
                        text.chars().count()
                    ),
                )
            })?;
        let value = Value::from(vec![range.0, range.1]);
        let slot = match s.label.to_lowercase().as_str() {
            "speaker" | "source" => &mut speaker,
            "cue" => &mut cue,
            "content" => {
                content.push((range, value));
                continue;
            }
            other => {
                return Err(Refused::new(
                    ProblemKind::UnknownLabel,
                    id.as_deref(),
                    format!("span label `{other}` is none of speaker, cue, content"),
                ));
            }
        };
        if slot.replace(value).is_some() {
            return Err(Refused::new(
                ProblemKind::Undecided,
                id.as_deref(),
                format!(
                    "two spans are labelled {}; mark the outermost only",
                    s.label
                ),
            ));
        }
    }
    content.sort_by_key(|c| c.0);
    let actor = map.remove(ACTOR).unwrap_or(Value::Null);
    let mut as_found = Map::new();
    if let Some(span) = speaker {
        as_found.insert("actor".into(), actor);
        as_found.insert("span".into(), span);
    }
    map.insert(
        "speaker".into(),
        if as_found.is_empty() {
            Value::Null
        } else {
            Value::Object(as_found)
        },
    );
    map.insert("cue".into(), cue.unwrap_or(Value::Null));
    map.insert(
        "content".into(),
        Value::Array(content.into_iter().map(|c| c.1).collect()),
    );
    Ok(())
}

/// The record's spans as a tool wants them: label, start and end in characters.
pub(super) fn take_spans(map: &mut Map<String, Value>) -> Option<Vec<ToolSpan>> {
    if !(map.contains_key("content") && map.contains_key("speaker")) {
        return None;
    }
    let text = map.get("text")?.as_str()?.to_string();
    let mut out = Vec::new();
    let mut add = |label: &str, v: &Value| {
        let at = |i: usize| Some(char_of(&text, v.get(i)?.as_u64()? as usize));
        if let (Some(start), Some(end)) = (at(0), at(1)) {
            out.push(ToolSpan {
                label: label.into(),
                start,
                end,
            });
        }
    };
    if let Some(speaker) = map.remove("speaker") {
        for (key, value) in speaker.as_object().into_iter().flatten() {
            match key.as_str() {
                "span" => add("speaker", value),
                "text" => {}
                "actor" if value.is_null() => {}
                "actor" => {
                    map.insert(ACTOR.into(), value.clone());
                }
                _ => {
                    map.insert(format!("speaker.{key}"), value.clone());
                }
            }
        }
    }
    if let Some(cue) = map.remove("cue") {
        add("cue", &cue);
    }
    if let Some(Value::Array(content)) = map.remove("content") {
        content.iter().for_each(|c| add("content", c));
    }
    Some(out)
}

/// Meta field that carries the speaker's actor through tools that know only spans.
pub(super) const ACTOR: &str = "speaker_actor";

/// Prefix for fields whose own name a tool uses itself.
pub(super) const ESCAPE: &str = "standoff_";

/// Renames fields that would collide with a tool's own, so that they survive the way there and back.
pub(super) fn escape(map: Map<String, Value>, reserved: &[&str]) -> Map<String, Value> {
    map.into_iter()
        .map(|(k, v)| {
            if reserved.contains(&k.as_str()) || k.starts_with(ESCAPE) {
                (format!("{ESCAPE}{k}"), v)
            } else {
                (k, v)
            }
        })
        .collect()
}

/// Undoes [`escape`]; an escaped field wins over the tool's own of that name.
pub(super) fn unescape(map: Map<String, Value>) -> Map<String, Value> {
    let (escaped, plain): (Vec<_>, Vec<_>) =
        map.into_iter().partition(|(k, _)| k.starts_with(ESCAPE));
    let mut out: Map<String, Value> = plain.into_iter().collect();
    for (k, v) in escaped {
        out.insert(k[ESCAPE.len()..].to_string(), v);
    }
    out
}

/// Takes the task labels out of a record, as one list.
pub(super) fn take_labels(map: &mut Map<String, Value>, names: &SideNames) -> Vec<String> {
    ["side", "stance", "relation"]
        .iter()
        .filter_map(|task| {
            let label = map.remove(*task)?;
            Some(list_label(task, label.as_str()?, names))
        })
        .collect()
}

/// Gives a pair the one text that annotation tools show.
pub(super) fn show_pair(map: &mut Map<String, Value>) {
    if let (Some(a), Some(b)) = (
        map.get("a").and_then(Value::as_str),
        map.get("b").and_then(Value::as_str),
    ) {
        let text = format!("{a}\n{b}");
        map.insert("text".into(), Value::String(text));
    }
}
