//! How well predictions put measured values in order: pairs and Kendall's tau-b, in n log n steps.
//!
//! Source: W. R. Knight, "A computer method for calculating Kendall's tau with ungrouped data", JASA 61 (1966): sorted by
//! one value, the exchanges that sorting by the other takes are the discordant pairs.

use crate::result::PairOrder;

/// Kinds of pairs, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Concordance {
    /// Both values in the same order.
    same: u64,
    /// In opposite orders.
    opposite: u64,
    /// Measured values equal, predicted ones not.
    measured_equal: u64,
    /// Predicted values equal, measured ones not.
    predicted_equal: u64,
}

impl Concordance {
    /// Of pairs of measured and predicted values.
    pub(super) fn of(values: &[(f64, f64)]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let in_measured = equal_pairs(&sorted, |value| value.0);
        let in_both = runs(&sorted, |value| (value.0, value.1));
        let mut predicted: Vec<f64> = sorted.iter().map(|value| value.1).collect();
        // Rows of one measured value stand in the order of predicted ones, so none of their pairs is an exchange.
        let opposite = exchanges(&mut predicted);
        let in_predicted = equal_pairs(&predicted, |value| *value);
        let all = pairs(values.len());
        Self {
            same: (all + in_both).saturating_sub(in_measured + in_predicted + opposite),
            opposite,
            measured_equal: in_measured.saturating_sub(in_both),
            predicted_equal: in_predicted.saturating_sub(in_both),
        }
    }

    /// Adds up pairs of several sets.
    pub(super) fn add(&mut self, other: Self) {
        self.same += other.same;
        self.opposite += other.opposite;
        self.measured_equal += other.measured_equal;
        self.predicted_equal += other.predicted_equal;
    }

    /// Takes away pairs of a part of the values.
    pub(super) fn subtract(&mut self, part: Self) {
        self.same -= part.same;
        self.opposite -= part.opposite;
        self.measured_equal -= part.measured_equal;
        self.predicted_equal -= part.predicted_equal;
    }

    /// As results tell it.
    #[expect(clippy::cast_precision_loss, reason = "counts of pairs are far below 2^53")]
    pub(super) fn order(self) -> PairOrder {
        let pairs = self.same + self.opposite + self.predicted_equal;
        let apart = (self.same + self.opposite) as f64;
        let sides = (apart + self.measured_equal as f64) * (apart + self.predicted_equal as f64);
        PairOrder {
            pairs,
            right: self.same,
            right_pct: (pairs > 0).then(|| 100.0 * self.same as f64 / pairs as f64),
            tau_b: (sides > 0.0).then(|| (self.same as f64 - self.opposite as f64) / sides.sqrt()),
        }
    }
}

fn pairs(count: usize) -> u64 {
    let count = count as u64;
    count * count.saturating_sub(1) / 2
}

/// Pairs of equal values among sorted ones.
fn equal_pairs<T>(sorted: &[T], value: impl Fn(&T) -> f64) -> u64 {
    runs(sorted, |item| (value(item), 0.0))
}

/// Pairs of equals among items of which equal ones stand together.
fn runs<T>(sorted: &[T], value: impl Fn(&T) -> (f64, f64)) -> u64 {
    sorted.chunk_by(|a, b| value(a) == value(b)).map(|run| pairs(run.len())).sum()
}

/// Sorts values and counts the pairs that stood in falling order.
fn exchanges(values: &mut Vec<f64>) -> u64 {
    let (mut count, mut width) = (0, 1);
    while width < values.len() {
        let mut merged = Vec::with_capacity(values.len());
        for both in values.chunks(2 * width) {
            let (mut left, mut right) = both.split_at(width.min(both.len()));
            while let (Some(a), Some(b)) = (left.first(), right.first()) {
                if a <= b {
                    merged.push(*a);
                    left = &left[1..];
                } else {
                    // It goes before all that are left on the other side.
                    count += left.len() as u64;
                    merged.push(*b);
                    right = &right[1..];
                }
            }
            merged.extend(left);
            merged.extend(right);
        }
        *values = merged;
        width *= 2;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The plain twin: every pair is looked at.
    fn plain(values: &[(f64, f64)]) -> Concordance {
        let mut told = Concordance::default();
        for (at, a) in values.iter().enumerate() {
            for b in &values[..at] {
                match (a.0 == b.0, a.1 == b.1) {
                    (true, true) => {}
                    (true, false) => told.measured_equal += 1,
                    (false, true) => told.predicted_equal += 1,
                    (false, false) if (a.0 < b.0) == (a.1 < b.1) => told.same += 1,
                    (false, false) => told.opposite += 1,
                }
            }
        }
        told
    }

    #[test]
    fn order_of_a_few() {
        let order = Concordance::of(&[(1.0, 1.0), (2.0, 3.0), (3.0, 2.0), (4.0, 4.0)]).order();
        assert_eq!((order.pairs, order.right), (6, 5));
        assert_eq!(order.tau_b, Some(4.0 / 6.0));
        let ties = Concordance::of(&[(1.0, 5.0), (2.0, 5.0), (2.0, 6.0)]).order();
        assert_eq!((ties.pairs, ties.right, ties.right_pct), (2, 1, Some(50.0)));
        assert_eq!(ties.tau_b, Some(0.5));
        let none = Concordance::of(&[(1.0, 5.0)]).order();
        assert_eq!((none.pairs, none.right_pct, none.tau_b), (0, None, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn counts_are_those_of_the_plain_twin(
            values in proptest::collection::vec((0u8..6, 0u8..6), 0..40)
        ) {
            let values: Vec<(f64, f64)> =
                values.into_iter().map(|(a, b)| (f64::from(a), f64::from(b))).collect();
            prop_assert_eq!(Concordance::of(&values), plain(&values));
        }
    }
}
