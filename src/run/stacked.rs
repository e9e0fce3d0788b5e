//! Jobs with what the communication library and the host add.

use super::Scenario;
use super::cases::{JobPlan, Member};
use super::prepare::Prepared;
use crate::collective::{Algorithm, Lane, Op, Phase, Schedule};
use crate::ids::PathId;
use crate::route::Routes;
use crate::stack::{Costs, Lanes, Plan, dress};
use crate::units::{Bytes, Time};

/// What the library does for a member of a job, where there is a library that has a say.
pub(super) fn plan<'p>(prepared: &'p Prepared, member: &Member) -> Option<&'p Plan> {
    prepared.plans.get(&(member.spec, member.asked, member.bytes))
}

/// What a member costs before anything moves.
pub(super) fn launch(prepared: &Prepared, member: &Member) -> Time {
    plan(prepared, member).map_or(Time::ZERO, |plan| plan.launch)
}

/// The paths of a job as the library uses them, and those of each member; `None` where no library has a say.
pub(super) fn routes(
    scenario: &Scenario,
    prepared: &Prepared,
    job: &JobPlan,
) -> Option<(Routes, Vec<Vec<PathId>>)> {
    if job.members.iter().all(|member| plan(prepared, member).is_none()) {
        return None;
    }
    let mut lanes: Vec<(Lanes, &Costs)> = Vec::new();
    let mut counts = Vec::with_capacity(job.members.len());
    for member in &job.members {
        let way = &prepared.ways[member.way];
        let schedule = way.verified.schedule();
        let costs = plan(prepared, member).map_or(&Costs::FREE, |plan| &plan.costs);
        let servers = scenario.collectives[member.spec].site(&scenario.fabric).servers;
        let share = share(schedule, servers.max(1));
        let before = lanes.len();
        let mut paths = way.paths.iter();
        let mut add = |phase: &Phase, index: usize, lane: Lane| {
            if let Some(path) = paths.next() {
                lanes.push((of_lane(schedule, phase, index, &lane, *path, member.bytes, share), costs));
            }
        };
        match &way.fold {
            None => {
                for phase in &schedule.phases {
                    phase.pattern.lanes().enumerate().for_each(|(index, lane)| add(phase, index, lane));
                }
            }
            Some(fold) => {
                for kept in &fold.lanes {
                    let phase = &schedule.phases[kept.phase as usize];
                    add(phase, kept.index as usize, phase.pattern.lane(kept.index as usize));
                }
            }
        }
        counts.push(lanes.len() - before);
    }
    let (routes, paths) = dress(&scenario.fabric, prepared.routes(&job.members), &lanes);
    let mut paths = paths.into_iter();
    Some((routes, counts.into_iter().map(|count| paths.by_ref().take(count).collect()).collect()))
}

fn of_lane(
    schedule: &Schedule,
    phase: &Phase,
    index: usize,
    lane: &Lane,
    path: PathId,
    bytes: Bytes,
    share: f64,
) -> Lanes {
    Lanes {
        path,
        bytes: schedule.transfer_bytes(phase, index, lane, 0, bytes),
        share,
        reduces: f64::from(phase.reduce_steps) / f64::from(phase.steps.max(1)),
    }
}

/// How many lanes share what a rank moves: its channels, where the algorithm has several.
fn share(schedule: &Schedule, servers: u32) -> f64 {
    match schedule.algorithm {
        Algorithm::Ring | Algorithm::RingBidirectional | Algorithm::DoubleTree | Algorithm::Chain => {
            f64::from(schedule.channels.max(1))
        }
        Algorithm::Nvls | Algorithm::NvlsTree => {
            f64::from(schedule.channels) * (schedule.switches.len() as f64 / f64::from(servers)).max(1.0)
        }
        // All messages of a rank are under way at once.
        Algorithm::Direct if matches!(schedule.op, Op::AllToAll | Op::AllToAllV | Op::AllGather) => {
            f64::from(schedule.ranks.saturating_sub(1).max(1))
        }
        _ => 1.0,
    }
}
