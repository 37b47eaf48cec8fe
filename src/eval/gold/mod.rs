//! Gold data: hand-labelled statements, attributions, pairs and coreference
//! cases. The kind is told from the fields, the file format (Standoff's own
//! JSONL or CSV, or an export of doccano, Label Studio or Prodigy) as well.

mod doccano;
mod label_studio;
mod parse;
mod prodigy;
mod write;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::contrast::{Event, Truth};
use super::problem::{Problem, ProblemKind};
use super::records;
use crate::document::Span;
use crate::labels::{Relation, Side, SideNames, Stance};
use crate::{Error, Result};

pub use write::Format;

/// What every gold record has.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    pub id: String,
    /// Document (or any other unit that belongs together); the bootstrap draws these.
    pub doc: Option<String>,
    pub date: Option<NaiveDate>,
    /// All other fields, as they came.
    pub fields: Map<String, Value>,
    /// Index into [`Gold::files`].
    pub file: usize,
    /// Line or record number in the file.
    pub line: usize,
}

impl PartialEq for Meta {
    /// Compares what was labelled, not where it stood.
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && self.doc == other.doc
            && self.date == other.date
            && self.fields == other.fields
    }
}

/// A labelled statement; at least one label is there.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldStatement {
    pub meta: Meta,
    pub text: String,
    pub side: Option<Side>,
    pub stance: Option<Stance>,
}

/// The speaker of a labelled attribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldSpeaker {
    /// Bytes in the text.
    pub span: Span,
    /// Id in the sides file, if he is in it and can be told.
    pub actor: Option<String>,
}

/// A text with its marked (outermost) attribution, or with none.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldAttribution {
    pub meta: Meta,
    pub text: String,
    pub speaker: Option<GoldSpeaker>,
    pub cue: Option<Span>,
    pub content: Vec<Span>,
}

/// A labelled pair of statements.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldPair {
    pub meta: Meta,
    pub a: String,
    pub b: String,
    pub relation: Relation,
}

/// A small document and the actor who speaks in one of its statements.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldCoreference {
    pub meta: Meta,
    pub statements: Vec<String>,
    /// Index of the statement whose speaker is asked for.
    pub target: usize,
    /// The right actor; `None` if "unresolved" is right.
    pub actor: Option<String>,
}

impl GoldCoreference {
    /// Whether the statements stand in a reliable order (`order` is not `unreliable`).
    pub fn ordered(&self) -> bool {
        self.meta.fields.get("order").and_then(Value::as_str) != Some("unreliable")
    }
}

/// A gold record of any kind, for breakdowns, matching and lists of errors.
pub trait GoldRecord {
    fn meta(&self) -> &Meta;
    /// What was labelled, in one string.
    fn shown(&self) -> Cow<'_, str>;
}

macro_rules! gold_record {
    ($type:ty, $self:ident, $shown:expr) => {
        impl GoldRecord for $type {
            fn meta(&self) -> &Meta {
                &self.meta
            }
            fn shown(&$self) -> Cow<'_, str> {
                $shown
            }
        }
    };
}

gold_record!(GoldStatement, self, Cow::Borrowed(&self.text));
gold_record!(GoldAttribution, self, Cow::Borrowed(&self.text));
gold_record!(GoldPair, self, Cow::Owned(format!("{}\n{}", self.a, self.b)));
gold_record!(
    GoldCoreference,
    self,
    Cow::Borrowed(&self.statements[self.target])
);

/// Everything read from the gold files.
#[derive(Debug, Clone, Default)]
pub struct Gold {
    pub files: Vec<PathBuf>,
    pub statements: Vec<GoldStatement>,
    pub attributions: Vec<GoldAttribution>,
    pub pairs: Vec<GoldPair>,
    pub coreferences: Vec<GoldCoreference>,
    /// True contrasts of an end-to-end corpus.
    pub truths: Vec<Truth>,
    /// Statements that belong to an event of an end-to-end corpus.
    pub events: Vec<Event>,
    pub problems: Vec<Problem>,
}

