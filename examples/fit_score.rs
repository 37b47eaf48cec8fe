//! Fits the coefficients of the pair score (`standoff::contrast::score`) to
//! labelled pairs and prints them as the constant to paste.
//!
//! ```text
//! cargo run --release --example fit_score -- PAIRS.jsonl [MODEL [RIDGE]]
//! ```
//!
//! A line of the input is one pair (`a`, `b`, `relation`, `date` of both). The
//! relation model must not have been trained on these pairs, or the fit will
//! trust it too much. Average precision of the fitted score in five folds, of
//! the score as it is and of every part alone go to stderr.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use anyhow::{bail, Context, Result};
use serde::Deserialize;
use standoff::classify::{head, Embedder, Relater};
use standoff::config::Given;
use standoff::contrast::score::{fit, Features, COEFFICIENTS, PARTS};
use standoff::contrast::terms::Lexicon;
use standoff::eval::ranking::{Ranked, Ranking};
use standoff::model::Model;
use standoff::pipeline::{Pipeline, Statement};
use standoff::sides::Sides;

const FOLDS: usize = 5;

#[derive(Deserialize)]
struct Row {
    a: String,
    b: String,
    relation: String,
    date: Option<chrono::NaiveDate>,
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let path = args.next().context("name a JSONL file of pairs")?;
    let model = args.next();
    let ridge: f64 = args
        .next()
        .map_or(Ok(1.0), |r| r.parse())
        .context("RIDGE")?;
    let rows = features(&read(&path)?, model)?;
    let precision = |scored: &[(f64, bool)]| {
        let items = scored
            .iter()
            .map(|&(score, positive)| Ranked { score, positive })
            .collect();
        Ranking::new(items)
            .average_precision(None)
            .unwrap_or(f64::NAN)
    };
    let mut held_out = Vec::new();
    for fold in 0..FOLDS {
        let (test, train): (Vec<_>, Vec<_>) = (0..rows.len()).partition(|i| i % FOLDS == fold);
        let train: Vec<(Features, bool)> = train.into_iter().map(|i| rows[i]).collect();
        let c = fit(&train, ridge)?;
        held_out.extend(test.into_iter().map(|i| (c.score(&rows[i].0), rows[i].1)));
    }
    for percent in (10..=60).step_by(5) {
        let least = f64::from(percent) / 100.0;
        let shown = held_out.iter().filter(|r| r.0 >= least).count() as f64;
        let right = held_out.iter().filter(|r| r.0 >= least && r.1).count() as f64;
        let all = held_out.iter().filter(|r| r.1).count() as f64;
        eprintln!(
            "shown from a score of {least:.2}: precision {:.2}, recall {:.2}, F1 {:.2}",
            right / shown,
            right / all,
            2.0 * right / (shown + all)
        );
    }
    let with = |score: &dyn Fn(&Features) -> f64| -> Vec<(f64, bool)> {
        rows.iter().map(|(f, l)| (score(f), *l)).collect()
    };
    eprintln!(
        "{} pairs, {} opposed",
        rows.len(),
        rows.iter().filter(|r| r.1).count()
    );
    eprintln!(
        "average precision, fitted (held out): {:.4}",
        precision(&held_out)
    );
    eprintln!(
        "as it is now: {:.4}",
        precision(&with(&|f| COEFFICIENTS.score(f)))
    );
    for (i, part) in PARTS.iter().enumerate() {
        eprintln!("{part} alone: {:.4}", precision(&with(&|f| f.0[i])));
    }
    let c = fit(&rows, ridge)?;
    println!("pub const COEFFICIENTS: Coefficients = Coefficients {{");
    println!("    base: {:.3},", c.base);
    let parts: Vec<String> = c.parts.iter().map(|p| format!("{p:.3}")).collect();
    println!("    parts: [{}],\n}};", parts.join(", "));
    Ok(())
}

fn read(path: &str) -> Result<Vec<Row>> {
    let file = std::fs::File::open(path).with_context(|| path.to_string())?;
    let rows: Vec<Row> = std::io::BufReader::new(file)
        .lines()
        .enumerate()
        .map(|(n, line)| serde_json::from_str(&line?).with_context(|| format!("{path}:{}", n + 1)))
        .collect::<Result<_>>()?;
    if rows.is_empty() {
        bail!("{path}: no pairs");
    }
    Ok(rows)
}

/// The features of every pair as `analyze` would make them, and whether it is opposed.
fn features(rows: &[Row], model: Option<String>) -> Result<Vec<(Features, bool)>> {
    let settings = Given::default().check()?;
    let model = Model::find(&model.unwrap_or(settings.model.clone()))?;
    let sides = Arc::new(Sides::load(&settings.sides)?);
    let mut place: HashMap<&str, usize> = HashMap::new();
    let mut statements = Vec::new();
    for (text, date) in rows
        .iter()
        .flat_map(|r| [(r.a.as_str(), r.date), (r.b.as_str(), r.date)])
    {
        place.entry(text).or_insert_with(|| {
            statements.push(Statement {
                id: statements.len().to_string(),
                text: text.to_string(),
                date,
                ..Statement::default()
            });
            statements.len() - 1
        });
    }
    let records = Pipeline::load(&model, sides, &settings, 0.0)?.records(&statements, &|_| {})?;
    let texts: Vec<&str> = statements.iter().map(|s| s.text.as_str()).collect();
    let vectors = Embedder::load(&model, &settings.run)?.embed(&texts, &|_| {})?;
    let pairs: Vec<(&str, &str)> = rows.iter().map(|r| (r.a.as_str(), r.b.as_str())).collect();
    let relations = Relater::load(&model, &settings.run)?.relate(&pairs, &|_| {})?;
    let lexicon = Lexicon::new(&records, standoff::contrast::Options::default().window_days);
    Ok(rows
        .iter()
        .zip(relations)
        .map(|(r, relation)| {
            let (i, j) = (place[r.a.as_str()], place[r.b.as_str()]);
            let similarity = f64::from(head::dot(&vectors[i], &vectors[j]));
            let features = Features::new(
                (&records[i], lexicon.profile(i)),
                (&records[j], lexicon.profile(j)),
                similarity,
                &lexicon,
            )
            .judged([relation[0], relation[1], relation[2]]);
            (features, r.relation == "opposed")
        })
        .collect())
}
