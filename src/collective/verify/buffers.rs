//! Where a run keeps what is under way: values of transfers, and queues of transfers by lane.

use rustc_hash::FxHashMap;

/// Lengths below this have their free places by index.
const SHORT: usize = 64;

/// Values of transfers; freed places are used again by transfers of the same length.
#[derive(Default)]
pub(super) struct Pool {
    words: Vec<u64>,
    short: Vec<Vec<usize>>,
    long: FxHashMap<usize, Vec<usize>>,
}

impl Pool {
    /// Keeps values and says where.
    pub(super) fn keep(&mut self, values: &[u64]) -> usize {
        if let Some(place) = self.free(values.len()).pop() {
            self.words[place..place + values.len()].copy_from_slice(values);
            return place;
        }
        self.words.extend_from_slice(values);
        self.words.len() - values.len()
    }

    /// The `len` values at a place.
    pub(super) fn values(&self, place: usize, len: usize) -> &[u64] {
        &self.words[place..place + len]
    }

    /// Frees a place of `len` values.
    pub(super) fn release(&mut self, place: usize, len: usize) {
        self.free(len).push(place);
    }

    fn free(&mut self, len: usize) -> &mut Vec<usize> {
        if len >= SHORT {
            return self.long.entry(len).or_default();
        }
        if self.short.is_empty() {
            self.short.resize_with(SHORT, Vec::new);
        }
        &mut self.short[len]
    }
}

/// No entry.
const NONE: u32 = u32::MAX;

/// Queues, first in, first out, as lists through one array.
pub(super) struct Rows<T> {
    ends: Vec<[u32; 2]>,
    entries: Vec<(T, u32)>,
    free: u32,
}

impl<T: Copy> Rows<T> {
    pub(super) fn new(rows: usize) -> Self {
        Self { ends: vec![[NONE; 2]; rows], entries: Vec::new(), free: NONE }
    }

    #[expect(clippy::cast_possible_truncation, reason = "one entry a transfer under way, far below 2^32")]
    pub(super) fn push(&mut self, row: u32, item: T) {
        let place = self.free;
        let place = if place == NONE {
            self.entries.push((item, NONE));
            (self.entries.len() - 1) as u32
        } else {
            self.free = self.entries[place as usize].1;
            self.entries[place as usize] = (item, NONE);
            place
        };
        let [first, last] = &mut self.ends[row as usize];
        if *first == NONE {
            *first = place;
        } else {
            self.entries[*last as usize].1 = place;
        }
        *last = place;
    }

    /// Takes the first of a row where it is as wanted.
    pub(super) fn pop_if(&mut self, row: u32, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let first = self.ends[row as usize][0];
        let (item, next) = *self.entries.get(first as usize)?;
        if !wanted(&item) {
            return None;
        }
        self.ends[row as usize][0] = next;
        self.entries[first as usize].1 = self.free;
        self.free = first;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_first_in_first_out_and_reuse_entries() {
        let mut rows = Rows::new(2);
        for turn in 0..100 {
            rows.push(0, turn);
            rows.push(1, turn + 1000);
            rows.push(0, turn + 500);
            assert_eq!(rows.pop_if(0, |item| *item > turn), None);
            assert_eq!(rows.pop_if(0, |_| true), Some(turn));
            assert_eq!(rows.pop_if(0, |_| true), Some(turn + 500));
            assert_eq!(rows.pop_if(0, |_| true), None);
            assert_eq!(rows.pop_if(1, |_| true), Some(turn + 1000));
        }
        assert_eq!(rows.entries.len(), 3);
    }

    #[test]
    fn pools_reuse_places_of_the_same_length() {
        let mut pool = Pool::default();
        for len in [0, 1, 63, 64, 100] {
            let values: Vec<u64> = (0..len as u64).collect();
            let place = pool.keep(&values);
            assert_eq!(pool.values(place, len), values);
            pool.release(place, len);
            assert_eq!(pool.keep(&values), place);
        }
    }
}
