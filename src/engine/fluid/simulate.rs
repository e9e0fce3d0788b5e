//! The event loop.

use crate::collective::On;
use crate::engine::{Breakdown, CollectiveOutcome, Outcome, Probe, TransferRecord, Work};
use crate::route::Routes;
use crate::units::Time;

use super::agenda::{Agenda, NEVER};
use super::arrivals::{Arrival, Arrivals};
use super::drain::drain;
use super::lockstep::Lockstep;
use super::plan::{Dependency, Plan, PlannedLane};
use super::repeat::Repeat;
use super::sharing::Sharing;

/// What changes of a lane.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    /// The step that starts next.
    pub(super) next: u32,
    /// Transfers sent.
    pub(super) sent: u32,
    /// Transfers received.
    pub(super) received: u32,
    /// Whether a transfer is in flight.
    pub(super) busy: bool,
    /// When it started.
    pub(super) start: u64,
    /// Size of the last transfer and the time that it would take alone, as one transfer and as what it stands for.
    pub(super) bytes: u64,
    pub(super) alone: u64,
    pub(super) own: u64,
    /// Critical path until the transfer in flight started.
    pub(super) latency: u64,
    pub(super) transfer: u64,
    /// Bytes of all transfers so far.
    pub(super) moved: u64,
}

/// A lane that may be able to start, and the critical path of what made it so. Of several that are equally long, the
/// one with the most latency is told, then the one with the most transfer: that does not depend on the order in which
/// things of one instant are looked at.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    lane: u32,
    latency: u64,
    transfer: u64,
}

/// The critical path of the last of several things.
#[derive(Debug, Clone, Copy, Default)]
struct Latest {
    time: u64,
    path: (u64, u64),
}

impl Latest {
    /// Another, not earlier than those before.
    #[inline]
    fn note(&mut self, time: u64, path: (u64, u64)) {
        if time > self.time || path > self.path {
            *self = Self { time, path };
        }
    }
}

/// How many instants pass between two looks at the probe.
const PROGRESS_EVERY: u32 = 1 << 12;

pub(super) struct Simulation<'p, 'a> {
    pub(super) plan: &'p Plan<'a>,
    pub(super) states: Vec<State>,
    /// When the transfer in flight of each lane will be sent.
    pub(super) agenda: Agenda,
    pub(super) arrivals: Arrivals,
    pub(super) sharing: Sharing,
    pub(super) lockstep: Option<Lockstep>,
    open: Vec<bool>,
    /// Transfers counted at each gate.
    pub(super) gates: Vec<u64>,
    /// The last of them.
    latest: Vec<Latest>,
    /// The last transfer of each collective.
    ends: Vec<Latest>,
    /// Transfers of each collective that were not received yet.
    pub(super) left: Vec<u64>,
    outcomes: Vec<CollectiveOutcome>,
    candidates: Vec<Candidate>,
    unlocked: Vec<u32>,
    pub(super) now: u64,
    pub(super) flows: u64,
    /// Transfers of lanes that were played one by one.
    played: u64,
}

/// Runs a job.
pub(super) fn run<P: Probe>(plan: &Plan<'_>, skip: bool, probe: &mut P) -> Played {
    let job = plan.job;
    let lockstep = (0..plan.lanes.len()).any(|lane| plan.lockstep(lane));
    let mut simulation = Simulation {
        states: vec![State { bytes: u64::MAX, ..State::default() }; plan.lanes.len()],
        agenda: Agenda::new(plan.lanes.len()),
        arrivals: Arrivals::new(plan.latencies),
        sharing: Sharing::new(&plan.network),
        lockstep: lockstep.then(|| Lockstep::new(plan)),
        open: vec![false; job.collectives.len()],
        gates: vec![0; plan.gates.len()],
        latest: vec![Latest::default(); plan.gates.len()],
        ends: vec![Latest::default(); job.collectives.len()],
        left: plan.left(),
        outcomes: job
            .collectives
            .iter()
            .map(|c| CollectiveOutcome { start: c.start, finish: c.start, breakdown: Breakdown::default() })
            .collect(),
        candidates: Vec::new(),
        unlocked: Vec::new(),
        now: 0,
        flows: 0,
        played: 0,
        plan,
    };
    let repeat = if skip { Repeat::new(plan) } else { None };
    let complete = simulation.play(repeat, probe);
    Played {
        collectives: simulation.outcomes,
        moved: simulation.states.iter().map(|state| state.moved).collect(),
        flows: simulation.flows,
        played: simulation.played,
        solves: simulation.sharing.solves(),
        complete,
    }
}

