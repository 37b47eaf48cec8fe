//! Which words decided: layer-wise relevance propagation by gradients (Ali et al. 2022, "XAI for
//! transformers: better explanations through conservative propagation"; see [`crate::encoder::adapted`]), in fp32.
//! A token's share of the lead that the predicted label's logit has over the mean of the others is the gradient of
//! that lead times the token's embedding, marks included. A word's weight is the sum over its tokens, as a share of the sum of
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
        for v in network.body.vs.variables().values() {
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
        let batch = Batch::new(&[&text], &[&marks], width);
        let embedded = network.body.embed(&batch).detach().set_requires_grad(true);
        let logits = network.forward_embedded(&embedded, &batch, false)?;
        let weights = |head: usize, label: usize| -> Result<Vec<Weight>> {
            let logits = &logits.sentence[head];
            let others = logits.size()[1] - 1;
            // The label's lead over the mean of the others: linear in the logits, so that shares stay shares.
            let of = logits.select(1, label as i64);
            let lead = &of - (logits.sum(tch::Kind::Float) - &of) / others as f64;
            let gradient =
                Tensor::f_run_backward(&[lead.sum(tch::Kind::Float)], &[&embedded], true, false)?
                    .swap_remove(0);
            let per_token = (gradient * &embedded).squeeze_dim(0).sum_dim_intlist(
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
