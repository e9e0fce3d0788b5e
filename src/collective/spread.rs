//! Sizes that differ by pair of ranks: what an all-to-all-v sends.

use rand::Rng;

use crate::rng::{mix, stream};

/// Parts of one.
const PARTS: u32 = 1_000_000_000;

/// How the sizes of pairs are drawn: evenly from `1 - spread` to `1 + spread` times the mean, for each pair
/// `(source, destination)` by its number alone, so that nothing need be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The spread in billionths.
    parts: u32,
    /// What tells this draw from others.
    key: u64,
}

impl Spread {
    /// The spread where none is asked for.
    pub const DEFAULT: f64 = 0.5;

    /// Draws with a seed for collective number `index` of those with this seed. `spread` is from 0 (all pairs
    /// alike) to less than 1 and is kept to a billionth; what is out of bounds becomes the nearest that is not.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 ..= 10^9")]
    pub fn new(spread: f64, seed: u64, index: u64) -> Self {
        let parts = (spread * f64::from(PARTS)).round().clamp(0.0, f64::from(PARTS - 1)) as u32;
        Self { parts, key: stream(seed, "all-to-all-v", index).next_u64() }
    }

    /// The bytes of a pair whose mean is `mean`, rounded down.
    pub fn bytes(&self, pair: u64, mean: u64) -> u64 {
        self.scaled(mean, mix(self.key ^ mix(pair)) >> 32)
    }

    /// The least bytes that a pair can have.
    pub fn least(&self, mean: u64) -> u64 {
        self.scaled(mean, 0)
    }

    /// `mean * (1 - spread + 2 spread drawn / 2^32)`.
    #[expect(clippy::cast_possible_truncation, reason = "less than twice the mean, which is below 2^60")]
    fn scaled(&self, mean: u64, drawn: u64) -> u64 {
        let factor = (u128::from(PARTS - self.parts) << 32) + u128::from(drawn) * u128::from(2 * self.parts);
        (u128::from(mean) * factor / (u128::from(PARTS) << 32)) as u64
    }
}

impl Default for Spread {
    /// [`Self::DEFAULT`] with seed 0.
    fn default() -> Self {
        Self::new(Self::DEFAULT, 0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_lie_in_their_range_and_have_their_mean() {
        for (spread, low, high) in [(0.0, 1000, 1000), (0.25, 750, 1250), (0.5, 500, 1500), (0.999, 1, 1999)]
        {
            let drawn = Spread::new(spread, 7, 3);
            let sizes: Vec<u64> = (0..10_000).map(|pair| drawn.bytes(pair, 1000)).collect();
            assert!(sizes.iter().all(|size| (low..=high).contains(size)), "{spread}");
            assert_eq!(drawn.least(1000), low);
            let sum: u64 = sizes.iter().sum();
            // Rounding down takes half a byte, and the standard error is below 6 bytes.
            assert!(
                (9_975_000 - 60_000 * u64::from(spread > 0.0)..=10_060_000).contains(&sum),
                "{spread}: {sum}"
            );
        }
        assert_ne!(Spread::new(0.5, 1, 0).bytes(5, 1 << 40), Spread::new(0.5, 2, 0).bytes(5, 1 << 40));
        assert_ne!(Spread::new(0.5, 1, 0).bytes(5, 1 << 40), Spread::new(0.5, 1, 1).bytes(5, 1 << 40));
        assert_eq!(Spread::new(7.0, 0, 0), Spread::new(0.999_999_999, 0, 0));
        assert_eq!(Spread::new(f64::NAN, 0, 0), Spread::new(0.0, 0, 0));
    }
}
