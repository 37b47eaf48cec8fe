//! Predictions to be scored: Standoff's own records, from the model or a file,
//! or another tool's JSONL or CSV through a [`LabelMap`].

use std::path::Path;

use serde_json::{Map, Value};

use super::gold::{GoldAttribution, GoldCoreference, GoldPair, GoldStatement};
use super::label_map::{tasks, LabelMap};
use super::problem::{Problem, ProblemKind};
use super::records;
use crate::document::Span;
use crate::labels::{Label, SideNames};
use crate::record::{Explanation, RelationRecord, Scored, StatementRecord};
use crate::Result;

/// Computes predictions on the spot. One record per gold record, in order.
pub trait Predictor {
    /// What the predictions are made with, for the report's head.
    fn name(&self) -> String;

    /// Classifies statements.
    fn statements(&self, gold: &[GoldStatement]) -> Result<Vec<StatementRecord>>;

    /// Finds speakers; the texts of attribution gold.
    fn attributions(&self, gold: &[GoldAttribution]) -> Result<Vec<StatementRecord>>;

    /// Judges pairs.
    fn pairs(&self, gold: &[GoldPair]) -> Result<Vec<RelationRecord>>;

    /// The actor who speaks in each target statement, `None` where unresolved.
    /// The outer `None`: this predictor cannot do it, and the cases are named as not scored.
    fn coreferences(&self, _gold: &[GoldCoreference]) -> Result<Option<Vec<Option<String>>>> {
        Ok(None)
    }
}

/// A predicted label.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Index in label order.
    pub label: usize,
    /// Probability of the label, if the predicting program gives one.
    pub confidence: Option<f64>,
    /// Probabilities in label order.
    pub scores: Option<Vec<f64>>,
}

/// A predicted speaker.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedSpeaker {
    pub name: String,
    pub span: Option<Span>,
    pub actor: Option<String>,
    pub side: Option<String>,
    pub cue: Option<Span>,
    pub content: Vec<Span>,
}

/// A prediction for a statement or a pair.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prediction {
    pub id: Option<String>,
    /// For pairs the two texts with a line break between.
    pub text: Option<String>,
    pub side: Option<Choice>,
    pub stance: Option<Choice>,
    pub relation: Option<Choice>,
    pub similarity: Option<f64>,
    pub abstained: bool,
    /// `Some(None)`: looked for, and none found.
    pub speaker: Option<Option<PredictedSpeaker>>,
    pub explanation: Option<Explanation>,
    /// The program's message, if it could not predict.
    pub error: Option<String>,
    /// Line or record number in the file; 0 if computed on the spot.
    pub line: usize,
}

impl Prediction {
    /// Whether it is a prediction for a pair.
    pub fn is_pair(&self) -> bool {
        self.relation.is_some() || self.similarity.is_some()
    }
}

/// Predictions, with what was wrong with some.
#[derive(Debug, Clone, Default)]
pub struct Predictions {
    /// File or model.
    pub source: String,
    pub list: Vec<Prediction>,
    pub problems: Vec<Problem>,
}

impl Predictions {
    /// Reads a predictions file.
    pub fn read(path: &Path, names: &SideNames, map: &LabelMap) -> Result<Self> {
        let file = records::read(path)?;
        let mut out = Predictions {
            source: path.display().to_string(),
            list: Vec::with_capacity(file.records.len()),
            problems: file.problems,
        };
        let labels = tasks(names);
        for raw in file.records {
            let place = records::place(path, raw.line);
            match parse(map.rename(raw.map), &labels, map) {
                Ok((mut prediction, warnings)) => {
                    prediction.line = raw.line;
                    out.problems.extend(warnings.into_iter().map(|m| {
                        Problem::new(
                            ProblemKind::BadScores,
                            place.clone(),
                            prediction.id.as_deref(),
                            m,
                        )
                    }));
                    out.list.push(prediction);
                }
                Err((kind, id, message)) => {
                    out.problems
                        .push(Problem::new(kind, place, id.as_deref(), message));
                }
            }
        }
        Ok(out)
    }
}

fn choice<L>(scored: &Scored<L>, label: Option<usize>, names: &[String]) -> Option<Choice> {
    Some(Choice {
        label: label?,
        confidence: Some(scored.confidence),
        scores: names
            .iter()
            .map(|n| scored.scores.get(n).copied())
            .collect(),
    })
}

impl Prediction {
    /// From a record that the classifier made.
    pub fn from_statement(record: StatementRecord, names: &SideNames) -> Self {
        let [(_, sides), (_, stances), _] = tasks(names);
        let side = record.side(names).map(Label::index);
        let stance = record.stance.label.index();
        Prediction {
            side: choice(&record.side, side, &sides),
            stance: choice(&record.stance, Some(stance), &stances),
            abstained: record.abstained,
            speaker: Some(record.speaker.map(|s| PredictedSpeaker {
                name: s.name,
                span: Some(s.span),
                actor: s.actor,
                side: s.side,
                cue: s.cue,
                content: s.content,
            })),
            explanation: record.explanation,
            id: Some(record.id),
            text: Some(record.text),
            ..Prediction::default()
        }
    }

