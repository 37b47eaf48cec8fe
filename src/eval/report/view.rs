//! What a report shows, in order: sections of tables, notes and charts. The
//! terminal, Markdown and HTML writers only differ in how they draw them.

use super::svg;
use crate::eval::attribution::{AttributionReport, Prf};
use crate::eval::bootstrap::Figure;
use crate::eval::breakdown::Breakdown;
use crate::eval::classification::ClassReport;
use crate::eval::compare::{Change, Comparison, Difference};
use crate::eval::contrast::ContrastReport;
use crate::eval::evaluate::Evaluation;
use crate::eval::kinds::{CoreferenceReport, StatementsReport};
use crate::eval::pairs::{RankingFigures, RankingReport};
use crate::eval::problem::{self, Problem};
use crate::Result;

/// Stands for a figure that does not exist.
pub const NONE: &str = "—";

/// A table; the first column is text, the others are figures unless `text` says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub caption: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Whether the cells are running text rather than figures.
    pub text: bool,
}

/// A part of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Table(Table),
    /// A sentence.
    Note(String),
    /// Counts by gold (rows) and predicted label (columns).
    Confusion {
        caption: String,
        rows: Vec<String>,
        columns: Vec<String>,
        counts: Vec<Vec<u64>>,
    },
    /// A table for files only: a terminal has its content elsewhere.
    Listing(Table),
    /// Inline SVG, for pages only.
    Chart {
        caption: String,
        svg: String,
    },
}

/// A heading with what stands under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub title: String,
    pub blocks: Vec<Block>,
    /// Whether it is too long for a terminal.
    pub long: bool,
}

pub(super) fn section(title: impl Into<String>, blocks: Vec<Block>) -> Section {
    Section {
        title: title.into(),
        blocks,
        long: false,
    }
}

pub(super) fn table<const N: usize>(
    caption: &str,
    head: [&str; N],
    rows: Vec<[String; N]>,
) -> Block {
    Block::Table(Table {
        caption: caption.into(),
        head: head.map(String::from).to_vec(),
        rows: rows.into_iter().map(|r| r.to_vec()).collect(),
        text: false,
    })
}

/// A number with three decimals, or a dash.
pub fn number(v: Option<f64>) -> String {
    v.map_or(NONE.into(), |v| {
        let s = format!("{v:.3}");
        if s == "-0.000" {
            "0.000".into()
        } else {
            s
        }
    })
}

/// A figure with its interval.
pub fn figure(f: &Figure) -> String {
    match (f.value, f.low, f.high) {
        (Some(_), Some(low), Some(high)) => format!(
            "{} [{}, {}]",
            number(f.value),
            number(Some(low)),
            number(Some(high))
        ),
        _ => number(f.value),
    }
}

fn p_value(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.001 => "< 0.001".into(),
        p => number(p),
    }
}

/// The sections of an evaluation.
pub fn evaluation(e: &Evaluation) -> Result<Vec<Section>> {
    let mut out = vec![overview(e)];
    for (name, report) in &e.tasks {
        out.push(classification(name, report)?);
    }
    if let Some(r) = &e.ranking {
        out.push(ranking(r));
    }
    if let Some(a) = &e.attribution {
        out.push(section("Attribution", attribution(a)));
    }
    if let Some(c) = &e.coreference {
        out.push(coreference(c));
    }
    if let Some(c) = &e.contrast {
        out.extend(contrast(c));
    }
    out.extend(e.breakdowns.iter().map(breakdown));
    if let Some(c) = &e.comparison {
        out.extend(comparison(c));
    }
    out.extend(problems(&e.problems));
    Ok(out)
}

fn overview(e: &Evaluation) -> Section {
    let g = &e.gold;
    let mut counts = Vec::new();
    for (n, what) in [
        (g.statements, "statements"),
        (g.attributions, "attributions"),
        (g.pairs, "pairs"),
        (g.coreferences, "coreference cases"),
        (g.contrasts, "true contrasts"),
    ] {
        if n > 0 {
            counts.push(format!("{n} {what}"));
        }
    }
    let mut blocks = vec![
        Block::Note(format!(
            "Gold: {} ({}).",
            counts.join(", "),
            g.files.join(", ")
        )),
        Block::Note(format!("Predictions: {}.", e.predictions)),
    ];
    let units: Vec<String> = e
        .resampled_by
        .iter()
        .map(|(kind, unit)| format!("{kind} by {unit}"))
        .collect();
    if e.bootstrap.samples > 0 && !units.is_empty() {
        blocks.push(Block::Note(format!(
            "In brackets: 95 % bootstrap intervals, {} samples, seed {}, resampled {}. {NONE}: the figure does not exist.",
            e.bootstrap.samples,
            e.bootstrap.seed,
            units.join(", ")
        )));
    }
    if e.missing_is_wrong {
        blocks.push(Block::Note(
            "Records without a prediction count as wrong.".into(),
        ));
    }
    if let Some(s) = &e.statements {
        blocks.push(statements(s));
    }
    let wrong: Vec<String> = e.errors.iter().map(|(t, n)| format!("{n} {t}")).collect();
    if !wrong.is_empty() {
        blocks.push(Block::Note(format!("Errors: {}.", wrong.join(", "))));
    }
    section("Overview", blocks)
}

