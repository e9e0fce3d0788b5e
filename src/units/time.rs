//! Simulated time.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

use super::parse::{Table, decimal, quantity};

/// A point or span of simulated time, in integer picoseconds (213 days fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

const TABLE: Table = Table {
    kind: "a time",
    expected: "a time such as \"2.5 us\"",
    units: &[
        ("ps", 1, 1),
        ("ns", 1_000, 1),
        ("us", 1_000_000, 1),
        ("µs", 1_000_000, 1),
        ("ms", 1_000_000_000, 1),
        ("s", 1_000_000_000_000, 1),
    ],
};

quantity!(Time, TABLE);

impl Time {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Later than anything that can happen.
    pub const MAX: Self = Self(u64::MAX);

    /// Whole picoseconds.
    pub const fn from_ps(ps: u64) -> Self {
        Self(ps)
    }

    /// Seconds, to the nearest picosecond; none where they are negative.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; 213 days fit")]
    pub fn from_secs(seconds: f64) -> Self {
        Self((seconds.max(0.0) * 1e12).round() as u64)
    }

    /// The value in picoseconds.
    pub const fn ps(self) -> u64 {
        self.0
    }

    /// The value in microseconds, for printing and drawing only.
    #[expect(clippy::cast_precision_loss, reason = "for display only")]
    pub fn as_us(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The value in seconds, for rates and drawing only.
    #[expect(clippy::cast_precision_loss, reason = "for display and rates only")]
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1e12
    }

    /// The sum, or `Time::MAX` where it would not fit.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Add for Time {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Time {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Time {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Time {
    fn sum<I: Iterator<Item = Self>>(times: I) -> Self {
        times.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, divisor) = match self.0 {
            0 => return f.pad("0 s"),
            1..1_000 => ("ps", 1),
            1_000..1_000_000 => ("ns", 1_000),
            1_000_000..1_000_000_000 => ("us", 1_000_000),
            1_000_000_000..1_000_000_000_000 => ("ms", 1_000_000_000),
            _ => ("s", 1_000_000_000_000),
        };
        f.pad(&format!("{} {unit}", decimal(self.0, divisor, 3)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        assert_eq!("2.5 us".parse(), Ok(Time(2_500_000)));
        assert_eq!("0.45us".parse(), Ok(Time(450_000)));
        assert_eq!("1 s".parse::<Time>().unwrap().to_string(), "1 s");
        assert_eq!(Time(2_500_000).to_string(), "2.5 us");
        assert_eq!(Time(999_999).to_string(), "999.999 ns");
        assert!("2.5".parse::<Time>().is_err());
        assert!("2.5 GB".parse::<Time>().is_err());
        assert!("-1 us".parse::<Time>().is_err());
        assert!("99999999 s".parse::<Time>().is_err());
    }
}
