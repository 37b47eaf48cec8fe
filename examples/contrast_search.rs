//! Times the candidate search on random embeddings.
//!
//! ```text
//! cargo run --release --example contrast_search -- STATEMENTS_A_SIDE [THREADS [DAYS]]
//! ```
//!
//! With DAYS the statements are spread evenly over so many days and a window
//! of 30 days is kept; without, all lie in one window.

use std::time::Instant;

use anyhow::Result;
use rand::{Rng, SeedableRng};
use standoff::contrast::search::{nearest, Query, Set};
use standoff::contrast::Embeddings;

/// Width of an embedding of the encoder that is used for similarity.
const WIDTH: usize = 384;

fn main() -> Result<()> {
    let args: Vec<usize> = std::env::args()
        .skip(1)
        .map(|a| a.parse())
        .collect::<Result<_, _>>()?;
    let n = args.first().copied().unwrap_or(10_000);
    let threads = args.get(1).copied().unwrap_or(1);
    let days = args.get(2).copied();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let data = (0..2 * n * WIDTH)
        .map(|_| rng.gen_range(-1.0f32..1.0))
        .collect();
    let embeddings = Embeddings::new(data, WIDTH)?;
    let day = |i: usize| days.map(|d| ((i % n) * d / n) as i64);
    let set = |from: usize| Set::new(&embeddings, (from..from + n).map(|i| (i, day(i))));
    let (a, b) = (set(0), set(n));
    let query = Query {
        best: 24,
        min: 0.05,
        days: Some(30),
        want: &|_, _| true,
        threads,
    };
    let start = Instant::now();
    let pairs = nearest(&a, &b, &query, &|_, _| ())?;
    println!(
        "{n} x {n}, {threads} threads, days {days:?}: {:.1} s, {} candidates",
        start.elapsed().as_secs_f64(),
        pairs.len()
    );
    Ok(())
}