fn statements(s: &StatementsReport) -> Block {
    table(
        "",
        [
            "statements",
            "side and stance right",
            "abstained",
            "side accuracy, answered",
            "stance accuracy, answered",
        ],
        vec![[
            s.n.to_string(),
            figure(&s.both_right),
            s.abstained.to_string(),
            number(s.answered_side_accuracy),
            number(s.answered_stance_accuracy),
        ]],
    )
}

pub(super) fn capital(s: &str) -> String {
    let mut c = s.chars();
    c.next()
        .map(|f| f.to_uppercase().collect::<String>() + c.as_str())
        .unwrap_or_default()
}

fn classification(name: &str, r: &ClassReport) -> Result<Section> {
    let title = capital(name);
    let mut blocks = vec![table(
        "",
        [
            "records",
            "accuracy",
            "macro-F1",
            "macro precision",
            "macro recall",
            "Matthews corr.",
        ],
        vec![[
            r.n.to_string(),
            figure(&r.accuracy),
            figure(&r.macro_f1),
            figure(&r.macro_precision),
            figure(&r.macro_recall),
            figure(&r.mcc),
        ]],
    )];
    blocks.push(table(
        "By label",
        ["label", "precision", "recall", "F1", "support", "predicted"],
        r.classes
            .iter()
            .map(|c| {
                [
                    c.label.clone(),
                    figure(&c.precision),
                    figure(&c.recall),
                    figure(&c.f1),
                    c.support.to_string(),
                    c.predicted.to_string(),
                ]
            })
            .collect(),
    ));
    if !r.absent().is_empty() && r.n > 0 {
        blocks.push(Block::Note(format!(
            "No gold record has the label {}.",
            r.absent().join(", ")
        )));
    }
    blocks.push(confusion(
        "Gold in rows, predicted in columns",
        &r.labels,
        &r.confusion,
    ));
    if let Some(c) = &r.calibration {
        let floor =
            |f: fn(&crate::eval::calibration::Floor) -> f64| number(c.floor.as_ref().map(f));
        blocks.push(table(
            "Calibration",
            [
                "records",
                "ECE",
                "ECE if calibrated: mean",
                "95th percentile",
                "Brier (0 to 2)",
            ],
            vec![[
                c.n.to_string(),
                figure(&c.ece),
                floor(|f| f.mean),
                floor(|f| f.p95),
                figure(&c.brier),
            ]],
        ));
        blocks.push(Block::Chart {
            caption: "Reliability: accuracy by confidence; on the line a model is calibrated"
                .into(),
            svg: svg::reliability(&c.bins)?,
        });
    }
    if !r.coverage.is_empty() {
        let shown = r
            .coverage
            .iter()
            .filter(|p| [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99].contains(&p.threshold));
        blocks.push(table(
            "Answering only from a confidence on",
            ["confidence ≥", "answered", "coverage", "accuracy"],
            shown
                .map(|p| {
                    [
                        format!("{:.2}", p.threshold),
                        p.n.to_string(),
                        number(Some(p.coverage)),
                        number(p.accuracy),
                    ]
                })
                .collect(),
        ));
        blocks.push(Block::Chart {
            caption: "Accuracy by coverage".into(),
            svg: svg::coverage(&r.coverage)?,
        });
    }
    Ok(section(title, blocks))
}

/// Leaves out the "no prediction" column where it is empty.
fn confusion(caption: &str, labels: &[String], counts: &[Vec<u64>]) -> Block {
    let mut columns = labels.to_vec();
    let mut counts = counts.to_vec();
    if counts
        .iter()
        .all(|r| r.get(labels.len()).is_none_or(|&n| n == 0))
    {
        counts.iter_mut().for_each(|r| r.truncate(labels.len()));
    } else {
        columns.push("no prediction".into());
    }
    Block::Confusion {
        caption: caption.into(),
        rows: labels.to_vec(),
        columns,
        counts,
    }
}

