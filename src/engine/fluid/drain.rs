//! The one place where a fluid time becomes an integer.

/// Time to move `bytes` at `rate` (bytes per second), in picoseconds, rounded up.
///
/// A result within a thousandth of a picosecond (or four units in the last place, if that is more) above a whole
/// picosecond counts as that picosecond: such remainders are rounding of the division, since sizes and rates are
/// given in whole bytes and bits. Data takes at least one picosecond; none takes no time.
#[inline]
pub(crate) fn drain(bytes: f64, rate: f64) -> u64 {
    if bytes <= 0.0 {
        return 0;
    }
    let exact = bytes * 1e12 / rate;
    let slack = (exact * (4.0 * f64::EPSILON)).max(1e-3);
    // Rounding up by hand, as a call would cost more than all the rest. A float beyond u64 saturates: such a run ends
    // at the end of time.
    let least = exact - slack;
    let whole = least as u64;
    (if (whole as f64) < least { whole + 1 } else { whole }).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_picoseconds_are_exact_and_others_round_up() {
        assert_eq!(drain(262_144.0, 50e9), 5_242_880);
        assert_eq!(drain(16_777_216.0, 50e9), 335_544_320);
        assert_eq!(drain(1.0, 3e12), 1);
        assert_eq!(drain(10.0, 3e12), 4);
        assert_eq!(drain(0.0, 1e9), 0);
    }
}
