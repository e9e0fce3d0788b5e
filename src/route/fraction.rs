//! Exact parts of a flow.

/// A fraction in lowest terms, in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// The greatest common divisor.
pub(super) fn gcd(mut a: u128, mut b: u128) -> u128 {
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
}
