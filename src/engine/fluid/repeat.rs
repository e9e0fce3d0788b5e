//! Skipping rounds that repeat.
//!
//! What happens next depends only on the state of the simulation relative to the clock: what each lane has done compared
//! with what it waits for, what is in flight, how much of it is left at which rate, and when it will arrive. When that
//! state is, to the last bit, what it was some rounds ago, the rounds between are a *period* and repeat until a lane
//! comes to its end or another collective starts; all whole periods until then are skipped in one step. Periods of
//! several rounds are found too (Brent's way: the state is compared with one kept at rounds 1, 2, 4, 8, ...), so
//! links that differ in speed are no obstacle.

use crate::collective::Need;

use super::agenda::NEVER;
use super::plan::{Dependency, Plan};
use super::simulate::{Simulation, State};

/// A lane's state as it was, its times relative to the clock.
#[derive(Debug, Clone, Copy)]
struct Kept {
    state: State,
    /// Until it is sent; [`NEVER`] where nothing is in flight.
    left: u64,
    /// Rate, bytes left, and for how long, where links are shared.
    flow: (u64, u64, u64),
}

/// The whole state at some instant.
#[derive(Debug, Clone)]
struct Snapshot {
    now: u64,
    lanes: Vec<Kept>,
    /// What is under way: time until received, latency and transfer on its critical path, lane.
    air: Vec<(u64, u64, u64, u32)>,
    gates: Vec<u64>,
    /// Lockstep: round of each rank, transfers that it waits for, lanes that it has had.
    ranks: Vec<(u32, u32, u32)>,
    left: Vec<u64>,
    flows: u64,
}

/// How a period changes what counts on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Growth {
    time: u64,
    /// By lane: steps, latency and transfer of its critical path.
    lanes: Vec<(u32, u64, u64)>,
}

/// Looks for periods.
#[derive(Debug, Clone)]
pub(super) struct Repeat {
    /// The lane whose receipts are counted as rounds.
    reference: usize,
    seen: u32,
    rounds: u64,
    keep_at: u64,
    kept: Option<Snapshot>,
    last: Option<Growth>,
    /// Matches whose critical paths did not grow as before.
    tries: u32,
}

/// How often a period is looked at again until critical paths grow evenly.
const TRIES: u32 = 3;
/// Lanes with fewer steps than this are not worth it.
const FEW: u32 = 6;

impl Repeat {
    /// A watch over the longest lane; `None` where nothing can repeat: lanes of few steps, or of sizes that vary.
    pub(super) fn new(plan: &Plan<'_>) -> Option<Self> {
        let steps = |lane: &usize| plan.lanes[*lane].steps;
        let reference = (0..plan.lanes.len()).max_by_key(steps)?;
        let varied = plan.lanes.iter().any(|lane| lane.steps > 1 && lane.bytes.is_none());
        if steps(&reference) < FEW || varied {
            return None;
        }
        Some(Self { reference, seen: 0, rounds: 0, keep_at: 1, kept: None, last: None, tries: 0 })
    }

    /// To be called when an instant is over, at most once a receipt of the reference lane does something.
    #[inline]
    pub(super) fn due(&mut self, states: &[State]) -> bool {
        let received = states[self.reference].received;
        let due = received != self.seen;
        self.seen = received;
        due
    }