fn ranking(r: &RankingReport) -> Section {
    let row = |name: &str, f: &Option<RankingFigures>| -> Vec<String> {
        let mut row = vec![name.to_string()];
        match f {
            Some(f) => {
                row.push(figure(&f.average_precision));
                row.extend(f.precision_at.iter().map(|p| figure(&p.precision)));
            }
            None => row.extend(vec![NONE.to_string(); 1 + crate::eval::pairs::KS.len()]),
        }
        row
    };
    let mut head = vec!["ranked by".to_string(), "average precision".to_string()];
    head.extend(crate::eval::pairs::KS.iter().map(|k| format!("P@{k}")));
    section(
        "Ranking of opposed pairs",
        vec![
            Block::Note(format!(
                "{} of {} pairs are opposed (base rate {}).",
                r.positives,
                r.n,
                number(r.base_rate)
            )),
            Block::Table(Table {
                caption: String::new(),
                head,
                rows: vec![
                    row("the model", &r.model),
                    row("similarity alone", &r.similarity),
                ],
                text: false,
            }),
        ],
    )
}

pub(super) fn attribution(a: &AttributionReport) -> Vec<Block> {
    let row = |name: String, p: &Prf| {
        [
            name,
            figure(&p.precision),
            figure(&p.recall),
            figure(&p.f1),
            p.tp.to_string(),
            p.fp.to_string(),
            p.fn_.to_string(),
        ]
    };
    let mut rows = vec![row("an attribution found".into(), &a.found)];
    for r in &a.roles {
        rows.push(row(format!("{}, tokens", r.role), &r.token));
        rows.push(row(format!("{}, exact spans", r.role), &r.exact));
    }
    vec![
        Block::Note(format!(
            "{} texts, {} with an attribution.",
            a.n, a.attributed
        )),
        table(
            "",
            [
                "what",
                "precision",
                "recall",
                "F1",
                "both",
                "predicted only",
                "gold only",
            ],
            rows,
        ),
        table(
            "Speakers resolved to actors",
            [
                "gold actors",
                "accuracy",
                "resolved",
                "precision",
                "invented",
            ],
            vec![[
                a.actor.n.to_string(),
                figure(&a.actor.accuracy),
                figure(&a.actor.resolved),
                figure(&a.actor.precision),
                a.actor.invented.to_string(),
            ]],
        ),
    ]
}

fn coreference(c: &CoreferenceReport) -> Section {
    section(
        "Coreference",
        vec![table(
            "",
            [
                "cases",
                "accuracy",
                "recall",
                "precision",
                "rightly unresolved",
            ],
            vec![[
                c.n.to_string(),
                figure(&c.accuracy),
                figure(&c.recall),
                figure(&c.precision),
                figure(&c.rightly_unresolved),
            ]],
        )],
    )
}

fn contrast(c: &ContrastReport) -> Vec<Section> {
    let main = section(
        "Contrast, end to end",
        vec![
            Block::Note(format!(
                "{} documents, {} true contrasts; the run has {} pairs in {} issues.",
                c.documents, c.truths, c.pairs, c.issues
            )),
            table(
                "First pairs",
                ["among the first", "true", "same event"],
                c.precision_at
                    .iter()
                    .map(|p| [p.k.to_string(), number(p.precision), number(p.same_event)])
                    .collect(),
            ),
            table(
                "All pairs and issues",
                [
                    "precision",
                    "recall",
                    "claims answered",
                    "issue purity",
                    "inverse purity",
                ],
                vec![[
                    number(c.precision),
                    number(c.recall),
                    number(c.claim_recall),
                    number(c.purity),
                    number(c.inverse_purity),
                ]],
            ),
        ],
    );
    if c.wrong.is_empty() {
        return vec![main];
    }
    let event = |e: &Option<String>| e.clone().unwrap_or_else(|| NONE.into());
    let mut wrong = section(
        "Pairs that are no true contrast",
        vec![Block::Table(Table {
            caption: "Best first".into(),
            head: ["rank", "score", "first", "second", "events"]
                .map(String::from)
                .to_vec(),
            rows: c
                .wrong
                .iter()
                .map(|w| {
                    vec![
                        w.rank.to_string(),
                        number(Some(w.score)),
                        w.a.clone(),
                        w.b.clone(),
                        format!("{} / {}", event(&w.events[0]), event(&w.events[1])),
                    ]
                })
                .collect(),
            text: true,
        })],
    );
    wrong.long = true;
    vec![main, wrong]
}

