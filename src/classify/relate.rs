//! The relation model: how two statements meet.

use rayon::prelude::*;

use super::head::Head;
use super::{pool, RunOptions};
use crate::encoder::pool::sentence_features;
use crate::encoder::{Encoded, Pool, Tokenizer, HIDDEN};
use crate::error::Result;
use crate::model::{encoder_dir, Model};
use crate::train::fit::softmax;

/// The relation model of a model folder, ready to run.
pub struct Relater {
    tokenizer: Tokenizer,
    pool: Pool,
    head: Head,
    temperature: f64,
    max_tokens: usize,
}

impl Relater {
    /// Loads the relation model of a model.
    pub fn load(model: &Model, options: &RunOptions) -> Result<Self> {
        let part = model.relation()?;
        let weights = model.weights(&part.weights, &part.sha256)?;
        let dir = encoder_dir(&model.file.encoder)?;
        Ok(Relater {
            tokenizer: Tokenizer::load(&dir.join("tokenizer.json"))?,
            pool: pool(&weights, options)?,
            head: Head::load(&weights, "relation", 3, 2 * HIDDEN)?,
            temperature: part.temperature,
            max_tokens: part.max_tokens,
        })
    }

    /// Calibrated probabilities in the order of [`crate::labels::Relation`], one
    /// row per pair. Both orders of a pair are read and their logits averaged,
    /// so that `(a, b)` and `(b, a)` get the same answer.
    pub fn relate(
        &self,
        pairs: &[(&str, &str)],
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Vec<f64>>> {
        let encoded: Vec<Encoded> = pairs
            .par_iter()
            .flat_map_iter(|&(a, b)| [(a, b), (b, a)])
            .map(|(a, b)| self.tokenizer.encode_pair(a, b, self.max_tokens))
            .collect::<Result<_>>()?;
        let texts: Vec<&Encoded> = encoded.iter().collect();
        let logits = self.pool.run(
            &texts,
            &[],
            |_, hidden| self.head.logits(&sentence_features(hidden)),
            &|n| done(n),
        )?;
        Ok(logits
            .chunks_exact(2)
            .map(|two| {
                let mut sorted = [&two[0], &two[1]];
                // Addition is done in one order whichever way round the pair came.
                sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
                let mean: Vec<f32> = sorted[0]
                    .iter()
                    .zip(sorted[1])
                    .map(|(x, y)| (x + y) / 2.0)
                    .collect();
                softmax(&mean, self.temperature)
            })
            .collect())
    }
}
