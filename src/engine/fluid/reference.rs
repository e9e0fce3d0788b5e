//! The plain twin of the fast engine: the same model, written to be obviously right.
//!
//! Every instant it looks at every transfer's dependencies, fills all rates anew by the textbook, and looks at
//! every flow for the next event. For tests and for checking; its cost is quadratic.

use super::drain::drain;
use crate::collective::{On, Side};
use crate::engine::{Job, Steps};
use crate::ids::PathId;
use crate::route::Routes;
use crate::units::Time;

/// One transfer of a job.
struct Transfer {
    collective: usize,
    phase: usize,
    lane: usize,
    step: u32,
    src: u32,
    dst: u32,
    round: u32,
    path: PathId,
    bytes: f64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Waiting,
    Flowing { remaining: f64, rate: f64, updated: u64, finish: u64 },
    Sent { receipt: u64 },
    Received,
}

/// The max-min fair rate of each of some flows, bytes per second, by progressive filling: raise all rates together; when
/// a resource is full, its flows keep theirs. Cost: O(levels x resources x flows).
pub fn rates(routes: &Routes, paths: &[PathId]) -> Vec<f64> {
    let unit = f64::from(routes.unit());
    let mut rates = vec![None; paths.len()];
    let resources = routes.resources().len();
    let mut frozen_load = vec![0.0; resources];
    let mut last = 0.0f64;
    while rates.iter().any(Option::is_none) {
        let mut open = vec![0u64; resources];
        for (path, rate) in paths.iter().zip(&rates) {
            for hop in routes.hops(*path) {
                open[hop.resource.index()] += if rate.is_none() { u64::from(hop.weight) } else { 0 };
            }
        }
        let share =
            |r: usize| (routes.resources()[r].capacity * unit - frozen_load[r]).max(0.0) / open[r] as f64;
        let least = (0..resources).filter(|r| open[*r] > 0).map(share).fold(f64::INFINITY, f64::min);
        let full: Vec<bool> = (0..resources).map(|r| open[r] > 0 && share(r) <= least).collect();
        let level = least.max(last);
        last = level;
        let mut weights = vec![0u64; resources];
        for (path, rate) in paths.iter().zip(&mut rates) {
            if rate.is_none() && routes.hops(*path).iter().any(|hop| full[hop.resource.index()]) {
                *rate = Some(level);
                for hop in routes.hops(*path) {
                    weights[hop.resource.index()] += u64::from(hop.weight);
                }
            }
        }
        for (load, weight) in frozen_load.iter_mut().zip(weights) {
            if weight > 0 {
                *load += weight as f64 * level;
            }
        }
    }
    rates.into_iter().map(|rate| rate.unwrap_or(0.0)).collect()
}

/// The finish of every collective of a job, and the bytes that crossed every resource. `None` where it never ends.
pub fn run(job: &Job<'_>) -> Option<(Vec<Time>, Vec<f64>)> {
    let mut transfers = expand(job);
    let mut finish: Vec<u64> = job.collectives.iter().map(|c| c.start.ps()).collect();
    let mut now = 0;
    loop {
        settle(job, &mut transfers, now, &mut finish);
        let flowing: Vec<usize> =
            (0..transfers.len()).filter(|i| matches!(transfers[*i].state, State::Flowing { .. })).collect();
        let paths: Vec<PathId> = flowing.iter().map(|i| transfers[*i].path).collect();
        // Components are filled apart, as levels of one do not touch another.
        for (&i, new) in flowing.iter().zip(component_rates(job.routes, &paths)) {
            if let State::Flowing { remaining, rate, updated, finish } = &mut transfers[i].state
                && new.to_bits() != rate.to_bits()
            {
                *remaining -= *rate * (now - *updated) as f64 / 1e12;
                *updated = now;
                *rate = new;
                *finish = now + drain(*remaining, new);
            }
        }
        let next = transfers
            .iter()
            .filter_map(|t| match t.state {
                State::Flowing { finish, .. } => Some(finish),
                State::Sent { receipt } => Some(receipt),
                _ => None,
            })
            .chain(job.collectives.iter().map(|c| c.start.ps()).filter(|start| *start > now))
            .min();
        match next {
            Some(next) => now = next,
            None if transfers.iter().all(|t| t.state == State::Received) => break,
            None => return None,
        }
    }
    let mut bytes = vec![0.0; job.routes.resources().len()];
    for transfer in &transfers {
        for hop in job.routes.hops(transfer.path) {
            bytes[hop.resource.index()] +=
                transfer.bytes * f64::from(hop.weight) / f64::from(job.routes.unit());
        }
    }
    Some((finish.into_iter().map(Time).collect(), bytes))
}

