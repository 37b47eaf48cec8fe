//! Two annotators' files against each other: matches their records and
//! computes the agreement on every task that both labelled.

use std::collections::HashMap;

use serde::Serialize;

use super::agreement::{agreement, AgreementReport, Disagreement};
use super::attribution::{self, AttributionReport, RecordCounts};
use super::bootstrap::{Bootstrap, Groups};
use super::gold::{Gold, GoldAttribution, GoldRecord};
use super::label_map::tasks;
use super::predictions::PredictedSpeaker;
use super::problem::{Problem, ProblemKind};
use crate::document::Span;
use crate::labels::{Label, SideNames};

/// Agreement on one task, with its name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskAgreement {
    pub task: String,
    #[serde(flatten)]
    pub report: AgreementReport,
}

/// Agreement between two files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Annotators {
    pub schema: u32,
    pub version: String,
    /// The two files.
    pub files: [String; 2],
    pub bootstrap: Bootstrap,
    pub tasks: Vec<TaskAgreement>,
    /// The second annotator's attributions scored against the first's; F1 is symmetric.
    pub attribution: Option<AttributionReport>,
    /// In the order of the first file.
    pub disagreements: Vec<Disagreement>,
    pub problems: Vec<Problem>,
}

/// Pairs the records of two files by id, or, where no id is in common, by text.
fn pairs_of<'a, G: GoldRecord>(
    a: (&Gold, &'a [G]),
    b: (&Gold, &'a [G]),
    problems: &mut Vec<Problem>,
) -> Vec<(&'a G, &'a G)> {
    if a.1.is_empty() && b.1.is_empty() {
        return Vec::new();
    }
    let ids: HashMap<&str, &G> = b.1.iter().map(|g| (g.meta().id.as_str(), g)).collect();
    let by_id = a.1.iter().any(|g| ids.contains_key(g.meta().id.as_str()));
    let key = |g: &G| match by_id {
        true => g.meta().id.clone(),
        false => g.shown().into_owned(),
    };
    let others: HashMap<String, &G> = b.1.iter().map(|g| (key(g), g)).collect();
    let mut out = Vec::new();
    let mut met = std::collections::HashSet::new();
    for g in a.1 {
        let k = key(g);
        match others.get(&k) {
            Some(o) if o.shown() != g.shown() => {
                met.insert(k);
                problems.push(Problem::new(
                    ProblemKind::TextMismatch,
                    a.0.place(g.meta()),
                    Some(&g.meta().id),
                    format!("{} has another text", b.0.place(o.meta())),
                ));
            }
            Some(o) => {
                met.insert(k);
                out.push((g, *o));
            }
            None => problems.push(Problem::new(
                ProblemKind::MissingPrediction,
                a.0.place(g.meta()),
                Some(&g.meta().id),
                "the second annotator has no such record",
            )),
        }
    }
    for g in b.1.iter().filter(|g| !met.contains(&key(g))) {
        problems.push(Problem::new(
            ProblemKind::ExtraPrediction,
            b.0.place(g.meta()),
            Some(&g.meta().id),
            "the first annotator has no such record",
        ));
    }
    out
}

/// The labels of a task in the paired records.
struct Labelled<'a> {
    record: &'a dyn GoldRecord,
    labels: (usize, usize),
}