    /// From a record that the relation model made.
    pub fn from_relation(record: RelationRecord, names: &SideNames) -> Self {
        let [_, _, (_, relations)] = tasks(names);
        let label = record.relation.label.index();
        Prediction {
            relation: choice(&record.relation, Some(label), &relations),
            similarity: Some(record.similarity),
            id: Some(record.id),
            ..Prediction::default()
        }
    }
}

type Refusal = (ProblemKind, Option<String>, String);

/// Reads one prediction; also returns warnings about its scores.
fn parse(
    map: Map<String, Value>,
    labels: &[(&'static str, Vec<String>); 3],
    label_map: &LabelMap,
) -> std::result::Result<(Prediction, Vec<String>), Refusal> {
    let id = match map.get("id") {
        Some(Value::String(s)) => Some(s.clone()),
        Some(Value::Number(n)) => Some(n.to_string()),
        _ => None,
    };
    let string = |k: &str| map.get(k).and_then(Value::as_str).map(String::from);
    let number = |k: &str| map.get(k).and_then(Value::as_f64);
    let text = string("text").or_else(|| Some(format!("{}\n{}", string("a")?, string("b")?)));
    if id.is_none() && text.is_none() {
        return Err((
            ProblemKind::Malformed,
            None,
            "neither `id` nor `text`; a label map can name the fields".into(),
        ));
    }
    if let Some(error) = string("error") {
        return Ok((
            Prediction {
                id,
                error: Some(error),
                ..Prediction::default()
            },
            Vec::new(),
        ));
    }
    let mut warnings = Vec::new();
    let mut choices = Vec::new();
    for (task, names) in labels {
        let choice = parse_choice(&map, task, names, label_map, &mut warnings)
            .map_err(|m| (ProblemKind::UnknownLabel, id.clone(), m))?;
        choices.push(choice);
    }
    let mut choices = choices.into_iter();
    let (side, stance, relation) = (
        choices.next().flatten(),
        choices.next().flatten(),
        choices.next().flatten(),
    );
    let prediction = Prediction {
        text,
        side,
        stance,
        relation,
        similarity: number("similarity"),
        abstained: map.get("abstained") == Some(&Value::Bool(true)),
        speaker: parse_speaker(&map),
        explanation: map
            .get("explanation")
            .and_then(|e| serde_json::from_value(e.clone()).ok()),
        error: None,
        line: 0,
        id: id.clone(),
    };
    let empty = prediction.side.is_none()
        && prediction.stance.is_none()
        && prediction.relation.is_none()
        && prediction.similarity.is_none()
        && prediction.speaker.is_none();
    if empty {
        return Err((
            ProblemKind::NoLabel,
            id,
            "no side, stance, relation, similarity or speaker; a label map can name the fields"
                .into(),
        ));
    }
    Ok((prediction, warnings))
}

/// A task's prediction: `{"label", "confidence", "scores"}`, or a bare label
/// with `TASK_confidence` and `TASK_scores` (or a column `TASK_LABEL` for every label) beside it.
fn parse_choice(
    map: &Map<String, Value>,
    task: &str,
    names: &[String],
    label_map: &LabelMap,
    warnings: &mut Vec<String>,
) -> std::result::Result<Option<Choice>, String> {
    let (label, confidence, scores) = match map.get(task) {
        Some(Value::Object(o)) => (
            o.get("label").and_then(Value::as_str),
            o.get("confidence").and_then(Value::as_f64),
            o.get("scores").and_then(Value::as_object).cloned(),
        ),
        Some(Value::String(s)) => {
            let scores = map
                .get(&format!("{task}_scores"))
                .and_then(Value::as_object);
            let columns = || -> Option<Map<String, Value>> {
                names
                    .iter()
                    .map(|n| Some((n.clone(), map.get(&format!("{task}_{n}"))?.clone())))
                    .collect()
            };
            (
                Some(s.as_str()),
                map.get(&format!("{task}_confidence"))
                    .and_then(Value::as_f64),
                scores.cloned().or_else(columns),
            )
        }
        _ => return Ok(None),
    };
    let Some(label) = label.map(str::trim).filter(|l| !l.is_empty()) else {
        return Ok(None);
    };
    let mapped = label_map.label(task, label);
    let index = names.iter().position(|n| n == mapped).ok_or_else(|| {
        format!(
            "{task} `{label}` is none of {}; translate it with --label-map",
            names.join(", ")
        )
    })?;
    let mut usable = scores.and_then(|s| {
        let mut p = vec![0.0; names.len()];
        for (k, v) in &s {
            let at = names.iter().position(|n| n == label_map.label(task, k));
            match (at, v.as_f64()) {
                (Some(at), Some(v)) => p[at] += v,
                _ => {
                    warnings.push(format!(
                        "{task} score `{k}` belongs to no label; scores not used"
                    ));
                    return None;
                }
            }
        }
        Some(p)
    });
    if let Some(p) = &usable {
        let sum: f64 = p.iter().sum();
        if p.iter().any(|v| !(-1e-9..=1.0 + 1e-9).contains(v)) || (sum - 1.0).abs() > 0.01 {
            warnings.push(format!(
                "{task} scores are not probabilities (sum {sum:.3}); not used"
            ));
            usable = None;
        }
    }
    let confidence = confidence.or_else(|| usable.as_ref().map(|p| p[index]));
    let confidence = match confidence {
        Some(c) if !(0.0..=1.0).contains(&c) => {
            warnings.push(format!(
                "{task} confidence {c} is not between 0 and 1; not used"
            ));
            None
        }
        c => c,
    };
    Ok(Some(Choice {
        label: index,
        confidence,
        scores: usable,
    }))
}

fn span(v: &Value) -> Option<Span> {
    let a = v.as_array().filter(|a| a.len() == 2)?;
    let (start, end) = (a[0].as_u64()? as usize, a[1].as_u64()? as usize);
    (start <= end).then(|| Span::new(start, end))
}

/// The `speaker` object of `classify`, or the flat `speaker`, `cue`, `content` of gold files.
fn parse_speaker(map: &Map<String, Value>) -> Option<Option<PredictedSpeaker>> {
    let value = map.get("speaker")?;
    let Some(s) = value.as_object() else {
        let actor = map.get("actor").and_then(Value::as_str).map(String::from);
        return Some(value.as_str().map(|name| PredictedSpeaker {
            name: name.to_string(),
            span: None,
            actor,
            side: None,
            cue: None,
            content: Vec::new(),
        }));
    };
    let string = |k: &str| s.get(k).and_then(Value::as_str).map(String::from);
    let part = |k: &str| s.get(k).or_else(|| map.get(k));
    Some(Some(PredictedSpeaker {
        name: string("name")
            .or_else(|| string("text"))
            .unwrap_or_default(),
        span: s.get("span").and_then(span),
        actor: string("actor"),
        side: string("side"),
        cue: part("cue").and_then(span),
        content: part("content")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(span)
            .collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(json: &str) -> std::result::Result<(Prediction, Vec<String>), Refusal> {
        let names = SideNames::new("x", "y");
        parse(
            serde_json::from_str(json).unwrap(),
            &tasks(&names),
            &LabelMap::default(),
        )
    }

    #[test]
    fn own_and_bare_labels() {
        let (p, w) = one(r#"{"id":"1","side":{"label":"y","confidence":0.7,"scores":{"x":0.2,"y":0.7,"other":0.1}},
            "stance":{"label":"neutral","confidence":0.5,"scores":{"escalation":0.25,"de-escalation":0.25,"neutral":0.5}},"speaker":null}"#)
            .unwrap();
        assert!(w.is_empty());
        assert_eq!(p.side.unwrap().scores, Some(vec![0.2, 0.7, 0.1]));
        assert_eq!(p.speaker, Some(None));
        let (p, _) = one(r#"{"id":2,"side":"other","side_confidence":0.4}"#).unwrap();
        let side = p.side.unwrap();
        assert_eq!(
            (side.label, side.confidence, side.scores),
            (2, Some(0.4), None)
        );
        let (p, _) =
            one(r#"{"text":"t","side":"x","side_x":0.5,"side_y":0.3,"side_other":0.2}"#).unwrap();
        assert_eq!(p.side.unwrap().confidence, Some(0.5));
    }

    #[test]
    fn unusable_records_say_why() {
        assert_eq!(
            one(r#"{"side":"x"}"#).unwrap_err().0,
            ProblemKind::Malformed
        );
        assert_eq!(one(r#"{"id":"1"}"#).unwrap_err().0, ProblemKind::NoLabel);
        let e = one(r#"{"id":"1","side":"z"}"#).unwrap_err();
        assert_eq!(e.0, ProblemKind::UnknownLabel);
        let (p, w) = one(r#"{"id":"1","side":"x","side_scores":{"x":3,"y":1}}"#).unwrap();
        assert_eq!(p.side.unwrap().scores, None);
        assert_eq!(w.len(), 1);
        let (p, _) = one(r#"{"schema":1,"id":"1","line":3,"error":"no text"}"#).unwrap();
        assert_eq!(p.error.as_deref(), Some("no text"));
    }
}
