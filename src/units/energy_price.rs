//! Prices of electric energy.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parse::{Table, decimal, quantity};

/// A price of energy in whole millionths of a US dollar a kilowatt-hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EnergyPrice(pub u64);

const TABLE: Table = Table {
    kind: "an energy price",
    expected: "a price of energy such as \"0.08 USD/kWh\"",
    units: &[("USD/kWh", 1_000_000, 1), ("USD/MWh", 1_000, 1)],
};

quantity!(EnergyPrice, TABLE);

impl EnergyPrice {
    /// Dollars a kilowatt-hour.
    #[expect(clippy::cast_precision_loss, reason = "for sums and display only")]
    pub fn usd_per_kwh(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl fmt::Display for EnergyPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} USD/kWh", decimal(self.0, 1_000_000, 6)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        assert_eq!("0.08 USD/kWh".parse(), Ok(EnergyPrice(80_000)));
        assert_eq!("80 USD/MWh".parse::<EnergyPrice>().unwrap().to_string(), "0.08 USD/kWh");
        assert!("0.08 USD".parse::<EnergyPrice>().is_err());
    }
}
