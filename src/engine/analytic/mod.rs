//! The analytic engine: closed forms and a congestion bound, at the cost of a schedule's lanes.
//!
//! Which phases run at once and which one after another is read from their waits; links are loaded with all that
//! runs at once; rings, chains, trees and exchanges then have closed forms (see `docs/model.md` for when these
//! equal the fluid engine and when they are estimates). The result is never below the time that the most loaded
//! link needs for all its bytes.

mod lanes;
mod load;
mod lockstep;
mod mark;
mod ring;
mod structure;
mod timeline;

use super::{Breakdown, Collective, CollectiveOutcome, Job, Outcome, Probe, Steps, Work};
use crate::route::Routes;
use crate::units::Time;
use lanes::{PhaseLoad, drain};
use load::{Drain, Loads};
use mark::Mark;
use structure::Structure;
use timeline::Timeline;

/// Predicts what [`super::fluid`] would find. Transfers are not simulated one by one, so `probe` is told of
/// progress only, collective by collective.
pub fn run<P: Probe>(job: &Job<'_>, probe: &mut P) -> Outcome {
    let total: u64 = job.collectives.iter().map(|c| c.schedule.schedule().transfer_count()).sum();
    let mut outcome = Outcome {
        collectives: Vec::new(),
        resource_bytes: vec![0.0; job.routes.resources().len()],
        flows: 0,
        solves: 0,
        work: Work::default(),
        cancelled: !probe.progress(0, total),
    };
    let mut loads = Loads::new(job.routes);
    let mut alone = Vec::new();
    let mut used = vec![0; job.routes.resources().len()];
    for collective in &job.collectives {
        if outcome.cancelled {
            return outcome;
        }
        let single = Single::new(job.routes, collective, &mut loads, &mut outcome.solves);
        for (resource, weighted) in &single.weighted {
            used[*resource] += weighted;
        }
        outcome.flows += collective.schedule.schedule().transfer_count();
        outcome.cancelled = !probe.progress(outcome.flows, total);
        alone.push(single);
    }
    let unit = job.routes.unit();
    outcome.resource_bytes = used.iter().map(|weighted| whole(*weighted, unit)).collect();
    let ends = together(job, &alone);
    for ((collective, single), end) in job.collectives.iter().zip(&alone).zip(ends) {
        let mark = Mark { at: end, ..single.mark };
        outcome.collectives.push(CollectiveOutcome {
            start: collective.start,
            finish: collective.start.saturating_add(Time::from_ps(end)),
            breakdown: Breakdown {
                latency: Time::from_ps(mark.latency),
                transfer: Time::from_ps(mark.transfer),
                sharing: Time::from_ps(mark.at.saturating_sub(mark.latency.saturating_add(mark.transfer))),
            },
        });
    }
    outcome
}

/// A collective as if it had the fabric to itself.
struct Single {
    mark: Mark,
    /// Bytes times weight on every resource that it uses, ascending.
    weighted: Vec<(usize, u128)>,
}

impl Single {
    fn new(routes: &Routes, collective: &Collective, loads: &mut Loads<'_>, solves: &mut u64) -> Self {
        let schedule = collective.schedule.schedule();
        let phases = lanes::phases(routes, collective);
        let mark = match collective.steps {
            Steps::Lockstep => lockstep::finish(schedule, &phases, loads, solves),
            Steps::Receipt => {
                let structure = Structure::new(schedule);
                let drains = drains(&structure, &phases, loads, solves);
                Timeline::new(schedule, &phases).run(&structure.order, &drains)
            }
        };
        let (weighted, floor) = congestion(routes, &phases);
        let mark = Mark { at: mark.at.max(floor), ..mark };
        Self { mark, weighted }
    }
}

