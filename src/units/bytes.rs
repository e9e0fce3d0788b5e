//! Sizes of data.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

use super::parse::{Table, decimal, quantity};

/// An amount of data in whole bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

const TABLE: Table = Table {
    kind: "a size",
    expected: "a size such as \"1 MiB\"",
    units: &[
        ("B", 1, 1),
        ("KiB", 1 << 10, 1),
        ("MiB", 1 << 20, 1),
        ("GiB", 1 << 30, 1),
        ("TiB", 1 << 40, 1),
        ("kB", 1_000, 1),
        ("MB", 1_000_000, 1),
        ("GB", 1_000_000_000, 1),
        ("TB", 1_000_000_000_000, 1),
    ],
};

quantity!(Bytes, TABLE);

impl Bytes {
    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of bytes as a float, for rates and drawing only.
    #[expect(clippy::cast_precision_loss, reason = "for rates and display only")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }
}

impl Add for Bytes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Bytes {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self(0), Add::add)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, divisor) = match self.0 {
            0..1_024 => ("B", 1),
            1_024..1_048_576 => ("KiB", 1 << 10),
            1_048_576..1_073_741_824 => ("MiB", 1 << 20),
            1_073_741_824..1_099_511_627_776 => ("GiB", 1 << 30),
            _ => ("TiB", 1 << 40),
        };
        f.pad(&format!("{} {unit}", decimal(self.0, divisor, 2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        assert_eq!("1 MiB".parse(), Ok(Bytes(1 << 20)));
        assert_eq!("1 MB".parse(), Ok(Bytes(1_000_000)));
        assert_eq!("0.5 KiB".parse(), Ok(Bytes(512)));
        assert_eq!(Bytes(8 << 30).to_string(), "8 GiB");
        assert_eq!(Bytes(1500).to_string(), "1.46 KiB");
        assert!("1 Mb".parse::<Bytes>().is_err(), "bits are not a size");
        assert!("1".parse::<Bytes>().is_err());
    }
}
