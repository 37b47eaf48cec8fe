//! The analysis as the page's script reads it: compact, each text once.
//!
//! A document holds its text; a statement refers to it by position. Positions
//! are UTF-16 code units, which is what JavaScript counts in. Statements and
//! pairs are arrays, since 20,000 repetitions of a field's name are most of the
//! bytes. `templates/model.js` reads exactly this and names the places.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{json, Map, Value};

use super::words::deciding;
use crate::labels::{Label, Side};
use crate::record::{Analysis, DocumentRecord, How, Speaker, StatementRecord, Weight};
use crate::report::facts::{self, Facts};
use crate::report::text;

#[derive(Serialize)]
pub struct Data {
    sides: [String; 3],
    docs: Vec<Value>,
    speakers: Vec<Value>,
    statements: Vec<Value>,
    pairs: Vec<Value>,
    issues: Vec<Value>,
    unanswered: [Vec<usize>; 2],
    copies: Vec<(usize, Vec<Value>)>,
    rejected: Vec<(String, String)>,
    actors: BTreeMap<String, String>,
}

/// Makes the page's data.
pub fn data(facts: &Facts) -> Data {
    let a = facts.analysis;
    let doc_index: HashMap<&str, usize> = a
        .documents
        .iter()
        .enumerate()
        .rev()
        .map(|(i, d)| (d.id.as_str(), i))
        .collect();
    let units: Vec<Units> = a.documents.iter().map(|d| Units::new(&d.text)).collect();
    let mut speakers = Table::default();
    let statements = a
        .statements
        .iter()
        .map(|s| {
            let doc = s
                .document
                .as_deref()
                .and_then(|d| doc_index.get(d))
                .copied();
            statement(
                facts,
                s,
                doc.map(|d| (d, &a.documents[d], &units[d])),
                &mut speakers,
            )
        })
        .collect();
    let ids = |ids: &[String]| -> Vec<usize> {
        ids.iter()
            .filter_map(|i| facts.position.get(i.as_str()).copied())
            .collect()
    };
    let (pairs, issues) = pairs_and_issues(facts);
    Data {
        sides: [Side::First, Side::Second, Side::Other].map(|s| facts.side_name(s).to_string()),
        docs: a
            .documents
            .iter()
            .zip(&units)
            .map(|(d, u)| document(d, u))
            .collect(),
        speakers: speakers.rows,
        statements,
        pairs,
        issues,
        unanswered: [ids(&a.unanswered[0]), ids(&a.unanswered[1])],
        copies: copies(facts),
        rejected: a
            .rejected
            .iter()
            .map(|r| (r.source.clone(), r.error.clone()))
            .collect(),
        actors: facts
            .actors
            .iter()
            .map(|(&k, v)| (k.to_string(), v.clone()))
            .collect(),
    }
}

fn document(d: &DocumentRecord, units: &Units) -> Value {
    let filtered: Vec<Value> = d
        .filtered
        .iter()
        .filter(|f| f.span.of(&d.text).is_some())
        .map(|f| {
            json!([
                units.at(f.span.start),
                units.at(f.span.end),
                facts::reason(f.reason)
            ])
        })
        .collect();
    let mut v = Map::new();
    v.insert("id".into(), json!(d.id));
    v.insert("x".into(), json!(d.text));
    put(&mut v, "t", d.title.as_deref());
    put(&mut v, "d", d.date.map(|d| d.to_string()).as_deref());
    put(&mut v, "o", outlet(d.outlet.as_deref(), d.url.as_deref()));
    put_url(&mut v, d.url.as_deref());
    if d.source != d.id {
        v.insert("s".into(), json!(d.source));
    }
    if !filtered.is_empty() {
        v.insert("f".into(), json!(filtered));
    }
    Value::Object(v)
}

/// The outlet, else the host of the address.
pub fn outlet<'a>(outlet: Option<&'a str>, url: Option<&'a str>) -> Option<&'a str> {
    outlet
        .filter(|o| !o.trim().is_empty())
        .or_else(|| url.and_then(text::host))
}

fn put(v: &mut Map<String, Value>, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        v.insert(key.into(), json!(value));
    }
}

/// A safe address under `u`; another one under `ux`, to be shown as text.
fn put_url(v: &mut Map<String, Value>, url: Option<&str>) {
    if let Some(url) = url.filter(|u| !u.trim().is_empty()) {
        match text::safe_url(url) {
            Some(url) => v.insert("u".into(), json!(url)),
            None => v.insert("ux".into(), json!(url)),
        };
    }
}