    /// Compares the present state with the kept one, skips what repeats, and keeps the state at some rounds.
    pub(super) fn look(&mut self, simulation: &mut Simulation<'_, '_>, next_start: u64) {
        self.rounds += 1;
        if let Some(growth) = self.kept.as_ref().and_then(|kept| growth(kept, simulation)) {
            let even = self.last.as_ref() == Some(&growth);
            if even || self.tries >= TRIES {
                self.skip(simulation, &growth, next_start);
                (self.kept, self.last, self.tries) = (None, None, 0);
                self.seen = simulation.states[self.reference].received;
                (self.rounds, self.keep_at) = (0, 1);
                // The next lane to look at is one that has something left to do.
                let left = |lane: &usize| simulation.plan.lanes[*lane].steps - simulation.states[*lane].next;
                if let Some(longest) = (0..simulation.states.len()).max_by_key(left) {
                    self.reference = longest;
                    self.seen = simulation.states[longest].received;
                }
                return;
            }
            self.tries += 1;
            self.last = Some(growth);
            self.kept = Some(snapshot(simulation));
            return;
        }
        if self.rounds >= self.keep_at {
            self.keep_at = 2 * self.rounds;
            self.kept = Some(snapshot(simulation));
            (self.last, self.tries) = (None, 0);
        }
    }

    /// Skips as many periods as surely go by like the last one.
    fn skip(&self, simulation: &mut Simulation<'_, '_>, growth: &Growth, next_start: u64) {
        let Some(kept) = &self.kept else { return };
        let times = times(simulation, growth, next_start);
        if times == 0 {
            return;
        }
        let by = times * growth.time;
        for (lane, (steps, latency, transfer)) in growth.lanes.iter().enumerate() {
            let moved = simulation.states[lane].moved - kept.lanes[lane].state.moved;
            let state = &mut simulation.states[lane];
            let more = (u64::from(*steps) * times) as u32;
            state.next += more;
            state.sent += more;
            state.received += more;
            state.start += by;
            state.latency += latency * times;
            state.transfer += transfer * times;
            state.moved += moved * times;
        }
        for (count, before) in simulation.gates.iter_mut().zip(&kept.gates) {
            *count += (*count - before) * times;
        }
        for (left, before) in simulation.left.iter_mut().zip(&kept.left) {
            *left -= (before - *left) * times;
        }
        if let Some(lockstep) = &mut simulation.lockstep {
            lockstep.skip(times as u32, |rank| kept.ranks[rank].0);
        }
        simulation.flows += (simulation.flows - kept.flows) * times;
        simulation.agenda.shift(by);
        simulation.sharing.shift(by);
        simulation.arrivals.shift(by, |arrival| {
            let (_, latency, transfer) = growth.lanes[arrival.lane as usize];
            arrival.start += by;
            arrival.latency += latency * times;
            arrival.transfer += transfer * times;
        });
        simulation.now += by;
    }
}

/// The present state.
fn snapshot(simulation: &mut Simulation<'_, '_>) -> Snapshot {
    let now = simulation.now;
    let lanes = (0..simulation.states.len()).map(|lane| kept(simulation, lane)).collect();
    let air = simulation
        .arrivals
        .iter()
        .map(|arrival| (arrival.time - now, arrival.latency, arrival.transfer, arrival.lane))
        .collect();
    let ranks = simulation.lockstep.as_ref().map_or_else(Vec::new, |lockstep| lockstep.ranks().collect());
    Snapshot {
        now,
        lanes,
        air,
        gates: simulation.gates.clone(),
        ranks,
        left: simulation.left.clone(),
        flows: simulation.flows,
    }
}

/// The present state of a lane.
fn kept(simulation: &Simulation<'_, '_>, lane: usize) -> Kept {
    let state = simulation.states[lane];
    let time = simulation.agenda.get(lane);
    let left = if time == NEVER { NEVER } else { time - simulation.now };
    let shared = state.busy && !simulation.plan.lanes[lane].exclusive && state.bytes > 0;
    let flow = if shared { simulation.sharing.state(lane, simulation.now) } else { (0, 0, 0) };
    Kept { state, left, flow }
}

