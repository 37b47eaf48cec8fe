//! Runs many texts through an engine on several threads. Every worker computes
//! whole batches on one core, which needs no synchronisation inside a layer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use super::batch::{plan, Batch};
use super::engine::Engine;
use super::marks::TokenMarks;
use super::tokenize::Encoded;
use crate::error::Result;

/// An engine with the number of workers and the batch size.
#[derive(Debug)]
pub struct Pool {
    engine: Mutex<Engine>,
    /// Width of the token vectors.
    pub hidden: usize,
    pub threads: usize,
    pub batch_tokens: usize,
}

/// Tokens a batch by default: large enough to keep a core busy, small enough for its cache.
pub const BATCH_TOKENS: usize = 1024;

/// From so many texts on, memory is given back after the work.
const MANY: usize = 256;

impl Pool {
    /// Workers over an engine; `threads` and `batch_tokens` are at least 1.
    pub fn new(engine: Engine, threads: usize, batch_tokens: usize) -> Self {
        Pool {
            hidden: engine.hidden(),
            engine: Mutex::new(engine),
            threads: threads.max(1),
            batch_tokens: batch_tokens.max(1),
        }
    }

    /// Calls `finish` for every text with its token vectors (row-major
    /// `[tokens, hidden]`), and gives the results in input
    /// order. `marks` is empty or as long as `texts`. `done` is told how many
    /// texts each finished batch held.
    pub fn run<T: Send>(
        &self,
        texts: &[&Encoded],
        marks: &[&TokenMarks],
        finish: impl Fn(usize, &[f32]) -> T + Sync,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<T>> {
        let lengths: Vec<usize> = texts.iter().map(|t| t.len()).collect();
        let batches = plan(&lengths, self.batch_tokens);
        let next = AtomicUsize::new(0);
        let workers = self.threads.min(batches.len()).max(1);
        let work = |mut engine: Engine| -> Result<Vec<(usize, T)>> {
            tch::set_num_threads(1);
            let across = engine.hidden();
            let mut out = Vec::new();
            loop {
                let Some(rows) = batches.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    return Ok(out);
                };
                let encoded: Vec<&Encoded> = rows.iter().map(|&i| texts[i]).collect();
                let marked: Vec<&TokenMarks> =
                    rows.iter().filter_map(|&i| marks.get(i).copied()).collect();
                let width = lengths[rows[0]];
                let hidden = engine.run(&Batch::new(&encoded, &marked, width))?;
                for (r, &i) in rows.iter().enumerate() {
                    let at = r * width * across;
                    out.push((i, finish(i, &hidden[at..at + lengths[i] * across])));
                }
                done(rows.len());
            }
        };
        let engines: Vec<Engine> = {
            let engine = self
                .engine
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            (0..workers).map(|_| engine.share()).collect()
        };
        let parts: Vec<Result<Vec<(usize, T)>>> = std::thread::scope(|scope| {
            let handles: Vec<_> = engines
                .into_iter()
                .map(|engine| scope.spawn(|| work(engine)))
                .collect();
            handles
                .into_iter()
                .map(|h| {
                    h.join().unwrap_or_else(|_| {
                        Err(crate::error::Error::Model("a worker thread failed".into()))
                    })
                })
                .collect()
        });
        let mut all: Vec<(usize, T)> = Vec::with_capacity(texts.len());
        for part in parts {
            all.extend(part?);
        }
        if texts.len() >= MANY {
            crate::memory::give_back();
        }
        all.sort_by_key(|(i, _)| *i);
        Ok(all.into_iter().map(|(_, t)| t).collect())
    }
}

/// Mean of token vectors `[tokens, hidden]`.
pub fn mean(vectors: &[f32], hidden: usize) -> Vec<f32> {
    let tokens = (vectors.len() / hidden).max(1);
    let mut sum = vec![0f32; hidden];
    for row in vectors.chunks_exact(hidden) {
        for (s, v) in sum.iter_mut().zip(row) {
            *s += v;
        }
    }
    for s in &mut sum {
        *s /= tokens as f32;
    }
    sum
}

/// Sentence features as in [`super::bert::features`]: mean, then the first token.
pub fn sentence_features(vectors: &[f32], hidden: usize) -> Vec<f32> {
    let mut f = mean(vectors, hidden);
    f.extend_from_slice(&vectors[..hidden]);
    f
}
