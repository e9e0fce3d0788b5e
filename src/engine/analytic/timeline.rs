//! When the first and the last step of every lane are sent and received, phase by phase, receipt-driven.
//!
//! Steps between the first and the last are taken to be spread evenly. Phases are worked out in the order of
//! their waits, ranks within a phase in the order in which data reaches them, so the cost is that of the lanes,
//! not of the transfers.

use rustc_hash::FxHashMap;

use super::lanes::PhaseLoad;
use super::load::Drain;
use super::mark::Mark;
use super::ring::{self, Link};
use crate::collective::{Need, On, Phase, Schedule, Side, Wait};

/// The first and the last of the steps of a lane, or the latest of several lanes.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    first: Mark,
    last: Mark,
}

impl Ends {
    fn later(self, other: Self) -> Self {
        Self { first: self.first.later(other.first), last: self.last.later(other.last) }
    }

    /// When `count` of `steps` have happened; the start of the collective where none is needed.
    fn after(self, count: u32, steps: u32) -> Mark {
        match count {
            0 => Mark::ZERO,
            _ => self.last.between(self.first, count - 1, steps.saturating_sub(1)),
        }
    }

    /// The same, every step received and not only sent.
    fn received(self, latency: u64) -> Self {
        Self { first: self.first.after_latency(latency), last: self.last.after_latency(latency) }
    }
}

/// What a phase waits for within itself.
#[derive(Debug, Clone, Copy, Default)]
struct Within {
    /// Steps `k - 1` that come to the sender: a ring.
    ring: Option<On>,
    /// So many steps more than its own number that come to the sender: a pipeline.
    pipe: Option<(On, Need)>,
    /// Its own steps before must have been received.
    own_received: bool,
}

impl Within {
    fn new(phase: &Phase, index: usize) -> Self {
        let mut within = Self::default();
        for wait in phase.waits.iter().filter(|wait| wait.phase as usize == index) {
            match (wait.side, wait.need) {
                (Side::Incoming, Need::Step { plus: 0 }) => within.ring = Some(wait.on),
                (Side::Incoming, need) => within.pipe = Some((wait.on, need)),
                (Side::Outgoing, _) => within.own_received |= wait.on == On::Received,
            }
        }
        within
    }
}

/// Lanes by the rank at one of their ends, in compressed rows.
struct ByRank {
    start: Vec<u32>,
    lanes: Vec<u32>,
}

impl ByRank {
    fn new(ranks: usize, ends: impl Iterator<Item = u32> + Clone) -> Self {
        let mut start = vec![0u32; ranks + 1];
        for rank in ends.clone() {
            start[rank as usize + 1] += 1;
        }
        for rank in 0..ranks {
            start[rank + 1] += start[rank];
        }
        let mut next = start.clone();
        let mut lanes = vec![0; start[ranks] as usize];
        for (lane, rank) in (0..).zip(ends) {
            lanes[next[rank as usize] as usize] = lane;
            next[rank as usize] += 1;
        }
        Self { start, lanes }
    }

    fn of(&self, rank: usize) -> &[u32] {
        &self.lanes[self.start[rank] as usize..self.start[rank + 1] as usize]
    }
}

/// What a wait looks at in another phase: which phase, received or sent, which side.
type View = (u32, bool, bool);

fn view(wait: &Wait) -> View {
    (wait.phase, wait.on == On::Received, wait.side == Side::Incoming)
}

