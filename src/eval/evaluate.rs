//! Puts gold and predictions together and computes everything there is to say
//! about them: the [`Evaluation`], which `eval.json` holds and all reports are made from.

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::Serialize;

use super::attribution::{self, AttributionReport};
use super::bootstrap::{Bootstrap, Groups};
use super::breakdown::{self, Breakdown};
use super::classification::{ClassReport, Task};
use super::compare::{self, Comparison};
use super::contrast::{self, ContrastReport};
use super::errors::{self, ErrorRow};
use super::gold::{Gold, GoldRecord};
use super::kinds::{self, CoreferenceReport, StatementsReport};
use super::label_map::tasks;
use super::metrics::Row;
use super::pairs::{self, RankingReport};
use super::predicted::Predicted;
use super::predictions::{Choice, Prediction};
use super::problem::{Problem, ProblemKind};
use crate::labels::{Label, SideNames};
use crate::record::Analysis;

/// Version of `eval.json`.
pub const SCHEMA: u32 = 1;

/// How to evaluate.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub bootstrap: Bootstrap,
    /// Fields to break down by.
    pub by: Vec<String>,
    /// Count gold records without a prediction as wrong instead of leaving them out.
    pub missing_is_wrong: bool,
}

/// What was scored against what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counted {
    pub files: Vec<String>,
    pub statements: u64,
    pub attributions: u64,
    pub pairs: u64,
    pub coreferences: u64,
    pub contrasts: u64,
}

/// Everything about one evaluation: `eval.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    pub schema: u32,
    pub version: String,
    pub gold: Counted,
    /// Model or file the predictions are from.
    pub predictions: String,
    pub bootstrap: Bootstrap,
    /// What the bootstrap draws: `doc` or `record`, by kind of gold.
    pub resampled_by: IndexMap<String, String>,
    /// Whether gold records without a prediction were counted as wrong.
    pub missing_is_wrong: bool,
    pub statements: Option<StatementsReport>,
    /// `side`, `stance`, `relation`, as far as there is gold.
    pub tasks: IndexMap<String, ClassReport>,
    pub ranking: Option<RankingReport>,
    pub attribution: Option<AttributionReport>,
    pub coreference: Option<CoreferenceReport>,
    pub contrast: Option<ContrastReport>,
    pub breakdowns: Vec<Breakdown>,
    pub comparison: Option<Comparison>,
    /// Number of wrong predictions, by task.
    pub errors: IndexMap<String, u64>,
    /// Number of problems, by kind.
    pub problem_counts: IndexMap<ProblemKind, usize>,
    pub problems: Vec<Problem>,
    /// All figures by the key that `--fail-under` takes; null where a figure does not exist.
    pub figures: IndexMap<String, Option<f64>>,
    /// The wrong predictions, most confident first (`errors.jsonl`).
    #[serde(skip)]
    pub error_rows: Vec<ErrorRow>,
}

/// A task with the gold position of every row.
struct Placed {
    task: Task,
    at: Vec<usize>,
}

type Pick<G> = (fn(&G) -> Option<usize>, fn(&Prediction) -> Option<&Choice>);

/// The rows of one task. Gold records without a usable prediction are left out, or count as wrong.
fn place<G: GoldRecord>(
    gold: &[G],
    predicted: &[Option<Prediction>],
    labels: &[String],
    (label, choice): Pick<G>,
    missing_is_wrong: bool,
) -> Option<Placed> {
    let any = predicted.iter().flatten().any(|p| choice(p).is_some());
    let mut rows = Vec::new();
    let mut at = Vec::new();
    for (i, g) in gold.iter().enumerate() {
        let Some(gold_label) = label(g) else { continue };
        let c = predicted.get(i).and_then(Option::as_ref).and_then(choice);
        if c.is_none() && !missing_is_wrong {
            continue;
        }
        rows.push(Row {
            gold: gold_label,
            pred: c.map(|c| c.label),
            confidence: c.and_then(|c| c.confidence),
            scores: c.and_then(|c| c.scores.clone()),
        });
        at.push(i);
    }
    let labelled = gold.iter().any(|g| label(g).is_some());
    (labelled && (any || predicted.is_empty() || missing_is_wrong)).then(|| Placed {
        task: Task {
            labels: labels.to_vec(),
            groups: Groups::new(at.iter().map(|&i| gold[i].meta().doc.as_deref())),
            rows,
        },
        at,
    })
}

