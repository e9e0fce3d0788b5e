//! What a cable costs by its length.

use crate::units::{Length, Money};

/// Lengths in which cables are sold, in millimetres.
pub const STOCK: [u64; 15] = [
    500, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 7_000, 10_000, 15_000, 20_000, 30_000, 50_000,
    100_000,
];

/// The place in [`STOCK`] of the shortest cable of at least this length; `None` where none is long enough.
pub fn stock(length: Length) -> Option<usize> {
    let at = STOCK.partition_point(|own| *own < length.mm());
    (at < STOCK.len()).then_some(at)
}

/// What one cable of a sort (a rate and technology) costs in each stock length with all at its ends, by the cheapest
/// medium; `None` where no medium reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve {
    /// By place in [`STOCK`].
    pub costs: [Option<Money>; STOCK.len()],
}

impl Curve {
    /// What a cable of at least this length costs.
    pub fn cost(&self, length: Length) -> Option<Money> {
        stock(length).and_then(|at| self.costs[at])
    }
}
