//! The one unit in which the parts of all paths are whole numbers.

use super::fraction::{Fraction, gcd};

/// The largest unit.
const MOST: u64 = 1 << 31;

/// The unit of weights where parts are too various for a common one.
const ROUNDED: u64 = 1 << 30;

/// The least common multiple of the denominators of all `parts` where that fits in 31 bits, else 2^30, to which
/// weights are rounded.
pub(super) fn unit<'a>(parts: impl Iterator<Item = &'a Fraction>) -> u32 {
    let mut unit: u64 = 1;
    for part in parts {
        if !unit.is_multiple_of(part.den) {
            unit = match unit.checked_mul(part.den / gcd(u128::from(unit), u128::from(part.den)) as u64) {
                Some(multiple) if multiple <= MOST => multiple,
                _ => return ROUNDED as u32,
            };
        }
    }
    unit as u32
}

/// The weight of a part: in `unit`s, rounded, at least 1.
pub(super) fn weight(part: Fraction, unit: u32) -> u32 {
    let exact = u128::from(part.num) * u128::from(unit);
    ((exact + u128::from(part.den) / 2) / u128::from(part.den)).max(1) as u32
}
