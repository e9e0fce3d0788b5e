//! Runs a schedule on contribution sets, in one of the orders that its dependencies allow.

use std::collections::VecDeque;

use rand::Rng;
use rustc_hash::FxHashMap;

use super::buffers::{Pool, Rows};
use super::graph::{Graph, LaneState};
use super::rounds::Rounds;
use super::state::{Clash, State};
use super::{Order, Transfer, VerifyFault};
use crate::collective::{Lane, On, Schedule};
use crate::rng::stream;

/// A transfer under way or in a receive buffer, and where the values that it carries are kept.
#[derive(Debug, Clone, Copy)]
struct Flight {
    lane: u32,
    step: u32,
    values: usize,
}

/// What may happen next, in a random order.
enum Action {
    Start(u32),
    Send(u32),
    Receive(u32),
}

/// A schedule being run.
pub(super) struct Run<'a> {
    schedule: &'a Schedule,
    graph: Graph,
    state: State,
    pool: Pool,
    scratch: Vec<u64>,
    awaited: Vec<(u32, u32)>,
    buffering: Vec<Buffering>,
    /// Reductions in receive buffers of phases that are waited for, by lane.
    buffers: Rows<Flight>,
    /// Those of other phases, by phase and receiver.
    leftovers: FxHashMap<(u32, u32), Vec<Flight>>,
}

/// Until when the reductions of a phase wait in receive buffers.
enum Buffering {
    /// Until a transfer that waits for them starts.
    UntilAwaited,
    /// Until the receiver has started all that it sends in the phase itself: so many transfers, by rank.
    UntilOwnStarted(Vec<u64>),
    /// It reduces nothing.
    Never,
}

impl<'a> Run<'a> {
    pub(super) fn new(schedule: &'a Schedule, state: State) -> Self {
        let graph = Graph::new(schedule);
        let buffering = (0..).zip(&schedule.phases).map(|(number, phase)| {
            if phase.reduce_steps == 0 {
                return Buffering::Never;
            }
            if graph.is_awaited(number) {
                return Buffering::UntilAwaited;
            }
            let mut own = vec![0; schedule.participants() as usize];
            for lane in phase.pattern.lanes() {
                own[lane.src.index()] += u64::from(phase.steps);
            }
            Buffering::UntilOwnStarted(own)
        });
        let buffering = buffering.collect();
        let buffers = Rows::new(graph.lanes.len());
        Self {
            schedule,
            graph,
            state,
            pool: Pool::default(),
            scratch: Vec::new(),
            awaited: Vec::new(),
            buffering,
            buffers,
            leftovers: FxHashMap::default(),
        }
    }

    /// Runs it to its end and gives what every rank has then.
    #[expect(clippy::cast_possible_truncation, reason = "shape::check counts the lanes")]
    pub(super) fn finish(mut self, order: Order) -> Result<State, VerifyFault> {
        let mut free = Vec::new();
        for lane in 0..self.graph.lanes.len() as u32 {
            if self.graph.may_start(lane) {
                self.graph.list(lane, &mut free);
            }
        }
        match order {
            Order::Eager => self.eager(free)?,
            Order::Lazy => self.lazy(free)?,
            Order::Random(seed) => self.random(free, seed)?,
            Order::Lockstep => self.lockstep(free)?,
        }
        self.check_done()?;
        for lane in 0..self.graph.lanes.len() as u32 {
            self.consume(lane, u32::MAX)?;
        }
        Ok(self.state)
    }

    fn check_done(&self) -> Result<(), VerifyFault> {
        let steps = |lane: &LaneState| self.schedule.phases[lane.phase as usize].steps;
        let left = |lane: &LaneState| u64::from(steps(lane) - lane.started);
        let lanes = &self.graph.lanes;
        match lanes.iter().find(|lane| left(lane) > 0) {
            None => Ok(()),
            Some(lane) => Err(VerifyFault::Stuck {
                left: lanes.iter().map(left).sum(),
                first: Transfer::of(self.schedule, lane.phase, lane.src, lane.dst, lane.started),
            }),
        }
    }

    fn eager(&mut self, mut free: Vec<u32>) -> Result<(), VerifyFault> {
        let mut ready: VecDeque<u32> = free.drain(..).collect();
        let mut air = VecDeque::new();
        loop {
            if let Some(lane) = ready.pop_front() {
                air.push_back(self.start(lane)?);
                self.graph.happened(lane, On::Sent, &mut free);
            } else if let Some(flight) = air.pop_front() {
                self.receive(flight)?;
                self.graph.happened(flight.lane, On::Received, &mut free);
            } else {
                return Ok(());
            }
            ready.extend(free.drain(..));
        }
    }

