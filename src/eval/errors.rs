//! Every wrong prediction, with what a reader needs to see why; the most
//! confident errors first.

use indexmap::IndexMap;
use serde::Serialize;

use super::attribution::{gold_spans, RecordCounts, ROLES};
use super::gold::{Gold, GoldAttribution, GoldRecord};
use super::predictions::{Choice, Prediction};
use crate::document::Span;
use crate::record::{rounded, Weight};

/// A wrong prediction: a line of `errors.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorRow {
    /// `side`, `stance`, `relation`, `attribution` or `coreference`.
    pub task: String,
    pub id: String,
    /// Gold file and line.
    pub source: String,
    /// The text; for a pair both, with a line break between.
    pub text: String,
    pub gold: String,
    /// Null if there is no prediction and it counts as wrong.
    pub predicted: Option<String>,
    pub confidence: Option<f64>,
    /// Probability by label; empty if the predicting program gives none.
    pub scores: IndexMap<String, f64>,
    /// The predicted speaker's name, with his side in brackets if known.
    pub speaker: Option<String>,
    /// Words that weighed most for the prediction, if it was explained.
    pub explanation: Vec<Word>,
    pub doc: Option<String>,
    pub date: Option<String>,
}

/// A weighed word.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Word {
    pub text: String,
    pub weight: f64,
}

/// The row of a wrong label.
pub fn label_error(
    task: &str,
    labels: &[String],
    gold: &Gold,
    record: &dyn GoldRecord,
    right: usize,
    choice: Option<&Choice>,
    prediction: Option<&Prediction>,
) -> ErrorRow {
    let text = record.shown().into_owned();
    let weights: &[Weight] = match (prediction.and_then(|p| p.explanation.as_ref()), task) {
        (Some(e), "side") => &e.side,
        (Some(e), "stance") => &e.stance,
        _ => &[],
    };
    ErrorRow {
        predicted: choice.map(|c| labels[c.label].clone()),
        confidence: choice.and_then(|c| c.confidence),
        scores: choice
            .and_then(|c| c.scores.as_ref())
            .map(|s| {
                labels
                    .iter()
                    .cloned()
                    .zip(s.iter().map(|&p| rounded(p)))
                    .collect()
            })
            .unwrap_or_default(),
        explanation: weights
            .iter()
            .filter_map(|w| {
                Some(Word {
                    text: w.span.of(&text)?.to_string(),
                    weight: w.weight,
                })
            })
            .collect(),
        ..row(task, gold, record, labels[right].clone(), prediction)
    }
}

fn row(
    task: &str,
    gold: &Gold,
    record: &dyn GoldRecord,
    right: String,
    prediction: Option<&Prediction>,
) -> ErrorRow {
    let meta = record.meta();
    ErrorRow {
        task: task.into(),
        id: meta.id.clone(),
        source: gold.place(meta),
        text: record.shown().into_owned(),
        gold: right,
        predicted: None,
        confidence: None,
        scores: IndexMap::new(),
        speaker: prediction
            .and_then(|p| p.speaker.as_ref()?.as_ref())
            .map(|s| match &s.side {
                Some(side) => format!("{} ({side})", s.name),
                None => s.name.clone(),
            }),
        explanation: Vec::new(),
        doc: meta.doc.clone(),
        date: meta.date.map(|d| d.to_string()),
    }
}

fn described(text: &str, spans: [Vec<Span>; 3], actor: Option<&str>) -> String {
    let mut parts: Vec<String> = ROLES
        .iter()
        .zip(&spans)
        .filter(|(_, s)| !s.is_empty())
        .map(|(role, s)| {
            let words: Vec<&str> = s
                .iter()
                .map(|s| s.of(text).unwrap_or("(outside)"))
                .collect();
            format!("{role}: {}", words.join(" … "))
        })
        .collect();
    if let Some(a) = actor {
        parts.push(format!("actor: {a}"));
    }
    if parts.is_empty() {
        parts.push("no attribution".into());
    }
    parts.join(" | ")
}

/// The row of a wrong attribution, or nothing if all is right.
pub fn attribution_error(
    gold: &Gold,
    record: &GoldAttribution,
    counts: &RecordCounts,
    prediction: &Prediction,
) -> Option<ErrorRow> {
    if counts.all_right() {
        return None;
    }
    let text = &record.text;
    let actor = record.speaker.as_ref().and_then(|s| s.actor.as_deref());
    let right = described(text, gold_spans(record), actor);
    let speaker = prediction.speaker.as_ref().and_then(|s| s.as_ref());
    let spans = [
        speaker.and_then(|s| s.span).into_iter().collect(),
        speaker.and_then(|s| s.cue).into_iter().collect(),
        speaker.map(|s| s.content.clone()).unwrap_or_default(),
    ];
    let predicted = described(text, spans, speaker.and_then(|s| s.actor.as_deref()));
    Some(ErrorRow {
        predicted: Some(predicted),
        ..row("attribution", gold, record, right, Some(prediction))
    })
}

/// The row of a wrong actor in a coreference case.
pub fn coreference_error(
    gold: &Gold,
    record: &dyn GoldRecord,
    right: Option<&str>,
    predicted: Option<&str>,
) -> ErrorRow {
    let name = |a: Option<&str>| a.unwrap_or("unresolved").to_string();
    ErrorRow {
        predicted: Some(name(predicted)),
        ..row("coreference", gold, record, name(right), None)
    }
}

/// Most confident first; without a confidence last; then in gold order.
pub fn sort(errors: &mut [ErrorRow]) {
    errors.sort_by(|a, b| {
        let c = |e: &ErrorRow| e.confidence.unwrap_or(-1.0);
        c(b).total_cmp(&c(a))
    });
}
