//! Which transfers of a phase carry an atom: the payload rules the other way round, so that nobody need look
//! at all steps of all lanes.

use super::Transfer;
use super::orders::{NOWHERE, Orders};
use crate::collective::{AtomRange, Base, Lane, Pattern, Payload, Phase, Schedule};

/// A transfer that carries the atom which is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visit {
    /// Its lockstep round.
    pub(super) round: u32,
    pub(super) phase: u32,
    pub(super) step: u32,
    pub(super) src: u32,
    pub(super) dst: u32,
}

impl Visit {
    /// The transfer by its full name.
    pub(super) fn transfer(&self, schedule: &Schedule) -> Transfer {
        Transfer::of(schedule, self.phase, self.src, self.dst, self.step)
    }
}

/// Adds to `visits` the transfers of a phase that carry an atom, and gives how many lanes, blocks or steps were
/// looked at to find them.
pub(super) fn carriers(
    schedule: &Schedule,
    orders: &Orders,
    phase: u32,
    atom: u64,
    visits: &mut Vec<Visit>,
) -> u64 {
    let before = visits.len();
    let of = &schedule.phases[phase as usize];
    if of.pattern.is_empty() || of.steps == 0 {
        return 1;
    }
    let mut search = Search { phase: of, number: phase, atom, orders, visits, looked: 1 };
    search.run();
    let looked = search.looked;
    looked + (visits.len() - before) as u64
}

struct Search<'a> {
    phase: &'a Phase,
    number: u32,
    atom: u64,
    orders: &'a Orders,
    visits: &'a mut Vec<Visit>,
    looked: u64,
}