/// One record, told from its fields.
enum Item {
    Statement(GoldStatement),
    Attribution(GoldAttribution),
    /// Labels and a marked attribution in one record.
    Both(GoldStatement, GoldAttribution),
    Pair(GoldPair),
    Coreference(GoldCoreference),
    Truth(Truth),
    Event(Event),
}

impl Gold {
    /// Reads gold files.
    pub fn read(paths: &[PathBuf], names: &SideNames) -> Result<Gold> {
        let mut gold = Gold::default();
        for path in paths {
            let file = records::read(path)?;
            gold.add(file, names);
        }
        Ok(gold)
    }

    /// Reads gold from a text as if it stood in a file of that name.
    pub fn parse(path: &Path, text: &str, names: &SideNames) -> Result<Gold> {
        let mut gold = Gold::default();
        gold.add(records::parse(path, text)?, names);
        Ok(gold)
    }

    fn add(&mut self, file: records::RawFile, names: &SideNames) {
        let index = self.files.len();
        self.files.push(file.path.clone());
        self.problems.extend(file.problems);
        let mut seen: HashMap<(u8, String), usize> = HashMap::new();
        for raw in file.records {
            let place = records::place(&file.path, raw.line);
            let item = import(raw.map, names).and_then(|map| parse::item(map, names, raw.line));
            let mut item = match item {
                Ok(item) => item,
                Err(e) => {
                    self.problems
                        .push(Problem::new(e.kind, place, e.id.as_deref(), e.message));
                    continue;
                }
            };
            if let Some((kind, meta)) = item.meta_mut() {
                meta.file = index;
                meta.line = raw.line;
                if let Some(first) = seen.insert((kind, meta.id.clone()), raw.line) {
                    seen.insert((kind, meta.id.clone()), first);
                    self.problems.push(Problem::new(
                        ProblemKind::DuplicateId,
                        place,
                        Some(&meta.id),
                        format!("the id stands on line {first} already; the first is used"),
                    ));
                    continue;
                }
            }
            self.push(item, index, raw.line);
        }
    }

    fn push(&mut self, item: Item, file: usize, line: usize) {
        match item {
            Item::Statement(s) => self.statements.push(s),
            Item::Attribution(a) => self.attributions.push(a),
            Item::Both(s, mut a) => {
                a.meta.file = file;
                a.meta.line = line;
                self.statements.push(s);
                self.attributions.push(a);
            }
            Item::Pair(p) => self.pairs.push(p),
            Item::Coreference(c) => self.coreferences.push(c),
            Item::Truth(t) => self.truths.push(t),
            Item::Event(e) => self.events.push(e),
        }
    }

    /// Number of records that can be scored.
    pub fn len(&self) -> usize {
        self.statements.len()
            + self.attributions.len()
            + self.pairs.len()
            + self.coreferences.len()
            + self.truths.len()
    }

    /// Whether nothing can be scored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `FILE:LINE` of a record.
    pub fn place(&self, meta: &Meta) -> String {
        self.files
            .get(meta.file)
            .map(|f| records::place(f, meta.line))
            .unwrap_or_else(|| format!("record {}", meta.line))
    }

    /// Writes the statements, attributions and pairs in one of the formats that [`Gold::read`] reads.
    pub fn write(&self, format: Format, names: &SideNames) -> Result<Vec<u8>> {
        write::write(self, format, names)
    }

    /// The error for gold files that hold nothing to score.
    pub fn nothing_usable(&self) -> Error {
        let files: Vec<String> = self.files.iter().map(|f| f.display().to_string()).collect();
        let why = self
            .problems
            .first()
            .map(|p| format!("; first: {}", p.line()))
            .unwrap_or_default();
        Error::Other(format!(
            "no usable gold record in {} ({} rejected{why})",
            files.join(", "),
            self.problems.iter().filter(|p| p.kind.rejects()).count()
        ))
    }
}

impl Item {
    /// The kind as a number and the meta data of records that have an id.
    fn meta_mut(&mut self) -> Option<(u8, &mut Meta)> {
        match self {
            Item::Statement(s) | Item::Both(s, _) => Some((0, &mut s.meta)),
            Item::Attribution(a) => Some((1, &mut a.meta)),
            Item::Pair(p) => Some((2, &mut p.meta)),
            Item::Coreference(c) => Some((3, &mut c.meta)),
            Item::Truth(_) | Item::Event(_) => None,
        }
    }
}

