//! Symmetric systems of equations with many zeros: of each row of the lower triangle what is between its first number
//! that is not zero and the diagonal. Cholesky's factor has its zeros in the same places before the first number.

use std::iter::zip;

/// A symmetric matrix by the rows of its lower triangle.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Skyline {
    /// Of each row: the column of its first kept number.
    first: Vec<usize>,
    /// Its numbers from there to the diagonal.
    rows: Vec<Vec<f64>>,
}

impl Skyline {
    /// Zeros for so many unknowns, of which those of each set have numbers in common. Sets are ascending.
    pub(super) fn new(count: usize, sets: &[Vec<usize>]) -> Self {
        let mut first: Vec<usize> = (0..count).collect();
        for set in sets {
            for own in set {
                first[*own] = first[*own].min(set[0]);
            }
        }
        let rows = first.iter().enumerate().map(|(row, first)| vec![0.0; row + 1 - first]).collect();
        Self { first, rows }
    }

    /// Adds to the number of a row and a column, which is not beyond the diagonal and not before the row's first.
    pub(super) fn add(&mut self, row: usize, column: usize, value: f64) {
        let first = self.first[row];
        self.rows[row][column - first] += value;
    }

    /// The same with each number of the diagonal larger by a part.
    pub(super) fn damped(&self, part: f64) -> Self {
        let mut damped = self.clone();
        for diagonal in damped.rows.iter_mut().filter_map(|row| row.last_mut()) {
            *diagonal *= 1.0 + part;
        }
        damped
    }

    /// Cholesky's factor; `None` where the matrix is not positive definite.
    pub(super) fn factored(mut self) -> Option<Self> {
        for i in 0..self.rows.len() {
            let (done, rest) = self.rows.split_at_mut(i);
            let (row, from) = (&mut rest[0], self.first[i]);
            for j in from..i {
                let start = self.first[j].max(from);
                let other = &done[j];
                let own = &row[start - from..j - from];
                let left = row[j - from] - dot(own, &other[start - self.first[j]..j - self.first[j]]);
                row[j - from] = left / other[j - self.first[j]];
            }
            let (diagonal, own) = row.split_last_mut()?;
            let left = *diagonal - dot(own, own);
            if !(left > 0.0 && left.is_finite()) {
                return None;
            }
            *diagonal = left.sqrt();
        }
        Some(self)
    }

    /// Of a factor: solves the equations for a right side.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = right.to_vec();
        for (i, (row, first)) in zip(&self.rows, &self.first).enumerate() {
            let done = dot(&row[..i - first], &x[*first..i]);
            x[i] = (x[i] - done) / row[i - first];
        }
        for (i, (row, first)) in zip(&self.rows, &self.first).enumerate().rev() {
            x[i] /= row[i - first];
            let own = x[i];
            for (x, number) in zip(&mut x[*first..i], row) {
                *x -= number * own;
            }
        }
        x
    }
}

/// The sum of products, in eight partial sums, which processors do at once; their order is fixed.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (whole_a, whole_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = zip(whole_a.remainder(), whole_b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in zip(whole_a, whole_b) {
        for (sum, (a, b)) in zip(&mut sums, zip(a, b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::fit::Cholesky;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_not_positive_definite() {
        let mut matrix = Skyline::new(2, &[vec![0, 1]]);
        for (row, column, value) in [(0, 0, 1.0), (1, 0, 2.0), (1, 1, 1.0)] {
            matrix.add(row, column, value);
        }
        assert_eq!(matrix.factored(), None);
        assert_eq!(Skyline::new(1, &[]).factored(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn solves_as_the_dense_twin(
            sets in proptest::collection::vec(proptest::collection::btree_set(0usize..30, 1..8), 1..6),
            numbers in proptest::collection::vec(-1.0f64..1.0, 64),
        ) {
            let sets: Vec<Vec<usize>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
            let mut sparse = Skyline::new(30, &sets);
            let mut dense = vec![vec![0.0; 30]; 30];
            // A sum of products of vectors, each on a set, and of the unit matrix.
            for (at, set) in sets.iter().enumerate() {
                for (i, a) in set.iter().enumerate() {
                    for (j, b) in set.iter().enumerate() {
                        let value = numbers[at * 8 + i] * numbers[at * 8 + j];
                        dense[*a][*b] += value;
                        if b <= a {
                            sparse.add(*a, *b, value);
                        }
                    }
                }
            }
            for (i, row) in dense.iter_mut().enumerate().take(30) {
                row[i] += 1.0;
                sparse.add(i, i, 1.0);
            }
            let right: Vec<f64> = numbers[..30].to_vec();
            let wanted = Cholesky::new(&dense).unwrap().solve(&right);
            let found = sparse.damped(0.0).factored().unwrap().solve(&right);
            for (found, wanted) in zip(&found, &wanted) {
                prop_assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
            }
        }
    }
}
