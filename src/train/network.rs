//! The network that is trained: the encoder, sentence heads and at most one token head.

use std::path::Path;

use tch::{nn, Device, Kind, Tensor};

use crate::encoder::batch::Batch;
use crate::encoder::bert::{features, Bert};
use crate::encoder::trainable::{trained_whole, Trainable};
use crate::encoder::{Architecture, Weights};
use crate::error::{Error, Result};

/// A head over the sentence features, with one output per label.
#[derive(Debug, Clone, Copy)]
pub struct HeadSpec {
    pub name: &'static str,
    pub outputs: i64,
}

/// Encoder with heads.
pub struct Network {
    pub body: Trainable,
    heads: Vec<nn::Linear>,
    tagger: Option<nn::Linear>,
    dropout: f64,
}

/// What the heads say about a batch, before softmax.
pub struct Logits {
    /// Per sentence head `[batch, outputs]`.
    pub sentence: Vec<Tensor>,
    /// `[batch, tokens, tags]`.
    pub tags: Option<Tensor>,
}

impl Network {
    /// The base encoder, to be trained as a whole, with fresh heads. `tags` is the number of
    /// token classes, 0 for none.
    pub fn whole(
        encoder_dir: &Path,
        heads: &[HeadSpec],
        tags: i64,
        device: Device,
    ) -> Result<Self> {
        let architecture = Architecture::read(encoder_dir)?;
        if !trained_whole(&architecture) {
            return Err(Error::Usage(format!(
                "{}: only BERT encoders are trained as a whole; train adapters with --adapter-rank, 16 for instance",
                encoder_dir.display()
            )));
        }
        let bert = Bert::new(encoder_dir, &architecture, device)?;
        Ok(Self::over(bert.network, architecture.hidden, heads, tags))
    }

    /// An encoder with the given weights, of which only adapters of `rank` are trained (with rank
    /// 0 nothing of it), with fresh heads.
    pub fn adapted(
        architecture: &Architecture,
        weights: &Weights,
        rank: i64,
        heads: &[HeadSpec],
        tags: i64,
        device: Device,
    ) -> Result<Self> {
        let body = Trainable::new(architecture, weights, rank, device)?;
        Ok(Self::over(body, architecture.hidden, heads, tags))
    }

    fn over(body: Trainable, hidden: usize, heads: &[HeadSpec], tags: i64) -> Self {
        let root = body.vs.root();
        let h = hidden as i64;
        let linear = |name: &str, inputs: i64, outputs: i64| {
            let path = &root / "heads" / name;
            let config = nn::LinearConfig {
                ws_init: nn::Init::Randn {
                    mean: 0.0,
                    stdev: 0.02,
                },
                bs_init: Some(nn::Init::Const(0.0)),
                bias: true,
            };
            nn::linear(path, inputs, outputs, config)
        };
        let sentence = heads
            .iter()
            .map(|s| linear(s.name, 2 * h, s.outputs))
            .collect();
        let tagger = (tags > 0).then(|| linear("tags", h, tags));
        Network {
            heads: sentence,
            tagger,
            body,
            dropout: 0.1,
        }
    }

    /// Copies what `weights` has for this network.
    pub fn load(&mut self, weights: &Weights) -> Result<()> {
        self.body.load(weights)
    }

    /// All heads over a batch.
    pub fn forward(&self, batch: &Batch, train: bool) -> Result<Logits> {
        let embedded = self.body.embed(batch);
        self.forward_embedded(&embedded, batch, train)
    }

    /// All heads, from given token embeddings (for gradients with respect to them).
    pub fn forward_embedded(
        &self,
        embedded: &Tensor,
        batch: &Batch,
        train: bool,
    ) -> Result<Logits> {
        let hidden = self.body.forward(embedded, batch, train)?;
        let mask = batch.mask.to_device(hidden.device());
        let f = features(&hidden, &mask).f_dropout(self.dropout, train)?;
        Ok(Logits {
            sentence: self.heads.iter().map(|h| f.apply(h)).collect(),
            tags: self
                .tagger
                .as_ref()
                .map(|t| hidden.dropout(self.dropout, train).apply(t)),
        })
    }

    /// The variables to train with their learning-rate factors: the layers from
    /// `frozen_layers` on, the heads, and the marks if nothing is frozen.
    pub fn variables(
        &self,
        frozen_layers: usize,
        head_rate: f64,
        mark_rate: f64,
    ) -> Vec<(String, Tensor, f64)> {
        let mut all: Vec<(String, Tensor)> = self.body.vs.variables().into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let mut out = Vec::new();
        for (name, value) in all {
            let layer = name
                .strip_prefix("encoder.layer.")
                .and_then(|r| r.split('.').next())
                .and_then(|n| n.parse::<usize>().ok());
            let rate = if name.starts_with("heads.") {
                Some(head_rate)
            } else if name.starts_with("marks.") {
                (frozen_layers == 0).then_some(mark_rate)
            } else {
                match layer {
                    Some(l) if l >= frozen_layers => Some(1.0),
                    _ => None,
                }
            };
            match rate {
                Some(rate) => out.push((name, value, rate)),
                None => {
                    let _ = value.set_requires_grad(false);
                }
            }
        }
        out
    }
}

/// Cross-entropy with soft targets, weighted by row: `sum(w * -t·log p) / sum(w > 0)`.
pub fn soft_cross_entropy(logits: &Tensor, targets: &Tensor, weights: &Tensor) -> Tensor {
    let log_p = logits.log_softmax(-1, Kind::Float);
    let per_row = -(targets * log_p).sum_dim_intlist(&[-1i64][..], false, Kind::Float);
    let n = weights.gt(0.0).sum(Kind::Float).clamp_min(1.0);
    (per_row * weights).sum(Kind::Float) / n
}
