//! How money, power and prices are put into words.

use crate::report::number::significant;
use crate::result::{PlanResult, UsdRange};

/// The heading of a plan.
pub(in crate::report) fn title(plan: &PlanResult) -> &str {
    if plan.title.is_empty() { &plan.plan } else { &plan.title }
}

/// A unit for amounts up to `most` US dollars: its name and its dollars.
pub(in crate::report) fn usd_unit(most: f64) -> (&'static str, f64) {
    match most {
        _ if most >= 1e6 => ("MUSD", 1e6),
        _ if most >= 1e4 => ("kUSD", 1e3),
        _ => ("USD", 1.0),
    }
}

/// An amount of US dollars with a unit that suits it: `412.3 MUSD`.
pub(super) fn usd(amount: f64) -> String {
    let (unit, size) = usd_unit(amount.abs());
    format!("{} {unit}", significant(amount / size))
}

/// An amount as an interval: `412.3 MUSD (380.1 to 455.0)`, all in the unit of the mid.
pub(super) fn usd_range(range: &UsdRange) -> String {
    let (unit, size) = usd_unit(range.mid.abs());
    let [low, mid, high] = [range.low, range.mid, range.high].map(|amount| significant(amount / size));
    format!("{mid} {unit} ({low} to {high})")
}

/// A unit for powers up to `most` watts: its name and its watts.
pub(in crate::report) fn watts_unit(most: f64) -> (&'static str, f64) {
    match most {
        _ if most >= 1e6 => ("MW", 1e6),
        _ if most >= 1e3 => ("kW", 1e3),
        _ => ("W", 1.0),
    }
}

/// A power with a unit that suits it: `1.412 MW`.
pub(super) fn watts(power: f64) -> String {
    let (unit, size) = watts_unit(power.abs());
    format!("{} {unit}", significant(power / size))
}

/// A part of a whole, in percent; 0 where there is no whole.
pub(super) fn part_of(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

/// Whether a share of cost or power is of what is between servers.
pub(in crate::report) fn is_network(what: &str) -> bool {
    matches!(what, "adapters" | "switches" | "transceivers" | "cables")
}

/// At which prices a design is on the front: `LMH`, `.MH`.
pub(super) fn front_at(on: [bool; 3]) -> String {
    "LMH".chars().zip(on).map(|(letter, on)| if on { letter } else { '.' }).collect()
}

/// Words with commas and `and` between them.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A technology as it is written.
pub(super) fn technology(name: &str) -> &str {
    match name {
        "infiniband" => "InfiniBand",
        "roce" => "RoCE",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units_that_suit() {
        let told = [0.0, 899.0, 38_000.0, 412_345_678.0].map(usd);
        assert_eq!(told, ["0 USD", "899.0 USD", "38.00 kUSD", "412.3 MUSD"]);
        let range = UsdRange { low: 900_000.0, mid: 1_000_000.0, high: 1_100_000.0 };
        assert_eq!(usd_range(&range), "1.000 MUSD (0.900 to 1.100)");
        assert_eq!([950.0, 38_250.0, 1_412_000.0].map(watts), ["950.0 W", "38.25 kW", "1.412 MW"]);
        assert_eq!([part_of(1.0, 4.0), part_of(1.0, 0.0)], [25.0, 0.0]);
    }

    #[test]
    fn lists_and_letters() {
        assert_eq!(front_at([false, true, true]), ".MH");
        let words = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            [listed(&words), listed(&words[..2]), listed(&words[..1])],
            ["a, b and c", "a and b", "a"]
        );
    }
}
