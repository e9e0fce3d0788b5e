//! Recursive halving and doubling (Rabenseifner; Thakur, Rabenseifner and Gropp 2005).
//!
//! Reduce-scatter: partners at distance `N/2, N/4, ..., 1` exchange the halves that they do not keep.
//! All-gather: partners at distance `1, 2, ..., N/2` exchange all that they have. All-reduce is both, for
//! any rank count: those beyond the largest power of two first add their vector to a neighbour's and get
//! the result from it at the end. Broadcast is a binomial scatter and the all-gather; reduce is the
//! reduce-scatter and a binomial gather. All but all-reduce need a power of two.

use std::sync::Arc;

use super::step::{after_previous, arrived, everything, number, sent};
use super::{Request, Unserved, empty};
use crate::collective::{Algorithm, AtomRange, Op, Pattern, Payload, Phase, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::AllGather, Op::ReduceScatter, Op::Broadcast, Op::Reduce];

pub(super) fn schedule(request: &Request) -> Result<Schedule, Unserved> {
    let algorithm = Algorithm::HalvingDoubling;
    let ranks = request.ranks;
    if request.op == Op::AllReduce {
        let core = Core::new(ranks);
        let mut schedule = empty(request, algorithm, 1, u64::from(core.places()));
        core.fold_in(&mut schedule);
        halving(&mut schedule.phases, &core.order);
        doubling(&mut schedule.phases, &core.order);
        core.after_fold(&mut schedule.phases);
        core.fold_out(&mut schedule);
        return Ok(schedule);
    }
    power_of_two(algorithm, request)?;
    let mut schedule = empty(request, algorithm, 1, u64::from(ranks));
    // The root, where there is one, is at place 0.
    let order: Arc<[u32]> = (schedule.root.0..ranks).chain(0..schedule.root.0).collect();
    match request.op {
        Op::AllGather => doubling(&mut schedule.phases, &order),
        Op::ReduceScatter => halving(&mut schedule.phases, &order),
        Op::Broadcast => {
            scatter(&mut schedule.phases, &order);
            doubling(&mut schedule.phases, &order);
        }
        _ => {
            halving(&mut schedule.phases, &order);
            gather(&mut schedule.phases, &order);
        }
    }
    Ok(schedule)
}

/// A request for a power of two ranks.
pub(super) fn power_of_two(algorithm: Algorithm, request: &Request) -> Result<(), Unserved> {
    if request.ranks.is_power_of_two() {
        return Ok(());
    }
    let needs = format!("a power of two for `{}`", request.op);
    Err(Unserved::Ranks { algorithm, ranks: request.ranks, needs })
}

/// The largest power of two of ranks that exchange, the others having been folded in.
pub(super) struct Core {
    /// The rank at each place.
    pub(super) order: Arc<[u32]>,
    /// Ranks `0, 2, 4, ...` that sit out, as many as there are too many; each has the next one for a proxy.
    extra: u32,
}

impl Core {
    pub(super) fn new(ranks: u32) -> Self {
        let extra = ranks - (1 << ranks.ilog2());
        Self { order: (0..extra).map(|pair| 2 * pair + 1).chain(2 * extra..ranks).collect(), extra }
    }

    /// How many ranks exchange.
    #[expect(clippy::cast_possible_truncation, reason = "at most the number of ranks")]
    pub(super) fn places(&self) -> u32 {
        self.order.len() as u32
    }

    /// Those that sit out add their data to their proxy's. Ranks that are no proxies hear of the end of it by a
    /// message without data: would they exchange before, they would share the proxies' links with the vectors
    /// that are folded in, and everybody would end later.
    pub(super) fn fold_in(&self, schedule: &mut Schedule) {
        let pairs = (0..self.extra).map(|pair| (2 * pair, 2 * pair + 1, 0));
        self.fold(schedule, "fold in", pairs.collect(), 1);
        if self.extra > 0 {
            let others = self.order[self.extra as usize..].iter().zip((0..self.extra).cycle());
            let pairs: Vec<(u32, u32, u32)> = others.map(|(rank, pair)| (2 * pair, *rank, 0)).collect();
            let nothing = vec![AtomRange { start: 0, len: 0 }; pairs.len()];
            schedule.phases.push(Phase {
                name: "folded",
                pattern: Pattern::Pairs(pairs.into()),
                steps: 1,
                payload: Payload::Table(nothing.into()),
                reduce_steps: 1,
                waits: vec![sent(0)],
                channel: 0,
                round: 0,
            });
        }
    }

