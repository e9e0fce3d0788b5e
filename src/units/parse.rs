//! Reading `"400 Gbps"`: a decimal number, then a unit from a table of exact integer factors.

use thiserror::Error;

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitError {
    /// Nothing in front of the unit, or not a decimal number.
    #[error("`{text}` does not begin with a number, expected {expected}")]
    NoNumber {
        /// The whole text.
        text: String,
        /// What would do, with an example.
        expected: &'static str,
    },
    /// A number without a unit.
    #[error("`{text}` has no unit, expected {expected}")]
    NoUnit {
        /// The whole text.
        text: String,
        /// What would do, with an example.
        expected: &'static str,
    },
    /// A unit that the quantity does not have.
    #[error("`{unit}` is not {kind} unit, expected one of {units}")]
    WrongUnit {
        /// The unit found.
        unit: String,
        /// The quantity with its article, such as `a bandwidth`.
        kind: &'static str,
        /// The valid units, comma-separated.
        units: String,
    },
    /// A minus sign, or a value that the type cannot hold.
    #[error("`{text}` is out of range, expected {expected}")]
    OutOfRange {
        /// The whole text.
        text: String,
        /// What would do, with an example.
        expected: &'static str,
    },
}

/// One quantity: its name for messages and its units as exact multiples of the base unit, each a
/// fraction `numerator / denominator`.
pub(super) struct Table {
    /// With its article: `a bandwidth`.
    pub(super) kind: &'static str,
    /// With examples: `a bandwidth such as "400 Gbps"`.
    pub(super) expected: &'static str,
    /// `(unit, numerator, denominator)`.
    pub(super) units: &'static [(&'static str, u64, u64)],
}

impl Table {
    /// Parses `text` to a whole number of base units, rounding half up.
    pub(super) fn parse(&self, text: &str) -> Result<u64, UnitError> {
        let out_of_range = || UnitError::OutOfRange { text: text.into(), expected: self.expected };
        let (number, numerator, denominator) = self.split(text)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        if whole.len() > 20 || fraction.len() > 15 {
            return Err(out_of_range());
        }
        let mantissa: u128 = format!("0{whole}{fraction}").parse().map_err(|_| out_of_range())?;
        let scale = 10u128.pow(fraction.len() as u32) * u128::from(denominator);
        let scaled = mantissa.checked_mul(u128::from(numerator)).ok_or_else(out_of_range)?;
        u64::try_from((scaled + scale / 2) / scale).map_err(|_| out_of_range())
    }

    /// Parses `text` to a number of `unit`, which is one of the table: exactly the number given where it is given in
    /// that unit.
    pub(super) fn parse_in(&self, text: &str, unit: &str) -> Result<f64, UnitError> {
        let out_of_range = || UnitError::OutOfRange { text: text.into(), expected: self.expected };
        let (number, numerator, denominator) = self.split(text)?;
        let (_, base_numerator, base_denominator) =
            self.units.iter().find(|(name, ..)| *name == unit).ok_or_else(out_of_range)?;
        let number: f64 = format!("0{number}").parse().map_err(|_| out_of_range())?;
        let above = numerator as f64 * *base_denominator as f64;
        let below = denominator as f64 * *base_numerator as f64;
        // Dividing by whole numbers keeps `600 ns` the same as `0.6 us`.
        let value = if above >= below { number * (above / below) } else { number / (below / above) };
        if value.is_finite() { Ok(value) } else { Err(out_of_range()) }
    }

    /// The digits of `text`, and its unit as a fraction.
    fn split(&self, text: &str) -> Result<(String, u64, u64), UnitError> {
        let trimmed = text.trim();
        let split = trimmed
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+')))
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(split);
        let unit = unit.trim();
        let no_number = || UnitError::NoNumber { text: text.into(), expected: self.expected };
        if number.starts_with('-') {
            return Err(UnitError::OutOfRange { text: text.into(), expected: self.expected });
        }
        let number: String = number.trim_start_matches('+').chars().filter(|c| *c != '_').collect();
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        let digits_only = |s: &str| s.chars().all(|c| c.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits_only(whole) || !digits_only(fraction) {
            return Err(no_number());
        }
        if unit.is_empty() {
            return Err(UnitError::NoUnit { text: text.into(), expected: self.expected });
        }
        let Some((_, numerator, denominator)) = self.units.iter().find(|(name, ..)| *name == unit) else {
            let units = self.units.iter().map(|(name, ..)| format!("`{name}`")).collect::<Vec<_>>();
            return Err(UnitError::WrongUnit { unit: unit.into(), kind: self.kind, units: units.join(", ") });
        };
        Ok((number, *numerator, *denominator))
    }
}

/// Prints `value / divisor` with up to `digits` decimals, without trailing zeros, exactly rounded
/// half up in integers.
pub(super) fn decimal(value: u64, divisor: u64, digits: u32) -> String {
    let scale = 10u128.pow(digits);
    let scaled = (u128::from(value) * scale + u128::from(divisor) / 2) / u128::from(divisor);
    let whole = scaled / scale;
    let fraction = format!("{:0width$}", scaled % scale, width = digits as usize);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() || digits == 0 { whole.to_string() } else { format!("{whole}.{fraction}") }
}

/// Implements text parsing and serde through it for a newtype over `u64`.
macro_rules! quantity {
    ($name:ident, $table:expr) => {
        impl std::str::FromStr for $name {
            type Err = $crate::units::UnitError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $table.parse(text).map($name)
            }
        }

        impl $name {
            /// The number of `unit` (one that files may use) that `text` says, not rounded.
            ///
            /// # Errors
            /// The text is not a quantity, or too large.
            pub fn number_in(text: &str, unit: &str) -> Result<f64, $crate::units::UnitError> {
                $table.parse_in(text, unit)
            }
        }
    };
}
pub(super) use quantity;

#[cfg(test)]
mod tests {
    use crate::units::{Bandwidth, Time};

    #[test]
    fn numbers_in_a_unit_keep_their_last_bit() {
        assert_eq!(Time::number_in("0.30000000000000004 us", "us"), Ok(0.1 + 0.2));
        assert_eq!(Time::number_in("600 ns", "us"), Ok(0.6));
        assert_eq!(Time::number_in("1_000.5 ms", "us"), Ok(1_000_500.0));
        assert_eq!(Bandwidth::number_in("400 Gbps", "GB/s"), Ok(50.0));
        assert!(Time::number_in("-1 us", "us").is_err());
        assert!(Time::number_in(&format!("{} s", "9".repeat(400)), "us").is_err());
        assert!(Time::number_in("1 GB", "us").is_err());
    }
}
