//! The sentence embeddings the search works on.

use crate::{Error, Result};

/// Sentence embeddings, row-major, one row a statement, every row of length 1
/// (or all zero where there is nothing to compare).
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    width: usize,
    data: Vec<f32>,
}

impl Embeddings {
    /// Takes rows of `width` numbers and brings each to length 1. A row with a
    /// number that is not finite becomes zero: it is near to nothing.
    pub fn new(mut data: Vec<f32>, width: usize) -> Result<Self> {
        if width == 0 || !data.len().is_multiple_of(width) {
            return Err(Error::Model(format!(
                "{} numbers are no whole rows of {width}",
                data.len()
            )));
        }
        for row in data.chunks_exact_mut(width) {
            let norm = row
                .iter()
                .map(|&x| f64::from(x).powi(2))
                .sum::<f64>()
                .sqrt();
            if norm.is_finite() && norm > 0.0 {
                row.iter_mut()
                    .for_each(|x| *x = (f64::from(*x) / norm) as f32);
            } else {
                row.fill(0.0);
            }
        }
        Ok(Embeddings { width, data })
    }

    /// Numbers a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.data.len() / self.width
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// One row.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.data[i * self.width..(i + 1) * self.width]
    }

    /// Cosine of a row with a row of `other`, added up in a fixed order in
    /// double precision: the same on every machine.
    pub fn cosine(&self, i: usize, other: &Embeddings, j: usize) -> f64 {
        dot(self.row(i), other.row(j)).clamp(-1.0, 1.0)
    }
}

/// Dot product in double precision, in a fixed order.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&x, &y)| f64::from(x) * f64::from(y))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_length_one_or_are_zero() {
        let e = Embeddings::new(vec![3.0, 4.0, 0.0, 0.0, f32::NAN, 1.0], 2).unwrap();
        assert_eq!(e.row(0), [0.6, 0.8]);
        assert_eq!(e.row(1), [0.0, 0.0]);
        assert_eq!(e.row(2), [0.0, 0.0]);
        assert!((e.cosine(0, &e, 0) - 1.0).abs() < 1e-6);
        assert!(Embeddings::new(vec![1.0; 3], 2).is_err());
    }
}
