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
    if least < i64::MAX as f64 {
        // Signed, since processors convert nothing else fast.
        let whole = least as i64;
        return whole.saturating_add(i64::from((whole as f64) < least)).max(1).unsigned_abs();
    }
    let whole = least as u64;
    whole.saturating_add(u64::from((whole as f64) < least)).max(1)
}

/// A time in picoseconds as a float.
#[inline]
pub(super) fn float(time: u64) -> f64 {
    i64::try_from(time).map_or(time as f64, |time| time as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_rounding_up(bytes in 0.1f64..1e8, rate in prop_oneof![0.5f64..10.0, 1e6f64..1e13]) {
            let exact = bytes * 1e12 / rate;
            let slack = (exact * (4.0 * f64::EPSILON)).max(1e-3);
            prop_assert_eq!(drain(bytes, rate), ((exact - slack).ceil() as u64).max(1));
        }
    }

    #[test]
    fn whole_picoseconds_are_exact_and_others_round_up() {
        assert_eq!(drain(262_144.0, 50e9), 5_242_880);
        assert_eq!(drain(16_777_216.0, 50e9), 335_544_320);
        assert_eq!(drain(1.0, 3e12), 1);
        assert_eq!(drain(10.0, 3e12), 4);
        assert_eq!(drain(0.0, 1e9), 0);
        assert_eq!(drain(1e-9, 1e9), 1);
        assert_eq!(drain(1e9, 1.0), u64::MAX);
    }
}