impl Simulation<'_, '_> {
    /// Plays all events; false where the probe cancelled or nothing can happen although something is left.
    fn play<P: Probe>(&mut self, mut repeat: Option<Repeat>, probe: &mut P) -> bool {
        let mut starts: Vec<(u64, u32)> = self
            .plan
            .job
            .collectives
            .iter()
            .enumerate()
            .map(|(number, collective)| (collective.start.ps(), number as u32))
            .collect();
        starts.sort_unstable();
        let mut starts = starts.into_iter().peekable();
        let (mut sent, mut queues, mut received) = (Vec::new(), Vec::new(), Vec::new());
        let mut instants = 0u32;
        loop {
            let start = starts.peek().map_or(NEVER, |(time, _)| *time);
            let (sending, arriving) = (self.agenda.next(), self.arrivals.next());
            let now = start.min(sending).min(arriving);
            if now == NEVER {
                return self.left.iter().all(|left| *left == 0);
            }
            self.now = now;
            // Everything of one instant is played before rates are solved: what frees a link and what takes it
            // again at the same time never meet.
            if sending == now {
                sent.clear();
                self.agenda.take(now, &mut sent);
                for &lane in &sent {
                    self.sent(lane);
                }
            }
            if arriving == now {
                received.clear();
                self.arrivals.take(now, &mut queues, &mut received);
                for arrival in &received {
                    self.received(arrival, probe);
                }
            }
            while let Some((_, collective)) = starts.next_if(|(time, _)| *time == now) {
                self.open(collective);
            }
            self.start_candidates();
            if self.arrivals.next() == now {
                continue;
            }
            self.solve();
            if let Some(repeat) = repeat.as_mut()
                && repeat.due(&self.states)
            {
                let start = starts.peek().map_or(NEVER, |(time, _)| *time);
                repeat.look(self, start);
            }
            instants += 1;
            if instants.is_multiple_of(PROGRESS_EVERY) && !probe.progress(self.flows, self.plan.transfers) {
                return false;
            }
        }
    }

    /// A collective may start.
    fn open(&mut self, collective: u32) {
        self.open[collective as usize] = true;
        let lanes = self.plan.first_lane[collective as usize]..self.plan.first_lane[collective as usize + 1];
        if self.lockstep.is_some()
            && lanes.clone().next().is_some_and(|lane| self.plan.lockstep(lane as usize))
        {
            let mut ranks: Vec<u32> = lanes.flat_map(|lane| self.plan.lanes[lane as usize].ends).collect();
            ranks.sort_unstable();
            ranks.dedup();
            let (states, unlocked) = (&self.states, &mut self.unlocked);
            if let Some(lockstep) = &mut self.lockstep {
                for rank in ranks {
                    lockstep.open(self.plan, rank, |lane| states[lane as usize].received, unlocked);
                }
            }
            self.take_unlocked(0, 0);
        } else {
            self.candidates.extend(lanes.map(|lane| Candidate { lane, latency: 0, transfer: 0 }));
        }
    }

    fn take_unlocked(&mut self, latency: u64, transfer: u64) {
        let lanes = self.unlocked.drain(..);
        self.candidates.extend(lanes.map(|lane| Candidate { lane, latency, transfer }));
    }