/// The three tasks of a set of predictions.
fn placed(
    gold: &Gold,
    predicted: &Predicted,
    names: &SideNames,
    missing_is_wrong: bool,
) -> [(&'static str, Option<Placed>); 3] {
    let [(_, sides), (_, stances), (_, relations)] = tasks(names);
    [
        (
            "side",
            place(
                &gold.statements,
                &predicted.statements,
                &sides,
                (|g| g.side.map(Label::index), |p| p.side.as_ref()),
                missing_is_wrong,
            ),
        ),
        (
            "stance",
            place(
                &gold.statements,
                &predicted.statements,
                &stances,
                (|g| g.stance.map(Label::index), |p| p.stance.as_ref()),
                missing_is_wrong,
            ),
        ),
        (
            "relation",
            place(
                &gold.pairs,
                &predicted.pairs,
                &relations,
                (|g| Some(g.relation.index()), |p| p.relation.as_ref()),
                missing_is_wrong,
            ),
        ),
    ]
}

/// The gold record of a task's row, and its prediction.
fn record_of<'a>(
    gold: &'a Gold,
    predicted: &'a Predicted,
    task: &str,
    at: usize,
) -> (&'a dyn GoldRecord, Option<&'a Prediction>) {
    match task {
        "relation" => (
            &gold.pairs[at],
            predicted.pairs.get(at).and_then(Option::as_ref),
        ),
        _ => (
            &gold.statements[at],
            predicted.statements.get(at).and_then(Option::as_ref),
        ),
    }
}

/// The keys of all figures that an evaluation of this gold will have.
pub fn keys(gold: &Gold, names: &SideNames, contrast: bool) -> Vec<String> {
    let none = Bootstrap {
        samples: 0,
        seed: 0,
    };
    let groups = Groups::single(0);
    let mut out = Vec::new();
    let present = [
        gold.statements.iter().any(|s| s.side.is_some()),
        gold.statements.iter().any(|s| s.stance.is_some()),
        !gold.pairs.is_empty(),
    ];
    for ((task, labels), _) in tasks(names).into_iter().zip(present).filter(|t| t.1) {
        let empty = Task {
            labels,
            rows: Vec::new(),
            groups: groups.clone(),
        };
        out.extend(empty.report(none).figures(task));
    }
    if !gold.statements.is_empty() {
        out.push(("both.accuracy".into(), None));
    }
    if !gold.pairs.is_empty() {
        out.extend(pairs::report(&[], &groups, none).figures());
    }
    if !gold.attributions.is_empty() {
        out.extend(attribution::report(&[], &groups, none).figures());
    }
    let mut out: Vec<String> = out.into_iter().map(|f| f.0).collect();
    if !gold.coreferences.is_empty() {
        out.extend(["accuracy", "precision", "recall"].map(|k| format!("coreference.{k}")));
    }
    if contrast {
        out.extend(contrast::keys());
    }
    out
}

