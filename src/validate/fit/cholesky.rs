//! Small symmetric systems of equations.

/// The lower triangle whose product with its own transpose is a given matrix.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::validate) struct Cholesky {
    rows: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Factors a symmetric matrix, of which the lower triangle is read; `None` where it is not positive definite.
    pub(in crate::validate) fn new(matrix: &[Vec<f64>]) -> Option<Self> {
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
        for (i, given) in matrix.iter().enumerate() {
            let mut row = Vec::with_capacity(i + 1);
            for j in 0..=i {
                let above = if j < i { &rows[j] } else { &row };
                let done: f64 = row.iter().zip(above).take(j).map(|(a, b)| a * b).sum();
                let left = given[j] - done;
                if j < i {
                    row.push(left / rows[j][j]);
                } else if left > 0.0 && left.is_finite() {
                    row.push(left.sqrt());
                } else {
                    return None;
                }
            }
            rows.push(row);
        }
        Some(Self { rows })
    }

    /// Solves for a right side.
    pub(in crate::validate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = right.to_vec();
        for (i, row) in self.rows.iter().enumerate() {
            let done: f64 = row.iter().zip(&x).take(i).map(|(a, b)| a * b).sum();
            x[i] = (x[i] - done) / row[i];
        }
        for i in (0..x.len()).rev() {
            let done: f64 = (i + 1..x.len()).map(|k| self.rows[k][i] * x[k]).sum();
            x[i] = (x[i] - done) / self.rows[i][i];
        }
        x
    }

    /// The inverse of the matrix.
    pub(super) fn inverse(&self) -> Vec<Vec<f64>> {
        let size = self.rows.len();
        // Columns, which are rows too: the inverse is symmetric.
        (0..size)
            .map(|at| {
                let unit: Vec<f64> = (0..size).map(|i| f64::from(u8::from(i == at))).collect();
                self.solve(&unit)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_and_inverts() {
        let matrix = vec![vec![4.0, 2.0, 0.6], vec![2.0, 5.0, 1.0], vec![0.6, 1.0, 3.0]];
        let factor = Cholesky::new(&matrix).unwrap();
        let x = factor.solve(&[1.0, -2.0, 0.5]);
        let inverse = factor.inverse();
        for (i, row) in matrix.iter().enumerate() {
            let product: f64 = row.iter().zip(&x).map(|(a, b)| a * b).sum();
            assert!((product - [1.0, -2.0, 0.5][i]).abs() < 1e-12);
            for (j, column) in inverse.iter().enumerate() {
                let unit: f64 = row.iter().zip(column).map(|(a, b)| a * b).sum();
                assert!((unit - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn refuses_what_is_not_positive_definite() {
        assert_eq!(Cholesky::new(&[vec![1.0, 2.0], vec![2.0, 1.0]]), None);
        assert_eq!(Cholesky::new(&[vec![f64::NAN]]), None);
        assert_eq!(Cholesky::new(&[vec![0.0]]), None);
    }
}
