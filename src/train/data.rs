//! Training files: JSONL or CSV, one labelled record a line. A bad record
//! costs itself, is named and counted; a file without a usable record is an error.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::labels::{Relation, Side, SideNames, Stance};
use crate::record::Rejected;

/// A statement to train on; either label may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub id: String,
    pub text: String,
    pub date: Option<NaiveDate>,
    /// Name or host of what it was published in.
    pub outlet: Option<String>,
    pub side: Option<Side>,
    pub stance: Option<Stance>,
    /// Probabilities instead of a label, from a teacher.
    pub side_scores: Option<Vec<f32>>,
    pub stance_scores: Option<Vec<f32>>,
    pub weight: f32,
    /// What must not be torn between training and held-out part.
    pub group: String,
}

/// A pair to train on.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub id: String,
    pub a: String,
    pub b: String,
    pub relation: Relation,
    pub weight: f32,
    pub group: String,
}

/// An attribution to train on: all annotated parts of one context.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributed {
    pub context: String,
    pub date: Option<NaiveDate>,
    /// (source, cue, content) as byte spans, where they could be aligned.
    pub parts: Vec<(TagKind, crate::document::Span)>,
    pub group: String,
}

/// Classes of the token head, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagKind {
    Outside,
    Source,
    Cue,
    Content,
}

impl TagKind {
    /// All classes in the order of the token head's outputs.
    pub const ALL: [TagKind; 4] = [
        TagKind::Outside,
        TagKind::Source,
        TagKind::Cue,
        TagKind::Content,
    ];
}

/// Records read, and those that could not be used.
#[derive(Debug)]
pub struct Loaded<T> {
    pub rows: Vec<T>,
    pub rejected: Vec<Rejected>,
    pub warnings: Vec<String>,
}

impl<T> Default for Loaded<T> {
    fn default() -> Self {
        Loaded {
            rows: Vec::new(),
            rejected: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// A training file with its weight and how many of its records an epoch takes: `FILE[@WEIGHT[@N]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FileSpec {
    pub path: PathBuf,
    pub weight: f32,
    pub per_epoch: Option<usize>,
}

impl std::str::FromStr for FileSpec {
    type Err = String;

    fn from_str(s: &str) -> std::result::Result<Self, String> {
        let mut parts = s.split('@');
        let path = PathBuf::from(parts.next().unwrap_or_default());
        let weight =
            match parts.next() {
                Some(w) => w.parse().ok().filter(|w: &f32| *w > 0.0).ok_or_else(|| {
                    format!("`{w}` is not a weight above 0 (FILE@WEIGHT@PER_EPOCH)")
                })?,
                None => 1.0,
            };
        let per_epoch = parts
            .next()
            .map(|n| {
                n.parse()
                    .map_err(|_| format!("`{n}` is not a number of records"))
            })
            .transpose()?;
        Ok(FileSpec {
            path,
            weight,
            per_epoch,
        })
    }
}

/// A line number with the record there, or why there is none.
type Row = (usize, std::result::Result<Map<String, Value>, String>);

/// Rows of a JSONL or CSV file with their line numbers.
fn rows(path: &Path) -> Result<Vec<Row>> {
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::content(path, None, "not UTF-8; save it as UTF-8"))?;
    let csv = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    if !csv {
        return Ok(text
            .lines()
            .enumerate()
            .filter(|(_, l)| !l.trim().is_empty())
            .map(|(i, l)| {
                let row = serde_json::from_str::<Map<String, Value>>(l)
                    .map_err(|e| format!("not a JSON object: {e}"));
                (i + 1, row)
            })
            .collect());
    }
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|e| Error::content(path, Some(1), e.to_string()))?
        .clone();
    Ok(reader
        .records()
        .enumerate()
        .map(|(i, r)| match r {
            Ok(r) => {
                let line = r.position().map_or(i + 2, |p| p.line() as usize);
                let row = header
                    .iter()
                    .zip(r.iter())
                    .filter(|(_, v)| !v.is_empty())
                    .map(|(k, v)| (k.trim().to_lowercase(), Value::from(v)))
                    .collect();
                (line, Ok(row))
            }
            Err(e) => (i + 2, Err(e.to_string())),
        })
        .collect())
}

fn text_of<'a>(row: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    row.get(key)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|s| !s.is_empty())
}

