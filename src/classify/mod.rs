//! Side and stance of statements, and the relation of pairs: models ready to run.

pub mod explain;
pub mod head;
pub mod relate;
pub mod similarity;
pub mod statements;

pub use explain::Explainer;
pub use relate::Relater;
pub use similarity::Embedder;
pub use statements::{Classified, Classifier};

use crate::encoder::{Architecture, Engine, Precision, Weights};
use crate::error::Result;

/// How models are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunOptions {
    pub precision: Precision,
    pub device: tch::Device,
    /// Worker threads (on the CPU).
    pub threads: usize,
    pub batch_tokens: usize,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            precision: if crate::encoder::int8::available() {
                Precision::Int8
            } else {
                Precision::Fp32
            },
            device: tch::Device::Cpu,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            batch_tokens: crate::encoder::pool::BATCH_TOKENS,
        }
    }
}

fn pool(
    weights: &Weights,
    architecture: &Architecture,
    options: &RunOptions,
) -> Result<crate::encoder::Pool> {
    let engine = Engine::new(weights, architecture, options.precision, options.device)?;
    Ok(crate::encoder::Pool::new(
        engine,
        if options.device == tch::Device::Cpu {
            options.threads
        } else {
            1
        },
        options.batch_tokens,
    ))
}
