//! Fits the coefficients of the pair score (`standoff::contrast::score`) to
//! labelled pairs and prints them as the constant to paste.
//!
//! ```text
//! cargo run --release --example fit_score -- FEATURES.jsonl [RIDGE]
//! ```
//!
//! A line of the input is one pair: its features by name (the names of
//! `score::PARTS`, made with `score::Features`) and whether it is opposed:
//! `{"opposed": 1.2, "aligned": 0.1, …, "label": true}`. The relation model's
//! judgements must come from a model that was not trained on these pairs, or
//! the fit will trust it too much. Average precision of the fitted score in
//! five folds and of `opposed` alone go to stderr.

use std::io::BufRead;

use anyhow::{bail, Context, Result};
use serde_json::Value;
use standoff::contrast::score::{fit, Features, COEFFICIENTS, FEATURES, PARTS};
use standoff::eval::ranking::{Ranked, Ranking};

const FOLDS: usize = 5;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let path = args.next().context("name a JSONL file of features")?;
    let ridge: f64 = args
        .next()
        .map_or(Ok(1.0), |r| r.parse())
        .context("RIDGE")?;
    let file = std::fs::File::open(&path).with_context(|| path.clone())?;
    let mut rows = Vec::new();
    for (n, line) in std::io::BufReader::new(file).lines().enumerate() {
        rows.push(row(&line?).with_context(|| format!("{path}:{}", n + 1))?);
    }
    if rows.is_empty() {
        bail!("{path}: no pairs");
    }
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

fn row(line: &str) -> Result<(Features, bool)> {
    let value: Value = serde_json::from_str(line)?;
    let mut features = [0.0; FEATURES];
    for (x, part) in features.iter_mut().zip(PARTS) {
        *x = value[part]
            .as_f64()
            .with_context(|| format!("no number {part:?}"))?;
    }
    let label = value["label"]
        .as_bool()
        .context("no true or false \"label\"")?;
    Ok((Features(features), label))
}
