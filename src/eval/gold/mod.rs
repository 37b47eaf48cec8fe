//! Gold data: hand-labelled statements, attributions, pairs and coreference
//! cases. The kind is told from the fields, the file format (Standoff's own
//! JSONL or CSV, or an export of doccano, Label Studio or Prodigy) as well.

mod doccano;
mod label_studio;
mod parse;
mod prodigy;
mod tools;
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

use tools::Canonical;
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
gold_record!(
    GoldPair,
    self,
    Cow::Owned(format!("{}\n{}", self.a, self.b))
);
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
        self.refuse_foreign(index, &file.path);
    }

    /// A file most of whose sides are unknown is about another dispute: what is
    /// left of its statements, `other` and unlabelled sides, must not be mixed in.
    fn refuse_foreign(&mut self, file: usize, path: &Path) {
        let start = format!("{}:", path.display());
        let unknown = self
            .problems
            .iter()
            .filter(|p| p.kind == ProblemKind::UnknownLabel && p.message.starts_with("side `"))
            .filter(|p| p.source.starts_with(&start))
            .count();
        let known = self.statements.iter().filter(|s| s.meta.file == file);
        if unknown <= known.count() {
            return;
        }
        let (foreign, kept) = std::mem::take(&mut self.statements)
            .into_iter()
            .partition(|s| s.meta.file == file);
        self.statements = kept;
        for s in foreign {
            self.problems.push(Problem::new(
                ProblemKind::UnknownLabel,
                records::place(path, s.meta.line),
                Some(&s.meta.id),
                "most sides in this file are unknown: it is about another dispute; \
                 score it by itself with its --sides",
            ));
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
