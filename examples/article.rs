//! Prints speaker, side and mentions of every line of an article dump, and the time a statement takes.
//!
//! ```text
//! cargo run --release --example article -- article.txt [REPEAT]
//! ```

use std::sync::Arc;

use anyhow::{Context, Result};
use standoff::attribute::Attributor;
use standoff::sides::Sides;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(args.get(1).context("usage: article FILE [REPEAT]")?)?;
    let repeat: usize = args.get(2).map_or(Ok(0), |s| s.parse())?;
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let date = lines
        .get(1)
        .and_then(|d| chrono::NaiveDate::parse_from_str(d, "%Y%m%d").ok());
    let statements = &lines[3.min(lines.len())..];
    let start = std::time::Instant::now();
    let sides = Sides::load("models/sides/russia-west.toml")?;
    let load = start.elapsed();
    let attributor = Attributor::new(Arc::new(sides))?;
    println!(
        "sides file {load:?}, attributor {:?}",
        start.elapsed() - load
    );
    for (s, a) in
        statements
            .iter()
            .zip(attributor.document(statements, date, false, lines.first().copied()))
    {
        println!("\n{s}");
        if let Some(p) = &a.speaker {
            println!(
                "   {} = {:?} [{:?}] {:?} {:?}",
                p.text, p.actor, p.role, p.side, p.how
            );
            println!(
                "   cue {:?} content {:?}",
                p.cue.and_then(|c| c.of(s)),
                p.content.iter().filter_map(|c| c.of(s)).collect::<Vec<_>>()
            );
            if let Some(n) = &p.note {
                println!("   note: {n}");
            }
            for n in &p.nested {
                println!("   nested: {} = {:?} {:?}", n.text, n.actor, n.how);
            }
        }
        let mentions: Vec<String> = a
            .mentions
            .iter()
            .map(|m| format!("{}={}", m.span.of(s).unwrap_or_default(), m.side))
            .collect();
        println!("   mentions {}", mentions.join(", "));
    }
    if repeat > 0 {
        let start = std::time::Instant::now();
        let mut words = 0;
        for _ in 0..repeat {
            for s in statements {
                words += s.split_whitespace().count();
                std::hint::black_box(attributor.statement(s, date));
            }
        }
        let n = (repeat * statements.len()) as f64;
        println!(
            "\n{:.4} ms a statement of {:.0} words",
            1000.0 * start.elapsed().as_secs_f64() / n,
            words as f64 / n
        );
    }
    Ok(())
}
