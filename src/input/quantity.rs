//! Quantities with their units, and percentages.

use std::fmt::Display;
use std::str::FromStr;

use super::reader::{At, Item};
use crate::diag::{Diagnostic, nearest};
use crate::units::{Bandwidth, Bytes, EnergyPrice, FlopRate, Length, Mass, Money, Power, Time, UnitError};

/// A quantity of `units` that files hold, with the largest value that is sensible: everything that is
/// computed from it then fits in 64 bits.
pub(super) trait Quantity: FromStr<Err = UnitError> + Copy + Display + PartialOrd {
    /// The most that files may say.
    const MAX: Self;

    /// The number of `unit` that a text says, not rounded.
    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError>;
}

impl Quantity for Bandwidth {
    const MAX: Self = Self(1_000_000_000_000_000_000);

    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError> {
        Bandwidth::number_in(text, unit)
    }
}

impl Quantity for Bytes {
    const MAX: Self = Self(1 << 50);

    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError> {
        Bytes::number_in(text, unit)
    }
}

impl Quantity for FlopRate {
    const MAX: Self = Self(1_000_000_000_000_000_000);

    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError> {
        FlopRate::number_in(text, unit)
    }
}

impl Quantity for Length {
    const MAX: Self = Self(100_000_000_000);

    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError> {
        Length::number_in(text, unit)
    }
}

impl Quantity for Power {
    const MAX: Self = Self(1_000_000_000);

    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError> {
        Power::number_in(text, unit)
    }
}

impl Quantity for Time {
    const MAX: Self = Self(1_000_000_000_000_000);

    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError> {
        Time::number_in(text, unit)
    }
}

impl Quantity for Money {
    const MAX: Self = Self(100_000_000_000_000);

    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError> {
        Money::number_in(text, unit)
    }
}

impl Quantity for EnergyPrice {
    const MAX: Self = Self(1_000_000_000);

    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError> {
        EnergyPrice::number_in(text, unit)
    }
}

impl Quantity for Mass {
    const MAX: Self = Self(1_000_000_000);

    fn number_in(text: &str, unit: &str) -> Result<f64, UnitError> {
        Mass::number_in(text, unit)
    }
}

/// What `T` looks like: `a bandwidth such as "400 Gbps"`.
fn expected<T: Quantity>() -> &'static str {
    match "".parse::<T>() {
        Err(UnitError::NoNumber { expected, .. }) => expected,
        _ => "a number with its unit",
    }
}