/// Works through the phases of a schedule.
pub(super) struct Timeline<'a> {
    schedule: &'a Schedule,
    phases: &'a [PhaseLoad],
    /// By [`View`]: the latest lanes of every rank, for the views that some phase waits for.
    seen: FxHashMap<View, Vec<Ends>>,
    finish: Mark,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(schedule: &'a Schedule, phases: &'a [PhaseLoad]) -> Self {
        let mut seen = FxHashMap::default();
        for (index, phase) in schedule.phases.iter().enumerate() {
            for wait in phase.waits.iter().filter(|wait| wait.phase as usize != index) {
                seen.entry(view(wait)).or_insert_with(Vec::new);
            }
        }
        Self { schedule, phases, seen, finish: Mark::ZERO }
    }

    /// When the last rank has received everything, with `drains` for every lane of every phase.
    pub(super) fn run(mut self, order: &[usize], drains: &[Vec<Drain>]) -> Mark {
        let mut ready: (Option<usize>, Vec<Ends>) = (None, Vec::new());
        for &index in order {
            let (phase, load) = (&self.schedule.phases[index], &self.phases[index]);
            if load.lanes.is_empty() || load.steps == 0 {
                continue;
            }
            // Phases with the same waits (of an exchange of everybody with everybody) are ready at the same time.
            let like = |before: usize| {
                let before_phase = &self.schedule.phases[before];
                before_phase.steps == phase.steps
                    && before_phase.waits == phase.waits
                    && phase
                        .waits
                        .iter()
                        .all(|wait| wait.phase as usize != index && wait.phase as usize != before)
            };
            if !ready.0.is_some_and(like) {
                ready = (Some(index), self.ready(index));
            }
            let sent = self.sent(index, &ready.1, &drains[index]);
            self.note(index, &sent);
        }
        self.finish
    }

    /// When the first and the last step of every rank may start, as far as other phases go.
    fn ready(&self, index: usize) -> Vec<Ends> {
        let (phase, ranks) = (&self.schedule.phases[index], self.schedule.participants() as usize);
        let mut ready = vec![Ends::default(); ranks];
        for wait in phase.waits.iter().filter(|wait| wait.phase as usize != index) {
            let steps = self.schedule.phases[wait.phase as usize].steps;
            let (first, last) = (wait.need.count(0, steps), wait.need.count(phase.steps - 1, steps));
            // A phase that has not run yet (phases that wait for one another) holds nothing up here.
            let Some(seen) = self.seen.get(&view(wait)) else { continue };
            for (ready, seen) in ready.iter_mut().zip(seen) {
                let ends = Ends { first: seen.after(first, steps), last: seen.after(last, steps) };
                *ready = ready.later(ends);
            }
        }
        ready
    }

    /// When the first and the last step of every lane of a phase are sent.
    fn sent(&self, index: usize, ready: &[Ends], drains: &[Drain]) -> Vec<Ends> {
        let load = &self.phases[index];
        let within = Within::new(&self.schedule.phases[index], index);
        if load.steps > 1 && within.ring.is_some() && within.pipe.is_none() {
            return self.ring(load, within, ready, drains);
        }
        let Some((on, need)) = within.pipe else {
            let lanes = load.lanes.iter().zip(drains);
            return lanes
                .map(|(lane, drain)| {
                    let ready = ready[lane.src as usize];
                    straight(
                        load.steps,
                        ready.first,
                        ready.last,
                        *drain,
                        lane.alone,
                        own(within, lane.latency),
                    )
                })
                .collect();
        };
        let ranks = self.schedule.participants() as usize;
        let (outgoing, incoming) = (
            ByRank::new(ranks, load.lanes.iter().map(|lane| lane.src)),
            ByRank::new(ranks, load.lanes.iter().map(|lane| lane.dst)),
        );
        let mut missing: Vec<usize> = (0..ranks).map(|rank| incoming.of(rank).len()).collect();
        let mut order: Vec<usize> = (0..ranks).filter(|rank| missing[*rank] == 0).collect();
        let mut arrived = vec![Ends::default(); ranks];
        let mut sent = vec![Ends::default(); load.lanes.len()];
        let (first, last) = (need.count(0, load.steps), need.count(load.steps - 1, load.steps));
        let mut next = 0;
        while next < order.len() {
            let rank = order[next];
            for &number in outgoing.of(rank) {
                let (lane, drain) = (&load.lanes[number as usize], drains[number as usize]);
                let start = ready[rank].first.later(arrived[rank].after(first, load.steps));
                let start_last = ready[rank].last.later(arrived[rank].after(last, load.steps));
                let ends =
                    straight(load.steps, start, start_last, drain, lane.alone, own(within, lane.latency));
                sent[number as usize] = ends;
                let there = lane.dst as usize;
                let seen = if on == On::Received { ends.received(lane.latency) } else { ends };
                arrived[there] = arrived[there].later(seen);
                missing[there] -= 1;
                if missing[there] == 0 {
                    order.push(there);
                }
            }
            next += 1;
        }
        sent
    }

    /// The rows of a phase whose every step waits for the step before of the lane before. Where lanes fork or
    /// join, the slowest lane is taken for all: never too early.
    fn ring(&self, load: &PhaseLoad, within: Within, ready: &[Ends], drains: &[Drain]) -> Vec<Ends> {
        let ranks = self.schedule.participants() as usize;
        let outgoing = ByRank::new(ranks, load.lanes.iter().map(|lane| lane.src));
        let incoming = ByRank::new(ranks, load.lanes.iter().map(|lane| lane.dst));
        let link = |number: usize| {
            let (lane, drain) = (&load.lanes[number], drains[number]);
            Link {
                ready: ready[lane.src as usize].first,
                drain: drain.steady,
                alone: lane.alone.min(drain.steady),
                hop_latency: if within.ring == Some(On::Received) { lane.latency } else { 0 },
                stay_latency: own(within, lane.latency),
            }
        };
        let mut sent = vec![Ends::default(); load.lanes.len()];
        let mut finish = |numbers: &[usize], row: &[Link], last: &[Mark]| {
            for ((&number, link), last) in numbers.iter().zip(row).zip(last) {
                let first = link.ready.after_drain(link.drain, link.alone);
                let held = ready[load.lanes[number].src as usize].last.after_drain(link.drain, link.alone);
                sent[number] = Ends { first, last: last.later(held).later(first) };
            }
        };
        if (0..ranks).any(|rank| outgoing.of(rank).len() > 1 || incoming.of(rank).len() > 1) {
            let numbers: Vec<usize> = (0..load.lanes.len()).collect();
            let row: Vec<Link> = numbers.iter().map(|number| link(*number)).collect();
            let slowest = |field: fn(&Link) -> u64| row.iter().map(field).max().unwrap_or(0);
            let (drain, alone) = (slowest(|link| link.drain), slowest(|link| link.alone));
            let latency = slowest(|link| link.hop_latency.max(link.stay_latency));
            let latest = row.iter().map(|link| link.ready).fold(Mark::ZERO, Mark::later);
            let steps = u64::from(load.steps);
            let all = latest
                .after_latency(latency.saturating_mul(steps - 1))
                .after_drain(drain.saturating_mul(steps), alone.saturating_mul(steps));
            let last = vec![all; row.len()];
            finish(&numbers, &row, &last);
            return sent;
        }
        let mut walked = vec![false; load.lanes.len()];
        // Open rows begin at ranks that receive nothing; what is left then is closed.
        let open = (0..load.lanes.len()).filter(|n| incoming.of(load.lanes[*n].src as usize).is_empty());
        for first in open.chain(0..load.lanes.len()) {
            if walked[first] {
                continue;
            }
            let (mut numbers, mut number) = (Vec::new(), Some(first));
            while let Some(here) = number.filter(|here| !walked[*here]) {
                walked[here] = true;
                numbers.push(here);
                number = outgoing.of(load.lanes[here].dst as usize).first().map(|next| *next as usize);
            }
            let row: Vec<Link> = numbers.iter().map(|number| link(*number)).collect();
            finish(&numbers, &row, &ring::last_sent(&row, number == Some(first), load.steps));
        }
        sent
    }

    /// Keeps what later phases will ask for.
    fn note(&mut self, index: usize, sent: &[Ends]) {
        let load = &self.phases[index];
        for (lane, ends) in load.lanes.iter().zip(sent) {
            self.finish = self.finish.later(ends.last.after_latency(lane.latency));
        }
        for received in [false, true] {
            for incoming in [false, true] {
                let Some(seen) = self.seen.get_mut(&(index as u32, received, incoming)) else { continue };
                seen.resize(self.schedule.participants() as usize, Ends::default());
                for (lane, ends) in load.lanes.iter().zip(sent) {
                    let ends = if received { ends.received(lane.latency) } else { *ends };
                    let slot = &mut seen[if incoming { lane.dst } else { lane.src } as usize];
                    *slot = slot.later(ends);
                }
            }
        }
    }
}

fn own(within: Within, latency: u64) -> u64 {
    if within.own_received { latency } else { 0 }
}

/// A lane whose first and last step may start at these times and whose steps follow one another.
fn straight(steps: u32, first: Mark, last: Mark, drain: Drain, alone: u64, own_latency: u64) -> Ends {
    let more = u64::from(steps - 1);
    let sent = first.after_drain(drain.fill, alone);
    if more == 0 {
        return Ends { first: sent, last: sent };
    }
    let rowed = sent
        .after_drain(drain.steady.saturating_mul(more), alone.saturating_mul(more))
        .after_latency(own_latency.saturating_mul(more));
    Ends { first: sent, last: rowed.later(last.after_drain(drain.fill, alone)) }
}