/// Scores in thousandths, in label order.
fn thousandths<'a>(scores: impl Iterator<Item = &'a f64>) -> Vec<i64> {
    scores.map(|&p| thousandth(p)).collect()
}

/// In thousandths; 1000 and 0 only if it is exactly that.
fn thousandth(p: f64) -> i64 {
    match (p * 1000.0).round() as i64 {
        1000 if p < 1.0 => 999,
        0 if p > 0.0 => 1,
        n => n,
    }
}

/// `[doc, start, end, side scores, stance scores, flags, speaker, side words, stance words, id, more]`.
///
/// Flags: bits 0–1 the side, 2–3 the stance, 4 abstained, 5 truncated. An id that begins
/// with `:` follows the document's id. `more` is left out if empty.
fn statement(
    facts: &Facts,
    s: &StatementRecord,
    doc: Option<(usize, &DocumentRecord, &Units)>,
    speakers: &mut Table,
) -> Value {
    let mut more = Map::new();
    let placed = doc.and_then(|(i, d, u)| {
        let span = s.span.filter(|p| p.of(&d.text) == Some(s.text.as_str()))?;
        Some((i, u.at(span.start), u.at(span.end)))
    });
    let (doc_index, start, end) = match (placed, doc) {
        (Some((i, start, end)), _) => (i as i64, start, end),
        (None, doc) => {
            more.insert("x".into(), json!(s.text));
            (doc.map_or(-1, |d| d.0 as i64), 0, 0)
        }
    };
    let record = doc.map(|d| d.1);
    if record.is_none_or(|d| d.date != s.date) {
        put(&mut more, "d", s.date.map(|d| d.to_string()).as_deref());
    }
    if record.is_none_or(|d| d.title != s.title) {
        put(&mut more, "t", s.title.as_deref());
    }
    if record.is_none_or(|d| d.url != s.url || d.outlet != s.outlet) {
        put(
            &mut more,
            "o",
            outlet(s.outlet.as_deref(), s.url.as_deref()),
        );
        put_url(&mut more, s.url.as_deref());
    }
    if let Some(language) = s.language.as_deref().filter(|&l| l != "en") {
        more.insert("l".into(), json!(language));
    }
    let id = match record.and_then(|d| s.id.strip_prefix(d.id.as_str())) {
        Some(rest) if rest.starts_with(':') => rest,
        _ => &s.id,
    };
    let units = Units::new(&s.text);
    let words = |weights: &[Weight]| -> Vec<i64> {
        deciding(weights, &s.text)
            .into_iter()
            .flat_map(|(a, b, _)| [units.at(a) as i64, (units.at(b) - units.at(a)) as i64])
            .collect()
    };
    let explanation = s.explanation.clone().unwrap_or_default();
    let flags = facts.side(s).index()
        | s.stance.label.index() << 2
        | usize::from(s.abstained) << 4
        | usize::from(s.truncated) << 5;
    let speaker = s.speaker.as_ref().map_or(-1, |p| speakers.add(p, s));
    let mut row = vec![
        json!(doc_index),
        json!(start),
        json!(end),
        json!(thousandths(s.side.scores.values())),
        json!(thousandths(s.stance.scores.values())),
        json!(flags),
        json!(speaker),
        json!(words(&explanation.side)),
        json!(words(&explanation.stance)),
        json!(id),
    ];
    if !more.is_empty() {
        row.push(Value::Object(more));
    }
    Value::Array(row)
}

/// Distinct speakers as statements show them.
#[derive(Default)]
struct Table {
    rows: Vec<Value>,
    known: HashMap<String, i64>,
}

impl Table {
    fn add(&mut self, p: &Speaker, s: &StatementRecord) -> i64 {
        let mut v = Map::new();
        v.insert("n".into(), json!(p.name));
        put(&mut v, "r", p.role.as_deref());
        if p.actor.is_some() {
            put(&mut v, "a", p.actor.as_deref());
        }
        // The words that stand for him, where they are not his name.
        if matches!(p.how, How::Coreference | How::Unresolved) && p.text != p.name {
            let words = p.span.of(&s.text).unwrap_or(&p.text);
            v.insert("w".into(), json!(words));
        }
        let how = serde_json::to_value(p.how).unwrap_or_default();
        v.insert("h".into(), how);
        put(&mut v, "note", p.note.as_deref());
        if !p.nested.is_empty() {
            let nested: Vec<&str> = p.nested.iter().map(|n| n.name.as_str()).collect();
            v.insert("q".into(), json!(nested));
        }
        let v = Value::Object(v);
        let next = self.rows.len() as i64;
        *self.known.entry(v.to_string()).or_insert_with(|| {
            self.rows.push(v);
            next
        })
    }
}

