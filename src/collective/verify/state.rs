//! The contributions that every rank has of every atom, exact or as fingerprints.

use super::goal::{Holds, at_start};
use crate::collective::{AtomRange, Schedule};
use crate::ids::Rank;
use crate::rng::mix;

/// The atoms that are followed, numbered by slot.
pub(super) enum Atoms {
    /// All of so many.
    All(u64),
    /// These, ascending.
    Some(Vec<u64>),
}

/// How contributions are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One bit a rank.
    Exact,
    /// The sum of one number a rank.
    Fingerprint,
}

/// What goes wrong where contributions meet: the slot and whose contribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clash {
    /// It is there already.
    Doubled(usize, Rank),
    /// It would be overwritten.
    Lost(usize, Rank),
}

/// A cell of `words` words for each participant (ranks, then switches) and slot, participants outermost.
pub(super) struct State {
    kind: Kind,
    atoms: Atoms,
    slots: usize,
    words: usize,
    ranks: u32,
    cells: Vec<u64>,
    everybody: u64,
}

/// The fingerprint of a contribution; odd, so that it is never nothing.
pub(super) fn print_of(rank: u32) -> u64 {
    mix(mix(u64::from(rank)) ^ 0x0c01_1ec7_1be5) | 1
}

impl State {
    /// Exact sets.
    pub(super) fn exact(schedule: &Schedule, atoms: Atoms) -> Self {
        let words = schedule.ranks.div_ceil(64) as usize;
        Self::new(schedule, atoms, Kind::Exact, words)
    }

    /// Fingerprints.
    pub(super) fn fingerprint(schedule: &Schedule, atoms: Atoms) -> Self {
        Self::new(schedule, atoms, Kind::Fingerprint, 1)
    }

    #[expect(clippy::cast_possible_truncation, reason = "bounded by the memory that the proof may take")]
    fn new(schedule: &Schedule, atoms: Atoms, kind: Kind, words: usize) -> Self {
        let slots = match &atoms {
            Atoms::All(count) => *count as usize,
            Atoms::Some(list) => list.len(),
        };
        let ranks = schedule.ranks;
        let everybody = (0..ranks).fold(0, |sum: u64, rank| sum.wrapping_add(print_of(rank)));
        let cells = vec![0; schedule.participants() as usize * slots * words];
        let mut state = Self { kind, atoms, slots, words, ranks, cells, everybody };
        for rank in 0..ranks {
            for slot in 0..slots {
                if let Holds::One(who) = at_start(schedule, rank, state.atom(slot)) {
                    let at = (rank as usize * slots + slot) * words;
                    match kind {
                        Kind::Exact => state.cells[at + who as usize / 64] = 1 << (who % 64),
                        Kind::Fingerprint => state.cells[at] = print_of(who),
                    }
                }
            }
        }
        state
    }

    /// How many atoms are followed.
    pub(super) const fn slots(&self) -> usize {
        self.slots
    }

    /// Words a cell.
    pub(super) const fn words(&self) -> usize {
        self.words
    }

    /// The atom of a slot.
    pub(super) fn atom(&self, slot: usize) -> u64 {
        match &self.atoms {
            Atoms::All(_) => slot as u64,
            Atoms::Some(list) => list[slot],
        }
    }

    /// The slots of the followed atoms in a range.
    #[expect(clippy::cast_possible_truncation, reason = "all atoms have slots here")]
    pub(super) fn slots_of(&self, range: AtomRange) -> std::ops::Range<usize> {
        let end = range.start + range.len;
        match &self.atoms {
            Atoms::All(_) => range.start as usize..end as usize,
            Atoms::Some(list) => {
                let first = list.partition_point(|atom| *atom < range.start);
                first..first + list[first..].partition_point(|atom| *atom < end)
            }
        }
    }

    /// The cells of a rank's slots.
    pub(super) fn cells(&self, rank: u32, slots: &std::ops::Range<usize>) -> &[u64] {
        let row = rank as usize * self.slots;
        &self.cells[(row + slots.start) * self.words..(row + slots.end) * self.words]
    }

    /// The first slot of which the rank has nothing.
    pub(super) fn absent(&self, rank: u32, slots: &std::ops::Range<usize>) -> Option<usize> {
        let mut cells = self.cells(rank, slots).chunks_exact(self.words);
        cells.position(|cell| cell.iter().all(|word| *word == 0)).map(|found| slots.start + found)
    }

    /// Adds `values` to, or writes them over, the rank's slots.
    pub(super) fn receive(
        &mut self,
        rank: u32,
        slots: &std::ops::Range<usize>,
        values: &[u64],
        reduce: bool,
    ) -> Result<(), Clash> {
        let row = rank as usize * self.slots;
        let cells = &mut self.cells[(row + slots.start) * self.words..(row + slots.end) * self.words];
        match (self.kind, reduce) {
            (Kind::Fingerprint, true) => {
                for (cell, value) in cells.iter_mut().zip(values) {
                    *cell = cell.wrapping_add(*value);
                }
            }
            (Kind::Fingerprint, false) => cells.copy_from_slice(values),
            (Kind::Exact, reduce) => {
                for (place, (cell, value)) in cells.iter_mut().zip(values).enumerate() {
                    let clash = if reduce { *cell & value } else { *cell & !value };
                    if clash != 0 {
                        let slot = slots.start + place / self.words;
                        let who = Rank::from_index(place % self.words * 64 + clash.trailing_zeros() as usize);
                        return Err(if reduce { Clash::Doubled(slot, who) } else { Clash::Lost(slot, who) });
                    }
                    *cell |= value;
                }
            }
        }
        Ok(())
    }

    /// True where the rank has exactly what it must.
    pub(super) fn matches(&self, rank: u32, slot: usize, goal: Holds) -> bool {
        match self.kind {
            Kind::Exact => {
                self.difference(rank, slot, goal).is_none_or(|(a, b)| a.is_empty() && b.is_empty())
            }
            Kind::Fingerprint => {
                let wanted = match goal {
                    Holds::Nothing => return true,
                    Holds::One(who) => print_of(who),
                    Holds::All => self.everybody,
                };
                self.cells[rank as usize * self.slots + slot] == wanted
            }
        }
    }

    /// Whose contributions are missing, and whose are too many; `None` for fingerprints, which cannot tell.
    pub(super) fn difference(&self, rank: u32, slot: usize, goal: Holds) -> Option<(Vec<Rank>, Vec<Rank>)> {
        if self.kind == Kind::Fingerprint {
            return None;
        }
        let cell = self.cells(rank, &(slot..slot + 1));
        let (mut missing, mut surplus) = (Vec::new(), Vec::new());
        for (word, bits) in (0_u32..).zip(cell) {
            let in_word = (self.ranks - word * 64).min(64);
            let wanted = match goal {
                Holds::Nothing => *bits,
                Holds::One(who) if who / 64 == word => 1 << (who % 64),
                Holds::One(_) => 0,
                Holds::All => u64::MAX >> (64 - in_word),
            };
            if *bits == wanted {
                continue;
            }
            let named = |set: u64| {
                (0..64).filter(move |bit| set >> bit & 1 == 1).map(move |bit| Rank(word * 64 + bit))
            };
            missing.extend(named(wanted & !bits));
            surplus.extend(named(bits & !wanted));
        }
        Some((missing, surplus))
    }
}
