//! Length-bucketed batches.

use tch::{Kind, Tensor};

use super::marks::TokenMarks;
use super::tokenize::Encoded;

/// Padded lengths are multiples of this. The padded length of a text depends on
/// nothing but the text, so a result does not change with its batch-mates.
pub const LENGTH_STEP: usize = 8;

/// The length a text of `tokens` tokens is padded to.
pub fn padded(tokens: usize) -> usize {
    tokens.max(1).div_ceil(LENGTH_STEP) * LENGTH_STEP
}

/// Groups texts of the same padded length into batches of at most
/// `batch_tokens` tokens (at least one text each), longest first, so that the
/// last batches of parallel workers are short ones. Deterministic.
pub fn plan(lengths: &[usize], batch_tokens: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(padded(lengths[i])), i));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for i in order {
        let width = padded(lengths[i]);
        match batches.last_mut() {
            Some(b) if padded(lengths[b[0]]) == width && (b.len() + 1) * width <= batch_tokens => {
                b.push(i);
            }
            _ => batches.push(vec![i]),
        }
    }
    batches
}

/// A padded batch as tensors, all of shape `[batch, tokens]` and kind `Int64`.
#[derive(Debug)]
pub struct Batch {
    pub ids: Tensor,
    /// 1 for real tokens, 0 for padding.
    pub mask: Tensor,
    pub types: Tensor,
    /// Side of the actor a token names (see [`super::marks`]).
    pub actors: Tensor,
    /// Part of the attribution a token belongs to.
    pub roles: Tensor,
    pub rows: usize,
    pub width: usize,
}

impl Batch {
    /// Pads texts to `width` tokens. `marks` may be empty: then nothing is marked.
    pub fn new(texts: &[&Encoded], marks: &[&TokenMarks], width: usize) -> Self {
        let rows = texts.len();
        let mut ids = vec![0i64; rows * width];
        let mut mask = vec![0i64; rows * width];
        let mut types = vec![0i64; rows * width];
        let mut actors = vec![0i64; rows * width];
        let mut roles = vec![0i64; rows * width];
        for (r, text) in texts.iter().enumerate() {
            let n = text.len();
            let at = r * width;
            ids[at..at + n].copy_from_slice(&text.ids);
            types[at..at + n].copy_from_slice(&text.types);
            mask[at..at + n].fill(1);
            if let Some(m) = marks.get(r) {
                for (i, &v) in m.actors.iter().enumerate().take(n) {
                    actors[at + i] = i64::from(v);
                }
                for (i, &v) in m.roles.iter().enumerate().take(n) {
                    roles[at + i] = i64::from(v);
                }
            }
        }
        let shape = [rows as i64, width as i64];
        let tensor = |v: &[i64]| Tensor::from_slice(v).view(shape);
        Batch {
            ids: tensor(&ids),
            mask: tensor(&mask),
            types: tensor(&types),
            actors: tensor(&actors),
            roles: tensor(&roles),
            rows,
            width,
        }
    }

    /// 0 at real tokens and a large negative number at padding, `[batch, 1, 1, tokens]`.
    pub fn attention_bias(&self) -> Tensor {
        let absent = self.mask.unsqueeze(1).unsqueeze(1).to_kind(Kind::Float);
        (absent - 1.0) * 10_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_plan_holds_every_text_once_within_the_budget(
            lengths in proptest::collection::vec(1usize..300, 0..200), budget in 1usize..4000
        ) {
            let batches = plan(&lengths, budget);
            let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for b in &batches {
                let width = padded(lengths[b[0]]);
                prop_assert!(b.iter().all(|&i| padded(lengths[i]) == width));
                prop_assert!(b.len() == 1 || b.len() * width <= budget);
            }
        }
    }
}