/// A record that cannot be used, and why.
#[derive(Debug)]
struct Refused {
    kind: ProblemKind,
    id: Option<String>,
    message: String,
}

impl Refused {
    fn new(kind: ProblemKind, id: Option<&str>, message: impl Into<String>) -> Self {
        Refused {
            kind,
            id: id.map(String::from),
            message: message.into(),
        }
    }
}

type Canonical = std::result::Result<Map<String, Value>, Refused>;

/// Turns a record of any known tool into Standoff's own fields.
fn import(map: Map<String, Value>, names: &SideNames) -> Canonical {
    if label_studio::is_task(&map) {
        label_studio::import(map, names)
    } else if prodigy::is_record(&map) {
        prodigy::import(map, names)
    } else if label_studio::is_min(&map) {
        label_studio::import_min(map, names)
    } else if doccano::is_record(&map) {
        doccano::import(map, names)
    } else {
        Ok(map)
    }
}

/// The field that a label belongs to, and the label without its prefix:
/// `side:other`, `stance=neutral`, or a bare label that only one task has.
fn task_of(label: &str, names: &SideNames) -> Option<(&'static str, String)> {
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
fn list_label(task: &str, label: &str, names: &SideNames) -> String {
    match task_of(label, names) {
        Some((t, l)) if t == task && l == label => label.to_string(),
        _ => format!("{task}:{label}"),
    }
}

/// Puts labels of a tool's one list into the fields of their tasks.
fn put_labels<'a>(
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
fn all_labels(names: &SideNames) -> Vec<String> {
    use crate::labels::Label;
    let mut out: Vec<String> = names.0.to_vec();
    out.extend(Stance::ALL.iter().map(|s| s.name().to_string()));
    out.extend(Relation::ALL.iter().map(|r| r.name().to_string()));
    out
}

/// The id as a string, also if it is a number.
fn id_of(map: &Map<String, Value>) -> Option<String> {
    scalar(map.get("id")?)
}

/// A string or number as a string.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// A span as an annotation tool gives it.
struct ToolSpan {
    label: String,
    /// In characters (Unicode scalar values).
    start: usize,
    end: usize,
}

/// Byte offset of a character offset; `None` beyond the end.
fn byte_of(text: &str, character: usize) -> Option<usize> {
    text.char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .nth(character)
}

/// Character offset of a byte offset.
fn char_of(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(0, |s| s.chars().count())
}

/// Puts a tool's spans into `speaker`, `cue` and `content`.
fn put_spans(
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
                format!("two spans are labelled {}; mark the outermost only", s.label),
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
fn take_spans(map: &mut Map<String, Value>) -> Option<Vec<ToolSpan>> {
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
const ACTOR: &str = "speaker_actor";

/// Prefix for fields whose own name a tool uses itself.
const ESCAPE: &str = "standoff_";

/// Renames fields that would collide with a tool's own, so that they survive the way there and back.
fn escape(map: Map<String, Value>, reserved: &[&str]) -> Map<String, Value> {
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
fn unescape(map: Map<String, Value>) -> Map<String, Value> {
    let (escaped, plain): (Vec<_>, Vec<_>) =
        map.into_iter().partition(|(k, _)| k.starts_with(ESCAPE));
    let mut out: Map<String, Value> = plain.into_iter().collect();
    for (k, v) in escaped {
        out.insert(k[ESCAPE.len()..].to_string(), v);
    }
    out
}

/// Takes the task labels out of a record, as one list.
fn take_labels(map: &mut Map<String, Value>, names: &SideNames) -> Vec<String> {
    ["side", "stance", "relation"]
        .iter()
        .filter_map(|task| {
            let label = map.remove(*task)?;
            Some(list_label(task, label.as_str()?, names))
        })
        .collect()
}

/// Gives a pair the one text that annotation tools show.
fn show_pair(map: &mut Map<String, Value>) {
    if let (Some(a), Some(b)) = (
        map.get("a").and_then(Value::as_str),
        map.get("b").and_then(Value::as_str),
    ) {
        let text = format!("{a}\n{b}");
        map.insert("text".into(), Value::String(text));
    }
}
