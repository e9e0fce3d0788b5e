//! Permutations of ranks under which a schedule stays what it is.

use std::sync::Arc;

use super::{Pattern, Payload, Phase, Schedule};
use crate::units::Bytes;

/// A schedule looked at for permutations that leave it as it is: every phase has a lane from the image of a rank to the
/// image of another wherever it has one from the one to the other. As all lanes of a phase have the same steps and
/// waits, such a permutation takes the schedule to itself, up to what lanes carry; see [`Self::is_even`] for that.
#[derive(Debug)]
pub struct Symmetries<'a> {
    schedule: &'a Schedule,
    /// Orders of places, and the place of every rank in each; [`NONE`] for ranks that have none.
    orders: Vec<(Arc<[u32]>, Vec<u32>)>,
    patterns: Vec<Kept<'a>>,
}

/// No place.
const NONE: u32 = u32::MAX;

/// A pattern that is to be kept, and the number of its order.
#[derive(Debug)]
enum Kept<'a> {
    /// Rings of so many ranks, passed by any shift: kept where the next place's image is the image's next place.
    Ring { order: usize, size: u32 },
    /// Partners by so many bits of the place.
    Xor { pattern: &'a Pattern, order: usize },
    /// Groups of so many ranks.
    Groups { order: usize, size: u32 },
    /// Listed lanes, sorted.
    Pairs(Vec<(u32, u32, u32)>),
}

impl<'a> Symmetries<'a> {
    /// Looks at a schedule. Patterns that several phases share are looked at once.
    pub fn of(schedule: &'a Schedule) -> Self {
        let mut found = Self { schedule, orders: Vec::new(), patterns: Vec::new() };
        let mut known: Vec<&Pattern> = Vec::new();
        let mut rings: Vec<(usize, u32)> = Vec::new();
        for phase in &schedule.phases {
            match &phase.pattern {
                Pattern::Shift { order, ring, .. } => {
                    let order = found.order(order);
                    if !rings.contains(&(order, *ring)) {
                        rings.push((order, *ring));
                        found.patterns.push(Kept::Ring { order, size: *ring });
                    }
                }
                pattern if known.contains(&pattern) => {}
                pattern => {
                    known.push(pattern);
                    let kept = match pattern {
                        Pattern::Xor { order, .. } => Kept::Xor { pattern, order: found.order(order) },
                        Pattern::Complete { order, group } => {
                            Kept::Groups { order: found.order(order), size: *group }
                        }
                        Pattern::Pairs(pairs) => {
                            let mut sorted = pairs.to_vec();
                            sorted.sort_unstable();
                            Kept::Pairs(sorted)
                        }
                        Pattern::Shift { .. } => continue,
                    };
                    found.patterns.push(kept);
                }
            }
        }
        found
    }

    /// The number of an order.
    fn order(&mut self, order: &Arc<[u32]>) -> usize {
        if let Some(known) =
            self.orders.iter().position(|(known, _)| Arc::ptr_eq(known, order) || known == order)
        {
            return known;
        }
        let mut places = vec![NONE; self.schedule.participants() as usize];
        for (place, rank) in (0u32..).zip(order.iter()) {
            places[*rank as usize] = place;
        }
        self.orders.push((Arc::clone(order), places));
        self.orders.len() - 1
    }

    /// Whether a permutation of the ranks (the image of each) leaves the schedule as it is. Cost: a few visits of each
    /// rank for every different pattern, up to the first that does not fit.
    pub fn keeps(&self, image: &[u32]) -> bool {
        self.patterns.iter().all(|pattern| match pattern {
            Kept::Ring { order, size } => {
                let (order, places) = &self.orders[*order];
                let next = |place: u32| {
                    let ring = place / size * size;
                    order[(ring + (place - ring + 1) % size) as usize]
                };
                (0u32..).zip(order.iter()).all(|(place, rank)| {
                    let there = places[image[*rank as usize] as usize];
                    there != NONE && next(there) == image[next(place) as usize]
                })
            }
            Kept::Xor { pattern, order } => {
                let (order, places) = &self.orders[*order];
                (0..order.len()).all(|place| {
                    let lane = pattern.lane(place);
                    let there = places[image[lane.src.index()] as usize];
                    there != NONE && pattern.lane(there as usize).dst.0 == image[lane.dst.index()]
                })
            }
            Kept::Groups { order, size } => {
                let (order, places) = &self.orders[*order];
                order.chunks(*size as usize).all(|group| {
                    let place = |rank: &u32| places[image[*rank as usize] as usize];
                    let first = place(&group[0]);
                    group.iter().map(place).all(|there| there != NONE && there / size == first / size)
                })
            }
            Kept::Pairs(pairs) => pairs.iter().all(|(src, dst, stagger)| {
                let moved = (image[*src as usize], image[*dst as usize], *stagger);
                pairs.binary_search(&moved).is_ok()
            }),
        })
    }

    /// The lanes of a phase that leave a rank, by number.
    pub fn leaving(&self, phase: &Phase, rank: u32) -> Vec<usize> {
        let place = |order: &Arc<[u32]>| {
            let known = self.orders.iter().find(|(known, _)| Arc::ptr_eq(known, order) || known == order);
            known.map(|(_, places)| places[rank as usize]).filter(|place| *place != NONE)
        };
        match &phase.pattern {
            pattern if pattern.is_empty() => Vec::new(),
            Pattern::Shift { order, .. } | Pattern::Xor { order, .. } => {
                place(order).into_iter().map(|place| place as usize).collect()
            }
            Pattern::Complete { order, group } => {
                let others = *group as usize - 1;
                let lanes = |place: u32| place as usize * others..(place as usize + 1) * others;
                place(order).map_or_else(Vec::new, |place| lanes(place).collect())
            }
            Pattern::Pairs(pairs) => {
                pairs.iter().enumerate().filter(|(_, pair)| pair.0 == rank).map(|(index, _)| index).collect()
            }
        }
    }

    /// Whether all lanes of each phase carry equally many bytes at every step, for a collective of so many bytes:
    /// equally many atoms, and atoms of one size.
    pub fn is_even(&self, bytes: Bytes) -> bool {
        let schedule = self.schedule;
        schedule.atom_bytes(bytes).is_some() && schedule.phases.iter().all(carries_alike)
    }
}

/// Whether all lanes of a phase carry equally many atoms at every step.
fn carries_alike(phase: &Phase) -> bool {
    let alike = |starts: &[u32], ranges: &[super::AtomRange]| {
        let atoms = |row: &[u32]| -> u64 {
            ranges[row[0] as usize..row[1] as usize].iter().map(|range| range.len).sum()
        };
        let first = starts.get(..2).map(atoms);
        starts.windows(2).all(|row| Some(atoms(row)) == first)
    };
    match &phase.payload {
        Payload::Table(ranges) => ranges.windows(2).all(|pair| pair[0].len == pair[1].len),
        Payload::Lists { starts, ranges }
        | Payload::Blocks { starts, ranges, .. }
        | Payload::Strided { starts, ranges, .. } => alike(starts, ranges),
        Payload::Cyclic { .. }
        | Payload::Segments { .. }
        | Payload::Aligned { .. }
        | Payload::SenderShard { .. }
        | Payload::ReceiverShard { .. }
        | Payload::Shard { .. }
        | Payload::GroupShards { .. }
        | Payload::BruckShards { .. } => true,
    }
}
