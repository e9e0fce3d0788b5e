//! Jobs with what the communication library and the host add.

use std::collections::BTreeMap;

use super::Scenario;
use super::cases::{JobPlan, Member};
use super::prepare::Prepared;
use crate::collective::{Lane, Phase, Schedule};
use crate::ids::PathId;
use crate::result::StackSummary;
use crate::route::Routes;
use crate::stack::{BareLane, Costs, Library, Overrides, Plan, Stack, dress};
use crate::units::Time;

/// What the library does for a member of a job, where there is a library that has a say.
pub(super) fn plan<'p>(prepared: &'p Prepared, member: &Member) -> Option<&'p Plan> {
    prepared.plans.get(&(member.spec, member.asked, member.bytes))
}

/// What a member costs before anything moves.
pub(super) fn launch(prepared: &Prepared, member: &Member) -> Time {
    plan(prepared, member).map_or(Time::ZERO, |plan| plan.launch)
}

/// A stack as a result tells it; `None` where it adds nothing.
pub fn summary(stack: &Stack) -> Option<StackSummary> {
    let software = stack.profile.software;
    let chooses = software.chooses_as_nccl();
    let Overrides { algorithm, protocol, threads, min_channels, max_channels, rails } = stack.overrides;
    (software != Library::Ideal).then(|| StackSummary {
        profile: stack.profile.name.clone(),
        software: software.name().into(),
        version: chooses.then(|| stack.version.to_string()),
        process: chooses.then(|| stack.process().into()),
        algorithm: algorithm.map(|algorithm| algorithm.name().into()),
        protocol: protocol.map(|protocol| protocol.name().into()),
        threads,
        min_channels,
        max_channels,
        rails,
        set: stack.set.iter().map(|param| (param.spec().key.into(), stack.profile.get(*param))).collect(),
    })
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
    let mut lanes: Vec<(BareLane, &Costs)> = Vec::new();
    let mut counts = Vec::with_capacity(job.members.len());
    for member in &job.members {
        let way = &prepared.ways[member.way];
        let schedule = way.verified.schedule();
        let costs = plan(prepared, member).map_or(&Costs::FREE, |plan| &plan.costs);
        let servers = prepared.servers.get(&member.spec).map_or(&[][..], Vec::as_slice);
        let own = share(schedule, servers);
        let leaving: Vec<f64> = match &costs.messages {
            Some(_) => schedule.phases.iter().map(|phase| leaving(phase, servers)).collect(),
            None => vec![own; schedule.phases.len()],
        };
        let before = lanes.len();
        let mut paths = way.paths.iter();
        let mut add = |number: usize, index: usize, lane: Lane| {
            if let Some(path) = paths.next() {
                let phase = &schedule.phases[number];
                let (reduces, bytes) = (adding(phase), member.bytes);
                let bytes = schedule.transfer_bytes(phase, index, &lane, 0, bytes);
                let shares = [own, own, leaving[number]];
                lanes.push((BareLane { path: *path, bytes, shares, reduces }, costs));
            }
        };
        match &way.fold {
            None => {
                for (number, phase) in schedule.phases.iter().enumerate() {
                    phase.pattern.lanes().enumerate().for_each(|(index, lane)| add(number, index, lane));
                }
            }
            Some(fold) => {
                for kept in &fold.lanes {
                    let (number, index) = (kept.phase as usize, kept.index as usize);
                    add(number, index, schedule.phases[number].pattern.lane(index));
                }
            }
        }
        counts.push(lanes.len() - before);
    }
    let (routes, paths) = dress(&scenario.fabric, prepared.routes(&job.members), &lanes);
    let mut paths = paths.into_iter();
    Some((routes, counts.into_iter().map(|count| paths.by_ref().take(count).collect()).collect()))
}

/// How much of what a phase sends is added by its receivers.
fn adding(phase: &Phase) -> f64 {
    f64::from(phase.reduce_steps) / f64::from(phase.steps.max(1))
}

/// How many lanes of a phase leave the server that most of them leave.
fn leaving(phase: &Phase, servers: &[u32]) -> f64 {
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    for lane in phase.pattern.lanes() {
        if let [Some(from), Some(to)] = [lane.src, lane.dst].map(|rank| servers.get(rank.index()))
            && from != to
        {
            *counts.entry(*from).or_default() += 1;
        }
    }
    f64::from(counts.values().copied().max().unwrap_or(1))
}

/// How many lanes share what a rank moves: its channels, each to all switches that work on data.
fn share(schedule: &Schedule, servers: &[u32]) -> f64 {
    // Servers are numbered from 0.
    let servers = servers.iter().max().map_or(1, |last| last + 1);
    let switches = (schedule.switches.len() as f64 / f64::from(servers)).max(1.0);
    f64::from(schedule.channels.max(1)) * switches
}