impl Search<'_> {
    fn run(&mut self) {
        let (phase, atom) = (self.phase, self.atom);
        match &phase.payload {
            Payload::Cyclic { base, blocks, width, start, per_position: 1 | -1, per_step, len } => {
                self.cyclic(base, *blocks, *width, *start, *per_step, *len);
            }
            Payload::Blocks { rows, starts, ranges, blocks, start } => {
                self.blocks(rows, starts, ranges, *blocks, *start);
            }
            Payload::Segments { base, width } => {
                let step = atom.checked_sub(*base).and_then(|inner| inner.checked_div(*width));
                if let Some(step) = step.and_then(|step| u32::try_from(step).ok())
                    && step < phase.steps
                {
                    (0..phase.pattern.len()).for_each(|lane| self.push(lane, step));
                }
            }
            Payload::Strided { starts, ranges, stride } => self.strided(starts, ranges, *stride),
            Payload::SenderShard { width } => {
                if let Some(rank) = atom.checked_div(*width).and_then(|rank| u32::try_from(rank).ok()) {
                    self.from(rank);
                }
            }
            Payload::ReceiverShard { width } => {
                if let Some(rank) = atom.checked_div(*width).and_then(|rank| u32::try_from(rank).ok()) {
                    self.to(rank);
                }
            }
            Payload::Shard { ranks, width } => {
                if let Some((src, dst)) = shard(atom, *ranks, *width) {
                    self.between(src, dst);
                }
            }
            Payload::GroupShards { ranks, width, group_of, of_sources, .. } => {
                if let Some((src, dst)) = shard(atom, *ranks, *width) {
                    self.by_way_of(src, dst, group_of, *of_sources);
                }
            }
            Payload::BruckShards { ranks, bit, width } => {
                if let Some((source, destination)) = shard(atom, *ranks, *width) {
                    let n = u64::from(*ranks);
                    let offset = (u64::from(destination) + n - u64::from(source)) % n;
                    if offset >> bit & 1 == 1 {
                        let at = (u64::from(source) + (offset & ((1 << bit) - 1))) % n;
                        self.from(u32::try_from(at).unwrap_or(NOWHERE));
                    }
                }
            }
            Payload::Aligned { bit, partner, width } if phase.pattern.groups().is_some() => {
                self.aligned(*bit, *partner, *width);
            }
            Payload::Cyclic { .. } => self.every_step(),
            Payload::Aligned { .. } | Payload::Table(_) | Payload::Lists { .. } => self.every_lane(),
        }
    }

    fn push(&mut self, lane: usize, step: u32) {
        let Lane { src, dst, stagger, .. } = self.phase.pattern.lane(lane);
        let round = self.phase.round.saturating_add(stagger).saturating_add(step);
        self.visits.push(Visit { round, phase: self.number, step, src: src.0, dst: dst.0 });
    }

    /// All steps of some lanes that carry the same at every step.
    fn push_all(&mut self, lanes: impl Iterator<Item = usize> + Clone) {
        for step in 0..self.phase.steps {
            lanes.clone().for_each(|lane| self.push(lane, step));
        }
    }

    /// Lanes that carry the same at every step, one by one.
    fn every_lane(&mut self) {
        for index in 0..self.phase.pattern.len() {
            let lane = self.phase.pattern.lane(index);
            self.looked += 1;
            if self.holds(index, &lane, 0) {
                self.push_all(std::iter::once(index));
            }
        }
    }

    /// All transfers, one by one.
    fn every_step(&mut self) {
        for index in 0..self.phase.pattern.len() {
            let lane = self.phase.pattern.lane(index);
            for step in 0..self.phase.steps {
                self.looked += 1;
                if self.holds(index, &lane, step) {
                    self.push(index, step);
                }
            }
        }
    }

    /// Lanes that carry parts of one segment after the other.
    fn strided(&mut self, starts: &[u32], ranges: &[AtomRange], stride: u64) {
        if stride == 0 || ranges.iter().any(|range| range.len > stride) {
            return self.every_step();
        }
        self.looked += ranges.len() as u64;
        for (index, ends) in starts.windows(2).enumerate().take(self.phase.pattern.len()) {
            let own = &ranges[ends[0] as usize..ends[1] as usize];
            let mut steps: Vec<u32> = own
                .iter()
                .filter_map(|range| {
                    let inner = self.atom.checked_sub(range.start)?;
                    let step = u32::try_from(inner / stride).ok()?;
                    (step < self.phase.steps && inner % stride < range.len).then_some(step)
                })
                .collect();
            steps.sort_unstable();
            steps.dedup();
            steps.into_iter().for_each(|step| self.push(index, step));
        }
    }

    fn holds(&self, index: usize, lane: &Lane, step: u32) -> bool {
        let mut found = false;
        self.phase.payload.for_each(index, lane, step, |range| {
            found |= holds(range, self.atom);
        });
        found
    }

    /// Ranks in a ring or group, and how many there are.
    fn rings(&self) -> (usize, usize) {
        match self.phase.pattern.groups() {
            Some((order, size)) => (size as usize, order.len() / size as usize),
            None => (self.phase.pattern.len(), 1),
        }
    }

    /// The lanes of a place of a ring: one, but for those of complete groups.
    fn lanes_at(&self, place: usize) -> std::ops::Range<usize> {
        let (size, _) = self.rings();
        let each = if matches!(self.phase.pattern, Pattern::Complete { .. }) { size - 1 } else { 1 };
        place * each..(place + 1) * each
    }

    fn cyclic(&mut self, base: &Base, blocks: u32, width: u64, start: i64, per_step: i64, len: u32) {
        let (size, rings) = self.rings();
        // The rings whose row the atom is in, and which block of it.
        let mut found: Vec<(usize, u32)> = Vec::new();
        for ring in 0..rings {
            let base = match base {
                Base::At(atom) => *atom,
                Base::PerRing(starts) => starts[ring],
            };
            let block = self.atom.checked_sub(base).and_then(|inner| inner.checked_div(width));
            if let Some(block) = block.and_then(|block| u32::try_from(block).ok())
                && block < blocks
            {
                found.push((ring, block));
            }
        }
        self.looked += rings as u64 / 16;
        let backwards = matches!(self.phase.payload, Payload::Cyclic { per_position: -1, .. });
        let row = i64::from(blocks);
        // Place `p` of step `k` begins with block `start + k per_step + p` (or `- p`), and carries `len`.
        let per_step = per_step.rem_euclid(row);
        let mut begin = start.rem_euclid(row);
        for step in 0..self.phase.steps {
            for (ring, block) in &found {
                for back in 0..i64::from(len) {
                    let distance = (i64::from(*block) - back - begin).rem_euclid(row);
                    let first = if backwards { (row - distance) % row } else { distance };
                    let first = usize::try_from(first).unwrap_or(usize::MAX);
                    let mut place = first;
                    while place < size {
                        self.lanes_at(ring * size + place).for_each(|lane| self.push(lane, step));
                        place += blocks as usize;
                    }
                }
            }
            begin += per_step;
            if begin >= row {
                begin -= row;
            }
        }
    }

    fn blocks(&mut self, rows: &[u32], starts: &[u32], ranges: &[AtomRange], blocks: u32, start: i64) {
        let (size, rings) = self.rings();
        let row = blocks as usize;
        // The blocks that hold the atom, numbered over all rows.
        let mut holding: Vec<usize> = Vec::new();
        for (at, range) in ranges.iter().enumerate() {
            if holds(*range, self.atom) {
                let after = starts.partition_point(|start| *start as usize <= at);
                let entry = after.saturating_sub(1);
                if after < starts.len() && holding.last() != Some(&entry) {
                    holding.push(entry);
                }
            }
        }
        self.looked += ranges.len() as u64 / 16;
        let rings: Vec<(usize, i64)> = (0..rings)
            .flat_map(|ring| {
                let of_ring = rows[ring] as usize;
                let own = holding.iter().filter(move |entry| **entry / row == of_ring);
                own.map(move |entry| (ring, i64::try_from(entry % row).unwrap_or(0)))
            })
            .collect();
        for step in 0..self.phase.steps {
            for (ring, block) in &rings {
                let place = (block - start + i64::from(step)).rem_euclid(i64::from(blocks));
                let mut place = usize::try_from(place).unwrap_or(usize::MAX);
                while place < size {
                    self.lanes_at(ring * size + place).for_each(|lane| self.push(lane, step));
                    place += row;
                }
            }
        }
    }

    fn aligned(&mut self, bit: u32, partner: bool, width: u64) {
        let (size, rings) = self.rings();
        let Some(block) = self.atom.checked_div(width).filter(|block| *block < 1 << 33) else { return };
        let first = (block >> bit << bit) ^ (u64::from(partner) << bit);
        let last = first + (1 << bit);
        let places =
            (first..last).filter_map(|place| usize::try_from(place).ok()).filter(|place| *place < size);
        let places: Vec<usize> = places.collect();
        for step in 0..self.phase.steps {
            for ring in 0..rings {
                for place in &places {
                    self.lanes_at(ring * size + place).for_each(|lane| self.push(lane, step));
                }
            }
        }
    }

    /// The place of a rank; `None` where it is not told by an order.
    fn place(&self, rank: u32) -> Option<Option<usize>> {
        let places = self.orders.of(self.number).filter(|places| places.distinct)?;
        let place = places.place.get(rank as usize).copied().filter(|place| *place != NOWHERE);
        Some(place.map(|place| place as usize))
    }

    fn from(&mut self, rank: u32) {
        match self.place(rank) {
            None => self.every_lane(),
            Some(None) => {}
            Some(Some(place)) => self.push_all(self.lanes_at(place)),
        }
    }

    fn to(&mut self, rank: u32) {
        let place = match self.place(rank) {
            None => return self.every_lane(),
            Some(None) => return,
            Some(Some(place)) => place,
        };
        let (size, _) = self.rings();
        let (first, place) = (place - place % size, place % size);
        match &self.phase.pattern {
            Pattern::Shift { shift, .. } => {
                let back = size - *shift as usize % size;
                self.push_all(std::iter::once(first + (place + back) % size));
            }
            Pattern::Xor { mask, .. } => self.push_all(std::iter::once(first + (place ^ *mask as usize))),
            Pattern::Complete { .. } => {
                let others = (0..size).filter(move |other| *other != place);
                let further = move |other: usize| (place + size - other) % size - 1;
                self.push_all(others.map(move |other| (first + other) * (size - 1) + further(other)));
            }
            Pattern::Pairs(_) => self.every_lane(),
        }
    }

    /// Lanes from the source, or to the destination, that pass on what the group of their other end shares.
    fn by_way_of(&mut self, src: u32, dst: u32, group_of: &[u32], of_sources: bool) {
        let before = self.visits.len();
        let wanted = if of_sources {
            self.to(dst);
            src
        } else {
            self.from(src);
            dst
        };
        self.looked += (self.visits.len() - before) as u64;
        let found = self.visits.split_off(before);
        let group = |rank: u32| group_of.get(rank as usize);
        let fits = |visit: &Visit| group(if of_sources { visit.src } else { visit.dst }) == group(wanted);
        self.visits.extend(found.into_iter().filter(fits));
    }

    fn between(&mut self, src: u32, dst: u32) {
        let (Some(from), Some(to)) = (self.place(src), self.place(dst)) else {
            return self.every_lane();
        };
        let (Some(from), Some(to)) = (from, to) else { return };
        let (size, _) = self.rings();
        if from / size != to / size || from == to {
            return;
        }
        let further = (to % size + size - from % size) % size;
        let lane = match &self.phase.pattern {
            Pattern::Shift { shift, .. } => (further == *shift as usize % size).then_some(from),
            Pattern::Xor { mask, .. } => (from ^ to == *mask as usize).then_some(from),
            Pattern::Complete { .. } => Some(from * (size - 1) + further - 1),
            Pattern::Pairs(_) => None,
        };
        if let Some(lane) = lane {
            self.push_all(std::iter::once(lane));
        }
    }
}

fn holds(range: AtomRange, atom: u64) -> bool {
    atom.checked_sub(range.start).is_some_and(|inner| inner < range.len)
}

/// The source and destination of an atom of an all-to-all.
fn shard(atom: u64, ranks: u32, width: u64) -> Option<(u32, u32)> {
    let shard = atom.checked_div(width)?;
    let (source, destination) = (shard.checked_div(u64::from(ranks))?, shard % u64::from(ranks));
    Some((u32::try_from(source).ok()?, u32::try_from(destination).ok()?))
}