/// Pairs as `[id, issue, a, b, similarity, relation, scores, score, primary, actors, terms,
/// days apart]` and issues with positions instead of ids.
fn pairs_and_issues(facts: &Facts) -> (Vec<Value>, Vec<Value>) {
    let a: &Analysis = facts.analysis;
    let issue_index: HashMap<&str, usize> = a
        .issues
        .iter()
        .enumerate()
        .map(|(i, x)| (x.id.as_str(), i))
        .collect();
    let mut pairs = Vec::new();
    let mut pair_index: HashMap<&str, usize> = HashMap::new();
    for p in &a.pairs {
        let (Some(x), Some(y)) = (
            facts.position.get(p.a.as_str()),
            facts.position.get(p.b.as_str()),
        ) else {
            continue;
        };
        pair_index.entry(&p.id).or_insert(pairs.len());
        pairs.push(json!([
            p.id,
            issue_index.get(p.issue.as_str()).map_or(-1, |&i| i as i64),
            x,
            y,
            (p.similarity * 1000.0).round() as i64,
            p.relation.label.index(),
            thousandths(p.relation.scores.values()),
            (p.score * 1000.0).round() as i64,
            u8::from(p.primary),
            p.evidence.actors,
            p.evidence.terms,
            p.evidence.days_apart,
        ]));
    }
    let issues = a
        .issues
        .iter()
        .map(|i| {
            let mut v = Map::new();
            v.insert("id".into(), json!(i.id));
            v.insert("m".into(), json!(facts::matter(i)));
            v.insert("h".into(), json!(text::one_line(&i.headline)));
            put(&mut v, "f", i.from.map(|d| d.to_string()).as_deref());
            put(&mut v, "t", i.to.map(|d| d.to_string()).as_deref());
            let of = |ids: &[String], index: &HashMap<&str, usize>| -> Vec<usize> {
                ids.iter()
                    .filter_map(|id| index.get(id.as_str()).copied())
                    .collect()
            };
            v.insert("p".into(), json!(of(&i.pairs, &pair_index)));
            v.insert("n".into(), json!(of(&i.neighbours, &facts.position)));
            Value::Object(v)
        })
        .collect();
    (pairs, issues)
}

/// Groups of repeated statements; a copy that is no statement of this run keeps its id.
fn copies(facts: &Facts) -> Vec<(usize, Vec<Value>)> {
    let of = |id: &String| match facts.position.get(id.as_str()) {
        Some(&i) => json!(i),
        None => json!(id),
    };
    facts
        .analysis
        .copies
        .iter()
        .filter_map(|c| {
            let first = *facts.position.get(c.statement.as_str())?;
            Some((first, c.copies.iter().map(of).collect()))
        })
        .collect()
}

/// Byte offsets of a text as UTF-16 code units.
pub struct Units {
    /// Byte offset of each character that is longer than a byte, and how many units fewer
    /// than bytes there are from behind it on.
    steps: Vec<(usize, usize)>,
}

impl Units {
    pub fn new(text: &str) -> Self {
        let mut fewer = 0;
        let mut steps = Vec::new();
        if !text.is_ascii() {
            for (at, c) in text.char_indices().filter(|(_, c)| !c.is_ascii()) {
                fewer += c.len_utf8() - c.len_utf16();
                steps.push((at, fewer));
            }
        }
        Units { steps }
    }

    /// The position of a byte offset that lies on a character's border.
    pub fn at(&self, byte: usize) -> usize {
        match self.steps.partition_point(|s| s.0 < byte) {
            0 => byte,
            n => byte - self.steps[n - 1].1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_are_counted_as_javascript_counts() {
        let text = "a“ü🕊b";
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let at = text.find('b').unwrap();
        let units = Units::new(text);
        let (s, e) = (units.at(at), units.at(at + 1));
        assert_eq!(String::from_utf16(&utf16[s..e]).unwrap(), "b");
    }

    proptest! {
        #[test]
        fn any_cut_is_the_same_in_both_counts(text in any::<String>(), cut in any::<prop::sample::Index>()) {
            let borders: Vec<usize> =
                text.char_indices().map(|c| c.0).chain([text.len()]).collect();
            let at = borders[cut.index(borders.len())];
            prop_assert_eq!(Units::new(&text).at(at), text[..at].encode_utf16().count());
        }
    }
}
