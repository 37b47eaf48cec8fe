//! Average-linkage clustering of vectors by cosine, cut at a least mean cosine.
//!
//! Method: UPGMA (Sokal & Michener 1958) by the `kodama` crate. Two clusters
//! can only be merged if some pair across them reaches the least cosine (time between
//! them only takes away from it), so the
//! connected components of the graph of such pairs are clustered apart without
//! changing the result. Memory is bounded: a component of more than [`LIMIT`]
//! vectors is first cut at a higher cosine.

use tch::Tensor;

use super::Embeddings;
use crate::{Error, Result};

/// Most vectors clustered at once (a matrix of `LIMIT² / 2` numbers, 134 MB).
pub const LIMIT: usize = 8192;
/// Rows of a block of similarities.
const BLOCK: usize = 1024;
/// How much a direct link between two vectors adds to their cosine.
pub const LINK_BONUS: f32 = 0.15;
/// How much a long time between two vectors takes from their cosine.
pub const TIME_PENALTY: f32 = 0.1;

/// Disjoint sets; the least member stands for a set.
struct Sets(Vec<usize>);

impl Sets {
    fn new(n: usize) -> Self {
        Sets((0..n).collect())
    }

    fn find(&mut self, mut i: usize) -> usize {
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    fn join(&mut self, i: usize, j: usize) {
        let (i, j) = (self.find(i), self.find(j));
        self.0[i.max(j)] = i.min(j);
    }

    /// The sets, each in ascending order, ordered by their first members.
    fn all(&mut self) -> Vec<Vec<usize>> {
        let mut of: std::collections::BTreeMap<usize, Vec<usize>> = Default::default();
        for i in 0..self.0.len() {
            let root = self.find(i);
            of.entry(root).or_default().push(i);
        }
        of.into_values().collect()
    }
}

/// What is clustered.
pub(crate) struct Points<'a> {
    pub rows: &'a Embeddings,
    /// The day of every row, where it has one.
    pub days: &'a [Option<i64>],
    /// Days apart at which two rows count as farther by [`TIME_PENALTY`]; half of it at half, and so on.
    pub apart: i64,
    /// Pairs of rows that count as nearer by [`LINK_BONUS`].
    pub links: &'a [(usize, usize)],
}

impl Points<'_> {
    /// What the time between two rows takes from their cosine.
    fn penalty(&self, i: usize, j: usize) -> f32 {
        match (self.days[i], self.days[j]) {
            (Some(x), Some(y)) => {
                TIME_PENALTY * ((x - y).abs() as f32 / self.apart.max(1) as f32).min(1.0)
            }
            _ => 0.0,
        }
    }
}

/// Clusters of rows, each in ascending order, ordered by their first members.
pub(crate) fn clusters(points: &Points, min: f32) -> Result<Vec<Vec<usize>>> {
    let all: Vec<usize> = (0..points.rows.len()).collect();
    let mut out = alone(|| split(points, &all, min))?;
    out.sort_unstable();
    Ok(out)
}

/// Runs tensor work on a thread of its own, so that the arithmetic does not
/// depend on how many threads the caller has given to libtorch.
fn alone<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                tch::set_num_threads(1);
                let _guard = tch::no_grad_guard();
                work()
            })
            .join()
            .unwrap_or_else(|_| Err(Error::Other("the clustering failed".into())))
    })
}

/// Dot products of every row of `a` with every row of `b`, `[a, b]`.
pub(crate) fn products(a: &[Vec<f32>], b: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
    if a.is_empty() || b.is_empty() {
        return Ok(vec![Vec::new(); a.len()]);
    }
    alone(|| {
        let tensor = |rows: &[Vec<f32>]| -> Result<Tensor> {
            Ok(Tensor::f_from_slice(&rows.concat())?.f_view([rows.len() as i64, -1])?)
        };
        let product = tensor(a)?.f_matmul(&tensor(b)?.f_transpose(0, 1)?)?;
        let values: Vec<f32> = Vec::try_from(product.f_contiguous()?.f_view([-1])?)?;
        Ok(values.chunks_exact(b.len()).map(<[f32]>::to_vec).collect())
    })
}

fn split(points: &Points, members: &[usize], min: f32) -> Result<Vec<Vec<usize>>> {
    let own: Vec<(usize, usize)> = points
        .links
        .iter()
        .filter_map(|(i, j)| {
            Some((
                members.binary_search(i).ok()?,
                members.binary_search(j).ok()?,
            ))
        })
        .collect();
    let mut sets = Sets::new(members.len());
    own.iter().for_each(|&(i, j)| sets.join(i, j));
    similarities(points.rows, members, |i, j, s| {
        if s >= min {
            sets.join(i, j);
        }
    })?;
    let mut out = Vec::new();
    for part in sets.all() {
        let part: Vec<usize> = part.into_iter().map(|i| members[i]).collect();
        if part.len() == 1 {
            out.push(part);
        } else if part.len() <= LIMIT {
            out.extend(link(points, &part, min)?);
        } else if min < 0.95 {
            out.extend(split(points, &part, min + 0.05)?);
        } else {
            // Thousands of all but equal vectors: any cut is as good as another.
            for chunk in part.chunks(LIMIT) {
                out.extend(link(points, chunk, min)?);
            }
        }
    }
    Ok(out)
}

