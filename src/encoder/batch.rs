//! Length-bucketed batches.

use tch::Tensor;

use super::marks::TokenMarks;
use super::tokenize::Encoded;

/// Groups texts of the same length into batches of at most `batch_tokens` tokens
/// (at least one text each), longest first, so that the last batches of
/// parallel workers are short ones. Deterministic.
pub fn plan(lengths: &[usize], batch_tokens: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(lengths[i]), i));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for i in order {
        match batches.last_mut() {
            Some(b)
                if lengths[b[0]] == lengths[i] && (b.len() + 1) * lengths[i] <= batch_tokens =>
            {
                b.push(i);
            }
            _ => batches.push(vec![i]),
        }
    }
    batches
}

/// A batch as tensors, all of shape `[batch, tokens]` and kind `Int64`. Only training
/// pads: batches for an [`super::Engine`] hold texts of one length.
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
                let width = lengths[b[0]];
                prop_assert!(b.iter().all(|&i| lengths[i] == width));
                prop_assert!(b.len() == 1 || b.len() * width <= budget);
            }
        }
    }
}