    fn lazy(&mut self, mut ready: Vec<u32>) -> Result<(), VerifyFault> {
        while let Some(lane) = ready.pop() {
            let flight = self.start(lane)?;
            self.graph.happened(lane, On::Sent, &mut ready);
            self.receive(flight)?;
            self.graph.happened(lane, On::Received, &mut ready);
        }
        Ok(())
    }

    #[expect(clippy::cast_possible_truncation, reason = "a remainder of a length in memory")]
    fn random(&mut self, mut free: Vec<u32>, seed: u64) -> Result<(), VerifyFault> {
        let mut numbers = stream(seed, "verify", 0);
        let mut actions: Vec<Action> = free.drain(..).map(Action::Start).collect();
        let mut air: FxHashMap<u32, VecDeque<Flight>> = FxHashMap::default();
        while !actions.is_empty() {
            let chosen = (numbers.next_u64() % actions.len() as u64) as usize;
            match actions.swap_remove(chosen) {
                Action::Start(lane) => {
                    let flight = self.start(lane)?;
                    air.entry(lane).or_default().push_back(flight);
                    actions.push(Action::Send(lane));
                }
                Action::Send(lane) => {
                    self.graph.happened(lane, On::Sent, &mut free);
                    actions.push(Action::Receive(lane));
                }
                Action::Receive(lane) => {
                    if let Some(flight) = air.get_mut(&lane).and_then(VecDeque::pop_front) {
                        self.receive(flight)?;
                        self.graph.happened(lane, On::Received, &mut free);
                    }
                }
            }
            actions.extend(free.drain(..).map(Action::Start));
        }
        Ok(())
    }

    fn lockstep(&mut self, mut free: Vec<u32>) -> Result<(), VerifyFault> {
        let mut rounds = Rounds::new(self.schedule.participants());
        for (lane, entry) in (0..).zip(&self.graph.lanes) {
            for step in 0..self.graph.steps(lane) {
                rounds.add(entry, self.round(lane, step));
            }
        }
        let mut waiting = std::mem::take(&mut free);
        let mut air: VecDeque<Flight> = VecDeque::new();
        loop {
            let mut started = Vec::new();
            waiting.retain(|lane| {
                let entry = &self.graph.lanes[*lane as usize];
                let may = rounds.may_start(entry, self.round(*lane, entry.started));
                if may {
                    started.push(*lane);
                }
                !may
            });
            for lane in started {
                air.push_back(self.start(lane)?);
                self.graph.happened(lane, On::Sent, &mut free);
            }
            waiting.append(&mut free);
            let Some(flight) = air.pop_front() else {
                // What was just freed may start now; what could not start before can never.
                let stuck = waiting.iter().all(|lane| {
                    let entry = &self.graph.lanes[*lane as usize];
                    !rounds.may_start(entry, self.round(*lane, entry.started))
                });
                if stuck {
                    return Ok(());
                }
                continue;
            };
            self.receive(flight)?;
            self.graph.happened(flight.lane, On::Received, &mut free);
            rounds.received(&self.graph.lanes[flight.lane as usize], self.round(flight.lane, flight.step));
            waiting.append(&mut free);
        }
    }

    /// The lockstep round of a transfer.
    fn round(&self, lane: u32, step: u32) -> u32 {
        let phase = &self.schedule.phases[self.graph.lanes[lane as usize].phase as usize];
        let stagger = phase.pattern.lane(self.graph.index_in_phase(lane)).stagger;
        phase.round.saturating_add(stagger).saturating_add(step)
    }

