//! The globally best one-to-one matching of claims and answers, and further answers.
//!
//! The weight of a pair is what its score has over the least score shown, so
//! that a strong pair is not given up for two weak ones. The matching with the
//! greatest sum is found by successive shortest augmenting paths with
//! potentials (Kuhn–Munkres on a sparse graph; Edmonds & Karp 1972, Jonker &
//! Volgenant 1987). Each search stays within one connected component and ends
//! at the nearest free partner, so components are solved apart without being
//! cut out first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A possible pair with a positive weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub a: usize,
    pub b: usize,
    pub weight: i64,
}

struct Solver<'a> {
    edges: &'a [Edge],
    /// Edges of every left vertex.
    of: Vec<Vec<usize>>,
    /// Matched edge of every left and right vertex.
    left: Vec<Option<usize>>,
    right: Vec<Option<usize>>,
    /// Potentials: `-weight - y[a] - z[b]` is never negative, and 0 on matched edges.
    y: Vec<i64>,
    z: Vec<i64>,
    /// Work space of one search: distance and the edge a right vertex was reached by.
    distance: Vec<i64>,
    by: Vec<usize>,
}

const FAR: i64 = i64::MAX;

/// Positions in `edges` of the pairs in the matching with the greatest sum of
/// weights, ascending. Of equally good matchings it takes always the same one
/// for the same order of edges.
pub(crate) fn best(edges: &[Edge]) -> Vec<usize> {
    let size = |end: fn(&Edge) -> usize| edges.iter().map(end).max().map_or(0, |m| m + 1);
    let (na, nb) = (size(|e| e.a), size(|e| e.b));
    let mut of = vec![Vec::new(); na];
    let mut y = vec![0i64; na];
    for (i, e) in edges.iter().enumerate() {
        of[e.a].push(i);
        y[e.a] = y[e.a].min(-e.weight);
    }
    let mut solver = Solver {
        edges,
        of,
        left: vec![None; na],
        right: vec![None; nb],
        y,
        z: vec![0; nb],
        distance: vec![FAR; nb],
        by: vec![0; nb],
    };
    for root in 0..na {
        solver.insert(root);
    }
    let mut matched: Vec<usize> = solver.left.into_iter().flatten().collect();
    matched.sort_unstable();
    matched
}

impl Solver<'_> {
    /// Finds the best place for one more left vertex; it, or another in its
    /// stead, may stay alone at no cost.
    fn insert(&mut self, root: usize) {
        let mut heap = BinaryHeap::new();
        let mut touched = Vec::new();
        // Settled left vertices with their distance; the cheapest to be left alone.
        let mut settled = vec![(root, 0i64)];
        let mut alone = (-self.y[root], root);
        let mut visited = Vec::new();
        let (mut a, mut at) = (root, 0i64);
        let (total, end) = loop {
            for &i in &self.of[a] {
                let e = self.edges[i];
                let d = at - e.weight - self.y[a] - self.z[e.b];
                if d < self.distance[e.b] {
                    if self.distance[e.b] == FAR {
                        touched.push(e.b);
                    }
                    self.distance[e.b] = d;
                    self.by[e.b] = i;
                    heap.push(Reverse((d, e.b)));
                }
            }
            let next = loop {
                match heap.pop() {
                    // An entry that a shorter way has overtaken.
                    Some(Reverse((d, b))) if d > self.distance[b] => {}
                    next => break next,
                }
            };
            let (d, b) = match next {
                Some(Reverse((d, b))) if d < alone.0 => (d, b),
                _ => break (alone.0, None),
            };
            let Some(taken) = self.right[b] else {
                break (d, Some(b));
            };
            visited.push(b);
            a = self.edges[taken].a;
            at = d;
            settled.push((a, at));
            alone = alone.min((at - self.y[a], a));
        };
        for &(u, d) in &settled {
            self.y[u] += total - d;
        }
        for &b in &visited {
            self.z[b] -= total - self.distance[b];
        }
        self.augment(root, end, alone.1);
        for b in touched {
            self.distance[b] = FAR;
        }
    }

    /// Shifts partners along the path to a free right vertex, or to the left
    /// vertex that gives its partner up.
    fn augment(&mut self, root: usize, end: Option<usize>, alone: usize) {
        let mut b = match end {
            Some(b) => b,
            None => match self.left[alone].take() {
                Some(i) => self.edges[i].b,
                None => return,
            },
        };
        loop {
            let i = self.by[b];
            let a = self.edges[i].a;
            let before = self.left[a].replace(i);
            self.right[b] = Some(i);
            if a == root {
                return;
            }
            match before {
                Some(p) => b = self.edges[p].b,
                None => return,
            }
        }
    }
}

