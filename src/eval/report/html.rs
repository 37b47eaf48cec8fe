//! The report, and the list of errors, as self-contained HTML pages: no
//! scripts, nothing loaded, everything escaped.

use minijinja::{context, Environment, Value};

use super::view::{Block, Section, Table};
use crate::eval::errors::ErrorRow;
use crate::{Error, Result};

/// Errors shown on the page; `errors.jsonl` has all.
const SHOWN: usize = 2000;

fn environment() -> Result<Environment<'static>> {
    let mut env = Environment::new();
    for (name, source) in [
        ("page.html", include_str!("page.html")),
        ("eval.html", include_str!("eval.html")),
        ("errors.html", include_str!("errors.html")),
    ] {
        env.add_template(name, source).map_err(failed)?;
    }
    Ok(env)
}

fn failed(e: minijinja::Error) -> Error {
    Error::Other(format!("page: {e:#}"))
}

fn render(name: &str, context: Value) -> Result<String> {
    let env = environment()?;
    let page = env.get_template(name).map_err(failed)?;
    page.render(context).map_err(failed)
}

/// The page of a report.
pub fn page(title: &str, sections: &[Section]) -> Result<String> {
    let sections: Vec<Value> = sections
        .iter()
        .map(|s| {
            let blocks: Vec<Value> = s.blocks.iter().map(block).collect();
            context! { title => s.title, blocks }
        })
        .collect();
    render("eval.html", context! { title, sections })
}

fn table(t: &Table) -> Value {
    context! { caption => t.caption, head => t.head, rows => t.rows, text => t.text }
}

fn block(b: &Block) -> Value {
    match b {
        Block::Note(n) => context! { note => n },
        Block::Table(t) | Block::Listing(t) => context! { table => table(t) },
        Block::Chart { caption, svg } => context! { caption, svg },
        Block::Confusion {
            caption,
            rows,
            columns,
            counts,
        } => {
            let rows: Vec<Value> = rows
                .iter()
                .zip(counts)
                .map(|(label, row)| {
                    // Shaded by the share of the row, so that rare labels show as well.
                    let sum = row.iter().sum::<u64>().max(1) as f64;
                    let cells: Vec<Value> = row
                        .iter()
                        .map(|&n| {
                            let heat = format!("{:.2}", 0.7 * n as f64 / sum);
                            context! { n, heat }
                        })
                        .collect();
                    context! { label, cells }
                })
                .collect();
            context! { matrix => context! { caption, columns, rows } }
        }
    }
}

/// The page of errors.
pub fn errors(source: &str, rows: &[ErrorRow]) -> Result<String> {
    let shown = rows.len().min(SHOWN);
    let listed: Vec<Value> = rows[..shown]
        .iter()
        .map(|e| {
            // A list keeps the label order; the template engine sorts maps.
            let scores: Vec<(&String, &f64)> = e.scores.iter().collect();
            context! { scores => Value::from_serialize(&scores), ..Value::from_serialize(e) }
        })
        .collect();
    render(
        "errors.html",
        context! {
            title => "Errors",
            source,
            total => rows.len(),
            shown,
            left_out => rows.len() > shown,
            rows => listed,
        },
    )
}
