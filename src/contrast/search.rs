//! Exact search for the nearest rows of another set, in blocks.
//!
//! Both sets are sorted by day; the similarities of a block of rows with a
//! block of columns are one matrix product, and one pass over it serves both
//! directions: the best columns of every row and the best rows of every column.
//! Only blocks that can hold a pair within the window are looked at.
//!
//! Cost: `pairs within the window × width` multiplications, quadratic only
//! inside a window. Memory: one block of [`ROWS`] × [`COLUMNS`] similarities
//! twice per worker (32 MiB), and `2 × best × 8` bytes a statement per worker.
//! Every block is computed on one thread, and ties are broken by position, so
//! the number of workers changes nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use tch::Tensor;

use super::Embeddings;
use crate::{Error, Result};

/// Rows of a block.
pub const ROWS: usize = if cfg!(test) { 100 } else { 1024 };
/// Columns of a block.
pub const COLUMNS: usize = if cfg!(test) { 150 } else { 4096 };
/// Columns tested at once in the pass over a block.
const LANES: usize = 16;

/// One of the two sets: which rows of the embeddings, in which order.
#[derive(Debug)]
pub struct Set<'a> {
    embeddings: &'a Embeddings,
    /// Rows of `embeddings`; those with a day first, by day.
    rows: Vec<u32>,
    /// Days of the leading rows; the rest have none.
    days: Vec<i64>,
}

impl<'a> Set<'a> {
    /// `members` are rows of `embeddings` with their days. They are put in order
    /// of the days, those without one last; apart from that the order is kept.
    pub fn new(
        embeddings: &'a Embeddings,
        members: impl IntoIterator<Item = (usize, Option<i64>)>,
    ) -> Self {
        let mut members: Vec<(usize, Option<i64>)> = members.into_iter().collect();
        members.sort_by_key(|(_, d)| (d.is_none(), *d));
        Set {
            embeddings,
            rows: members.iter().map(|m| m.0 as u32).collect(),
            days: members.iter().map_while(|m| m.1).collect(),
        }
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn day(&self, i: usize) -> Option<i64> {
        self.days.get(i).copied()
    }

    fn tensor(&self, from: usize, to: usize) -> Result<Tensor> {
        let width = self.embeddings.width();
        let mut data = Vec::with_capacity((to - from) * width);
        for &r in &self.rows[from..to] {
            data.extend_from_slice(self.embeddings.row(r as usize));
        }
        Ok(Tensor::f_from_slice(&data)?.f_view([(to - from) as i64, width as i64])?)
    }

    /// Ranges of positions, at most `size` long, none with both dated and undated members.
    fn blocks(&self, from: usize, to: usize, size: usize) -> Vec<(usize, usize)> {
        let split = self.days.len().clamp(from, to);
        let mut out = Vec::new();
        for (a, b) in [(from, split), (split, to)] {
            out.extend((a..b).step_by(size).map(|s| (s, (s + size).min(b))));
        }
        out
    }

    /// Ranges of positions that can be within `days` of the block `[from, to)` of `other`.
    fn reach(&self, other: &Set, from: usize, to: usize, days: Option<i64>) -> Vec<(usize, usize)> {
        let (Some(first), Some(last), Some(w)) = (other.day(from), other.day(to - 1), days) else {
            return self.blocks(0, self.len(), COLUMNS);
        };
        let low = self.days.partition_point(|&d| d < first - w);
        let high = self.days.partition_point(|&d| d <= last + w);
        let mut out = self.blocks(low, high.max(low), COLUMNS);
        out.extend(self.blocks(self.days.len(), self.len(), COLUMNS));
        out
    }
}

/// What to look for.
pub struct Query<'a> {
    /// How many for each row and each column.
    pub best: usize,
    /// Least similarity.
    pub min: f32,
    /// Most days between a row and a column; `None`: any.
    pub days: Option<i64>,
    /// Whether a pair (rows of the embeddings) is wanted at all.
    pub want: &'a (dyn Fn(usize, usize) -> bool + Sync),
    /// Workers.
    pub threads: usize,
}

/// The best partners found so far for each of a range of positions.
#[derive(Debug, Clone)]
struct Best {
    k: usize,
    min: f32,
    /// `k` places each, best first; unused ones hold `(NEG_INFINITY, u32::MAX)`.
    hits: Vec<(f32, u32)>,
    /// The value a newcomer must reach.
    floor: Vec<f32>,
}