/// Computes the agreement between two annotators' gold.
pub fn annotators(
    a: &Gold,
    b: &Gold,
    files: [String; 2],
    names: &SideNames,
    bootstrap: Bootstrap,
) -> Annotators {
    let mut problems: Vec<Problem> = a.problems.iter().chain(&b.problems).cloned().collect();
    let statements = pairs_of((a, &a.statements), (b, &b.statements), &mut problems);
    let pairs = pairs_of((a, &a.pairs), (b, &b.pairs), &mut problems);
    let marked = pairs_of((a, &a.attributions), (b, &b.attributions), &mut problems);
    let [sides, stances, relations] = tasks(names);
    let mut out = Annotators {
        schema: super::evaluate::SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        files,
        bootstrap,
        tasks: Vec::new(),
        attribution: None,
        disagreements: Vec::new(),
        problems: Vec::new(),
    };
    let side = statements.iter().filter_map(|(x, y)| {
        Some(Labelled {
            record: *x,
            labels: (x.side?.index(), y.side?.index()),
        })
    });
    let stance = statements.iter().filter_map(|(x, y)| {
        Some(Labelled {
            record: *x,
            labels: (x.stance?.index(), y.stance?.index()),
        })
    });
    let relation = pairs.iter().map(|(x, y)| Labelled {
        record: *x,
        labels: (x.relation.index(), y.relation.index()),
    });
    let mut add = |(task, labels): (&str, Vec<String>), rows: Vec<Labelled>| {
        if rows.is_empty() {
            return;
        }
        let groups = Groups::new(rows.iter().map(|r| r.record.meta().doc.as_deref()));
        let both: Vec<(usize, usize)> = rows.iter().map(|r| r.labels).collect();
        out.disagreements
            .extend(
                rows.iter()
                    .filter(|r| r.labels.0 != r.labels.1)
                    .map(|r| Disagreement {
                        task: task.into(),
                        id: r.record.meta().id.clone(),
                        text: r.record.shown().into_owned(),
                        a: labels[r.labels.0].clone(),
                        b: labels[r.labels.1].clone(),
                    }),
            );
        out.tasks.push(TaskAgreement {
            task: task.into(),
            report: agreement(&labels, &both, &groups, bootstrap),
        });
    };
    add(sides, side.collect());
    add(stances, stance.collect());
    add(relations, relation.collect());
    if !marked.is_empty() {
        let counts: Vec<RecordCounts> = marked
            .iter()
            .map(|(x, y)| RecordCounts::of(x, as_predicted(y).as_ref()))
            .collect();
        let groups = Groups::new(marked.iter().map(|(x, _)| x.meta.doc.as_deref()));
        out.attribution = Some(attribution::report(&counts, &groups, bootstrap));
        for ((x, y), c) in marked.iter().zip(&counts) {
            if !c.all_right() {
                out.disagreements.push(Disagreement {
                    task: "attribution".into(),
                    id: x.meta.id.clone(),
                    text: x.text.clone(),
                    a: shown(x),
                    b: shown(y),
                });
            }
        }
    }
    out.problems = problems;
    out
}

/// A second annotator's marks as if they were predicted.
fn as_predicted(gold: &GoldAttribution) -> Option<PredictedSpeaker> {
    if gold.speaker.is_none() && gold.content.is_empty() {
        return None;
    }
    let speaker = gold.speaker.as_ref();
    Some(PredictedSpeaker {
        name: String::new(),
        span: speaker.map(|s| s.span),
        actor: speaker.and_then(|s| s.actor.clone()),
        side: None,
        cue: gold.cue,
        content: gold.content.clone(),
    })
}

fn shown(gold: &GoldAttribution) -> String {
    let words = |s: &[Span]| {
        s.iter()
            .filter_map(|s| s.of(&gold.text))
            .collect::<Vec<_>>()
            .join(" … ")
    };
    let [speaker, cue, content] = attribution::gold_spans(gold);
    if speaker.is_empty() && content.is_empty() {
        return "no attribution".into();
    }
    format!(
        "speaker: {} | cue: {} | content: {}",
        words(&speaker),
        words(&cue),
        words(&content)
    )
}

impl Annotators {
    /// All figures by key: `agreement.side.kappa` and the like.
    pub fn figures(&self) -> Vec<(String, Option<f64>)> {
        let mut out = Vec::new();
        for t in &self.tasks {
            let key = |k: &str| format!("agreement.{}.{k}", t.task);
            out.push((key("observed"), t.report.observed.value));
            out.push((key("kappa"), t.report.kappa.value));
            out.push((key("alpha"), t.report.alpha.value));
            for l in &t.report.per_label {
                out.push((key(&format!("{}.kappa", l.label)), l.kappa.value));
                out.push((key(&format!("{}.alpha", l.label)), l.alpha.value));
            }
        }
        if let Some(a) = &self.attribution {
            out.extend(a.figures());
        }
        out
    }
}
