//! Which words decided: integrated gradients (Sundararajan, Taly and Yan 2017,
//! "Axiomatic attribution for deep networks") over the token embeddings, from
//! a baseline of `[MASK]` tokens, for the log-odds of the predicted label, in
//! fp32. A word's weight is the sum over its tokens, as a share of the sum of
//! all absolute weights.

use std::sync::Mutex;

use tch::Tensor;

use crate::document::Span;
use crate::encoder::Batch;
use crate::encoder::{Encoded, TokenMarks, Tokenizer};
use crate::error::Result;
use crate::labels::{Label, SideNames, Stance};
use crate::model::Model;
use crate::record::{rounded, Explanation, StatementRecord, Weight};
use crate::train::network::Network;
use crate::train::statements;

/// Points on the path from baseline to input.
const STEPS: i64 = 12;
/// Words given per label at most.
const WORDS: usize = 8;
/// Smallest share worth giving.
const LEAST: f64 = 0.02;

/// Computes explanations for a model's classifier.
pub struct Explainer {
    tokenizer: Tokenizer,
    network: Mutex<Network>,
    max_tokens: usize,
    names: SideNames,
}

impl Explainer {
    /// Loads the classifier of a model for explaining.
    pub fn load(model: &Model, names: SideNames) -> Result<Self> {
        let part = model.statements()?;
        let opened = model.open(part)?;
        let mut network = Network::adapted(
            &opened.architecture,
            &opened.weights,
            0,
            &statements::HEADS,
            statements::token_classes(part.tagger),
            tch::Device::Cpu,
        )?;
        network.load(&opened.weights)?;
        for v in network.body.vs().variables().values() {
            let _ = v.set_requires_grad(false);
        }
        Ok(Explainer {
            tokenizer: opened.tokenizer,
            network: Mutex::new(network),
            max_tokens: part.max_tokens,
            names,
        })
    }

    /// The words that weighed most for the labels of a record.
    pub fn explain(&self, record: &StatementRecord) -> Result<Explanation> {
        let text = self.tokenizer.encode(&record.text, self.max_tokens)?;
        let marks = TokenMarks::new(
            &text,
            &record.mentions,
            record.speaker.as_ref(),
            &self.names,
        );
        let side = self.names.parse(&record.side.label).map_or(0, Label::index);
        let stance = Stance::index(record.stance.label);
        let network = self
            .network
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let width = text.len();
        let mut blank = text.clone();
        for (id, offset) in blank.ids.iter_mut().zip(&text.offsets) {
            if !offset.is_empty() {
                *id = self.tokenizer.mask_id();
            }
        }
        let none = TokenMarks::none(text.len());
        let start = network.body.embed(&Batch::new(&[&blank], &[&none], width));
        let end = network.body.embed(&Batch::new(&[&text], &[&marks], width));
        let difference = &end - &start;
        // All points of the path in one batch.
        let steps: Vec<f32> = (0..STEPS)
            .map(|k| (k as f32 + 0.5) / STEPS as f32)
            .collect();
        let alphas = Tensor::from_slice(&steps).view([STEPS, 1, 1]);
        let path = (&start + &difference * &alphas)
            .detach()
            .set_requires_grad(true);
        let rows: Vec<&Encoded> = (0..STEPS).map(|_| &text).collect();
        let batch = Batch::new(&rows, &[], width);
        let logits = network.forward_embedded(&path, &batch, false)?;
        let weights = |head: usize, label: usize| -> Result<Vec<Weight>> {
            let log_p = logits.sentence[head].log_softmax(-1, tch::Kind::Float);
            let p = log_p.select(1, label as i64);
            let odds = (&p - (-p.exp()).log1p()).sum(tch::Kind::Float);
            let gradient = Tensor::f_run_backward(&[odds], &[&path], true, false)?
                .swap_remove(0)
                .mean_dim(&[0i64][..], false, tch::Kind::Float);
            let per_token = (gradient * difference.squeeze_dim(0)).sum_dim_intlist(
                &[-1i64][..],
                false,
                tch::Kind::Float,
            );
            Ok(words(
                &Vec::<f32>::try_from(per_token)?,
                &text,
                &record.text,
            ))
        };
        Ok(Explanation {
            side: weights(0, side)?,
            stance: weights(1, stance)?,
        })
    }
}

/// Sums token values to words, and gives the heaviest.
fn words(values: &[f32], text: &Encoded, source: &str) -> Vec<Weight> {
    let mut words: Vec<(Span, f64)> = Vec::new();
    for (value, offset) in values.iter().zip(&text.offsets) {
        if offset.is_empty() {
            continue;
        }
        match words.last_mut() {
            Some((span, sum)) if span.end == offset.start && joined(source, *offset) => {
                span.end = offset.end;
                *sum += f64::from(*value);
            }
            _ => words.push((*offset, f64::from(*value))),
        }
    }
    let total: f64 = words.iter().map(|w| w.1.abs()).sum::<f64>().max(1e-9);
    words.retain(|(span, _)| {
        span.of(source)
            .is_some_and(|w| w.chars().any(char::is_alphanumeric))
    });
    words.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    words
        .into_iter()
        .take(WORDS)
        .map(|(span, sum)| Weight {
            span,
            weight: rounded(sum / total),
        })
        .filter(|w| w.weight.abs() >= LEAST)
        .collect()
}

/// Whether a token goes on the word before it: no punctuation between or in it.
fn joined(source: &str, token: Span) -> bool {
    let word = |c: char| c.is_alphanumeric();
    let before = source[..token.start].chars().next_back();
    let first = source[token.start..].chars().next();
    before.is_some_and(word) && first.is_some_and(word)
}