/// The field `weight`, and a little less trust where the annotator hesitated.
fn weight_of(row: &Map<String, Value>) -> f32 {
    let given = match row.get("weight") {
        Some(Value::Number(n)) => n.as_f64().unwrap_or(1.0) as f32,
        Some(Value::String(s)) => s.parse().unwrap_or(1.0),
        _ => 1.0,
    };
    let hesitated = match row.get("sure") {
        Some(Value::Bool(b)) => !b,
        Some(Value::String(s)) => s == "false",
        _ => false,
    };
    if hesitated {
        given * 0.8
    } else {
        given
    }
}

fn group_of(row: &Map<String, Value>, fallback: &str) -> String {
    text_of(row, "doc")
        .or_else(|| text_of(row, "group"))
        .or_else(|| text_of(row, "date"))
        .unwrap_or(fallback)
        .to_string()
}

fn load<T>(
    path: &Path,
    what: &str,
    mut read: impl FnMut(usize, &Map<String, Value>) -> std::result::Result<Option<T>, String>,
) -> Result<Loaded<T>> {
    let mut out = Loaded::default();
    let mut ids: HashMap<String, usize> = HashMap::new();
    let mut duplicates = 0usize;
    for (line, row) in rows(path)? {
        let row = match row.and_then(|r| {
            if let Some(id) = text_of(&r, "id") {
                if let Some(first) = ids.insert(id.to_string(), line) {
                    duplicates += 1;
                    if duplicates <= 3 {
                        out.warnings.push(format!(
                            "{}:{line}: the id {id} stood already in line {first}; both are used",
                            path.display()
                        ));
                    }
                }
            }
            read(line, &r)
        }) {
            Ok(Some(row)) => row,
            Ok(None) => continue,
            Err(error) => {
                out.rejected.push(Rejected {
                    source: format!("{}:{line}", path.display()),
                    error,
                });
                continue;
            }
        };
        out.rows.push(row);
    }
    if duplicates > 3 {
        out.warnings.push(format!(
            "{}: {duplicates} ids occur more than once",
            path.display()
        ));
    }
    if out.rows.is_empty() {
        let why = out.rejected.first().map_or_else(
            || "the file is empty".to_string(),
            |r| format!("the first reason: {}: {}", r.source, r.error),
        );
        return Err(Error::content(
            path,
            None,
            format!("no usable {what} in it ({why})"),
        ));
    }
    Ok(out)
}

fn scores_of(row: &Map<String, Value>, key: &str, names: &[&str]) -> Option<Vec<f32>> {
    let scores = row.get(key)?.as_object()?;
    names
        .iter()
        .map(|n| scores.get(*n)?.as_f64().map(|v| v as f32))
        .collect()
}

/// Reads labelled statements: `text`, and `side` and/or `stance` (or
/// `side_scores`/`stance_scores` with a probability per label); optional
/// `id`, `date`, `outlet`, `doc`, `weight`, `sure`.
pub fn statements(path: &Path, names: &SideNames) -> Result<Loaded<Statement>> {
    let side_names: Vec<&str> = names.0.iter().map(String::as_str).collect();
    let stance_names = ["escalation", "de-escalation", "neutral"];
    load(path, "labelled statement", |line, row| {
        let text = text_of(row, "text").ok_or("the field `text` is missing or empty")?;
        let side = match text_of(row, "side") {
            Some(s) => Some(names.parse(s).ok_or_else(|| {
                format!("unknown side `{s}`; known are {}", side_names.join(", "))
            })?),
            None => None,
        };
        let stance = match text_of(row, "stance") {
            Some(s) => Some(Stance::parse(s).ok_or_else(|| {
                format!(
                    "unknown stance `{s}`; known are {}",
                    stance_names.join(", ")
                )
            })?),
            None => None,
        };
        let side_scores = scores_of(row, "side_scores", &side_names);
        let stance_scores = scores_of(row, "stance_scores", &stance_names);
        if side.is_none() && stance.is_none() && side_scores.is_none() && stance_scores.is_none() {
            return Err("neither `side` nor `stance` is given".into());
        }
        let fallback = format!("{}:{line}", path.display());
        Ok(Some(Statement {
            id: text_of(row, "id").unwrap_or(&fallback).to_string(),
            text: text.to_string(),
            date: text_of(row, "date").and_then(|d| d.parse().ok()),
            outlet: text_of(row, "outlet").map(str::to_string),
            side,
            stance,
            side_scores,
            stance_scores,
            weight: weight_of(row),
            group: group_of(row, &fallback),
        }))
    })
}