/// Plays all that happens at `now` until nothing more does.
fn settle(job: &Job<'_>, transfers: &mut [Transfer], now: u64, finish: &mut [u64]) {
    loop {
        let mut changed = false;
        for transfer in transfers.iter_mut() {
            let latency = job.routes.latency(transfer.path).ps();
            match transfer.state {
                State::Flowing { finish, .. } if finish <= now => {
                    transfer.state = State::Sent { receipt: now + latency };
                    changed = true;
                }
                State::Sent { receipt } if receipt <= now => {
                    transfer.state = State::Received;
                    finish[transfer.collective] = finish[transfer.collective].max(now);
                    changed = true;
                }
                _ => {}
            }
        }
        let startable: Vec<usize> = (0..transfers.len())
            .filter(|i| transfers[*i].state == State::Waiting && may_start(job, transfers, *i, now))
            .collect();
        for i in startable {
            let latency = job.routes.latency(transfers[i].path).ps();
            transfers[i].state = if transfers[i].bytes == 0.0 {
                State::Sent { receipt: now + latency }
            } else {
                State::Flowing { remaining: transfers[i].bytes, rate: 0.0, updated: now, finish: u64::MAX }
            };
            changed = true;
        }
        if !changed {
            return;
        }
    }
}

/// Whether everything that a transfer waits for has happened.
fn may_start(job: &Job<'_>, transfers: &[Transfer], index: usize, now: u64) -> bool {
    let transfer = &transfers[index];
    let collective = &job.collectives[transfer.collective];
    let schedule = collective.schedule.schedule();
    let sent = |t: &Transfer| matches!(t.state, State::Sent { .. } | State::Received);
    let mine = || transfers.iter().filter(|t| t.collective == transfer.collective);
    let in_order = mine()
        .filter(|t| t.phase == transfer.phase && t.lane == transfer.lane && t.step < transfer.step)
        .all(sent);
    let waits = schedule.phases[transfer.phase].waits.iter().all(|wait| {
        mine()
            .filter(|t| t.phase == wait.phase as usize)
            .filter(|t| transfer.src == if wait.side == Side::Incoming { t.dst } else { t.src })
            .filter(|t| t.step < wait.need.count(transfer.step, schedule.phases[t.phase].steps))
            .all(|t| if wait.on == On::Received { t.state == State::Received } else { sent(t) })
    });
    let lockstep = collective.steps == Steps::Receipt
        || mine()
            .filter(|t| t.round < transfer.round && (t.src == transfer.src || t.dst == transfer.src))
            .all(|t| t.state == State::Received);
    collective.start.ps() <= now && in_order && waits && lockstep
}

/// Every transfer of every collective.
fn expand(job: &Job<'_>) -> Vec<Transfer> {
    let mut transfers = Vec::new();
    for (number, collective) in job.collectives.iter().enumerate() {
        let schedule = collective.schedule.schedule();
        let mut paths = collective.paths.iter();
        for (phase_number, phase) in schedule.phases.iter().enumerate() {
            for (index, lane) in phase.pattern.lanes().enumerate() {
                let Some(path) = paths.next() else { continue };
                for step in 0..phase.steps {
                    let bytes = schedule.transfer_bytes(phase, index, &lane, step, collective.bytes) as f64;
                    transfers.push(Transfer {
                        collective: number,
                        phase: phase_number,
                        lane: index,
                        step,
                        src: lane.src.0,
                        dst: lane.dst.0,
                        round: phase.round + lane.stagger + step,
                        path: *path,
                        bytes,
                        state: State::Waiting,
                    });
                }
            }
        }
    }
    transfers
}

/// [`rates`] of each connected component apart.
pub fn component_rates(routes: &Routes, paths: &[PathId]) -> Vec<f64> {
    let mut component: Vec<usize> = (0..paths.len()).collect();
    let shares = |a: PathId, b: PathId| {
        routes.hops(a).iter().any(|hop| routes.hops(b).iter().any(|other| other.resource == hop.resource))
    };
    loop {
        let mut changed = false;
        for a in 0..paths.len() {
            for b in 0..paths.len() {
                if component[a] < component[b] && shares(paths[a], paths[b]) {
                    component[b] = component[a];
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    let mut result = vec![0.0; paths.len()];
    for root in 0..paths.len() {
        let members: Vec<usize> = (0..paths.len()).filter(|i| component[*i] == root).collect();
        let own: Vec<PathId> = members.iter().map(|i| paths[*i]).collect();
        for (i, rate) in members.into_iter().zip(rates(routes, &own)) {
            result[i] = rate;
        }
    }
    result
}
