//! Times of a fixed set of things, and which come next: a flat tree of minima.
//!
//! Blocks of 32 times have their minimum one level up, and so on. Setting a time touches one entry a level at most;
//! a block that lost its minimum is scanned again only when the next time is asked for. Things of one time come out
//! together, ascending, for about a nanosecond each: nothing is ever stale.

/// Entries a block.
const FAN: usize = 32;

/// No time set.
pub(super) const NEVER: u64 = u64::MAX;

/// Times by index, with the least at hand.
#[derive(Debug, Clone)]
pub(super) struct Agenda {
    /// `levels[0]` are the times; `levels[n + 1][b]` is the least of block `b` of `levels[n]`.
    levels: Vec<Vec<u64>>,
    /// Blocks of each level whose recorded minimum may be too small.
    dirty: Vec<Vec<u32>>,
}

impl Agenda {
    /// So many times, none set.
    pub(super) fn new(len: usize) -> Self {
        let mut levels = vec![vec![NEVER; len.max(1)]];
        while levels[levels.len() - 1].len() > 1 {
            let blocks = levels[levels.len() - 1].len().div_ceil(FAN);
            levels.push(vec![NEVER; blocks]);
        }
        let dirty = vec![Vec::new(); levels.len()];
        Self { levels, dirty }
    }

    /// Sets the time of `index`.
    #[inline]
    pub(super) fn set(&mut self, index: usize, time: u64) {
        let old = std::mem::replace(&mut self.levels[0][index], time);
        if time == old {
            return;
        }
        let mut place = index;
        for level in 1..self.levels.len() {
            place /= FAN;
            let least = &mut self.levels[level][place];
            if time < *least {
                *least = time;
            } else {
                if old == *least && old < time {
                    self.dirty[level].push(place as u32);
                }
                return;
            }
        }
    }

    /// The time of `index`.
    pub(super) fn get(&self, index: usize) -> u64 {
        self.levels[0][index]
    }

    /// Puts all times off by so much.
    pub(super) fn shift(&mut self, by: u64) {
        for time in self.levels.iter_mut().flatten() {
            if *time != NEVER {
                *time += by;
            }
        }
    }

    /// The least time.
    #[inline]
    pub(super) fn next(&mut self) -> u64 {
        for level in 1..self.levels.len() {
            while let Some(block) = self.dirty[level].pop() {
                self.rescan(level, block as usize);
            }
        }
        self.levels[self.levels.len() - 1][0]
    }

    fn rescan(&mut self, level: usize, block: usize) {
        let below = &self.levels[level - 1];
        let end = below.len().min((block + 1) * FAN);
        let least = below[block * FAN..end].iter().copied().min().unwrap_or(NEVER);
        let old = std::mem::replace(&mut self.levels[level][block], least);
        if least != old && level + 1 < self.levels.len() && self.levels[level + 1][block / FAN] == old {
            self.dirty[level + 1].push((block / FAN) as u32);
        }
    }

    /// Takes out all whose time is `time`, which must be the result of [`Self::next`] just before; appends them to
    /// `out`, ascending.
    pub(super) fn take(&mut self, time: u64, out: &mut Vec<u32>) {
        if time != NEVER {
            self.take_block(self.levels.len() - 1, 0, time, out);
        }
    }

    /// Takes from one entry of a level and all below; returns the least time left there.
    fn take_block(&mut self, level: usize, entry: usize, time: u64, out: &mut Vec<u32>) -> u64 {
        if self.levels[level][entry] != time {
            return self.levels[level][entry];
        }
        let mut least = NEVER;
        if level == 0 {
            out.push(entry as u32);
        } else if level == 1 {
            let below = &mut self.levels[0];
            let end = below.len().min((entry + 1) * FAN);
            for (index, slot) in below[entry * FAN..end].iter_mut().enumerate() {
                if *slot == time {
                    *slot = NEVER;
                    out.push((entry * FAN + index) as u32);
                } else {
                    least = least.min(*slot);
                }
            }
        } else {
            let end = self.levels[level - 1].len().min((entry + 1) * FAN);
            for below in entry * FAN..end {
                least = least.min(self.take_block(level - 1, below, time, out));
            }
        }
        self.levels[level][entry] = least;
        least
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The twin is a plain scan of all times.
        #[test]
        fn agrees_with_a_plain_scan(
            len in 1usize..3000,
            actions in prop::collection::vec((any::<prop::sample::Index>(), 0u64..40, any::<bool>()), 1..300),
        ) {
            let mut agenda = Agenda::new(len);
            let mut plain = vec![NEVER; len];
            for (index, time, take) in actions {
                let index = index.index(len);
                agenda.set(index, time);
                plain[index] = time;
                let least = plain.iter().copied().min().unwrap();
                prop_assert_eq!(agenda.next(), least);
                if take {
                    let mut out = Vec::new();
                    agenda.take(least, &mut out);
                    let expected: Vec<u32> =
                        (0..len).filter(|i| plain[*i] == least).map(|i| i as u32).collect();
                    prop_assert_eq!(&out, &expected);
                    for i in out {
                        plain[i as usize] = NEVER;
                    }
                    prop_assert_eq!(agenda.next(), plain.iter().copied().min().unwrap());
                }
            }
        }
    }
}
