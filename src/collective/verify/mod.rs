//! The proof that a schedule does what it says, by symbolic execution.
//!
//! Every rank has, of every atom, a set of *contributions*: the ranks whose data is in it. The schedule is
//! run on these sets instead of on data: a transfer reads its sender's sets when it starts; a copy
//! replaces the receiver's when it is received; a reduction joins the two, which must have nothing in
//! common. A reduction that arrives waits in a receive buffer until its receiver gets to it, that is,
//! until the first transfer that waits for its phase starts, or the end: codes that exchange partial sums
//! both ways (recursive doubling) need such a buffer, since a fast partner's sum may arrive before the
//! own one has left. Where nothing waits for the phase, the receiver gets to it when it has started all
//! that it sends in that phase itself.
//!
//! Schedules that are too large to be run whole are followed through the transfers that carry an atom, for a sample
//! of atoms or for those that stand for all by symmetry, round by round; there it is also checked that the waits let
//! no order of events give anything else, which a single run cannot tell. What is only ever true by luck of one order
//! is refused, and so is, rarely, what is true for reasons that are not looked for: see `replay`.
//!
//! At the end every rank must have what its operation promises, each contribution once.

mod assured;
mod buffers;
mod carriers;
mod cost;
mod fault;
mod goal;
mod graph;
mod in_network;
mod named;
mod ordered;
mod orders;
mod reach;
mod replay;
mod rounds;
mod run;
mod sampled;
mod shape;
mod state;
mod symmetry;

use std::sync::Arc;

pub use fault::{Transfer, VerifyFault};

use super::Schedule;
use run::Run;
use state::{Atoms, State};

/// Contribution sets are exact up to this much memory.
const EXACT_BYTES: u128 = 64 << 20;
/// Fingerprints of all atoms are kept up to this much memory.
const FINGERPRINT_BYTES: u128 = 256 << 20;
/// A sample of atoms is chosen to take this much memory.
const SAMPLE_BYTES: u128 = 64 << 20;

/// A schedule is run whole while that costs no more than this: see [`cost::of_walk`].
const WALKED: u64 = 1 << 18;
/// The same where it cannot be followed by samples.
const MOST_WALKED: u64 = 1 << 28;

/// How strong a proof is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// Contribution sets were exact (up to 64 MiB of them).
    Exact,
    /// Each set was a 64-bit sum of a fixed, random-looking number per contribution (up to 256 MiB of
    /// sums). A schedule that was not made to fool it passes wrongly with a chance of about 2^-64. A
    /// contribution that is added twice where neither the goal nor a later transfer looks is not noticed.
    Fingerprint,
    /// As `Fingerprint`, for some atoms that stand for all: the schedule is the same from every rank, which
    /// was checked by its rules.
    Symmetry {
        /// How many atoms.
        atoms: u64,
    },
    /// As `Fingerprint`, for some atoms only, chosen by a fixed rule: where schedules are not run whole, at least two
    /// that each phase carries, and more all over the data where that is cheap.
    Sampled {
        /// How many atoms.
        atoms: u64,
    },
}

/// A schedule that was proved. Engines take nothing else, and only [`verify`] makes it.
#[derive(Debug, Clone)]
pub struct Verified {
    schedule: Arc<Schedule>,
    proof: Proof,
}

impl Verified {
    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// How strong the proof is.
    pub const fn proof(&self) -> Proof {
        self.proof
    }
}

/// In which of the possible orders a schedule is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Everything starts as soon as it may and is sent at once; what is under way arrives first in, first out.
    Eager,
    /// Transfers start one at a time, each received before the next starts, the last to become ready first:
    /// those that became ready early read as late as possible.
    Lazy,
    /// Starting, being sent and being received happen in an order drawn with this seed.
    Random(u64),
    /// Eager, but a transfer starts only when all transfers of earlier rounds that its sender or its
    /// receiver takes part in have been received: at least as strict as what lockstep waits for.
    Lockstep,
}

