//! Numbers as people read them: few digits, the same text everywhere.

use crate::units::Time;
pub(super) use crate::units::{count, counted};

/// Three or four significant digits: `362.9`, `48.21`, `0.482`; with an exponent only beyond ten millions and
/// below a millionth; `-` where the value is not a number.
pub(super) fn significant(value: f64) -> String {
    if !value.is_finite() {
        return "-".into();
    }
    let size = value.abs();
    let decimals = match size {
        _ if size >= 9_999_999.5 => return format!("{value:.3e}"),
        _ if size >= 999.95 => 0,
        _ if size >= 99.995 => 1,
        _ if size >= 9.9995 => 2,
        _ if size >= 0.999_95 => 3,
        _ if size == 0.0 => return "0".into(),
        _ if size < 1e-6 => return format!("{value:.2e}"),
        _ => {
            let mut decimals = 3;
            let mut scaled = size;
            while scaled < 0.1 {
                scaled *= 10.0;
                decimals += 1;
            }
            decimals
        }
    };
    format!("{value:.decimals$}")
}

/// [`significant`] without zeros at the end of the fraction, for labels.
pub(super) fn short(value: f64) -> String {
    let text = significant(value);
    if !text.contains('.') || text.contains('e') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// A share in percent with one decimal; what is not nothing is not printed as nothing.
pub(super) fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "-".into();
    }
    if share > 0.0 && share < 0.05 { "<0.1".into() } else { format!("{share:.1}") }
}

/// A time rounded to four significant digits, with its unit.
pub(super) fn time(ps: u64) -> String {
    Time::from_ps(round_to_four(ps)).to_string()
}

fn round_to_four(ps: u64) -> u64 {
    let mut step = 1u64;
    while ps / step >= 10_000 {
        step *= 10;
    }
    // The last thousandth of the range has no room to be rounded up into.
    ps.checked_add(step / 2).map_or(ps, |up| up / step * step)
}

/// The quotient of two counts, or 0 where there is nothing to divide by.
#[expect(clippy::cast_precision_loss, reason = "for display only")]
pub(super) fn quotient(numerator: u64, denominator: u64) -> f64 {
    if denominator == 0 { 0.0 } else { numerator as f64 / denominator as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_to_four_digits_at_any_scale() {
        let texts = [362.94, 48.214, 4.8214, 0.482_14, 0.000_482_14, 12_345.6, 0.0, 99.996, f64::NAN];
        let read = texts.map(significant);
        assert_eq!(read, ["362.9", "48.21", "4.821", "0.482", "0.000482", "12346", "0", "100.0", "-"]);
        assert_eq!([significant(1e300), significant(-2.5e-9)], ["1.000e300", "-2.50e-9"]);
        assert_eq!([short(2.0), short(0.25), short(100.0)], ["2", "0.25", "100"]);
    }

    #[test]
    fn times_keep_four_digits() {
        assert_eq!(time(123_456_789), "123.5 us");
        assert_eq!(time(999_999), "1 us");
        assert_eq!(time(0), "0 s");
        assert_eq!(time(17), "17 ps");
        assert_eq!(time(u64::MAX), "18446744.074 s");
    }

    #[test]
    fn small_shares_do_not_vanish() {
        assert_eq!(
            [percent(0.0), percent(0.01), percent(98.25), percent(100.0)],
            ["0.0", "<0.1", "98.2", "100.0"]
        );
    }
}
