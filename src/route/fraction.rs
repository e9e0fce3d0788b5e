//! Exact parts of a flow.

/// A fraction in lowest terms, in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fraction {
    pub(super) num: u64,
    pub(super) den: u64,
}

impl Fraction {
    pub(super) const ONE: Self = Self { num: 1, den: 1 };

    /// Denominators above this are rounded to it: products of many odd branchings would overflow.
    const MAX_DEN: u64 = 1 << 40;

    fn reduced(num: u128, den: u128) -> Self {
        let divisor = gcd(num, den).max(1);
        let (num, den) = (num / divisor, den / divisor);
        if den <= u128::from(Self::MAX_DEN) {
            Self { num: num as u64, den: den as u64 }
        } else {
            let scaled = (num * u128::from(Self::MAX_DEN) + den / 2) / den;
            let divisor = gcd(scaled, u128::from(Self::MAX_DEN)).max(1);
            Self { num: (scaled / divisor) as u64, den: (u128::from(Self::MAX_DEN) / divisor) as u64 }
        }
    }

    /// `self * part / whole`.
    pub(super) fn share(self, part: u64, whole: u64) -> Self {
        Self::reduced(u128::from(self.num) * u128::from(part), u128::from(self.den) * u128::from(whole))
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let (a, b) = (u128::from(self.num), u128::from(self.den));
        let (c, d) = (u128::from(other.num), u128::from(other.den));
        Self::reduced(a * d + c * b, b * d)
    }

    /// `self * part / whole`; `None` where that would be rounded. Few pairs need a long division.
    pub(super) fn exact_share(self, part: u64, whole: u64) -> Option<Self> {
        if part == whole {
            return Some(self);
        }
        let divisor = gcd64(part, whole);
        let (part, whole) = (part / divisor, whole / divisor);
        let (a, b) = (gcd64(self.num, whole), gcd64(part, self.den));
        let num = (self.num / a).checked_mul(part / b)?;
        let den = (self.den / b).checked_mul(whole / a)?;
        (den <= Self::MAX_DEN).then_some(Self { num, den })
    }

    /// `self + other`; `None` where that could be rounded.
    pub(super) fn exact_plus(self, other: Self) -> Option<Self> {
        let den = Self::common(self.den, other.den)?;
        let num = self.num * (den / self.den) + other.num * (den / other.den);
        let divisor = gcd64(num, den).max(1);
        Some(Self { num: num / divisor, den: den / divisor })
    }

    /// The least common multiple of two denominators; `None` where it is above those that are kept.
    pub(super) fn common(a: u64, b: u64) -> Option<u64> {
        if a == b {
            return Some(a);
        }
        (a / gcd64(a, b)).checked_mul(b).filter(|common| *common <= Self::MAX_DEN)
    }
}

/// The greatest common divisor.
pub(super) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The greatest common divisor, in one word.
fn gcd64(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_whole() {
        let third = Fraction::ONE.share(1, 3);
        assert_eq!(third.plus(third).plus(third), Fraction::ONE);
        assert_eq!(Fraction::ONE.share(6, 8), Fraction { num: 3, den: 4 });
    }
    #[test]
    fn exact_arithmetic_is_the_same_or_none() {
        let numbers = [1, 2, 3, 5, 8, 12, 1000];
        for (part, whole, other) in
            numbers.iter().flat_map(|a| numbers.iter().flat_map(move |b| numbers.map(|c| (*a, a + b, c))))
        {
            let third = Fraction::ONE.share(1, 3);
            let made = third.share(part, whole);
            assert_eq!(third.exact_share(part, whole), Some(made));
            let more = Fraction::ONE.share(1, 2 * other);
            assert_eq!(made.exact_plus(more), Some(made.plus(more)));
        }
        let fine = Fraction { num: 1, den: Fraction::MAX_DEN };
        assert_eq!(fine.exact_share(1, 3), None);
        assert_eq!(fine.exact_plus(Fraction { num: 1, den: 3 }), None);
    }
}
