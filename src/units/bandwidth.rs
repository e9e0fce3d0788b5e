//! Rates of links.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parse::{Table, decimal, quantity};

/// A rate in whole bits per second, one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bandwidth(pub u64);

const TABLE: Table = Table {
    kind: "a bandwidth",
    expected: "a bandwidth such as \"400 Gbps\" or \"50 GB/s\"",
    units: &[
        ("bps", 1, 1),
        ("kbps", 1_000, 1),
        ("Mbps", 1_000_000, 1),
        ("Gbps", 1_000_000_000, 1),
        ("Tbps", 1_000_000_000_000, 1),
        ("b/s", 1, 1),
        ("kb/s", 1_000, 1),
        ("Mb/s", 1_000_000, 1),
        ("Gb/s", 1_000_000_000, 1),
        ("Tb/s", 1_000_000_000_000, 1),
        ("B/s", 8, 1),
        ("kB/s", 8_000, 1),
        ("MB/s", 8_000_000, 1),
        ("GB/s", 8_000_000_000, 1),
        ("TB/s", 8_000_000_000_000, 1),
        ("KiB/s", 8 << 10, 1),
        ("MiB/s", 8 << 20, 1),
        ("GiB/s", 8 << 30, 1),
    ],
};

quantity!(Bandwidth, TABLE);

impl Bandwidth {
    /// From whole gigabits per second.
    pub const fn from_gbps(gbps: u64) -> Self {
        Self(gbps * 1_000_000_000)
    }

    /// From whole gigabytes per second.
    pub const fn from_gigabytes(gigabytes: u64) -> Self {
        Self(gigabytes * 8_000_000_000)
    }

    /// Bits per second.
    pub const fn bits_per_sec(self) -> u64 {
        self.0
    }

    /// Bytes per second.
    #[expect(clippy::cast_precision_loss, reason = "rates may be floats, see the arithmetic contract")]
    pub fn bytes_per_sec(self) -> f64 {
        self.0 as f64 / 8.0
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, divisor) = match self.0 {
            0..1_000 => ("bps", 1),
            1_000..1_000_000 => ("kbps", 1_000),
            1_000_000..1_000_000_000 => ("Mbps", 1_000_000),
            1_000_000_000..10_000_000_000_000 => ("Gbps", 1_000_000_000),
            _ => ("Tbps", 1_000_000_000_000),
        };
        f.pad(&format!("{} {unit}", decimal(self.0, divisor, 3)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_bytes_are_never_confused() {
        assert_eq!("400 Gbps".parse(), Ok(Bandwidth(400_000_000_000)));
        assert_eq!("50 GB/s".parse(), Ok(Bandwidth(400_000_000_000)));
        assert_eq!("400 Gb/s".parse(), Ok(Bandwidth(400_000_000_000)));
        assert!("400 Gb".parse::<Bandwidth>().is_err());
        assert!("400 GBps".parse::<Bandwidth>().is_err());
        assert_eq!(Bandwidth::from_gigabytes(450).to_string(), "3600 Gbps");
    }
}
