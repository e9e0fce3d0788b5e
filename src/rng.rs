//! Named random streams: `(seed, purpose, index)` gives a stream of its own, so drawing more numbers
//! in one place never moves another.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::SeedableRng;

/// The stream of a seed, a purpose and an index: the same on every machine.
pub fn stream(seed: u64, purpose: &str, index: u64) -> Pcg64Mcg {
    let name = purpose.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| mix(hash ^ u64::from(byte)));
    let low = mix(mix(seed ^ name) ^ index);
    let high = mix(low ^ name.rotate_left(32));
    let mut state = [0; 16];
    state[..8].copy_from_slice(&low.to_le_bytes());
    state[8..].copy_from_slice(&high.to_le_bytes());
    Pcg64Mcg::from_seed(state)
}

/// A well-mixed function of 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014).
pub fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn streams_are_fixed_and_apart() {
        let first = stream(1, "ecmp", 0).next_u64();
        assert_eq!(first, stream(1, "ecmp", 0).next_u64());
        assert_ne!(first, stream(1, "ecmp", 1).next_u64());
        assert_ne!(first, stream(1, "sizes", 0).next_u64());
        assert_ne!(first, stream(2, "ecmp", 0).next_u64());
    }
}
