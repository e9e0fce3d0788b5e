//! Electric power.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parse::{Table, decimal, quantity};

/// A power in whole milliwatts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Power(pub u64);

const TABLE: Table = Table {
    kind: "a power",
    expected: "a power such as \"700 W\" or \"10.2 kW\"",
    units: &[("mW", 1, 1), ("W", 1_000, 1), ("kW", 1_000_000, 1), ("MW", 1_000_000_000, 1)],
};

quantity!(Power, TABLE);

impl Power {
    /// The power in watts.
    #[expect(clippy::cast_precision_loss, reason = "for sums and display only")]
    pub fn watts(self) -> f64 {
        self.0 as f64 / 1e3
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, divisor) = match self.0 {
            0..10_000_000 => ("W", 1_000),
            10_000_000..10_000_000_000 => ("kW", 1_000_000),
            _ => ("MW", 1_000_000_000),
        };
        f.pad(&format!("{} {unit}", decimal(self.0, divisor, 3)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        assert_eq!("700 W".parse(), Ok(Power(700_000)));
        assert_eq!("10.2 kW".parse::<Power>().unwrap().to_string(), "10.2 kW");
        assert_eq!("0.7 kW".parse::<Power>().unwrap().to_string(), "700 W");
        assert_eq!("1.5 MW".parse::<Power>().unwrap().watts().to_bits(), 1.5e6_f64.to_bits());
        assert_eq!(Power::number_in("10.2 kW", "W"), Ok(10_200.0));
        assert!("700".parse::<Power>().is_err());
        assert!("700 w".parse::<Power>().is_err());
    }
}
