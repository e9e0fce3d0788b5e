//! What is told of inference.

use super::{Phase, path};
use crate::engine::EngineKind;
use crate::ids::number;
use crate::result::{
    FabricSummary, SERVE_SCHEMA, ServeCollective, ServeFacts, ServeMemoryResult, ServePhaseResult,
    ServePoint, ServeResult, StepBytes, StepPart,
};
use crate::run::step::{breakdown, play};
use crate::run::{Scenario, stacked};
use crate::units::Time;
use crate::workload::{
    Groups, Purpose, Served, Task, Work, Workload, closed_costs, serve_bound, serve_graph, serve_memory,
    serve_time,
};

pub(super) fn told(
    scenario: &Scenario,
    workload: &Workload,
    engine: EngineKind,
    prefill: &Phase<'_>,
    decodes: &[Phase<'_>],
    largest_batch: u32,
) -> ServeResult {
    let fabric = &scenario.fabric;
    let read = phase(prefill);
    let points = decodes.iter().map(|decode| point(workload, prefill, &read, decode)).collect();
    ServeResult {
        schema: SERVE_SCHEMA.into(),
        scenario: scenario.name.clone(),
        title: scenario.title.clone(),
        engine: engine.name().into(),
        fabric: FabricSummary {
            name: fabric.name().into(),
            gpus: number(fabric.endpoints().len()),
            nodes: number(fabric.nodes().len()),
            links: number(fabric.links().len()),
        },
        stack: scenario.stack.as_ref().and_then(stacked::summary),
        workload: facts(workload, &prefill.served),
        ttft_ps: read.time_ps,
        prefill: read,
        largest_batch,
        points,
    }
}

fn facts(workload: &Workload, prefill: &Served<'_>) -> ServeFacts {
    let (prompt, output) = match &workload.task {
        Task::Infer(serving) => (serving.prompt, serving.output),
        Task::Train(_) => (0, 0),
    };
    let parallel = &workload.parallel;
    ServeFacts {
        model: workload.model.name.clone(),
        parameters: workload.model.params(),
        accelerator: workload.accelerator.name.clone(),
        software: workload.software.name.clone(),
        format: workload.precision.matrices.name().into(),
        weights: workload.precision.weights.name().into(),
        kv_cache: prefill.cache.name().into(),
        prompt,
        output,
        prefill_batch: prefill.sequences,
        tp: parallel.tp,
        pp: parallel.pp,
        dp: parallel.dp,
        ep: parallel.ep,
        etp: parallel.etp,
    }
}

fn point(
    workload: &Workload,
    prefill: &Phase<'_>,
    read: &ServePhaseResult,
    decode: &Phase<'_>,
) -> ServePoint {
    let served = &decode.served;
    let parallel = &workload.parallel;
    let dp = f64::from(parallel.dp.max(1));
    let each = f64::from(served.sequences);
    let output = match &workload.task {
        Task::Infer(serving) => serving.output,
        Task::Train(_) => 0,
    };
    let made = phase(decode);
    let (ttft, tpot) = (secs(read.time_ps), secs(made.time_ps));
    let per_replica = if tpot > 0.0 { each / tpot } else { 0.0 };
    // The first token comes of the prefill.
    let further = output.saturating_sub(1);
    let passes = (each / f64::from(prefill.served.sequences.max(1))).ceil();
    let whole_batch = passes * ttft + f64::from(further) * tpot;
    let kept = serve_memory(&prefill.served, served);
    let capacity = served.step.accelerator.memory;
    ServePoint {
        batch: served.sequences.saturating_mul(parallel.dp),
        of_replica: served.sequences,
        groups: served.groups,
        tpot_ps: made.time_ps,
        tokens_per_s: per_replica * dp,
        tokens_per_s_per_replica: per_replica,
        tokens_per_s_per_gpu: per_replica * dp / count(parallel.ranks()),
        tokens_per_s_with_prefill: if whole_batch > 0.0 {
            dp * each * f64::from(output) / whole_batch
        } else {
            0.0
        },
        request_ps: read.time_ps + u64::from(further) * made.time_ps,
        decode: made,
        memory: ServeMemoryResult {
            parts: kept
                .parts()
                .into_iter()
                .map(|(kind, bytes)| StepBytes { kind: kind.into(), bytes: whole(bytes) })
                .collect(),
            total: whole(kept.total()),
            capacity: whole(capacity),
            fits: kept.total() <= capacity,
            missing: whole((kept.total() - capacity).max(0.0).ceil()),
        },
    }
}

/// A phase as it was played, or by closed forms.
fn phase(phase: &Phase<'_>) -> ServePhaseResult {
    let served = &phase.served;
    let (breakdown, collectives, tasks) = match &phase.ran {
        Some(ran) => {
            let path = path::path(served, ran);
            let named = breakdown::names().into_iter().filter_map(|name| path.parts.get_key_value(name));
            let parts: Vec<StepPart> = named
                .filter(|(_, time)| **time > 0)
                .map(|(part, time_ps)| StepPart { part: (*part).into(), time_ps: *time_ps })
                .collect();
            let seen = |class: usize, lane: u32| {
                let one = ran.played.get(lane as usize).and_then(|classes| classes.get(class)?.as_ref());
                one.map_or((String::new(), Time::ZERO, Time::ZERO), |one| {
                    (one.algorithm.name().into(), one.time, one.latency)
                })
            };
            let found = collectives(served, &ran.graph.classes, &path.counts, seen);
            debug_assert_eq!(parts.iter().map(|part| part.time_ps).sum::<u64>(), path.time.ps());
            (parts, found, ran.graph.tasks.len() as u64)
        }
        None => (closed_parts(served), closed_collectives(served), 0),
    };
    let time_ps = breakdown.iter().map(|part| part.time_ps).sum::<u64>();
    let bound = serve_bound(served);
    let of = |names: &[&str]| -> u64 {
        let found = breakdown.iter().filter(|part| names.contains(&part.part.as_str()));
        found.map(|part| part.time_ps).sum()
    };
    let sending = of(&Purpose::ALL.map(|(name, _)| name));
    let busy = of(&["products", "attention", "moved", "head", breakdown::SLOWDOWN]);
    ServePhaseResult {
        time_ps,
        bound_ps: whole(bound.seconds() * 1e12),
        bound_by: bound.by().into(),
        bound_percent: part(bound.seconds() * 1e12, time_ps),
        communication_percent: part(count(sending), time_ps),
        per_token_j: joules(served, secs(time_ps), secs(busy)),
        breakdown,
        collectives,
        tasks,
    }
}

/// Joules of a replica for a token of a phase of so many seconds, of which a token's way computes `busy`: of a pipeline's ranks
/// only one at a time computes for a group.
fn joules(served: &Served<'_>, seconds: f64, busy: f64) -> f64 {
    let step = &served.step;
    let tp = f64::from(step.parallel.tp.max(1));
    let all = tp * f64::from(step.parallel.pp.max(1)) * seconds;
    let busy = (tp * f64::from(served.groups) * busy).min(all);
    let joules = step.accelerator.power * busy + step.accelerator.idle_power * (all - busy);
    joules / (f64::from(served.groups) * step.tokens())
}

fn closed_parts(served: &Served<'_>) -> Vec<StepPart> {
    let parts = serve_time(served).parts().into_iter();
    parts
        .map(|(name, seconds)| StepPart { part: name.into(), time_ps: whole(seconds * 1e12) })
        .filter(|part| part.time_ps > 0)
        .collect()
}

/// The collectives of the graph that closed forms stand for. Latency is what one of a byte would take.
fn closed_collectives(served: &Served<'_>) -> Vec<ServeCollective> {
    let mut graph = serve_graph(served);
    let mut counts = vec![(0.0, 0); graph.classes.len()];
    for task in graph.tasks.iter().filter(|task| task.micro == 0) {
        if let Work::Collective { class, share } = task.work {
            counts[class as usize].0 += share;
        }
    }
    let classes = graph.classes.clone();
    let cost = |graph: &_| -> Vec<Time> {
        let lanes = closed_costs(&served.step, graph);
        lanes.first().map(|lane| lane.iter().map(|cost| cost.work).collect()).unwrap_or_default()
    };
    let times = cost(&graph);
    for class in &mut graph.classes {
        class.bytes = class.bytes.min(1.0);
    }
    let latencies = cost(&graph);
    collectives(served, &classes, &counts, |class, _| (String::new(), times[class], latencies[class]))
}

fn collectives(
    served: &Served<'_>,
    classes: &[crate::workload::Class],
    counts: &[(f64, u32)],
    seen: impl Fn(usize, u32) -> (String, Time, Time),
) -> Vec<ServeCollective> {
    let groups = Groups::new(&served.step);
    let mut told: Vec<ServeCollective> = classes
        .iter()
        .zip(counts)
        .enumerate()
        .map(|(at, (class, (times, lane)))| {
            let (algorithm, time, latency) = seen(at, *lane);
            ServeCollective {
                purpose: class.purpose.name().into(),
                op: play::op(class.pattern).name().into(),
                algorithm,
                ranks: groups.of(class.purpose).ranks,
                bytes: whole(class.bytes.ceil()),
                count: (times * 1e6).round() / 1e6,
                time_ps: time.ps(),
                latency_ps: latency.ps(),
            }
        })
        .collect();
    told.sort_by(|a, b| {
        let total = |one: &ServeCollective| one.count * count(one.time_ps);
        total(b).total_cmp(&total(a)).then_with(|| (&a.purpose, a.bytes).cmp(&(&b.purpose, b.bytes)))
    });
    told
}

fn secs(ps: u64) -> f64 {
    Time::from_ps(ps).as_secs()
}

fn part(of: f64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { of / count(all) * 100.0 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and below 2^53")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "times and counts are below 2^53")]
fn count(of: u64) -> f64 {
    of as f64
}