/// Calls `each(i, j, cosine)` for all positions `i < j` of `members`.
fn similarities(
    rows: &Embeddings,
    members: &[usize],
    mut each: impl FnMut(usize, usize, f32),
) -> Result<()> {
    let block = |from: usize| -> Result<Tensor> {
        let to = (from + BLOCK).min(members.len());
        let mut data = Vec::with_capacity((to - from) * rows.width());
        members[from..to]
            .iter()
            .for_each(|&m| data.extend_from_slice(rows.row(m)));
        Ok(Tensor::f_from_slice(&data)?.f_view([(to - from) as i64, rows.width() as i64])?)
    };
    for from in (0..members.len()).step_by(BLOCK) {
        let left = block(from)?;
        for start in (from..members.len()).step_by(BLOCK) {
            let right = block(start)?;
            let n = right.size()[0] as usize;
            let product = left.f_matmul(&right.f_transpose(0, 1)?)?;
            let values: Vec<f32> = Vec::try_from(product.f_contiguous()?.f_view([-1])?)?;
            for (i, row) in values.chunks_exact(n).enumerate() {
                for (j, &s) in row.iter().enumerate() {
                    if from + i < start + j {
                        each(from + i, start + j, s);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Average linkage of one component.
fn link(points: &Points, part: &[usize], min: f32) -> Result<Vec<Vec<usize>>> {
    let n = part.len();
    // Position of (i, j), i < j, in the condensed matrix.
    let at = |i: usize, j: usize| (2 * n - i - 1) * i / 2 + (j - i - 1);
    let mut distance = vec![0f32; n * (n - 1) / 2];
    similarities(points.rows, part, |i, j, s| {
        distance[at(i, j)] = 1.0 - s + points.penalty(part[i], part[j]);
    })?;
    for (i, j) in points.links {
        if let (Ok(i), Ok(j)) = (part.binary_search(i), part.binary_search(j)) {
            if i != j {
                distance[at(i.min(j), i.max(j))] -= LINK_BONUS;
            }
        }
    }
    let tree = kodama::linkage(&mut distance, n, kodama::Method::Average);
    let mut sets = Sets::new(n);
    // A cluster made in step `s` has the number `n + s`; any member stands for it.
    let mut member: Vec<usize> = (0..n).collect();
    for step in tree.steps() {
        let (i, j) = (member[step.cluster1], member[step.cluster2]);
        member.push(i);
        if step.dissimilarity <= 1.0 - min {
            sets.join(i, j);
        }
    }
    Ok(sets
        .all()
        .into_iter()
        .map(|c| c.into_iter().map(|i| part[i]).collect())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(angles: &[f64]) -> Embeddings {
        let data = angles
            .iter()
            .flat_map(|a| [a.to_radians().cos() as f32, a.to_radians().sin() as f32])
            .collect();
        Embeddings::new(data, 2).unwrap()
    }

    fn clustered(angles: &[f64], links: &[(usize, usize)], min: f32) -> Vec<Vec<usize>> {
        let (rows, days) = (rows(angles), vec![None; angles.len()]);
        let points = Points {
            rows: &rows,
            days: &days,
            apart: 30,
            links,
        };
        clusters(&points, min).unwrap()
    }

    #[test]
    fn near_rows_are_joined_and_a_chain_is_not_followed_for_ever() {
        let got = clustered(&[0.0, 90.0, 5.0, 95.0, 180.0], &[], 0.8);
        assert_eq!(got, [vec![0, 2], vec![1, 3], vec![4]]);
        // Single linkage would make one cluster of this chain.
        let chain: Vec<f64> = (0..12).map(|i| f64::from(i) * 15.0).collect();
        let got = clustered(&chain, &[], 0.9);
        assert!(got.len() > 2 && got.iter().all(|c| c.len() < 6), "{got:?}");
        assert!(clustered(&[], &[], 0.5).is_empty());
    }

    #[test]
    fn a_link_brings_rows_together() {
        let angles = [0.0, 40.0, 90.0];
        assert_eq!(clustered(&angles, &[], 0.8).len(), 3);
        assert_eq!(clustered(&angles, &[(0, 1)], 0.8), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn time_parts_rows() {
        let rows = rows(&[0.0, 30.0]);
        for (days, n) in [
            ([Some(0), Some(9)], 1),
            ([Some(0), Some(900)], 2),
            ([Some(0), None], 1),
        ] {
            let points = Points {
                rows: &rows,
                days: &days,
                apart: 100,
                links: &[],
            };
            assert_eq!(clusters(&points, 0.8).unwrap().len(), n, "{days:?}");
        }
    }

    #[test]
    fn equal_rows_are_one_cluster() {
        assert_eq!(clustered(&[10.0; 9], &[], 0.9).len(), 1);
    }
}