const NONE: (f32, u32) = (f32::NEG_INFINITY, u32::MAX);

impl Best {
    fn new(n: usize, k: usize, min: f32) -> Self {
        Best {
            k,
            min,
            hits: vec![NONE; n * k],
            floor: vec![min; n],
        }
    }

    /// Ranked by value, then by position.
    fn add(&mut self, i: usize, value: f32, position: u32) {
        let places = &mut self.hits[i * self.k..(i + 1) * self.k];
        let better = |(v, p): (f32, u32)| v > value || (v == value && p < position);
        let at = places.partition_point(|&h| better(h));
        if at < places.len() {
            places[at..].rotate_right(1);
            places[at] = (value, position);
            self.floor[i] = places[places.len() - 1].0.max(self.min);
        }
    }

    fn merge(&mut self, other: &Best) {
        for (i, places) in other.hits.chunks_exact(self.k).enumerate() {
            for &(v, p) in places.iter().filter(|h| **h != NONE) {
                self.add(i, v, p);
            }
        }
    }

    fn list(&self, i: usize) -> impl Iterator<Item = u32> + '_ {
        self.hits[i * self.k..(i + 1) * self.k]
            .iter()
            .filter(|h| **h != NONE)
            .map(|h| h.1)
    }
}

/// All pairs (row of the first set's embeddings, row of the second's) in which
/// one is among the best partners of the other, ascending, each once. `done`
/// is told of every finished block of rows out of all (`total`).
pub fn nearest(
    a: &Set,
    b: &Set,
    query: &Query,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<(u32, u32)>> {
    if a.len() == 0 || b.len() == 0 || query.best == 0 {
        return Ok(Vec::new());
    }
    let blocks = a.blocks(0, a.len(), ROWS);
    let next = AtomicUsize::new(0);
    let work = || -> Result<(Vec<(u32, u32)>, Best)> {
        tch::set_num_threads(1);
        let _guard = tch::no_grad_guard();
        let mut columns = Best::new(b.len(), query.best, query.min);
        let mut pairs = Vec::new();
        let mut buffer = vec![0f32; ROWS * COLUMNS];
        loop {
            let Some(&(from, to)) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return Ok((pairs, columns));
            };
            let mut rows = Best::new(to - from, query.best, query.min);
            let left = a.tensor(from, to)?;
            for (start, end) in b.reach(a, from, to, query.days) {
                let right = b.tensor(start, end)?;
                let product = left.f_matmul(&right.f_transpose(0, 1)?)?;
                let n = (to - from) * (end - start);
                product.f_copy_data(&mut buffer[..n], n)?;
                scan(
                    a,
                    b,
                    query,
                    (from, start, end),
                    &buffer[..n],
                    &mut rows,
                    &mut columns,
                );
            }
            for i in 0..to - from {
                pairs.extend(rows.list(i).map(|j| ((from + i) as u32, j)));
            }
            done(1, blocks.len());
        }
    };
    let workers = query.threads.clamp(1, blocks.len());
    let parts: Vec<Result<_>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles
            .into_iter()
            .map(|h| {
                h.join()
                    .unwrap_or_else(|_| Err(Error::Other("a worker of the search failed".into())))
            })
            .collect()
    });
    let mut pairs = Vec::new();
    let mut columns: Option<Best> = None;
    for part in parts {
        let (p, c) = part?;
        pairs.extend(p);
        match &mut columns {
            Some(all) => all.merge(&c),
            None => columns = Some(c),
        }
    }
    if let Some(columns) = columns {
        for j in 0..b.len() {
            pairs.extend(columns.list(j).map(|i| (i, j as u32)));
        }
    }
    let mut pairs: Vec<(u32, u32)> = pairs
        .into_iter()
        .map(|(i, j)| (a.rows[i as usize], b.rows[j as usize]))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    Ok(pairs)
}