impl Item<'_> {
    /// A string with a number and its unit, at most [`Quantity::MAX`].
    pub(super) fn quantity<T: Quantity>(&self) -> Option<At<T>> {
        self.quantity_to(T::MAX)
    }

    /// A string with a number and its unit, at most `max`.
    pub(super) fn quantity_to<T: Quantity>(&self, max: T) -> Option<At<T>> {
        let text = self.string_as(&with_unit(expected::<T>()))?.value;
        match text.parse::<T>() {
            Ok(value) if value <= max => Some(self.at(value)),
            Ok(_) => {
                self.out_of_range(
                    format!("`{}` is out of range", self.key),
                    format!("expected at most {max}"),
                );
                None
            }
            Err(error) => {
                self.wrong_unit(text, &error, expected::<T>());
                None
            }
        }
    }

    /// A string with a number and its unit, as a number of `unit`, not rounded.
    pub(super) fn number_in<T: Quantity>(&self, unit: &str) -> Option<At<f64>> {
        let text = self.string_as(&with_unit(expected::<T>()))?.value;
        match T::number_in(text, unit) {
            Ok(value) => Some(self.at(value)),
            Err(error) => {
                self.wrong_unit(text, &error, expected::<T>());
                None
            }
        }
    }

    fn wrong_unit(&self, text: &str, error: &UnitError, expected: &str) {
        let message = format!("`{}` cannot be read: {}", self.key, reason(text, error));
        let fault = Diagnostic::error("E0105", message);
        self.push(match error {
            UnitError::WrongUnit { unit, units, .. } => {
                let start = text.rfind(unit.as_str()).unwrap_or(0);
                let fault = fault.at(self.part(start..start + unit.len()), format!("expected {expected}"));
                match better_unit(unit, units) {
                    Some(near) => {
                        let bits = near.eq_ignore_ascii_case(unit) && near.contains(['b', 'B']);
                        let why = if bits { " (`b` is bit, `B` is byte)" } else { "" };
                        fault.help(format!("did you mean `{}{near}`{why}?", &text[..start]))
                    }
                    None => fault.help(format!("the units are {units}")),
                }
            }
            _ => fault.at(self.place(), format!("expected {expected}")),
        });
    }

    /// A string such as `"5 %"`, as a fraction of one.
    pub(super) fn percent(&self) -> Option<At<f64>> {
        const EXPECTED: &str = "a percentage such as \"5 %\"";
        let text = self.string_as(&format!("a string: {EXPECTED}"))?.value;
        let Some(number) = text.trim().strip_suffix('%') else {
            self.push(
                Diagnostic::error("E0105", format!("`{}` cannot be read: `{text}` has no `%`", self.key))
                    .at(self.place(), format!("expected {EXPECTED}")),
            );
            return None;
        };
        match number.trim().parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Some(self.at(percent / 100.0)),
            Ok(_) => {
                self.out_of_range(format!("`{}` is out of range", self.key), "expected from 0 % to 100 %");
                None
            }
            Err(_) => {
                self.push(
                    Diagnostic::error(
                        "E0105",
                        format!("`{}` cannot be read: `{number}` is not a number", self.key),
                    )
                    .at(self.place(), format!("expected {EXPECTED}")),
                );
                None
            }
        }
    }
}

/// `a string with a unit, such as "1 MiB"` from `a size such as "1 MiB"`.
fn with_unit(expected: &str) -> String {
    let example = expected.split_once("such as ").map_or(expected, |(_, example)| example);
    format!("a string with a unit, such as {example}")
}

/// Why a text is not a quantity, without what was expected: the label says that.
fn reason(text: &str, error: &UnitError) -> String {
    match error {
        UnitError::NoNumber { .. } => format!("`{text}` does not begin with a number"),
        UnitError::NoUnit { .. } => format!("`{text}` has no unit"),
        UnitError::WrongUnit { unit, kind, .. } => format!("`{unit}` is not {kind} unit"),
        UnitError::OutOfRange { .. } => format!("`{text}` is out of range"),
    }
}

/// The unit that was probably meant: `GB/s` for `GBps`, `Gb/s` for `Gb`.
fn better_unit(unit: &str, units: &str) -> Option<String> {
    let valid: Vec<&str> = units.split(", ").map(|unit| unit.trim_matches('`')).collect();
    let guesses = [unit.replace("ps", "/s"), format!("{unit}/s"), unit.trim_end_matches("/s").to_owned()];
    if let Some(guess) = guesses.iter().find(|guess| valid.contains(&guess.as_str())) {
        return Some(guess.clone());
    }
    let differ = |valid: &str| valid.chars().zip(unit.chars()).filter(|(a, b)| a != b).count();
    let alike = valid.iter().filter(|valid| valid.eq_ignore_ascii_case(unit)).copied();
    let same = alike.min_by_key(|valid| differ(valid));
    same.or_else(|| nearest(unit, valid.iter().copied())).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_per_second_are_not_taken_for_bits() {
        let units = "`Gbps`, `Gb/s`, `GB/s`, `GiB/s`";
        assert_eq!(better_unit("GBps", units).as_deref(), Some("GB/s"));
        assert_eq!(better_unit("Gb", units).as_deref(), Some("Gb/s"));
        assert_eq!(better_unit("gbps", units).as_deref(), Some("Gbps"));
        assert_eq!(better_unit("parsec", units), None);
        assert_eq!(better_unit("Mw", "`mW`, `W`, `kW`, `MW`").as_deref(), Some("MW"));
        assert_eq!(better_unit("Mb", "`B`, `MiB`, `MB`").as_deref(), Some("MB"));
    }
}
