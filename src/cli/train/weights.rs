//! Writes trained weights, with the int8 ranges of their activations.

use super::TrainArgs;
use crate::encoder::engine::{RANGES, RANGES_PER_LAYER};
use crate::encoder::{Batch, Encoded, Engine, Precision, TokenMarks, Weights, LAYERS};
use crate::error::Result;
use crate::train::network::Network;
use crate::train::trainer::{Example, Source};

/// Writes what was trained, with the int8 ranges calibrated on a sample of the
/// training texts. Gives the file's name and SHA-256.
pub fn write(
    args: &TrainArgs,
    network: &Network,
    sources: &[Source],
    name: &str,
) -> Result<(String, String)> {
    let sample: Vec<&Example> = sources.iter().flat_map(|s| s.examples.iter()).collect();
    let variables = network.variables(args.freeze_layers, 1.0);
    let mut weights = Weights::default();
    for (name, value, _) in variables {
        weights.insert(name, value.detach());
    }
    let mut all = Weights::default();
    for (name, value) in network.bert.vs.variables() {
        all.insert(name, value.detach());
    }
    let step = (sample.len() / 400).max(1);
    let chosen: Vec<&Example> = sample.iter().step_by(step).take(400).copied().collect();
    weights.insert(RANGES, ranges(&all, &chosen)?);
    let sha256 = weights.save_half(&args.out.join(name))?;
    Ok((name.to_string(), sha256))
}

/// Share of activations at each end that may fall outside a calibrated range.
const TAIL: f64 = 2e-5;

fn ranges(weights: &Weights, sample: &[&Example]) -> Result<tch::Tensor> {
    let mut engine = Engine::new(weights, Precision::Fp32, tch::Device::Cpu)?;
    let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); LAYERS * RANGES_PER_LAYER];
    let lengths: Vec<usize> = sample.iter().map(|e| e.text.len()).collect();
    for rows in crate::encoder::plan(&lengths, 4096) {
        let texts: Vec<&Encoded> = rows.iter().map(|&i| &sample[i].text).collect();
        let marks: Vec<&TokenMarks> = rows.iter().map(|&i| &sample[i].marks).collect();
        let width = crate::encoder::batch::padded(lengths[rows[0]]);
        let batch = Batch::new(&texts, &marks, width);
        for (end, (low, high)) in ends.iter_mut().zip(engine.extremes(&batch, TAIL)?) {
            *end = (end.0.min(low), end.1.max(high));
        }
    }
    let flat: Vec<f32> = ends
        .iter()
        .flat_map(|&(l, h)| [l as f32, h as f32])
        .collect();
    Ok(tch::Tensor::from_slice(&flat).view([ends.len() as i64, 2]))
}
