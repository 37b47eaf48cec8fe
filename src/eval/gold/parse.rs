//! From a record in Standoff's own fields to a gold record of its kind.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::tools::{scalar, Refused};
use super::{GoldAttribution, GoldCoreference, GoldPair, GoldSpeaker, GoldStatement};
use super::{Item, Meta};
use crate::document::Span;
use crate::eval::contrast::{Event, Place, Truth};
use crate::eval::problem::ProblemKind;
use crate::labels::{Label, Relation, SideNames, Stance};

type Parsed<T> = std::result::Result<T, Refused>;

/// Tells the kind from the fields and reads the record. `line` names records without an id.
pub(super) fn item(mut map: Map<String, Value>, names: &SideNames, line: usize) -> Parsed<Item> {
    if map.contains_key("event") {
        return contrast(&map);
    }
    let id = match map.remove("id") {
        None | Some(Value::Null) => format!("line-{line}"),
        Some(v) => scalar(&v).ok_or_else(|| {
            Refused::new(
                ProblemKind::Malformed,
                None,
                "`id` is not a string or number",
            )
        })?,
    };
    let refuse = |kind, message: String| Refused::new(kind, Some(&id), message);
    let has = |map: &Map<String, Value>, k: &str| map.contains_key(k);
    if has(&map, "statements") && has(&map, "target") {
        return coreference(map, &id).map(Item::Coreference);
    }
    if has(&map, "a") && has(&map, "b") {
        let a = text(&mut map, "a", &id)?;
        let b = text(&mut map, "b", &id)?;
        let label = label(&mut map, "relation", &id)?
            .ok_or_else(|| refuse(ProblemKind::NoLabel, "a pair without `relation`".into()))?;
        let relation = Relation::parse(&label).ok_or_else(|| {
            refuse(
                ProblemKind::UnknownLabel,
                unknown("relation", &label, Relation::ALL.iter().map(|r| r.name())),
            )
        })?;
        return Ok(Item::Pair(GoldPair {
            meta: meta(map, id),
            a,
            b,
            relation,
        }));
    }
    let text = text(&mut map, "text", &id)?;
    let attribution = has(&map, "content")
        && map
            .get("speaker")
            .is_some_and(|s| s.is_object() || s.is_null());
    let marked = attribution
        .then(|| attribution_of(&mut map, &text, &id))
        .transpose()?;
    let side = match label(&mut map, "side", &id)? {
        None => None,
        Some(l) => Some(names.parse(&l).ok_or_else(|| {
            refuse(
                ProblemKind::UnknownLabel,
                format!(
                    "{}; name the sides file of this data with --sides",
                    unknown("side", &l, names.0.iter().map(String::as_str))
                ),
            )
        })?),
    };
    let stance = match label(&mut map, "stance", &id)? {
        None => None,
        Some(l) => Some(Stance::parse(&l).ok_or_else(|| {
            refuse(
                ProblemKind::UnknownLabel,
                unknown("stance", &l, Stance::ALL.iter().map(|s| s.name())),
            )
        })?),
    };
    let labelled = side.is_some() || stance.is_some();
    let meta = meta(map, id.clone());
    let statement = || GoldStatement {
        meta: meta.clone(),
        text: text.clone(),
        side,
        stance,
    };
    match marked {
        None if !labelled => Err(refuse(
            ProblemKind::NoLabel,
            "none of `side`, `stance`, `speaker` with `content`, or `a`, `b` with `relation`"
                .into(),
        )),
        None => Ok(Item::Statement(statement())),
        Some((speaker, cue, content)) => {
            let attribution = GoldAttribution {
                meta: meta.clone(),
                text: text.clone(),
                speaker,
                cue,
                content,
            };
            Ok(if labelled {
                Item::Both(statement(), attribution)
            } else {
                Item::Attribution(attribution)
            })
        }
    }
}

fn unknown<'a>(task: &str, label: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    format!("{task} `{label}` is none of {}", known.join(", "))
}

fn text(map: &mut Map<String, Value>, key: &str, id: &str) -> Parsed<String> {
    match map.remove(key) {
        Some(Value::String(s)) if !s.trim().is_empty() => Ok(s),
        Some(Value::String(_)) => Err(Refused::new(
            ProblemKind::Malformed,
            Some(id),
            format!("`{key}` is empty"),
        )),
        _ => Err(Refused::new(
            ProblemKind::Malformed,
            Some(id),
            format!("no string `{key}`"),
        )),
    }
}

/// A label field: a string, or absent.
fn label(map: &mut Map<String, Value>, key: &str, id: &str) -> Parsed<Option<String>> {
    match map.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(s)) if s.trim().is_empty() => Ok(None),
        Some(Value::String(s)) => Ok(Some(s.trim().to_string())),
        Some(_) => Err(Refused::new(
            ProblemKind::Malformed,
            Some(id),
            format!("`{key}` is not a string"),
        )),
    }
}