/// One pass over a block for both directions.
fn scan(
    a: &Set,
    b: &Set,
    query: &Query,
    (from, start, end): (usize, usize, usize),
    block: &[f32],
    rows: &mut Best,
    columns: &mut Best,
) {
    let width = end - start;
    for (i, row) in block.chunks_exact(width).enumerate() {
        for (c, lanes) in row.chunks(LANES).enumerate() {
            let at = start + c * LANES;
            let floor = rows.floor[i];
            let floors = &columns.floor[at..at + lanes.len()];
            let hit = lanes
                .iter()
                .zip(floors)
                .fold(false, |h, (&v, &f)| h | (v >= floor) | (v >= f));
            if !hit {
                continue;
            }
            for (l, &v) in lanes.iter().enumerate() {
                let j = at + l;
                if v < rows.floor[i] && v < columns.floor[j] {
                    continue;
                }
                let near = query
                    .days
                    .is_none_or(|w| super::window::meet(a.day(from + i), b.day(j), w));
                if near && (query.want)(a.rows[from + i] as usize, b.rows[j] as usize) {
                    if v >= rows.floor[i] {
                        rows.add(i, v, j as u32);
                    }
                    if v >= columns.floor[j] {
                        columns.add(j, v, (from + i) as u32);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;

    fn random(n: usize, width: usize, seed: u64) -> Embeddings {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let data = (0..n * width).map(|_| rng.gen_range(-1.0..1.0)).collect();
        Embeddings::new(data, width).unwrap()
    }

    /// The same by comparing everything with everything.
    fn plain(
        e: &Embeddings,
        a: &[(usize, Option<i64>)],
        b: &[(usize, Option<i64>)],
        q: &Query,
    ) -> Vec<(u32, u32)> {
        let mut out = Vec::new();
        for flip in [false, true] {
            let (x, y) = if flip { (b, a) } else { (a, b) };
            for &(i, di) in x {
                let mut hits: Vec<(f64, usize)> = y
                    .iter()
                    .filter(|&&(j, dj)| {
                        let (l, r) = if flip { (j, i) } else { (i, j) };
                        q.days.is_none_or(|w| super::super::window::meet(di, dj, w))
                            && (q.want)(l, r)
                    })
                    .map(|&(j, _)| (e.cosine(i, e, j), j))
                    .filter(|h| h.0 >= f64::from(q.min))
                    .collect();
                hits.sort_by(|l, r| r.0.total_cmp(&l.0));
                for &(_, j) in hits.iter().take(q.best) {
                    let (l, r) = if flip { (j, i) } else { (i, j) };
                    out.push((l as u32, r as u32));
                }
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    #[test]
    fn blocks_find_what_comparing_all_finds() {
        let e = random(1_500, 8, 1);
        let dated = |i: usize| (i, (!i.is_multiple_of(7)).then_some((i as i64 * 37) % 200));
        let a: Vec<_> = (0..700).map(dated).collect();
        let b: Vec<_> = (700..1_500).map(dated).collect();
        for (days, threads) in [(None, 1), (Some(20), 1), (Some(20), 3), (Some(0), 1)] {
            let want = |i: usize, j: usize| !(i + j).is_multiple_of(5);
            let q = Query {
                best: 3,
                min: 0.3,
                days,
                want: &want,
                threads,
            };
            let sets = (Set::new(&e, a.clone()), Set::new(&e, b.clone()));
            let got = nearest(&sets.0, &sets.1, &q, &|_, _| ()).unwrap();
            let expected = plain(&e, &a, &b, &q);
            let differ: Vec<_> = got
                .iter()
                .filter(|p| !expected.contains(p))
                .chain(expected.iter().filter(|p| !got.contains(p)))
                .map(|&(i, j)| (i, j, e.cosine(i as usize, &e, j as usize)))
                .collect();
            // Rounding may swap partners that are equally near but for the last digit.
            for d in &differ {
                let swapped = differ
                    .iter()
                    .any(|o| o != d && (o.0 == d.0 || o.1 == d.1) && (o.2 - d.2).abs() < 1e-6);
                assert!(swapped, "{days:?} {threads} {d:?}");
            }
        }
    }

    #[test]
    fn empty_sets_find_nothing() {
        let e = random(4, 8, 1);
        let q = Query {
            best: 3,
            min: -1.0,
            days: None,
            want: &|_, _| true,
            threads: 2,
        };
        let (a, b) = (Set::new(&e, []), Set::new(&e, [(0, None)]));
        assert!(nearest(&a, &b, &q, &|_, _| ()).unwrap().is_empty());
    }
}