    /// The transfer in flight of a lane is sent.
    #[inline]
    fn sent(&mut self, lane: u32) {
        let planned = &self.plan.lanes[lane as usize];
        let state = &mut self.states[lane as usize];
        state.busy = false;
        state.sent += 1;
        let (latency, transfer) = (state.latency, state.transfer.saturating_add(state.alone));
        let arrival = Arrival {
            time: self.now.saturating_add(planned.latency),
            start: state.start,
            latency: latency.saturating_add(planned.latency),
            transfer,
            lane,
        };
        if state.next < planned.steps {
            self.candidates.push(Candidate { lane, latency, transfer });
        }
        if !planned.exclusive && state.bytes > 0 {
            self.sharing.remove(lane);
        }
        self.arrivals.push(planned.queue, arrival);
        let after = self.plan.after_sending.row(lane as usize);
        self.candidates.extend(after.iter().map(|&lane| Candidate { lane, latency, transfer }));
        self.count(self.plan.gates_at_sending.row(lane as usize), latency, transfer);
    }

    /// Data arrived.
    #[inline]
    fn received<P: Probe>(&mut self, arrival: &Arrival, probe: &mut P) {
        let lane = arrival.lane as usize;
        let planned = &self.plan.lanes[lane];
        let step = self.states[lane].received;
        self.states[lane].received += 1;
        self.flows += planned.count;
        self.played += 1;
        if P::TRANSFERS {
            probe.transfer(TransferRecord {
                collective: planned.collective,
                lane: arrival.lane - self.plan.first_lane[planned.collective as usize],
                step,
                start: Time(arrival.start),
                sent: Time(arrival.time - planned.latency),
                received: Time(arrival.time),
            });
        }
        let (latency, transfer) = (arrival.latency, arrival.transfer);
        let after = self.plan.after_receipt.row(lane);
        self.candidates.extend(after.iter().map(|&lane| Candidate { lane, latency, transfer }));
        self.count(self.plan.gates_at_receipt.row(lane), latency, transfer);
        if let Some(lockstep) = self.lockstep.as_mut().filter(|_| self.plan.lockstep(lane)) {
            let states = &self.states;
            let count = |lane: u32| states[lane as usize].received;
            lockstep.received(self.plan, arrival.lane, planned.round + step, count, &mut self.unlocked);
            self.take_unlocked(latency, transfer);
        }
        let collective = planned.collective as usize;
        self.left[collective] -= 1;
        self.ends[collective].note(arrival.time, (latency, transfer));
        if self.left[collective] == 0 {
            let (latency, transfer) = self.ends[collective].path;
            let outcome = &mut self.outcomes[collective];
            outcome.finish = Time(arrival.time);
            let whole = arrival.time - outcome.start.ps();
            // Rounding up can make a drain alone a picosecond longer than what it was part of.
            let transfer = transfer.min(whole - latency.min(whole));
            outcome.breakdown = Breakdown {
                latency: Time(latency.min(whole)),
                transfer: Time(transfer),
                sharing: Time(whole - latency.min(whole) - transfer),
            };
        }
    }

    /// Counts a transfer at its gates, and wakes those who may have waited for it.
    #[inline]
    fn count(&mut self, gates: &[u32], latency: u64, transfer: u64) {
        for &number in gates {
            let (count, gate) = (&mut self.gates[number as usize], &self.plan.gates[number as usize]);
            *count += 1;
            let latest = &mut self.latest[number as usize];
            latest.note(self.now, (latency, transfer));
            let (latency, transfer) = latest.path;
            if gate.stepwise || *count == gate.total {
                let woken = gate.waiters.iter();
                self.candidates.extend(woken.map(|&lane| Candidate { lane, latency, transfer }));
            }
        }
    }

    /// Whether a dependency of a lane that is at `step` is met.
    #[inline]
    fn met(&self, wait: &Dependency, step: u32) -> bool {
        let lane_met = |lane: u32| {
            let state = &self.states[lane as usize];
            let count = if wait.on == On::Received { state.received } else { state.sent };
            count >= wait.need.count(step, self.plan.lanes[lane as usize].steps)
        };
        if !wait.gate {
            return lane_met(wait.target);
        }
        let gate = &self.plan.gates[wait.target as usize];
        // All transfers counted is enough for any need, and needed for most.
        self.gates[wait.target as usize] == gate.total
            || (gate.stepwise && gate.lanes.iter().all(|lane| lane_met(*lane)))
    }