    /// The first exchange, pushed after [`Self::fold_in`], waits for what was folded in as well.
    pub(super) fn after_fold(&self, phases: &mut [Phase]) {
        if self.extra > 0
            && let Some(first) = phases.get_mut(2)
        {
            first.waits.push(arrived(0));
        }
    }

    /// Those that sat out get the result from their proxy.
    pub(super) fn fold_out(&self, schedule: &mut Schedule) {
        let pairs = (0..self.extra).map(|pair| (2 * pair + 1, 2 * pair, 0));
        self.fold(schedule, "fold out", pairs.collect(), 0);
    }

    fn fold(
        &self,
        schedule: &mut Schedule,
        name: &'static str,
        pairs: Arc<[(u32, u32, u32)]>,
        reduce_steps: u32,
    ) {
        if self.extra > 0 {
            schedule.phases.push(Phase {
                name,
                pattern: Pattern::Pairs(pairs),
                steps: 1,
                payload: everything(schedule.atoms),
                reduce_steps,
                waits: after_previous(&schedule.phases),
                channel: 0,
                round: number(&schedule.phases),
            });
        }
    }
}

/// Pushes the rounds of a recursive halving reduce-scatter: place `p` ends with block `p`.
pub(super) fn halving(phases: &mut Vec<Phase>, order: &Arc<[u32]>) {
    for bit in (0..order.len().ilog2()).rev() {
        // The partner's half of what both still have.
        exchange(phases, "reduce-scatter", order, bit, true);
    }
}

/// Pushes the rounds of a recursive doubling all-gather, which begins with block `p` at place `p`.
pub(super) fn doubling(phases: &mut Vec<Phase>, order: &Arc<[u32]>) {
    for bit in 0..order.len().ilog2() {
        exchange(phases, "all-gather", order, bit, false);
    }
}

/// Pushes a round in which partners `2^bit` apart send each other `2^bit` blocks: to add up those that the
/// partner keeps, or to copy those that they have.
#[expect(clippy::cast_possible_truncation, reason = "there are fewer than 2^32 ranks")]
fn exchange(phases: &mut Vec<Phase>, name: &'static str, order: &Arc<[u32]>, bit: u32, reduce: bool) {
    let phase = Phase {
        name,
        pattern: Pattern::Xor { order: Arc::clone(order), group: order.len() as u32, mask: 1 << bit },
        steps: 1,
        payload: Payload::Aligned { bit, partner: reduce, width: 1 },
        reduce_steps: u32::from(reduce),
        waits: after_previous(phases),
        channel: 0,
        round: number(phases),
    };
    phases.push(phase);
}

/// Pushes the rounds of a binomial scatter from place 0: place `p` ends with block `p`.
fn scatter(phases: &mut Vec<Phase>, order: &Arc<[u32]>) {
    for bit in (0..order.len().ilog2()).rev() {
        let mask = 1 << bit;
        let senders = (0..order.len()).step_by(2 * mask);
        let waits = after_previous(phases);
        tree_round(
            phases,
            "scatter",
            order,
            senders.map(|place| (place, place + mask, place + mask)),
            mask,
            waits,
        );
    }
}

/// Pushes the rounds of a binomial gather to place 0, which begins with block `p` at place `p`.
fn gather(phases: &mut Vec<Phase>, order: &Arc<[u32]>) {
    let first = number(phases);
    for bit in 0..order.len().ilog2() {
        let mask = 1 << bit;
        let senders = (mask..order.len()).step_by(2 * mask);
        // A sender has received in every round before, but sent only in the exchanges before those.
        let mut waits: Vec<_> = (first..number(phases)).map(arrived).collect();
        waits.extend(first.checked_sub(1).into_iter().flat_map(|last| [arrived(last), sent(last)]));
        tree_round(phases, "gather", order, senders.map(|place| (place, place - mask, place)), mask, waits);
    }
}

/// Pushes a round of a tree, given sender, receiver and first block of each transfer, by place.
fn tree_round(
    phases: &mut Vec<Phase>,
    name: &'static str,
    order: &Arc<[u32]>,
    transfers: impl Iterator<Item = (usize, usize, usize)> + Clone,
    blocks: usize,
    waits: Vec<crate::collective::Wait>,
) {
    let pairs = transfers.clone().map(|(src, dst, _)| (order[src], order[dst], 0));
    let ranges = transfers.map(|(_, _, first)| AtomRange { start: first as u64, len: blocks as u64 });
    let phase = Phase {
        name,
        pattern: Pattern::Pairs(pairs.collect()),
        steps: 1,
        payload: Payload::Table(ranges.collect()),
        reduce_steps: 0,
        waits,
        channel: 0,
        round: number(phases),
    };
    phases.push(phase);
}