/// Positions in `edges` of further answers, ascending: pairs outside the
/// matching, best first, as long as neither of their statements has `most`
/// further ones already.
pub(crate) fn further(edges: &[Edge], matched: &[usize], most: usize) -> Vec<usize> {
    use std::collections::HashMap;
    let mut rest: Vec<usize> = (0..edges.len())
        .filter(|i| matched.binary_search(i).is_err())
        .collect();
    rest.sort_by_key(|&i| (Reverse(edges[i].weight), i));
    let (mut of_a, mut of_b): (HashMap<usize, usize>, HashMap<usize, usize>) = Default::default();
    let mut out: Vec<usize> = rest
        .into_iter()
        .filter(|&i| {
            let (a, b) = (
                of_a.entry(edges[i].a).or_default(),
                of_b.entry(edges[i].b).or_default(),
            );
            let room = *a < most && *b < most;
            if room {
                *a += 1;
                *b += 1;
            }
            room
        })
        .collect();
    out.sort_unstable();
    out
}

#[cfg(test)]
mod tests {
    use pathfinding::prelude::{kuhn_munkres, Matrix};
    use proptest::prelude::*;

    use super::*;

    fn edge(a: usize, b: usize, weight: i64) -> Edge {
        Edge { a, b, weight }
    }

    #[test]
    fn a_global_optimum_beats_greed() {
        // Greedy takes the 10 and leaves 1; the best is 9 + 8.
        let e = [edge(0, 0, 10), edge(0, 1, 9), edge(1, 0, 8), edge(1, 1, 1)];
        assert_eq!(best(&e), [1, 2]);
        // One strong pair is worth more than two weak ones.
        let e = [edge(0, 0, 60), edge(0, 1, 15), edge(1, 0, 15)];
        assert_eq!(best(&e), [0]);
        assert!(best(&[]).is_empty());
    }

    #[test]
    fn further_answers_are_limited_for_each_claim() {
        let e: Vec<Edge> = (0..6).map(|b| edge(0, b, 10 - b as i64)).collect();
        assert_eq!(further(&e, &best(&e), 2), [1, 2]);
        assert!(further(&e, &best(&e), 0).is_empty());
    }

    proptest! {
        #[test]
        fn as_good_as_the_dense_algorithm(cells in proptest::collection::btree_map((0usize..9, 0usize..9), 1i64..50, 0..50)) {
            let edges: Vec<Edge> = cells.iter().map(|(&(a, b), &w)| edge(a, b, w)).collect();
            let matched = best(&edges);
            let mut a: Vec<usize> = matched.iter().map(|&i| edges[i].a).collect();
            let mut b: Vec<usize> = matched.iter().map(|&i| edges[i].b).collect();
            for side in [&mut a, &mut b] {
                let n = side.len();
                side.sort_unstable();
                side.dedup();
                prop_assert_eq!(side.len(), n, "one to one");
            }
            let sum: i64 = matched.iter().map(|&i| edges[i].weight).sum();
            let dense = Matrix::from_fn(9, 9, |c| cells.get(&c).copied().unwrap_or(0));
            prop_assert_eq!(sum, kuhn_munkres(&dense).0);
        }
    }
}
