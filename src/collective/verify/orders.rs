//! Where every rank stands in the orders of a schedule's patterns: each order is turned round once, however
//! many phases share it.

use rustc_hash::FxHashMap;

use crate::collective::{Pattern, Schedule};

/// No place.
pub(super) const NOWHERE: u32 = u32::MAX;

/// An order, turned round.
pub(super) struct Places {
    /// The place of each rank, or [`NOWHERE`].
    pub(super) place: Vec<u32>,
    /// No rank stands twice.
    pub(super) distinct: bool,
    /// Every rank stands once.
    pub(super) everybody: bool,
}

impl Places {
    #[expect(clippy::cast_possible_truncation, reason = "orders are shorter than 2^32")]
    fn new(order: &[u32], participants: u32) -> Self {
        let mut place = vec![NOWHERE; participants as usize];
        let mut distinct = true;
        for (at, rank) in order.iter().enumerate() {
            if let Some(place) = place.get_mut(*rank as usize) {
                distinct &= *place == NOWHERE;
                *place = at as u32;
            }
        }
        Self { place, distinct, everybody: distinct && order.len() == participants as usize }
    }
}

/// The orders of all phases.
pub(super) struct Orders {
    of_phase: Vec<Option<u32>>,
    all: Vec<Places>,
}

impl Orders {
    #[expect(clippy::cast_possible_truncation, reason = "there are no more orders than phases")]
    pub(super) fn new(schedule: &Schedule) -> Self {
        let mut all = Vec::new();
        let mut known: FxHashMap<(usize, usize), u32> = FxHashMap::default();
        let mut number = |pattern: &Pattern| {
            let (order, _) = pattern.groups()?;
            // The schedule keeps the order where it is.
            Some(*known.entry((order.as_ptr().addr(), order.len())).or_insert_with(|| {
                all.push(Places::new(order, schedule.participants()));
                all.len() as u32 - 1
            }))
        };
        let of_phase = schedule.phases.iter().map(|phase| number(&phase.pattern)).collect();
        Self { of_phase, all }
    }

    /// The places of a phase, where its pattern has any.
    pub(super) fn of(&self, phase: u32) -> Option<&Places> {
        let number = (*self.of_phase.get(phase as usize)?)?;
        self.all.get(number as usize)
    }

    /// True where two phases have the same order.
    pub(super) fn same(&self, phase: u32, other: u32) -> bool {
        let (one, other) = (self.of_phase[phase as usize], self.of_phase[other as usize]);
        one.is_some() && one == other
    }
}
