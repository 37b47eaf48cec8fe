//! Sentence embeddings for topic similarity, from the base encoder as it was
//! trained for that purpose (mean pooling, unit length).

use rayon::prelude::*;

use super::{pool, RunOptions};
use crate::encoder::pool::mean;
use crate::encoder::{Encoded, Pool, Tokenizer};
use crate::error::Result;
use crate::model::Model;

/// Longest text in tokens, as in the encoder's own training.
const MAX_TOKENS: usize = 128;

/// The base encoder, ready to embed.
pub struct Embedder {
    tokenizer: Tokenizer,
    pool: Pool,
}

impl Embedder {
    /// Loads the base encoder of a model.
    pub fn load(model: &Model, options: &RunOptions) -> Result<Self> {
        let opened = model.open_base()?;
        Ok(Embedder {
            pool: pool(&opened.weights, &opened.architecture, options)?,
            tokenizer: opened.tokenizer,
        })
    }

    /// One unit vector per text, as wide as the encoder's token vectors.
    pub fn embed(&self, texts: &[&str], done: &(dyn Fn(usize) + Sync)) -> Result<Vec<Vec<f32>>> {
        let encoded: Vec<Encoded> = texts
            .par_iter()
            .map(|t| self.tokenizer.encode(t, MAX_TOKENS))
            .collect::<Result<_>>()?;
        let encoded: Vec<&Encoded> = encoded.iter().collect();
        self.pool.run(
            &encoded,
            &[],
            |_, hidden| {
                let mut v = mean(hidden, self.pool.hidden);
                let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
                for x in &mut v {
                    *x /= norm;
                }
                v
            },
            done,
        )
    }
}