/// How the state grew since it was kept, if it is the same relative to the clock.
fn growth(old: &Snapshot, simulation: &Simulation<'_, '_>) -> Option<Growth> {
    let plan = simulation.plan;
    let now = simulation.now;
    let mut lanes = Vec::with_capacity(old.lanes.len().min(1 << 12));
    for (lane, before) in old.lanes.iter().enumerate() {
        let present = kept(simulation, lane);
        let (a, b) = (&before.state, &present.state);
        let steps = b.received - a.received;
        let same = b.next - a.next == steps
            && b.sent - a.sent == steps
            && a.busy == b.busy
            && (a.bytes == b.bytes || !b.busy)
            && before.left == present.left
            && before.flow == present.flow;
        // Critical paths only ever grow where steps are made.
        let (latency, transfer) = (b.latency.wrapping_sub(a.latency), b.transfer.wrapping_sub(a.transfer));
        let grows = b.latency >= a.latency && b.transfer >= a.transfer;
        if !same || !grows {
            return None;
        }
        lanes.push((steps, latency, transfer));
    }
    let mut air = simulation.arrivals.iter();
    for before in &old.air {
        let present = air.next()?;
        if (present.time - now, present.lane) != (before.0, before.3) {
            return None;
        }
    }
    if air.next().is_some() {
        return None;
    }
    let in_step = (0..plan.lanes.len()).all(|lane| {
        plan.waits.row(lane).iter().all(|wait| match wait.need {
            Need::All => true,
            Need::Step { .. } => targets(plan, wait).all(|target| lanes[target].0 == lanes[lane].0),
        })
    });
    if !in_step {
        return None;
    }
    if let Some(lockstep) = &simulation.lockstep {
        let mut ranks = lockstep.ranks().zip(&old.ranks).enumerate();
        let same = ranks.all(|(rank, (present, before))| {
            let rounds = present.0.wrapping_sub(before.0);
            (present.1, present.2) == (before.1, before.2)
                && lockstep.window(rank).iter().all(|lane| lanes[*lane as usize].0 == rounds)
        });
        if !same {
            return None;
        }
    }
    let time = now - old.now;
    (time > 0 && lanes.iter().any(|lane| lane.0 > 0)).then_some(Growth { time, lanes })
}

/// The lanes that a dependency is on.
fn targets<'p>(plan: &'p Plan<'_>, wait: &'p Dependency) -> impl Iterator<Item = usize> + 'p {
    let gate: &[u32] = if wait.gate { &plan.gates[wait.target as usize].lanes } else { &[] };
    let only = (!wait.gate).then_some(wait.target);
    only.into_iter().chain(gate.iter().copied()).map(|lane| lane as usize)
}

/// How many more periods surely go by in the same way.
fn times(simulation: &Simulation<'_, '_>, growth: &Growth, next_start: u64) -> u64 {
    let plan = simulation.plan;
    let mut most = u64::MAX;
    if next_start != NEVER {
        most = (next_start - simulation.now - 1) / growth.time;
    }
    let mut limit = |room: u64, steps: u32| most = most.min(room / u64::from(steps));
    for (lane, (steps, ..)) in growth.lanes.iter().enumerate().filter(|(_, lane)| lane.0 > 0) {
        let (planned, next) = (&plan.lanes[lane], u64::from(simulation.states[lane].next));
        limit(u64::from(planned.steps).saturating_sub(1 + next), *steps);
        for wait in plan.waits.row(lane) {
            if let Need::Step { plus } = wait.need {
                for target in targets(plan, wait) {
                    let there = u64::from(plan.lanes[target].steps);
                    limit(there.saturating_sub(u64::from(plus) + next), *steps);
                }
            }
        }
    }
    if let Some(lockstep) = &simulation.lockstep {
        for rank in 0..plan.ranks as usize {
            let steps = lockstep.window(rank).first().map_or(0, |lane| growth.lanes[*lane as usize].0);
            if let (Some(room), true) = (lockstep.room(plan, rank), steps > 0) {
                limit(u64::from(room).saturating_sub(1), steps);
            }
        }
    }
    // The clock must not run over.
    most.min((NEVER / 4).saturating_sub(simulation.now) / growth.time)
}
