//! Prices as intervals.

use crate::units::Money;

/// What a part costs: at least, likely, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Price {
    /// At least.
    pub low: Money,
    /// Likely.
    pub mid: Money,
    /// At most.
    pub high: Money,
}

impl Price {
    /// A price that is known.
    pub const fn fixed(amount: Money) -> Self {
        Self { low: amount, mid: amount, high: amount }
    }

    /// So many times the price.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self { low: self.low.times(count), mid: self.mid.times(count), high: self.high.times(count) }
    }
}

impl std::ops::Add for Price {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { low: self.low + other.low, mid: self.mid + other.mid, high: self.high + other.high }
    }
}

impl std::ops::AddAssign for Price {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Where a price is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriceKind {
    /// A list of a vendor or reseller.
    List,
    /// A quote, or what was paid.
    Street,
    /// An estimate.
    Estimate,
}

impl PriceKind {
    /// All with their names in files.
    pub const ALL: [(&'static str, Self); 3] =
        [("list", Self::List), ("street", Self::Street), ("estimate", Self::Estimate)];
}

/// Where the figures of a part are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Kind of price.
    pub kind: PriceKind,
    /// Year of the price.
    pub year: u32,
    /// Where it and the other figures are from.
    pub source: String,
}
