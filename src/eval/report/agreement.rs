//! What an agreement report shows.

use super::view::{
    attribution, capital, figure, problems, section, table, Block, Section, Table, NONE,
};
use crate::eval::agreement::Disagreement;
use crate::eval::annotators::Annotators;

/// The sections of an agreement report.
pub fn annotators(a: &Annotators) -> Vec<Section> {
    let mut out = vec![section(
        "Overview",
        vec![
            Block::Note(format!("First: {}. Second: {}.", a.files[0], a.files[1])),
            Block::Note(format!(
                "In brackets: 95 % bootstrap intervals, {} samples, seed {}. {NONE}: the figure does not exist.",
                a.bootstrap.samples, a.bootstrap.seed
            )),
        ],
    )];
    for t in &a.tasks {
        let r = &t.report;
        out.push(section(
            capital(&t.task),
            vec![
                table(
                    "",
                    [
                        "records",
                        "same label",
                        "Cohen's kappa",
                        "Krippendorff's alpha",
                    ],
                    vec![[
                        r.n.to_string(),
                        figure(&r.observed),
                        figure(&r.kappa),
                        figure(&r.alpha),
                    ]],
                ),
                table(
                    "One label against the rest",
                    ["label", "first", "second", "kappa", "alpha"],
                    r.per_label
                        .iter()
                        .map(|l| {
                            [
                                l.label.clone(),
                                l.used[0].to_string(),
                                l.used[1].to_string(),
                                figure(&l.kappa),
                                figure(&l.alpha),
                            ]
                        })
                        .collect(),
                ),
                Block::Confusion {
                    caption: "First annotator in rows, second in columns".into(),
                    rows: r.labels.clone(),
                    columns: r.labels.clone(),
                    counts: r.confusion.clone(),
                },
            ],
        ));
    }
    if let Some(x) = &a.attribution {
        out.push(section("Attribution (first taken as gold)", attribution(x)));
    }
    if !a.disagreements.is_empty() {
        out.push(disagreements(&a.disagreements));
    }
    out.extend(problems(&a.problems));
    out
}

fn disagreements(list: &[Disagreement]) -> Section {
    section(
        format!("Disagreements ({})", list.len()),
        vec![Block::Table(Table {
            caption: String::new(),
            head: ["task", "id", "text", "first", "second"]
                .map(String::from)
                .to_vec(),
            rows: list
                .iter()
                .map(|d| {
                    vec![
                        d.task.clone(),
                        d.id.clone(),
                        d.text.clone(),
                        d.a.clone(),
                        d.b.clone(),
                    ]
                })
                .collect(),
            text: true,
        })],
    )
}
