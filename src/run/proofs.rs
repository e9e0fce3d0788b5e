//! Proofs that are kept from run to run: whoever runs many scenarios alike, as a fit does, proves their schedules once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::collective::{Algorithm, Op, Schedule, Verified, VerifyFault, verify};

/// The most schedules that are kept.
const MOST: usize = 4_096;
/// Schedules of more lanes than this are not kept: comparing them would cost what proving them does.
const LANES: usize = 1 << 12;

/// What schedules are found by, before they are compared.
type Key = (Op, Algorithm, u32, u32, u64);

/// Proved schedules.
#[derive(Debug, Default)]
pub struct Proofs {
    known: Mutex<BTreeMap<Key, Vec<Verified>>>,
}

impl Proofs {
    /// The schedule with its proof, which is found only where an equal one was proved.
    ///
    /// # Errors
    /// What is wrong with the schedule.
    pub(super) fn verify(&self, schedule: Schedule) -> Result<Verified, VerifyFault> {
        if schedule.lane_count() > LANES {
            return verify(schedule);
        }
        let Schedule { op, algorithm, ranks, channels, atoms, .. } = schedule;
        let key = (op, algorithm, ranks, channels, atoms);
        let found = |known: &BTreeMap<Key, Vec<Verified>>| {
            known.get(&key)?.iter().find(|known| *known.schedule() == schedule).cloned()
        };
        if let Some(known) = found(&self.known.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(known);
        }
        let proved = verify(schedule)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.values().map(Vec::len).sum::<usize>() < MOST {
            known.entry(key).or_default().push(proved.clone());
        }
        Ok(proved)
    }
}