    /// The next transfer of a lane reads what its sender has.
    fn start(&mut self, lane: u32) -> Result<Flight, VerifyFault> {
        let mut awaited = std::mem::take(&mut self.awaited);
        self.graph.awaited(lane, &mut awaited);
        for (other, count) in awaited.drain(..) {
            self.consume(other, count)?;
        }
        self.awaited = awaited;
        let entry = &mut self.graph.lanes[lane as usize];
        let step = entry.started;
        entry.started += 1;
        entry.listed = false;
        let src = entry.src;
        let mut values = std::mem::take(&mut self.scratch);
        values.clear();
        let mut wrong = None;
        let schedule = self.schedule;
        let (index, carried) = self.carried(lane);
        let phase = &schedule.phases[self.graph.lanes[lane as usize].phase as usize];
        phase.payload.for_each(index, &carried, step, |range| {
            let end = range.start.checked_add(range.len);
            if end.is_none_or(|end| end > schedule.atoms) {
                let atom = end.map_or(u64::MAX, |end| end - 1);
                wrong.get_or_insert(Err(atom));
                return;
            }
            let slots = self.state.slots_of(range);
            if let Some(slot) = self.state.absent(src, &slots) {
                wrong.get_or_insert(Ok(self.state.atom(slot)));
            }
            values.extend_from_slice(self.state.cells(src, &slots));
        });
        let flight = Flight { lane, step, values: self.pool.keep(&values) };
        self.scratch = values;
        if wrong.is_none() {
            self.started(lane)?;
        }
        let transfer = || self.transfer(flight);
        match wrong {
            None => Ok(flight),
            Some(Ok(atom)) => Err(VerifyFault::Absent { transfer: transfer(), atom }),
            Some(Err(atom)) => Err(VerifyFault::NoAtom { transfer: transfer(), atom, atoms: schedule.atoms }),
        }
    }

    /// Where the lane's sender has now started all of its transfers of a phase that nothing waits for, it
    /// gets to what that phase has delivered.
    fn started(&mut self, lane: u32) -> Result<(), VerifyFault> {
        let LaneState { phase, src, .. } = self.graph.lanes[lane as usize];
        if let Buffering::UntilOwnStarted(own) = &mut self.buffering[phase as usize] {
            own[src as usize] -= 1;
            if own[src as usize] == 0 {
                for flight in self.leftovers.remove(&(phase, src)).unwrap_or_default() {
                    self.land(flight)?;
                }
            }
        }
        Ok(())
    }

    fn carried(&self, lane: u32) -> (usize, Lane) {
        let index = self.graph.index_in_phase(lane);
        let phase = &self.schedule.phases[self.graph.lanes[lane as usize].phase as usize];
        (index, phase.pattern.lane(index))
    }

    fn transfer(&self, flight: Flight) -> Transfer {
        let LaneState { phase, src, dst, .. } = self.graph.lanes[flight.lane as usize];
        Transfer::of(self.schedule, phase, src, dst, flight.step)
    }

    /// A transfer arrives.
    fn receive(&mut self, flight: Flight) -> Result<(), VerifyFault> {
        let LaneState { phase, dst, .. } = self.graph.lanes[flight.lane as usize];
        if flight.step < self.schedule.phases[phase as usize].reduce_steps {
            match &self.buffering[phase as usize] {
                Buffering::UntilAwaited => {
                    self.buffers.push(flight.lane, flight);
                    return Ok(());
                }
                Buffering::UntilOwnStarted(own) if own[dst as usize] > 0 => {
                    self.leftovers.entry((phase, dst)).or_default().push(flight);
                    return Ok(());
                }
                Buffering::UntilOwnStarted(_) | Buffering::Never => {}
            }
        }
        self.land(flight)
    }

    /// The receiver gets to the first `count` deliveries of a lane.
    fn consume(&mut self, lane: u32, count: u32) -> Result<(), VerifyFault> {
        while let Some(flight) = self.buffers.pop_if(lane, |flight| flight.step < count) {
            self.land(flight)?;
        }
        Ok(())
    }

    /// Adds what a transfer carries to what its receiver has, or replaces that.
    fn land(&mut self, flight: Flight) -> Result<(), VerifyFault> {
        let (index, lane) = self.carried(flight.lane);
        let phase = &self.schedule.phases[self.graph.lanes[flight.lane as usize].phase as usize];
        let reduce = flight.step < phase.reduce_steps;
        let mut clash = None;
        let mut place = flight.values;
        let (state, pool) = (&mut self.state, &self.pool);
        phase.payload.for_each(index, &lane, flight.step, |range| {
            let slots = state.slots_of(range);
            let len = slots.len() * state.words();
            if let Err(found) = state.receive(lane.dst.0, &slots, pool.values(place, len), reduce) {
                clash.get_or_insert(found);
            }
            place += len;
        });
        self.pool.release(flight.values, place - flight.values);
        let transfer = || self.transfer(flight);
        match clash {
            None => Ok(()),
            Some(Clash::Doubled(slot, contribution)) => {
                Err(VerifyFault::Doubled { transfer: transfer(), atom: self.state.atom(slot), contribution })
            }
            Some(Clash::Lost(slot, contribution)) => {
                Err(VerifyFault::Lost { transfer: transfer(), atom: self.state.atom(slot), contribution })
            }
        }
    }
}
