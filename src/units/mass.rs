//! Masses of equipment.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parse::{Table, decimal, quantity};

/// A mass in whole grams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mass(pub u64);

const TABLE: Table = Table {
    kind: "a mass",
    expected: "a mass such as \"130 kg\"",
    units: &[("g", 1, 1), ("kg", 1_000, 1), ("t", 1_000_000, 1)],
};

quantity!(Mass, TABLE);

impl Mass {
    /// The mass in kilograms.
    #[expect(clippy::cast_precision_loss, reason = "for sums and display only")]
    pub fn kg(self) -> f64 {
        self.0 as f64 / 1e3
    }
}

impl fmt::Display for Mass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} kg", decimal(self.0, 1_000, 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        assert_eq!("130 kg".parse(), Ok(Mass(130_000)));
        assert_eq!("1.5 t".parse::<Mass>().unwrap().to_string(), "1500 kg");
        assert!("130".parse::<Mass>().is_err());
    }
}