/// Reads labelled pairs: `a`, `b` and `relation` (or `label`). The labels of
/// inference and argument corpora are understood: contradiction/oppose are
/// `opposed`, entailment/support `aligned`, neutral `unrelated`.
pub fn pairs(path: &Path) -> Result<Loaded<Pair>> {
    load(path, "labelled pair", |line, row| {
        let a = text_of(row, "a").ok_or("the field `a` is missing or empty")?;
        let b = text_of(row, "b").ok_or("the field `b` is missing or empty")?;
        let label = text_of(row, "relation")
            .or_else(|| text_of(row, "label"))
            .ok_or("the field `relation` is missing")?;
        let relation = match label {
            "contradiction" | "oppose" => Relation::Opposed,
            "entailment" | "support" => Relation::Aligned,
            "neutral" => Relation::Unrelated,
            other => Relation::parse(other).ok_or_else(|| {
                format!("unknown relation `{other}`; known are opposed, aligned, unrelated")
            })?,
        };
        let fallback = format!("{}:{line}", path.display());
        Ok(Some(Pair {
            id: text_of(row, "id").unwrap_or(&fallback).to_string(),
            a: a.to_string(),
            b: b.to_string(),
            relation,
            weight: weight_of(row),
            group: group_of(row, &fallback),
        }))
    })
}

/// Reads annotated attributions: rows of `context` with `source`, `cue` and
/// `content` as they stand in it (any may be empty). Rows with the same context
/// are taken together. Parts are aligned as substrings: the content at its first
/// occurrence, the cue at its occurrence nearest to the content, and the source
/// at its occurrence nearest to the cue. A context in which
/// a content is not contiguous, or any part is not found, is left out and counted
/// in a warning. `split` chooses rows by their `split` field, if they have one.
pub fn attributions(path: &Path, split: &str) -> Result<Loaded<Attributed>> {
    type Row = (String, String, String, String, String);
    let loaded: Loaded<Row> = load(path, "annotated attribution", |_, row| {
        let context = row
            .get("context")
            .and_then(Value::as_str)
            .filter(|s| !s.trim().is_empty())
            .ok_or("the field `context` is missing or empty")?;
        if text_of(row, "split").is_some_and(|s| s != split) {
            return Ok(None);
        }
        let part = |k: &str| text_of(row, k).unwrap_or_default().to_string();
        Ok(Some((
            context.to_string(),
            part("source"),
            part("cue"),
            part("content"),
            group_of(row, context),
        )))
    })?;
    let mut by_context: indexmap::IndexMap<String, Vec<&Row>> = indexmap::IndexMap::new();
    for row in &loaded.rows {
        by_context.entry(row.0.clone()).or_default().push(row);
    }
    let mut out = Loaded {
        rejected: loaded.rejected,
        warnings: loaded.warnings,
        ..Loaded::default()
    };
    let mut left_out = 0usize;
    for (context, rows) in by_context {
        let aligned: Option<Vec<_>> = rows.iter().map(|r| align(&context, r)).collect();
        match aligned {
            Some(parts) => out.rows.push(Attributed {
                parts: parts.into_iter().flatten().collect(),
                date: None,
                group: rows[0].4.clone(),
                context,
            }),
            None => left_out += 1,
        }
    }
    if left_out > 0 {
        out.warnings.push(format!(
            "{}: {left_out} contexts left out, because a part could not be aligned",
            path.display()
        ));
    }
    Ok(out)
}

fn align(
    context: &str,
    row: &(String, String, String, String, String),
) -> Option<Vec<(TagKind, crate::document::Span)>> {
    use crate::document::Span;
    let (_, source, cue, content, _) = row;
    let mut parts = Vec::new();
    let mut anchor = None;
    if !content.is_empty() {
        let at = context.find(content.as_str())?;
        parts.push((TagKind::Content, Span::new(at, at + content.len())));
        anchor = Some(at);
    }
    let nearest = |part: &str, to: Option<usize>| -> Option<Span> {
        let at = context
            .match_indices(part)
            .map(|(at, _)| at)
            .min_by_key(|&at| to.map_or(at, |t| at.abs_diff(t)))?;
        Some(Span::new(at, at + part.len()))
    };
    if !cue.is_empty() {
        let span = nearest(cue, anchor)?;
        anchor = Some(span.start);
        parts.push((TagKind::Cue, span));
    }
    if !source.is_empty() {
        parts.push((TagKind::Source, nearest(source, anchor)?));
    }
    Some(parts)
}

