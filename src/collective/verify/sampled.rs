//! Proofs that follow some atoms only, through the transfers that carry them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::carriers::Visit;
use super::goal::{destination, owner};
use super::orders::Orders;
use super::replay::Replay;
use super::{Proof, VerifyFault, named, ordered, reach, sample, symmetry};
use crate::collective::{Pattern, Payload, Schedule};
use crate::rng::mix;

/// Every phase is visited by so many atoms of the sample, where it carries as many.
const ATOMS_A_PHASE: u32 = 2;
/// Beyond that, more atoms are followed until so many transfers, lanes, blocks and steps were looked at.
const LOOKED: u64 = 1 << 18;
/// ... but no more atoms than that.
const MOST_ATOMS: u64 = 4096;

/// Proves a schedule by a sample of its atoms.
pub(super) fn check(schedule: &Schedule) -> Result<Proof, VerifyFault> {
    let orders = Orders::new(schedule);
    ordered::check(schedule, &orders)?;
    reach::check(schedule)?;
    let mut follower = Follower::new(schedule, &orders);
    let stand_for_all = symmetry::stand_for_all(schedule, &orders);
    if let Some(atoms) = &stand_for_all {
        for atom in atoms {
            follower.follow(*atom)?;
        }
    } else {
        follower.every_phase()?;
        follower.all_over()?;
    }
    let atoms = follower.followed.len() as u64;
    Ok(match stand_for_all {
        _ if atoms == schedule.atoms => Proof::Fingerprint,
        Some(_) => Proof::Symmetry { atoms },
        None => Proof::Sampled { atoms },
    })
}

/// The phases by their shift, where each carries only what goes from each rank to the one so far on: of those of
/// an all-to-all in pairs only few carry an atom.
fn by_shift(schedule: &Schedule, orders: &Orders) -> Option<FxHashMap<u32, Vec<u32>>> {
    let mut phases: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    let pairs = u64::from(schedule.ranks) * u64::from(schedule.ranks);
    if !schedule.op.is_all_to_all() {
        return None;
    }
    for (number, phase) in (0..).zip(&schedule.phases) {
        let (Pattern::Shift { ring, shift, .. }, Payload::Shard { ranks, width }) =
            (&phase.pattern, &phase.payload)
        else {
            return None;
        };
        let everybody = orders.of(number).is_some_and(|places| places.everybody);
        if !everybody
            || !orders.same(0, number)
            || [ring, ranks] != [&schedule.ranks; 2]
            || width.checked_mul(pairs) != Some(schedule.atoms)
        {
            return None;
        }
        phases.entry(shift % ring).or_default().push(number);
    }
    Some(phases)
}

struct Follower<'a> {
    schedule: &'a Schedule,
    orders: &'a Orders,
    replay: Replay<'a>,
    by_shift: Option<FxHashMap<u32, Vec<u32>>>,
    followed: FxHashSet<u64>,
    /// How many atoms of the sample each phase carried.
    carried: Vec<u32>,
}

impl<'a> Follower<'a> {
    fn new(schedule: &'a Schedule, orders: &'a Orders) -> Self {
        Self {
            schedule,
            orders,
            replay: Replay::new(schedule, orders),
            by_shift: by_shift(schedule, orders),
            followed: FxHashSet::default(),
            carried: vec![0; schedule.phases.len()],
        }
    }

    fn follow(&mut self, atom: u64) -> Result<(), VerifyFault> {
        if !self.followed.insert(atom) {
            return Ok(());
        }
        let done = match (&self.by_shift, self.orders.of(0)) {
            (Some(by_shift), Some(places)) => {
                let place = |rank: u32| places.place[rank as usize];
                let (from, to) = (owner(self.schedule, atom), destination(self.schedule, atom));
                let n = u64::from(self.schedule.ranks);
                let shift = (u64::from(place(to)) + n - u64::from(place(from))) % n;
                let phases = u32::try_from(shift).ok().and_then(|shift| by_shift.get(&shift));
                self.replay.follow(atom, phases.into_iter().flatten().copied())
            }
            _ => self.replay.follow(atom, (0..).zip(&self.schedule.phases).map(|(number, _)| number)),
        };
        match done {
            // What is wrong is named exactly where that is cheap.
            Err(fault @ (VerifyFault::Wrong { .. } | VerifyFault::Overtaking { .. })) => {
                Err(named::fault(self.schedule, self.replay.visits(), atom).unwrap_or(fault))
            }
            Err(fault) => Err(fault),
            Ok(()) => {
                let mut last = None;
                for Visit { phase, .. } in self.replay.visits() {
                    if last != Some(phase) {
                        self.carried[*phase as usize] = self.carried[*phase as usize].saturating_add(1);
                        last = Some(phase);
                    }
                }
                Ok(())
            }
        }
    }

    /// Follows atoms of every phase.
    #[expect(clippy::cast_possible_truncation, reason = "remainders of lengths in memory")]
    fn every_phase(&mut self) -> Result<(), VerifyFault> {
        for (number, phase) in self.schedule.phases.iter().enumerate() {
            let lanes = phase.pattern.len();
            if lanes == 0 || phase.steps == 0 {
                continue;
            }
            // A phase may carry one atom only, or none.
            for turn in 0..ATOMS_A_PHASE {
                if self.carried[number] >= ATOMS_A_PHASE {
                    break;
                }
                let drawn = mix((number as u64) << 8 | u64::from(turn));
                let (index, step) = ((drawn % lanes as u64) as usize, (drawn >> 32) as u32 % phase.steps);
                let mut ranges = Vec::new();
                phase.payload.for_each(index, &phase.pattern.lane(index), step, |range| ranges.push(range));
                ranges.retain(|range| range.len > 0);
                if let Some(range) = ranges.get((mix(drawn) % ranges.len().max(1) as u64) as usize) {
                    self.follow(range.start + mix(drawn ^ 1) % range.len)?;
                }
            }
        }
        Ok(())
    }

    /// Follows atoms all over the data, as long as that is cheap.
    fn all_over(&mut self) -> Result<(), VerifyFault> {
        let mut wanted = MOST_ATOMS;
        if let Some(each) = self.replay.looked.checked_div(self.followed.len() as u64) {
            wanted = wanted.min(LOOKED.saturating_sub(self.replay.looked) / each.max(1));
        }
        // Where it is cheap enough to follow all, so be it; at least one, for schedules that carry nothing.
        for atom in sample(self.schedule.atoms, wanted.max(1)) {
            self.follow(atom)?;
        }
        Ok(())
    }
}
