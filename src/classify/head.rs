//! The small layers behind the encoder, computed in plain Rust so that a row's
//! result does not depend on how libtorch splits a batch.

use crate::encoder::Weights;
use crate::error::Result;

/// A linear layer with `labels` outputs.
#[derive(Debug, Clone)]
pub struct Head {
    /// Row-major `[labels, inputs]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
}

impl Head {
    /// Reads `heads.NAME.weight` and `.bias`.
    pub fn load(weights: &Weights, name: &str, labels: usize, inputs: usize) -> Result<Self> {
        let w = weights.get(
            &format!("heads.{name}.weight"),
            &[labels as i64, inputs as i64],
        )?;
        let b = weights.get(&format!("heads.{name}.bias"), &[labels as i64])?;
        Ok(Head {
            weight: Vec::try_from(w.contiguous().view(-1))?,
            bias: Vec::try_from(b)?,
            inputs,
        })
    }

    /// Logits for one feature vector.
    pub fn logits(&self, x: &[f32]) -> Vec<f32> {
        self.weight
            .chunks_exact(self.inputs)
            .zip(&self.bias)
            .map(|(row, b)| dot(row, x) + b)
            .collect()
    }
}

/// Dot product in eight running sums, always in the same order.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (mut ca, mut cb) = (a.chunks_exact(8), b.chunks_exact(8));
    for (x, y) in ca.by_ref().zip(cb.by_ref()) {
        for k in 0..8 {
            sums[k] += x[k] * y[k];
        }
    }
    let rest: f32 = ca
        .remainder()
        .iter()
        .zip(cb.remainder())
        .map(|(x, y)| x * y)
        .sum();
    sums.iter().sum::<f32>() + rest
}