fn meta(mut map: Map<String, Value>, id: String) -> Meta {
    let nested = |map: &Map<String, Value>, key: &str| map.get("meta")?.get(key).and_then(scalar);
    let doc = match map.get("doc") {
        Some(v @ (Value::String(_) | Value::Number(_))) => {
            let doc = scalar(v);
            map.remove("doc");
            doc
        }
        _ => nested(&map, "doc"),
    };
    let date = match map.get("date").and_then(Value::as_str).and_then(date_of) {
        Some(d) => {
            map.remove("date");
            Some(d)
        }
        None => nested(&map, "date").as_deref().and_then(date_of),
    };
    Meta {
        id,
        doc,
        date,
        fields: map,
        file: 0,
        line: 0,
    }
}

fn date_of(s: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(s, "%Y-%m-%d")
        .ok()
        .filter(|d| d.to_string() == s)
}

fn span(value: &Value, text: &str, what: &str, id: &str) -> Parsed<Span> {
    let pair = value
        .as_array()
        .filter(|a| a.len() == 2)
        .and_then(|a| Some((a[0].as_u64()? as usize, a[1].as_u64()? as usize)));
    let Some((start, end)) = pair else {
        return Err(Refused::new(
            ProblemKind::Malformed,
            Some(id),
            format!("{what} is not [start, end]"),
        ));
    };
    if start >= end || text.get(start..end).is_none() {
        return Err(Refused::new(
            ProblemKind::BadSpan,
            Some(id),
            format!(
                "{what} [{start}, {end}] does not fall on characters of a text of {} bytes",
                text.len()
            ),
        ));
    }
    Ok(Span::new(start, end))
}

type Marked = (Option<GoldSpeaker>, Option<Span>, Vec<Span>);

fn attribution_of(map: &mut Map<String, Value>, text: &str, id: &str) -> Parsed<Marked> {
    let speaker = match map.remove("speaker") {
        Some(Value::Object(mut s)) => {
            let value = s.remove("span").unwrap_or(Value::Null);
            let span = span(&value, text, "speaker.span", id)?;
            if let Some(Value::String(said)) = s.remove("text") {
                if span.of(text) != Some(said.as_str()) {
                    return Err(Refused::new(
                        ProblemKind::BadSpan,
                        Some(id),
                        format!(
                            "speaker.span covers `{}`, but speaker.text is `{said}` (spans are in bytes)",
                            span.of(text).unwrap_or("")
                        ),
                    ));
                }
            }
            let actor = match s.remove("actor") {
                Some(Value::String(a)) if !a.is_empty() => Some(a),
                _ => None,
            };
            for (k, v) in s {
                map.insert(format!("speaker.{k}"), v);
            }
            Some(GoldSpeaker { span, actor })
        }
        _ => None,
    };
    let cue = match map.remove("cue") {
        None | Some(Value::Null) => None,
        Some(v) => Some(span(&v, text, "cue", id)?),
    };
    let content = match map.remove("content") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list
            .iter()
            .map(|v| span(v, text, "content", id))
            .collect::<Parsed<_>>()?,
        Some(_) => {
            return Err(Refused::new(
                ProblemKind::Malformed,
                Some(id),
                "`content` is not a list of spans",
            ))
        }
    };
    Ok((speaker, cue, content))
}

fn coreference(mut map: Map<String, Value>, id: &str) -> Parsed<GoldCoreference> {
    let malformed = |m: &str| Refused::new(ProblemKind::Malformed, Some(id), m);
    let statements = match map.remove("statements") {
        Some(Value::Array(list)) => list
            .into_iter()
            .map(|v| v.as_str().map(String::from))
            .collect::<Option<Vec<_>>>(),
        _ => None,
    }
    .ok_or_else(|| malformed("`statements` is not a list of strings"))?;
    let target = map
        .remove("target")
        .and_then(|t| t.as_u64())
        .map(|t| t as usize)
        .filter(|&t| t < statements.len())
        .ok_or_else(|| malformed("`target` is not the index of a statement"))?;
    let actor = match map.remove("actor") {
        Some(Value::String(a)) => Some(a),
        _ => None,
    };
    Ok(GoldCoreference {
        meta: meta(map, id.to_string()),
        statements,
        target,
        actor,
    })
}

/// A line of a corpus of contrasts: a true pair, or a statement of an event.
fn contrast(map: &Map<String, Value>) -> Parsed<Item> {
    let malformed = |m: &str| Refused::new(ProblemKind::Malformed, None, m);
    let event = map.get("event").and_then(scalar);
    let place = |v: &Value| {
        Some(Place {
            document: v.get("document")?.as_str()?.to_string(),
            text: v.get("text")?.as_str()?.to_string(),
        })
    };
    if let (Some(a), Some(b)) = (map.get("a"), map.get("b")) {
        let (a, b) = place(a)
            .zip(place(b))
            .ok_or_else(|| malformed("`a` and `b` want document and text"))?;
        let event = event.ok_or_else(|| malformed("`event` is not a name"))?;
        return Ok(Item::Truth(Truth { event, a, b }));
    }
    let place = place(&Value::Object(map.clone()))
        .ok_or_else(|| malformed("an event wants document and text"))?;
    Ok(Item::Event(Event { event, place }))
}