/// Computes the evaluation. `problems` are those found on the way here.
pub fn evaluate(
    gold: &Gold,
    predicted: &Predicted,
    names: &SideNames,
    settings: &Settings,
    problems: Vec<Problem>,
) -> Evaluation {
    let bootstrap = settings.bootstrap;
    let mut out = blank(gold, predicted, settings);
    out.problems = gold.problems.iter().cloned().chain(problems).collect();
    for (name, found) in placed(gold, predicted, names, settings.missing_is_wrong) {
        let Some(Placed { task, at }) = found else {
            out.problems.extend(not_predicted(gold, predicted, name));
            continue;
        };
        let report = task.report(bootstrap);
        one_class(name, &report, &mut out.problems);
        unpredicted(gold, predicted, name, &task, &at, &mut out.problems);
        for field in &settings.by {
            let values: Vec<String> = at
                .iter()
                .map(|&i| breakdown::value(gold, record_of(gold, predicted, name, i).0, field))
                .collect();
            out.breakdowns.push(breakdown::classification(
                name, &task, field, &values, bootstrap,
            ));
        }
        let kind = if name == "relation" {
            "pairs"
        } else {
            "statements"
        };
        out.resampled_by
            .insert(kind.into(), task.groups.unit().into());
        for (row, &i) in task.rows.iter().zip(&at) {
            if row.pred == Some(row.gold) {
                continue;
            }
            let (record, prediction) = record_of(gold, predicted, name, i);
            let choice = prediction.and_then(|p| match name {
                "side" => p.side.as_ref(),
                "stance" => p.stance.as_ref(),
                _ => p.relation.as_ref(),
            });
            out.error_rows.push(errors::label_error(
                name,
                &task.labels,
                gold,
                record,
                row.gold,
                choice,
                prediction,
            ));
        }
        out.tasks.insert(name.into(), report);
    }
    out.statements = kinds::statements(gold, predicted, bootstrap);
    out.ranking = kinds::ranking(gold, predicted, bootstrap);
    kinds::attributions(gold, predicted, settings, &mut out);
    kinds::coreferences(gold, predicted, bootstrap, &mut out);
    errors::sort(&mut out.error_rows);
    for e in &out.error_rows {
        *out.errors.entry(e.task.clone()).or_insert(0) += 1;
    }
    out.close();
    out
}

fn blank(gold: &Gold, predicted: &Predicted, settings: &Settings) -> Evaluation {
    let files = |f: &[PathBuf]| f.iter().map(|f| f.display().to_string()).collect();
    Evaluation {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        gold: Counted {
            files: files(&gold.files),
            statements: gold.statements.len() as u64,
            attributions: gold.attributions.len() as u64,
            pairs: gold.pairs.len() as u64,
            coreferences: gold.coreferences.len() as u64,
            contrasts: gold.truths.len() as u64,
        },
        predictions: predicted.source.clone(),
        bootstrap: settings.bootstrap,
        resampled_by: IndexMap::new(),
        missing_is_wrong: settings.missing_is_wrong,
        statements: None,
        tasks: IndexMap::new(),
        ranking: None,
        attribution: None,
        coreference: None,
        contrast: None,
        breakdowns: Vec::new(),
        comparison: None,
        errors: IndexMap::new(),
        problem_counts: IndexMap::new(),
        problems: Vec::new(),
        figures: IndexMap::new(),
        error_rows: Vec::new(),
    }
}

/// Says that gold has a task that no prediction has.
fn not_predicted(gold: &Gold, predicted: &Predicted, task: &str) -> Option<Problem> {
    let labelled = match task {
        "side" => gold.statements.iter().filter(|s| s.side.is_some()).count(),
        "stance" => gold
            .statements
            .iter()
            .filter(|s| s.stance.is_some())
            .count(),
        _ => gold.pairs.len(),
    };
    (labelled > 0).then(|| {
        Problem::new(
            ProblemKind::NotScored,
            predicted.source.clone(),
            None,
            format!("no prediction has a {task}; {labelled} gold labels are not scored"),
        )
    })
}

/// Warns of gold that holds one class only.
fn one_class(task: &str, report: &ClassReport, problems: &mut Vec<Problem>) {
    let present: Vec<&str> = report
        .classes
        .iter()
        .filter(|c| c.support > 0)
        .map(|c| c.label.as_str())
        .collect();
    if let [only] = present[..] {
        problems.push(Problem::new(
            ProblemKind::OneClass,
            "gold",
            None,
            format!(
                "all {} records have the {task} `{only}`; correlation does not exist, and \
                 figures of the other labels say nothing",
                report.n
            ),
        ));
    }
}

