//! The relation model: how two statements meet.

use rayon::prelude::*;

use super::head::Head;
use super::{pool, RunOptions};
use crate::encoder::pool::sentence_features;
use crate::encoder::{Encoded, Pool, Tokenizer, HIDDEN};
use crate::error::Result;
use crate::labels::{Label, Relation};
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
        self.screen(pairs, 0.0, done)
    }

    /// As [`Relater::relate`], but a pair is read the second time only if its first reading (the
    /// text that sorts first goes first) gives `opposed` at least the probability `least`.
    /// Halves the work where opposed pairs are few.
    pub fn screen(
        &self,
        pairs: &[(&str, &str)],
        least: f64,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Vec<f64>>> {
        let ordered: Vec<(&str, &str)> = pairs
            .iter()
            .map(|&(a, b)| if a <= b { (a, b) } else { (b, a) })
            .collect();
        let first = self.read(&ordered, done)?;
        let mut answers: Vec<Vec<f64>> = first
            .par_iter()
            .map(|logits| softmax(logits, self.temperature))
            .collect();
        let again: Vec<usize> = (0..pairs.len())
            .filter(|&i| answers[i][Relation::Opposed.index()] >= least)
            .collect();
        let swapped: Vec<(&str, &str)> = again
            .iter()
            .map(|&i| (ordered[i].1, ordered[i].0))
            .collect();
        let second = self.read(&swapped, &|_| {})?;
        for (&i, second) in again.iter().zip(&second) {
            let mean: Vec<f32> = first[i]
                .iter()
                .zip(second)
                .map(|(x, y)| (x + y) / 2.0)
                .collect();
            answers[i] = softmax(&mean, self.temperature);
        }
        Ok(answers)
    }

    /// Logits of pairs as they stand.
    fn read(&self, pairs: &[(&str, &str)], done: &(dyn Fn(usize) + Sync)) -> Result<Vec<Vec<f32>>> {
        let encoded: Vec<Encoded> = pairs
            .par_iter()
            .map(|(a, b)| self.tokenizer.encode_pair(a, b, self.max_tokens))
            .collect::<Result<_>>()?;
        let texts: Vec<&Encoded> = encoded.iter().collect();
        self.pool.run(
            &texts,
            &[],
            |_, hidden| self.head.logits(&sentence_features(hidden)),
            done,
        )
    }
}