/// Which texts of `dev` stand in `train` too, compared without case and punctuation.
pub fn overlap<'a>(
    train: impl Iterator<Item = &'a str>,
    dev: impl Iterator<Item = &'a str>,
) -> BTreeSet<String> {
    let key = |s: &str| -> String {
        s.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let seen: HashSet<String> = train.map(key).collect();
    dev.filter(|s| seen.contains(&key(s)))
        .map(str::to_string)
        .collect()
}

/// Splits rows into training and held-out part by group, about `share` of the
/// groups held out, decided by a hash of the group and the seed.
pub fn hold_out<T>(
    rows: Vec<T>,
    share: f64,
    seed: u64,
    group: impl Fn(&T) -> &str,
) -> (Vec<T>, Vec<T>) {
    use sha2::{Digest, Sha256};
    rows.into_iter().partition(|r| {
        let digest = Sha256::digest(format!("{seed}/{}", group(r)));
        let x = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        f64::from(x) / f64::from(u32::MAX) >= share
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(name: &str, content: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::File::create(&path)
            .unwrap()
            .write_all(content.as_bytes())
            .unwrap();
        (dir, path)
    }

    #[test]
    fn bad_rows_are_named_and_cost_only_themselves() {
        let (_d, path) = file(
            "t.jsonl",
            concat!(
                "{\"id\":\"1\",\"text\":\"A\",\"side\":\"x\",\"stance\":\"neutral\"}\n",
                "\n",
                "{\"id\":\"2\",\"text\":\"B\",\"side\":\"martian\"}\n",
                "{\"id\":\"1\",\"text\":\"C\",\"side\":\"other\",\"sure\":false}\n",
                "nonsense\n"
            ),
        );
        let names = SideNames::new("x", "y");
        let got = statements(&path, &names).unwrap();
        assert_eq!(got.rows.len(), 2);
        assert_eq!(got.rejected.len(), 2);
        assert!(got.rejected[0].error.contains("martian"));
        assert!(got.rejected[0].source.ends_with(":3"));
        assert_eq!(got.warnings.len(), 1);
        assert_eq!(got.rows[1].weight, 0.8);
    }

    #[test]
    fn csv_and_jsonl_give_the_same_rows() {
        let (_a, csv) = file("p.csv", "a,b,relation\n\"x, y\",z,opposed\n");
        let (_b, json) = file(
            "p.jsonl",
            "{\"a\":\"x, y\",\"b\":\"z\",\"label\":\"contradiction\"}\n",
        );
        let (c, j) = (pairs(&csv).unwrap(), pairs(&json).unwrap());
        assert_eq!(c.rows[0].a, j.rows[0].a);
        assert_eq!(c.rows[0].relation, j.rows[0].relation);
    }

    #[test]
    fn an_empty_file_is_an_error_that_says_so() {
        let (_d, path) = file("e.jsonl", "");
        assert!(pairs(&path).unwrap_err().to_string().contains("empty"));
    }

    #[test]
    fn groups_are_never_torn() {
        let rows: Vec<(String, usize)> = (0..500).map(|i| (format!("g{}", i % 40), i)).collect();
        let (train, held) = hold_out(rows, 0.2, 1, |r| &r.0);
        let t: HashSet<_> = train.iter().map(|r| &r.0).collect();
        assert!(held.iter().all(|r| !t.contains(&r.0)));
        assert!(!held.is_empty() && train.len() > held.len());
    }

    #[test]
    fn what_is_held_out_follows_from_group_and_seed_alone() {
        // The same days as in the test of scripts/random_pairs.py.
        let days = (1..=10).map(|d| format!("2022-02-{d:02}")).collect();
        let (_, held) = hold_out(days, 0.3, 17, |d| d);
        let of = |d| format!("2022-02-{d:02}");
        assert_eq!(held, [1, 6, 7, 8, 9].map(of));
    }
}