    /// Starts whatever can start, and whatever that lets start at once.
    fn start_candidates(&mut self) {
        let mut at = 0;
        while let Some(&candidate) = self.candidates.get(at) {
            at += 1;
            self.try_start(candidate);
        }
        self.candidates.clear();
    }

    #[inline]
    fn try_start(&mut self, candidate: Candidate) {
        let lane = candidate.lane as usize;
        let plan = self.plan;
        let planned = &plan.lanes[lane];
        let state = &self.states[lane];
        let step = state.next;
        if state.busy || step >= planned.steps || !self.open[planned.collective as usize] {
            if state.busy && state.start == self.now {
                let state = &mut self.states[lane];
                let path = (state.latency, state.transfer).max((candidate.latency, candidate.transfer));
                (state.latency, state.transfer) = path;
            }
            return;
        }
        if !plan.waits.row(lane).iter().all(|wait| self.met(wait, step)) {
            return;
        }
        if let Some(lockstep) = self.lockstep.as_ref().filter(|_| plan.lockstep(lane))
            && !lockstep.allows(planned.ends[0], planned.round + step)
        {
            return;
        }
        let bytes = plan.bytes(lane, step);
        let state = &mut self.states[lane];
        state.busy = true;
        state.next += 1;
        state.start = self.now;
        state.latency = candidate.latency;
        state.transfer = candidate.transfer;
        state.moved += bytes;
        if bytes != state.bytes {
            state.bytes = bytes;
            state.alone = drain(bytes as f64, planned.alone);
            state.own = drain(bytes as f64, planned.rate);
        }
        if bytes == 0 {
            self.sent(candidate.lane);
        } else if planned.exclusive {
            let finish = self.now.saturating_add(state.own);
            self.agenda.set(lane, finish);
        } else {
            self.sharing.add(candidate.lane, bytes, self.now);
        }
    }

    /// Brings the rates of touched flows up to date, and with them the times when they are sent.
    fn solve(&mut self) {
        let agenda = &mut self.agenda;
        self.sharing.solve(self.now, |lane, finish| agenda.set(lane as usize, finish));
    }
}

/// A plan that was played.
pub(super) struct Played {
    collectives: Vec<CollectiveOutcome>,
    /// Bytes of all transfers of each lane.
    moved: Vec<u64>,
    flows: u64,
    /// Transfers played one by one.
    played: u64,
    solves: u64,
    complete: bool,
}

impl Played {
    /// What became of the whole plan, given the lane that was played for each of its lanes.
    pub(super) fn outcome(self, plan: &Plan<'_>, played: impl Fn(usize) -> usize) -> Outcome {
        let classes = self.moved.len() as u64;
        let moved = plan.lanes.iter().enumerate().map(|(lane, planned)| (planned, self.moved[played(lane)]));
        Outcome {
            resource_bytes: resource_bytes(plan.job.routes, moved),
            collectives: self.collectives,
            flows: self.flows,
            solves: self.solves,
            work: Work {
                lanes: plan.lanes.iter().map(|lane| lane.count).sum(),
                classes,
                simulated: self.played,
                skipped: self.flows - self.played,
            },
            cancelled: !self.complete,
        }
    }
}

/// The bytes that crossed each resource, given what every lane moved. Sums are of integers, so that they come to the
/// same however lanes are grouped.
pub(super) fn resource_bytes<'p>(
    routes: &Routes,
    moved: impl Iterator<Item = (&'p PlannedLane, u64)>,
) -> Vec<f64> {
    let mut sums = vec![0u128; routes.resources().len()];
    for (planned, moved) in moved {
        for hop in routes.hops(planned.path) {
            sums[hop.resource.index()] += u128::from(moved) * u128::from(hop.weight);
        }
    }
    sums.into_iter().map(|sum| sum as f64 / f64::from(routes.unit())).collect()
}
