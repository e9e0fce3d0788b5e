//! From outcomes to cases of a result.

use super::cases::{JobPlan, Played};
use super::prepare::Prepared;
use super::{Scenario, links, stacked};
use crate::collective::Schedule;
use crate::engine::{CollectiveOutcome, TransferRecord};
use crate::result::{Case, CriticalPath, TimelineEntry};
use crate::units::{Bytes, Time};

/// The cases of a job, one a member.
pub(super) fn cases(scenario: &Scenario, prepared: &Prepared, plan: &JobPlan, played: &Played) -> Vec<Case> {
    let outcome = &played.outcome;
    let launch = |number: usize| stacked::launch(prepared, &plan.members[number]);
    let begun = |(number, c): (usize, &CollectiveOutcome)| c.start - launch(number);
    let first = outcome.collectives.iter().enumerate().map(begun).min().unwrap_or_default();
    let last = outcome.collectives.iter().map(|c| c.finish).max().unwrap_or_default();
    let span = last - first;
    let fabric = &scenario.fabric;
    let routes = prepared.routes(&plan.members);
    // Behind the links come what a library limits lanes by, which are no links.
    let carried = &outcome.resource_bytes[..routes.resources().len().min(outcome.resource_bytes.len())];
    let busiest_links = links::busiest(fabric, routes, carried, span);
    let tiers = links::tiers(fabric, routes, carried, span);
    let members = plan.members.iter().zip(&outcome.collectives).enumerate();
    members
        .map(|(number, (member, told))| {
            let spec = &scenario.collectives[member.spec];
            let schedule = prepared.ways[member.way].verified.schedule();
            let launch = launch(number);
            let start = told.start - launch;
            let time = told.finish - start;
            let bound =
                prepared.bounds[member.spec].bound(spec.op, spec.least_bytes(member.bytes), spec.root);
            let algbw = if time == Time::ZERO { 0.0 } else { member.bytes.as_f64() / time.as_secs() / 1e9 };
            let percent =
                if time == Time::ZERO { 100.0 } else { 100.0 * bound.time.ps() as f64 / time.ps() as f64 };
            Case {
                op: spec.op.name().into(),
                algorithm: schedule.algorithm.name().into(),
                requested_algorithm: member.asked.name().into(),
                engine: plan.engine.name().into(),
                group: spec.group.clone(),
                ranks: schedule.ranks,
                channels: stacked::plan(prepared, member).map_or(schedule.channels, |plan| plan.channels),
                protocol: stacked::plan(prepared, member)
                    .and_then(|plan| plan.protocol)
                    .map_or_else(String::new, |protocol| protocol.name().into()),
                steps: spec.steps.name().into(),
                bytes: member.bytes.get(),
                start_ps: start.ps(),
                time_ps: time.ps(),
                algbw_gbps: algbw,
                busbw_gbps: algbw * spec.op.bus_factor(schedule.ranks),
                bound_ps: bound.time.ps(),
                bound_kind: bound.kind.name().into(),
                bound_detail: bound.detail,
                bound_percent: percent,
                critical_path: CriticalPath {
                    launch_ps: launch.ps(),
                    latency_ps: told.breakdown.latency.ps(),
                    transfer_ps: told.breakdown.transfer.ps(),
                    sharing_ps: told.breakdown.sharing.ps(),
                },
                busiest_links: busiest_links.clone(),
                tiers: tiers.clone(),
                flows: schedule.transfer_count(),
                timeline: timeline(schedule, member.bytes, number as u32, &played.timeline),
            }
        })
        .collect()
}

/// The recorded transfers of one collective of a job.
fn timeline(
    schedule: &Schedule,
    bytes: Bytes,
    number: u32,
    records: &[TransferRecord],
) -> Vec<TimelineEntry> {
    let mut first = Vec::with_capacity(schedule.phases.len());
    let mut lanes = 0;
    for phase in &schedule.phases {
        first.push(lanes);
        lanes += phase.pattern.len();
    }
    let mine = records.iter().filter(|record| record.collective == number);
    let mut entries: Vec<TimelineEntry> = mine
        .map(|record| {
            let at = first.partition_point(|start| *start <= record.lane as usize) - 1;
            let phase = &schedule.phases[at];
            let index = record.lane as usize - first[at];
            let lane = phase.pattern.lane(index);
            TimelineEntry {
                src: lane.src.0,
                dst: lane.dst.0,
                phase: phase.name.into(),
                step: record.step,
                channel: phase.channel,
                bytes: schedule.transfer_bytes(phase, index, &lane, record.step, bytes),
                start_ps: record.start.ps(),
                sent_ps: record.sent.ps(),
                received_ps: record.received.ps(),
            }
        })
        .collect();
    entries.sort_by_key(|entry| (entry.src, entry.start_ps, entry.channel, entry.dst, entry.step));
    entries
}