/// How long a step of every lane takes, stage by stage.
fn drains(
    structure: &Structure,
    phases: &[PhaseLoad],
    loads: &mut Loads<'_>,
    solves: &mut u64,
) -> Vec<Vec<Drain>> {
    let mut drains: Vec<Vec<Drain>> =
        phases.iter().map(|phase| vec![Drain::default(); phase.lanes.len()]).collect();
    let mut by_slot: Vec<usize> = (0..phases.len()).collect();
    by_slot.sort_by_key(|index| (structure.slots[*index], *index));
    for stage in by_slot.chunk_by(|a, b| structure.slots[*a].stage == structure.slots[*b].stage) {
        loads.share(phases, stage, |phase, lane, time| {
            drains[phase][lane] = Drain { steady: time, fill: time }
        });
        *solves += 1;
        let mut waves =
            stage.chunk_by(|a, b| structure.slots[*a].wave == structure.slots[*b].wave).peekable();
        if waves.peek().is_some_and(|first| first.len() < stage.len()) {
            for wave in waves {
                loads.share(phases, wave, |phase, lane, time| drains[phase][lane].fill = time);
                *solves += 1;
            }
        }
    }
    drains
}

/// Bytes times weight on every resource, and the time before which the most loaded one cannot have passed them on:
/// all its bytes over its capacity, and the least latency of a path over it.
fn congestion(routes: &Routes, phases: &[PhaseLoad]) -> (Vec<(usize, u128)>, u64) {
    let mut weighted = vec![0u128; routes.resources().len()];
    let mut latency = vec![u64::MAX; routes.resources().len()];
    for lane in phases.iter().flat_map(|phase| &phase.lanes) {
        for hop in routes.hops(lane.path) {
            let index = hop.resource.index();
            weighted[index] += u128::from(lane.total) * u128::from(hop.weight);
            latency[index] = latency[index].min(lane.latency);
        }
    }
    let used: Vec<(usize, u128)> = weighted.into_iter().enumerate().filter(|(_, bytes)| *bytes > 0).collect();
    let time = |(index, bytes): &(usize, u128)| {
        let seconds = whole(*bytes, routes.unit()) / routes.resources()[*index].capacity;
        drain(seconds).saturating_add(latency[*index])
    };
    let floor = used.iter().map(time).max().unwrap_or(0);
    (used, floor)
}

/// Bytes times weight as bytes.
#[expect(clippy::cast_precision_loss, reason = "the outcome counts bytes as floats")]
fn whole(weighted: u128, unit: u32) -> f64 {
    weighted as f64 / f64::from(unit.max(1))
}

/// How long every collective takes when all run at their times.
///
/// One that overlaps others is held up by at most all their bytes on the resource of its own where these need
/// longest. Being held up makes more overlap, so this is repeated until it changes no more.
fn together(job: &Job<'_>, alone: &[Single]) -> Vec<u64> {
    let start = |index: usize| job.collectives[index].start.ps();
    let mut ends: Vec<u64> = alone.iter().map(|single| single.mark.at).collect();
    loop {
        let mut changed = false;
        for index in 0..alone.len() {
            let overlaps = |other: &usize| {
                let (a, b) = (index, *other);
                a != b
                    && start(a) < start(b).saturating_add(ends[b])
                    && start(b) < start(a).saturating_add(ends[a])
            };
            let others: Vec<usize> = (0..alone.len()).filter(overlaps).collect();
            let held = alone[index].weighted.iter().map(|(resource, _)| {
                let bytes = |other: &usize| {
                    let weighted = &alone[*other].weighted;
                    weighted.binary_search_by_key(resource, |(r, _)| *r).map_or(0, |found| weighted[found].1)
                };
                let sum: u128 = others.iter().map(bytes).sum();
                drain(whole(sum, job.routes.unit()) / job.routes.resources()[*resource].capacity)
            });
            let end = alone[index].mark.at.saturating_add(held.max().unwrap_or(0));
            if end > ends[index] {
                ends[index] = end;
                changed = true;
            }
        }
        if !changed {
            return ends;
        }
    }
}
