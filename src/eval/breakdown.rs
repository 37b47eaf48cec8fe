//! Figures by the values of a field of the gold records.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::attribution::{self, RecordCounts};
use super::bootstrap::{Bootstrap, Figure, Groups};
use super::classification::Task;
use super::gold::{Gold, GoldRecord};

/// Values shown per field; the rarer ones are put together.
const MOST: usize = 40;

/// Figures of the records that share a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    pub value: String,
    pub n: u64,
    /// By key: `accuracy` and `macro_f1`, or `content.token_f1` and the like.
    pub figures: IndexMap<String, Figure>,
}

/// One task broken down by one field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breakdown {
    pub task: String,
    pub field: String,
    /// Most frequent first; times and lengths in their order.
    pub parts: Vec<Part>,
}

/// A record's value of a field. `year`, `month`, `length` (words) and `file` are made from others.
pub fn value(gold: &Gold, record: &dyn GoldRecord, field: &str) -> String {
    let meta = record.meta();
    let none = || "(none)".to_string();
    if let Some(v) = meta.fields.get(field) {
        return match v {
            Value::String(s) => s.clone(),
            Value::Null => none(),
            v => v.to_string(),
        };
    }
    match field {
        "year" => meta
            .date
            .map(|d| d.format("%Y").to_string())
            .unwrap_or_else(none),
        "month" => meta
            .date
            .map(|d| d.format("%Y-%m").to_string())
            .unwrap_or_else(none),
        "date" => meta.date.map(|d| d.to_string()).unwrap_or_else(none),
        "doc" => meta.doc.clone().unwrap_or_else(none),
        "length" => length(record.shown().unicode_words().count()).to_string(),
        "file" => gold
            .files
            .get(meta.file)
            .map(|f| f.display().to_string())
            .unwrap_or_else(none),
        _ => none(),
    }
}

/// Groups of lengths in words.
const LENGTHS: [&str; 5] = [
    "1–10 words",
    "11–20 words",
    "21–30 words",
    "31–50 words",
    "over 50 words",
];

fn length(words: usize) -> &'static str {
    LENGTHS[match words {
        0..=10 => 0,
        11..=20 => 1,
        21..=30 => 2,
        31..=50 => 3,
        _ => 4,
    }]
}

/// Whether any record has the field.
pub fn known(gold: &Gold, field: &str) -> bool {
    let has = |r: &dyn GoldRecord| value(gold, r, field) != "(none)";
    gold.statements.iter().any(|r| has(r))
        || gold.attributions.iter().any(|r| has(r))
        || gold.pairs.iter().any(|r| has(r))
}

/// All fields that a breakdown can be made by, for messages.
pub fn fields(gold: &Gold) -> Vec<String> {
    let mut out: Vec<String> = ["year", "month", "date", "doc", "length", "file"]
        .map(String::from)
        .to_vec();
    let metas = gold
        .statements
        .iter()
        .map(|s| &s.meta)
        .chain(gold.attributions.iter().map(|s| &s.meta))
        .chain(gold.pairs.iter().map(|s| &s.meta));
    let mut seen = std::collections::BTreeSet::new();
    for m in metas {
        seen.extend(m.fields.keys().cloned());
    }
    out.extend(seen);
    out
}

/// Groups row numbers by value, the most frequent first, or in order where there is one.
fn split(field: &str, values: &[String]) -> Vec<(String, Vec<usize>)> {
    let mut by: IndexMap<&str, Vec<usize>> = IndexMap::new();
    for (i, v) in values.iter().enumerate() {
        by.entry(v).or_default().push(i);
    }
    let mut parts: Vec<(String, Vec<usize>)> = by
        .into_iter()
        .map(|(v, rows)| (v.to_string(), rows))
        .collect();
    parts.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    if parts.len() > MOST {
        let rest = parts.split_off(MOST - 1);
        let name = format!("(the other {} values)", rest.len());
        parts.push((name, rest.into_iter().flat_map(|r| r.1).collect()));
    }
    match field {
        "year" | "month" | "date" => parts.sort_by(|a, b| a.0.cmp(&b.0)),
        "length" => parts.sort_by_key(|p| LENGTHS.iter().position(|l| *l == p.0)),
        _ => {}
    }
    parts
}

/// Breaks a classification task down. `values`: the field's value of every row.
pub fn classification(
    name: &str,
    task: &Task,
    field: &str,
    values: &[String],
    bootstrap: Bootstrap,
) -> Breakdown {
    Breakdown {
        task: name.into(),
        field: field.into(),
        parts: split(field, values)
            .into_iter()
            .map(|(value, rows)| {
                let [accuracy, macro_f1] = task.part(&rows, bootstrap);
                Part {
                    value,
                    n: rows.len() as u64,
                    figures: IndexMap::from([
                        ("accuracy".into(), accuracy),
                        ("macro_f1".into(), macro_f1),
                    ]),
                }
            })
            .collect(),
    }
}

/// Breaks attributions down.
pub fn attributions(
    records: &[RecordCounts],
    groups: &Groups,
    field: &str,
    values: &[String],
    bootstrap: Bootstrap,
) -> Breakdown {
    Breakdown {
        task: "attribution".into(),
        field: field.into(),
        parts: split(field, values)
            .into_iter()
            .map(|(value, rows)| {
                let part: Vec<RecordCounts> = rows.iter().map(|&i| records[i]).collect();
                let r = attribution::report(&part, &groups.subset(&rows), bootstrap);
                let mut figures = IndexMap::new();
                for role in &r.roles {
                    figures.insert(format!("{}.token_f1", role.role), role.token.f1);
                }
                figures.insert("actor.accuracy".into(), r.actor.accuracy);
                Part {
                    value,
                    n: rows.len() as u64,
                    figures,
                }
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::SideNames;

    #[test]
    fn values_are_taken_or_made() {
        let names = SideNames::new("x", "y");
        let gold = Gold::parse(
            std::path::Path::new("g.jsonl"),
            r#"{"id":1,"text":"One two three.","side":"x","date":"2022-02-24","outlet":"A","n":3}"#,
            &names,
        )
        .unwrap();
        let s = &gold.statements[0];
        for (field, expected) in [
            ("year", "2022"),
            ("month", "2022-02"),
            ("length", "1–10 words"),
            ("outlet", "A"),
            ("n", "3"),
            ("doc", "(none)"),
            ("file", "g.jsonl"),
        ] {
            assert_eq!(value(&gold, s, field), expected);
        }
        assert!(known(&gold, "outlet") && !known(&gold, "colour"));
        assert!(fields(&gold).contains(&"outlet".to_string()));
    }

    #[test]
    fn rare_values_are_put_together() {
        let values: Vec<String> = (0..100).map(|i| format!("v{:02}", i.min(60))).collect();
        let parts = split("outlet", &values);
        assert_eq!(parts.len(), MOST);
        assert_eq!(parts[0].0, "v60");
        assert_eq!(parts.iter().map(|p| p.1.len()).sum::<usize>(), 100);
        assert_eq!(parts.last().unwrap().0, "(the other 22 values)");
    }
}