/// Proves a schedule, run in [`Order::Eager`] where that takes up to about 260,000 visits of transfers, else
/// followed through the transfers that carry some atoms.
///
/// Time is that of the transfers that are visited; memory is bounded as [`Proof`] says, with about 40 bytes a
/// lane and what is under way at once where it is run whole, else about 50 bytes a rank and a transfer that carries
/// the atom.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(schedule: Schedule) -> Result<Verified, VerifyFault> {
    let proof = check(&schedule, Order::Eager)?;
    Ok(Verified { schedule: Arc::new(schedule), proof })
}

/// Checks a schedule as [`verify`] does, run in another order.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_order(schedule: &Schedule, order: Order) -> Result<(), VerifyFault> {
    check(schedule, order).map(|_| ())
}

/// Checks a schedule by a sample of its atoms, as [`verify`] does with those that are too large to be run.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_sampled(schedule: &Schedule) -> Result<Proof, VerifyFault> {
    shape::check(schedule)?;
    sampled::check(schedule)
}

fn check(schedule: &Schedule, order: Order) -> Result<Proof, VerifyFault> {
    shape::check(schedule)?;
    let walk = cost::of_walk(schedule);
    // Only the eager order may be replaced: a sample is followed in no order of events but for all of them.
    if order == Order::Eager && walk > WALKED {
        match sampled::check(schedule) {
            // Rounds that are out of order stop lockstep only, which a walk finds out.
            Err(VerifyFault::Disordered { .. }) if walk <= MOST_WALKED => {}
            done => return done,
        }
    }
    if schedule.phases.iter().map(|phase| phase.pattern.len() as u64).sum::<u64>() >= u64::from(u32::MAX) {
        return Err(VerifyFault::TooMany { lanes: schedule.lane_count() as u64 });
    }
    let (ranks, atoms) = (u128::from(schedule.ranks), u128::from(schedule.atoms));
    let participants = u128::from(schedule.participants());
    let exact = participants * atoms * ranks.div_ceil(64) * 8;
    if exact <= EXACT_BYTES {
        run(schedule, State::exact(schedule, Atoms::All(schedule.atoms)), order)?;
        return Ok(Proof::Exact);
    }
    let (atoms, proof) = if participants * atoms * 8 <= FINGERPRINT_BYTES {
        (Atoms::All(schedule.atoms), Proof::Fingerprint)
    } else {
        let wanted = u64::try_from(SAMPLE_BYTES / (participants * 8)).unwrap_or(u64::MAX).max(1);
        let sample = sample(schedule.atoms, wanted);
        let atoms = sample.len() as u64;
        (Atoms::Some(sample), Proof::Sampled { atoms })
    };
    match run(schedule, State::fingerprint(schedule, atoms), order) {
        // What is wrong with one atom is found exactly by running that atom alone.
        Err(VerifyFault::Wrong { atom, .. }) if participants * ranks.div_ceil(64) * 8 <= EXACT_BYTES => {
            run(schedule, State::exact(schedule, Atoms::Some(vec![atom])), order)?;
            Ok(proof)
        }
        Err(fault) => Err(fault),
        Ok(()) => Ok(proof),
    }
}

fn run(schedule: &Schedule, state: State, order: Order) -> Result<(), VerifyFault> {
    let state = Run::new(schedule, state).finish(order)?;
    goal::check(schedule, &state)
}

/// About `wanted` of `atoms` atoms, ascending: one at a fixed, random-looking place in each of `wanted`
/// equal parts, so that no regular structure of a schedule is always missed.
#[expect(clippy::cast_possible_truncation, reason = "quotients of 64-bit numbers by more")]
fn sample(atoms: u64, wanted: u64) -> Vec<u64> {
    let wanted = wanted.min(atoms);
    let begin = |part: u64| (u128::from(part) * u128::from(atoms) / u128::from(wanted.max(1))) as u64;
    (0..wanted)
        .map(|part| begin(part) + crate::rng::mix(part) % (begin(part + 1) - begin(part)).max(1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_spread_ascending_and_inside() {
        for (atoms, wanted) in [(10, 3), (1000, 7), (5, 9), (1 << 40, 100)] {
            let sample = sample(atoms, wanted);
            assert_eq!(sample.len() as u64, wanted.min(atoms));
            assert!(sample.is_sorted_by(|a, b| a < b));
            assert!(sample.iter().all(|atom| *atom < atoms));
        }
    }
}
