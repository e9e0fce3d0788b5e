//! Money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::parse::{Table, decimal, quantity};

/// An amount in whole cents of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub u64);

const TABLE: Table = Table {
    kind: "a money",
    expected: "an amount such as \"899 USD\" or \"38 kUSD\"",
    units: &[("USD", 100, 1), ("kUSD", 100_000, 1), ("MUSD", 100_000_000, 1), ("BUSD", 100_000_000_000, 1)],
};

quantity!(Money, TABLE);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The amount in dollars.
    #[expect(clippy::cast_precision_loss, reason = "for ratios and display")]
    pub fn usd(self) -> f64 {
        self.0 as f64 / 100.0
    }

    /// So many times the amount.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, divisor) = match self.0 {
            0..1_000_000 => ("USD", 100),
            1_000_000..100_000_000 => ("kUSD", 100_000),
            _ => ("MUSD", 100_000_000),
        };
        f.pad(&format!("{} {unit}", decimal(self.0, divisor, if divisor == 100 { 2 } else { 3 })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        assert_eq!("899 USD".parse(), Ok(Money(89_900)));
        assert_eq!("38 kUSD".parse::<Money>().unwrap().to_string(), "38 kUSD");
        assert_eq!("3.1 MUSD".parse::<Money>().unwrap().to_string(), "3.1 MUSD");
        assert_eq!("4.5 USD".parse::<Money>().unwrap().to_string(), "4.5 USD");
        assert!("38".parse::<Money>().is_err());
        assert_eq!([Money(1), Money(2)].into_iter().sum::<Money>().times(2), Money(6));
    }
}
