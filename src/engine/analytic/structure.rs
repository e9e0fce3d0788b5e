//! Which phases run at once and which one after another, read from what they wait for.

use crate::collective::{Need, Phase, Schedule};

/// When a phase runs, as far as its waits tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Slot {
    /// Phases of one stage load links together: they run at once, or feed one another step by step. A phase that
    /// waits for the whole of another is a stage later.
    pub(super) stage: u32,
    /// Within a stage: how many phases the data has to fill before this one, in a pipeline.
    pub(super) wave: u32,
}

/// The phases in an order in which each comes after all that it waits for, and their slots.
#[derive(Debug, Clone, Default)]
pub(super) struct Structure {
    pub(super) order: Vec<usize>,
    pub(super) slots: Vec<Slot>,
}

impl Structure {
    pub(super) fn new(schedule: &Schedule) -> Self {
        let phases = &schedule.phases;
        let others = |index: usize| {
            phases[index]
                .waits
                .iter()
                .filter(move |wait| wait.phase as usize != index)
                .map(|wait| wait.phase as usize)
        };
        let mut missing: Vec<usize> = (0..phases.len()).map(|index| others(index).count()).collect();
        let mut waiters = vec![Vec::new(); phases.len()];
        for index in 0..phases.len() {
            for other in others(index) {
                waiters[other].push(index);
            }
        }
        let mut order: Vec<usize> = (0..phases.len()).filter(|index| missing[*index] == 0).collect();
        let mut next = 0;
        while next < order.len() {
            for &waiter in &waiters[order[next]] {
                missing[waiter] -= 1;
                if missing[waiter] == 0 {
                    order.push(waiter);
                }
            }
            next += 1;
        }
        // Phases that wait for one another (each for earlier steps of the other) come last, in their own order.
        order.extend((0..phases.len()).filter(|index| missing[*index] > 0));
        let mut slots = vec![Slot::default(); phases.len()];
        for &index in &order {
            let phase = &phases[index];
            let waits = phase.waits.iter().filter(|wait| wait.phase as usize != index);
            slots[index] = waits
                .map(|wait| after(slots[wait.phase as usize], &phases[wait.phase as usize], phase, wait.need))
                .max()
                .unwrap_or_default();
        }
        Self { order, slots }
    }
}

fn after(slot: Slot, earlier: &Phase, later: &Phase, need: Need) -> Slot {
    if matches!(need, Need::Step { .. }) && earlier.steps > 1 && later.steps > 1 {
        Slot { wave: slot.wave + 1, ..slot }
    } else {
        Slot { stage: slot.stage + 1, wave: 0 }
    }
}
