//! The relation model: how two statements meet.

use rayon::prelude::*;

use super::head::Head;
use super::{pool, RunOptions};
use crate::encoder::pool::sentence_features;
use crate::encoder::{Encoded, Pool, Tokenizer};
use crate::error::Result;
use crate::labels::{Label, Relation};
use crate::model::{Model, RelationPart};
use crate::train::fit::softmax;

/// The relation model of a model folder, ready to run.
pub struct Relater {
    tokenizer: Tokenizer,
    pool: Pool,
    head: Head,
    temperature: f64,
    max_tokens: usize,
    /// Reads first what is to be screened.
    screen: Option<Box<Relater>>,
}

impl Relater {
    /// Loads the relation model of a model.
    pub fn load(model: &Model, options: &RunOptions) -> Result<Self> {
        Self::of(model, model.relation()?, options)
    }

    /// As [`Relater::load`], with the quicker relation model for [`Relater::screen`], if there is one.
    pub fn screened(model: &Model, options: &RunOptions) -> Result<Self> {
        let mut relater = Self::load(model, options)?;
        if let Some(part) = &model.file.screen {
            relater.screen = Some(Box::new(Self::of(model, part, options)?));
        }
        Ok(relater)
    }

    fn of(model: &Model, part: &RelationPart, options: &RunOptions) -> Result<Self> {
        let opened = model.open(part)?;
        let weights = opened.weights;
        Ok(Relater {
            tokenizer: opened.tokenizer,
            pool: pool(&weights, &opened.architecture, options)?,
            head: Head::load(&weights, "relation", 3, 2 * opened.architecture.hidden)?,
            temperature: part.temperature,
            max_tokens: part.max_tokens,
            screen: None,
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
        let there = self.read(&ordered(pairs), done)?;
        self.both_ways(pairs, &there)
    }

    /// As [`Relater::relate`], but only of pairs whose first reading gives `opposed` at least the probability
    /// `least`; the others keep what that reading said. The model's quicker relation model reads first, if it has one,
    /// else this one, one way (the text that sorts first goes first). Most of the work is saved where opposed pairs are few.
    pub fn screen(
        &self,
        pairs: &[(&str, &str)],
        least: f64,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Vec<f64>>> {
        let reader = self.screen.as_deref().unwrap_or(self);
        let there = reader.read(&ordered(pairs), done)?;
        let mut answers: Vec<Vec<f64>> = there
            .par_iter()
            .map(|logits| softmax(logits, reader.temperature))
            .collect();
        let again: Vec<usize> = (0..pairs.len())
            .filter(|&i| answers[i][Relation::Opposed.index()] >= least)
            .collect();
        let passed: Vec<(&str, &str)> = again.iter().map(|&i| pairs[i]).collect();
        let judged = if self.screen.is_some() {
            self.relate(&passed, &|_| {})?
        } else {
            let there: Vec<Vec<f32>> = again.iter().map(|&i| there[i].clone()).collect();
            self.both_ways(&passed, &there)?
        };
        for (&i, answer) in again.iter().zip(judged) {
            answers[i] = answer;
        }
        Ok(answers)
    }

    /// Probabilities from the mean of both readings; `there` is the one that was done.
    fn both_ways(&self, pairs: &[(&str, &str)], there: &[Vec<f32>]) -> Result<Vec<Vec<f64>>> {
        let swapped: Vec<(&str, &str)> = ordered(pairs).iter().map(|&(a, b)| (b, a)).collect();
        let back = self.read(&swapped, &|_| {})?;
        Ok(there
            .iter()
            .zip(&back)
            .map(|(there, back)| {
                let mean: Vec<f32> = there.iter().zip(back).map(|(x, y)| (x + y) / 2.0).collect();
                softmax(&mean, self.temperature)
            })
            .collect())
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
            |_, hidden| {
                self.head
                    .logits(&sentence_features(hidden, self.pool.hidden))
            },
            done,
        )
    }
}

/// Every pair with the text that sorts first before the other.
fn ordered<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    pairs
        .iter()
        .map(|&(a, b)| if a <= b { (a, b) } else { (b, a) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_spares_the_unlikely_and_changes_nothing_else() {
        let mut model = Model::find("standoff-1").unwrap();
        // The relation model as its own screen: then it must not matter which of the two reads first.
        model.file.screen = model.file.relation.clone();
        let options = RunOptions::default();
        let plain = Relater::load(&model, &options).unwrap();
        let screened = Relater::screened(&model, &options).unwrap();
        let pairs = [
            (
                "Moscow denied that it was preparing an attack on Ukraine.",
                "Russia is preparing an attack on Ukraine, the minister said.",
            ),
            (
                "Russia closed its airspace to carriers from 36 countries.",
                "The EU froze the assets of four banks.",
            ),
            (
                "The demands were legitimate, the ambassador said.",
                "The demands are unacceptable, the alliance replied.",
            ),
        ];
        let quiet = |_: usize| {};
        let whole = plain.relate(&pairs, &quiet).unwrap();
        let answers = screened.screen(&pairs, 0.1, &quiet).unwrap();
        assert_eq!(answers, plain.screen(&pairs, 0.1, &quiet).unwrap());
        let opposed = Relation::Opposed.index();
        assert!(answers.iter().any(|p| p[opposed] < 0.1));
        assert!(answers.iter().any(|p| p[opposed] >= 0.1));
        for (answer, whole) in answers.iter().zip(&whole) {
            assert!(answer == whole || answer[opposed] < 0.1);
        }
    }
}
