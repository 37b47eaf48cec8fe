//! The row-wise steps around the int8 kernel, one pass over memory each.

use tch::{Kind, Tensor};

use crate::error::{Error, Result};

/// The least span of a row: a constant row stays constant.
const LEAST_SPAN: f32 = 1e-6;

/// What was taken off a row and what it was divided by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub low: f32,
    pub span: f32,
}

/// Writes the rows of `x`, `[rows, width]`, brought to 0…1 by their own extremes, behind
/// the first row of `space`, `[more than rows, width]`. Gives each row's scale.
pub fn bring(x: &Tensor, space: &mut Tensor) -> Result<Vec<Scale>> {
    let x = x.f_contiguous()?;
    let width = x.size()[1] as usize;
    let from = floats(&x)?;
    let to = floats_mut(space)?
        .get_mut(width..)
        .filter(|to| to.len() >= from.len())
        .ok_or_else(|| Error::Other("the buffer is too small for its rows".into()))?;
    Ok(from
        .chunks_exact(width)
        .zip(to.chunks_exact_mut(width))
        .map(|(row, out)| bring_row(row, out))
        .collect())
}

fn bring_row(row: &[f32], out: &mut [f32]) -> Scale {
    // Eight lanes, so that the compiler can keep them in one register.
    let (mut lows, mut highs) = ([f32::INFINITY; 8], [f32::NEG_INFINITY; 8]);
    for part in row.chunks_exact(8) {
        for i in 0..8 {
            lows[i] = if part[i] < lows[i] { part[i] } else { lows[i] };
            highs[i] = if part[i] > highs[i] {
                part[i]
            } else {
                highs[i]
            };
        }
    }
    let rest = row.chunks_exact(8).remainder();
    let low = lows
        .iter()
        .chain(rest)
        .copied()
        .fold(f32::INFINITY, f32::min);
    let high = highs
        .iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, f32::max);
    let span = (high - low).max(LEAST_SPAN);
    let factor = 1.0 / span;
    for (o, &v) in out.iter_mut().zip(row) {
        *o = ((v - low) * factor).min(1.0);
    }
    Scale { low, span }
}

/// Per output channel: what turns the kernel's sums into the layer's output.
#[derive(Debug, Clone)]
pub struct Channels {
    /// Scale of the quantised weights.
    pub scales: Vec<f32>,
    /// Sums of the weights' rows, times the scale.
    pub sums: Vec<f32>,
    pub bias: Vec<f32>,
}

/// Undoes [`bring`] in the kernel's output, `[rows + 1, out]`, in place, drops
/// the sentinel's row and adds the bias. Gives `[rows, out]`.
pub fn restore(mut y: Tensor, scales: &[Scale], channels: &Channels) -> Result<Tensor> {
    let width = channels.bias.len();
    let rows = floats_mut(&mut y)?
        .get_mut(width..)
        .ok_or_else(|| Error::Other("the kernel's output has no rows".into()))?;
    for (row, s) in rows.chunks_exact_mut(width).zip(scales) {
        let weights = channels
            .scales
            .iter()
            .zip(&channels.sums)
            .zip(&channels.bias);
        for (v, ((scale, sum), bias)) in row.iter_mut().zip(weights) {
            *v = *v * s.span * scale + s.low * sum + bias;
        }
    }
    Ok(y.f_narrow(0, 1, scales.len() as i64)?)
}

fn check(t: &Tensor) -> Result<usize> {
    if t.kind() != Kind::Float || t.device() != tch::Device::Cpu || !t.is_contiguous() {
        return Err(Error::Other(
            "int8 works on plain fp32 rows in memory".into(),
        ));
    }
    Ok(t.numel())
}

fn floats(t: &Tensor) -> Result<&[f32]> {
    let n = check(t)?;
    // SAFETY: the tensor holds `n` contiguous f32 in main memory and outlives the slice.
    Ok(unsafe { std::slice::from_raw_parts(t.data_ptr().cast::<f32>(), n) })
}

fn floats_mut(t: &mut Tensor) -> Result<&mut [f32]> {
    let n = check(t)?;
    // SAFETY: as in `floats`; callers pass tensors whose memory nobody else reads meanwhile.
    Ok(unsafe { std::slice::from_raw_parts_mut(t.data_ptr().cast::<f32>(), n) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were() {
        let x = Tensor::from_slice(&[-2.0f32, 0.0, 6.0, 5.0, 5.0, 5.0]).view([2, 3]);
        let mut space = Tensor::zeros([4, 3], (Kind::Float, tch::Device::Cpu));
        let scales = bring(&x, &mut space).unwrap();
        assert_eq!(
            scales[0],
            Scale {
                low: -2.0,
                span: 8.0
            }
        );
        let brought: Vec<f32> = Vec::try_from(space.narrow(0, 1, 2).contiguous().view(-1)).unwrap();
        assert_eq!(brought, [0.0, 0.25, 1.0, 0.0, 0.0, 0.0]);
        // A layer that passes its input on has unit sums.
        let channels = Channels {
            scales: vec![1.0; 3],
            sums: vec![1.0; 3],
            bias: vec![0.0; 3],
        };
        let back = restore(space.narrow(0, 0, 3).copy(), &scales, &channels).unwrap();
        assert_eq!(
            Vec::<f32>::try_from(back.contiguous().view(-1)).unwrap(),
            [-2.0, 0.0, 6.0, 5.0, 5.0, 5.0]
        );
    }

    #[test]
    fn a_buffer_that_is_too_small_is_refused() {
        let x = Tensor::zeros([2, 8], (Kind::Float, tch::Device::Cpu));
        let mut space = Tensor::zeros([2, 8], (Kind::Float, tch::Device::Cpu));
        assert!(bring(&x, &mut space).is_err());
    }
}