/// Names records whose prediction lacks this task, where others have it.
fn unpredicted(
    gold: &Gold,
    predicted: &Predicted,
    name: &str,
    task: &Task,
    at: &[usize],
    problems: &mut Vec<Problem>,
) {
    let scored: std::collections::HashSet<usize> = at
        .iter()
        .zip(&task.rows)
        .filter(|(_, r)| r.pred.is_some())
        .map(|(&i, _)| i)
        .collect();
    let count = if name == "relation" {
        gold.pairs.len()
    } else {
        gold.statements.len()
    };
    for i in (0..count).filter(|i| !scored.contains(i)) {
        let (record, prediction) = record_of(gold, predicted, name, i);
        let labelled = match name {
            "side" => gold.statements[i].side.is_some(),
            "stance" => gold.statements[i].stance.is_some(),
            _ => true,
        };
        if let (true, Some(_)) = (labelled, prediction) {
            problems.push(Problem::new(
                ProblemKind::MissingPrediction,
                gold.place(record.meta()),
                Some(&record.meta().id),
                format!("its prediction has no {name}"),
            ));
        }
    }
}

impl Evaluation {
    /// Adds the end-to-end figures of a finished run.
    pub fn add_contrast(&mut self, gold: &Gold, analysis: &Analysis) {
        let report = contrast::score(analysis, &gold.truths, &gold.events, &mut self.problems);
        self.contrast = Some(report);
        self.close();
    }

    /// Adds the comparison with another set of predictions.
    pub fn add_comparison(
        &mut self,
        gold: &Gold,
        this: &Predicted,
        other: &Predicted,
        names: &SideNames,
        settings: &Settings,
    ) {
        let wrong = settings.missing_is_wrong;
        let mut comparison = Comparison {
            other: other.source.clone(),
            tasks: Vec::new(),
        };
        let theirs = placed(gold, other, names, wrong);
        for ((name, a), (_, b)) in placed(gold, this, names, wrong).into_iter().zip(theirs) {
            let (Some(a), Some(b)) = (a, b) else { continue };
            let describe = |i: usize| {
                let record = record_of(gold, this, name, i).0;
                (record.meta().id.clone(), record.shown().into_owned())
            };
            let (both, kept) = compare::paired((&a.task, &a.at), (&b.task, &b.at), describe);
            let groups = a.task.groups.subset(&kept);
            comparison.tasks.push(compare::compare(
                name,
                &a.task.labels,
                &both,
                &groups,
                settings.bootstrap,
            ));
        }
        self.comparison = Some(comparison);
        self.close();
    }

    /// Brings counts and the flat list of figures up to date.
    fn close(&mut self) {
        self.problem_counts = super::problem::count(&self.problems);
        let mut figures = Vec::new();
        for (name, t) in &self.tasks {
            figures.extend(t.figures(name));
        }
        if let Some(s) = &self.statements {
            figures.push(("both.accuracy".into(), s.both_right.value));
        }
        if let Some(r) = &self.ranking {
            figures.extend(r.figures());
        }
        if let Some(a) = &self.attribution {
            figures.extend(a.figures());
        }
        if let Some(c) = &self.coreference {
            figures.push(("coreference.accuracy".into(), c.accuracy.value));
            figures.push(("coreference.precision".into(), c.precision.value));
            figures.push(("coreference.recall".into(), c.recall.value));
        }
        if let Some(c) = &self.contrast {
            figures.extend(c.figures());
        }
        self.figures = figures.into_iter().collect();
    }

    /// Whether some record was not used (exit code 3).
    pub fn rejected(&self) -> bool {
        self.problems.iter().any(|p| p.kind.rejects())
    }
}
