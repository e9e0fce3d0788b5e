//! Rates of computation.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parse::{Table, decimal, quantity};

/// A rate in whole operations per second; a multiplication and an addition are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FlopRate(pub u64);

const TABLE: Table = Table {
    kind: "a rate of computation",
    expected: "a rate of computation such as \"989 TFLOP/s\"",
    units: &[
        ("FLOP/s", 1, 1),
        ("GFLOP/s", 1_000_000_000, 1),
        ("TFLOP/s", 1_000_000_000_000, 1),
        ("PFLOP/s", 1_000_000_000_000_000, 1),
        ("EFLOP/s", 1_000_000_000_000_000_000, 1),
    ],
};

quantity!(FlopRate, TABLE);

impl fmt::Display for FlopRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, divisor) = match self.0 {
            0..1_000_000_000 => ("FLOP/s", 1),
            1_000_000_000..1_000_000_000_000 => ("GFLOP/s", 1_000_000_000),
            1_000_000_000_000..100_000_000_000_000_000 => ("TFLOP/s", 1_000_000_000_000),
            100_000_000_000_000_000..1_000_000_000_000_000_000 => ("PFLOP/s", 1_000_000_000_000_000),
            _ => ("EFLOP/s", 1_000_000_000_000_000_000),
        };
        f.pad(&format!("{} {unit}", decimal(self.0, divisor, 3)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        assert_eq!("989 TFLOP/s".parse(), Ok(FlopRate(989_000_000_000_000)));
        assert_eq!("2.25 PFLOP/s".parse::<FlopRate>().unwrap().to_string(), "2250 TFLOP/s");
        assert_eq!("1.5 EFLOP/s".parse::<FlopRate>().unwrap().to_string(), "1.5 EFLOP/s");
        assert_eq!(FlopRate::number_in("794.5 TFLOP/s", "FLOP/s"), Ok(794.5e12));
        assert!("989 TFLOPS".parse::<FlopRate>().is_err());
        assert!("100 EFLOP/s".parse::<FlopRate>().is_err());
    }
}