fn breakdown(b: &Breakdown) -> Section {
    let keys: Vec<&String> = b
        .parts
        .first()
        .map(|p| p.figures.keys().collect())
        .unwrap_or_default();
    let mut head = vec![b.field.clone(), "records".to_string()];
    head.extend(keys.iter().map(|k| k.replace('_', " ")));
    section(
        format!("{} by {}", capital(&b.task), b.field),
        vec![Block::Table(Table {
            caption: String::new(),
            head,
            rows: b
                .parts
                .iter()
                .map(|p| {
                    let mut row = vec![p.value.clone(), p.n.to_string()];
                    row.extend(p.figures.values().map(figure));
                    row
                })
                .collect(),
            text: false,
        })],
    )
}

fn comparison(c: &Comparison) -> Vec<Section> {
    let mut out = Vec::new();
    for t in &c.tasks {
        let row = |name: &str, d: &Difference| {
            [
                name.to_string(),
                number(d.this),
                number(d.other),
                figure(&d.difference),
                p_value(d.p),
            ]
        };
        let m = &t.mcnemar;
        out.push(section(
            format!("{} compared with {}", capital(&t.task), c.other),
            vec![
                table(
                    &format!("{} records that both predict", t.n),
                    [
                        "figure",
                        "this",
                        "other",
                        "difference",
                        "p (paired bootstrap)",
                    ],
                    vec![row("accuracy", &t.accuracy), row("macro-F1", &t.macro_f1)],
                ),
                table(
                    "McNemar's test",
                    [
                        "only this right",
                        "only other right",
                        "p (exact)",
                        "χ²",
                        "p (χ²)",
                    ],
                    vec![[
                        m.only_first.to_string(),
                        m.only_second.to_string(),
                        p_value(m.p_exact),
                        number(m.chi2),
                        p_value(m.p_chi2),
                    ]],
                ),
            ],
        ));
        for (change, title) in [
            (Change::Gained, "right here, wrong in the other"),
            (Change::Lost, "wrong here, right in the other"),
            (Change::BothWrong, "wrong in both, differently"),
        ] {
            let rows: Vec<Vec<String>> = t
                .changed
                .iter()
                .filter(|x| x.change == change)
                .map(|x| {
                    let shown = |l: &Option<String>, c: Option<f64>| {
                        let label = l.as_deref().unwrap_or(NONE);
                        c.map_or(label.into(), |c| format!("{label} ({c:.2})"))
                    };
                    vec![
                        x.id.clone(),
                        x.text.clone(),
                        x.gold.clone(),
                        shown(&x.this, x.this_confidence),
                        shown(&x.other, x.other_confidence),
                    ]
                })
                .collect();
            if rows.is_empty() {
                continue;
            }
            out.push(Section {
                title: format!("{}: {title} ({})", capital(&t.task), rows.len()),
                blocks: vec![Block::Table(Table {
                    caption: String::new(),
                    head: ["id", "text", "gold", "this", "other"]
                        .map(String::from)
                        .to_vec(),
                    rows,
                    text: true,
                })],
                long: true,
            });
        }
    }
    out
}

/// Most problems a page lists by name; `eval.json` has all.
const LISTED: usize = 500;

pub(super) fn problems(all: &[Problem]) -> Option<Section> {
    if all.is_empty() {
        return None;
    }
    let counts = problem::count(all)
        .iter()
        .map(|(k, n)| {
            let used = if k.rejects() { "not used" } else { "warning" };
            [k.title().to_string(), n.to_string(), used.to_string()]
        })
        .collect();
    let mut blocks = vec![table("", ["what", "records", "effect"], counts)];
    // A terminal has them on stderr already.
    let rows = all.iter().take(LISTED).map(|p| {
        vec![
            p.kind.title().to_string(),
            p.id.clone().unwrap_or_else(|| NONE.into()),
            p.source.clone(),
            p.message.clone(),
        ]
    });
    blocks.push(Block::Listing(Table {
        caption: match all.len() {
            n if n > LISTED => format!("The first {LISTED}; all {n} are in eval.json"),
            _ => String::new(),
        },
        head: ["what", "id", "where", "why"].map(String::from).to_vec(),
        rows: rows.collect(),
        text: true,
    }));
    Some(section("What did not fit", blocks))
}
