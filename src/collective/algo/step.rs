//! The waits and payloads that several algorithms share.

use std::sync::Arc;

use crate::collective::{AtomRange, Need, On, Payload, Phase, Side, Wait};

/// Everything that `phase` delivers to the sender has arrived.
pub(super) const fn arrived(phase: u32) -> Wait {
    Wait { phase, on: On::Received, side: Side::Incoming, need: Need::All }
}

/// Everything that the sender sends in `phase` is sent.
pub(super) const fn sent(phase: u32) -> Wait {
    Wait { phase, on: On::Sent, side: Side::Outgoing, need: Need::All }
}

/// What `phase` delivers to the sender in earlier steps has arrived: rings.
pub(super) const fn earlier_steps(phase: u32) -> Wait {
    Wait { phase, on: On::Received, side: Side::Incoming, need: Need::Step { plus: 0 } }
}

/// What `phase` delivers to the sender up to this step has arrived: pipelines.
pub(super) const fn same_step(phase: u32) -> Wait {
    Wait { phase, on: On::Received, side: Side::Incoming, need: Need::Step { plus: 1 } }
}

/// The next exchange of a rank starts when its previous one has arrived and its own part of that is sent.
pub(super) fn after_previous(phases: &[Phase]) -> Vec<Wait> {
    match number(phases).checked_sub(1) {
        Some(previous) => vec![arrived(previous), sent(previous)],
        None => Vec::new(),
    }
}

/// The number of the phase that is pushed next.
#[expect(clippy::cast_possible_truncation, reason = "algorithms make a few phases a rank at most")]
pub(super) fn number(phases: &[Phase]) -> u32 {
    phases.len() as u32
}

/// The payload of everything: `atoms` atoms at each of one step.
pub(super) const fn everything(atoms: u64) -> Payload {
    Payload::Segments { base: 0, width: atoms }
}

/// Blocks that are sets of atoms, for the rings of a phase: see [`Payload::Blocks`].
pub(super) struct Blocks {
    starts: Vec<u32>,
    ranges: Vec<AtomRange>,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { starts: vec![0], ranges: Vec::new() }
    }

    /// Adds the next block of the row, or the first one of the next row. Atoms that follow one another
    /// become one range.
    #[expect(clippy::cast_possible_truncation, reason = "a phase has a few ranges a rank")]
    pub(super) fn push(&mut self, atoms: impl Iterator<Item = u64>) {
        let first = self.ranges.len();
        for atom in atoms {
            match self.ranges[first..].last_mut() {
                Some(range) if range.start + range.len == atom => range.len += 1,
                _ => self.ranges.push(AtomRange { start: atom, len: 1 }),
            }
        }
        self.starts.push(self.ranges.len() as u32);
    }

    /// The payload of rings in which the rank at place `p` begins with block `start + p`.
    pub(super) fn payload(self, rows: Arc<[u32]>, blocks: u32, start: i64) -> Payload {
        Payload::Blocks { rows, starts: self.starts.into(), ranges: self.ranges.into(), blocks, start }
    }
}
