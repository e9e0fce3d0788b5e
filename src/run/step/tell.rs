//! What is told of a step.

use crate::ids::number;
use std::collections::BTreeMap;

use super::{Ran, breakdown, play};
use crate::result::{
    FabricSummary, STEP_SCHEMA, StepBytes, StepCollective, StepEnergy, StepFacts, StepLeftOut, StepMemory,
    StepPart, StepResult, StepSpan,
};
use crate::run::{Scenario, stacked};
use crate::units::Time;
use crate::workload::{
    Counted, Format, Groups, Parallel, Recompute, Sharding, Step, StepTime, Work, Workload, memory, other,
    step_bound,
};

/// The most spans of a timeline.
const SPANS: usize = 40_000;

/// What every engine tells alike.
fn frame(
    scenario: &Scenario,
    workload: &Workload,
    step: &Step<'_>,
    seconds: f64,
    parts: Vec<StepPart>,
) -> StepResult {
    let fabric = &scenario.fabric;
    let model = step.model;
    let length = step.batch.length;
    let tokens = f64::from(step.batch.sequences) * f64::from(length);
    let ranks = count(step.parallel.ranks());
    let causal = model.flops(length, Counted::Causal);
    let passes = if step.frozen { 2.0 } else { 3.0 };
    let flops = tokens * passes * causal.forward();
    let full = tokens * passes * model.flops(length, Counted::Full).forward();
    let wide = step.accelerator.peak(Format::Bf16);
    let bound = step_bound(step);
    let step_ps = parts.iter().map(|part| part.time_ps).sum::<u64>();
    let kept = memory(step);
    let busy: u64 = parts.iter().filter(|part| is_busy(&part.part)).map(|part| part.time_ps).sum();
    let (busy, all) = (Time::from_ps(busy).as_secs(), Time::from_ps(step_ps).as_secs());
    let energy = StepEnergy {
        computing_j: ranks * step.accelerator.power * busy,
        waiting_j: ranks * step.accelerator.idle_power * (all - busy).max(0.0),
        per_token_j: 0.0,
    };
    let joules = (energy.computing_j + energy.waiting_j) / tokens;
    let per_s = tokens / seconds;
    StepResult {
        schema: STEP_SCHEMA.into(),
        scenario: scenario.name.clone(),
        title: scenario.title.clone(),
        engine: String::new(),
        fabric: FabricSummary {
            name: fabric.name().into(),
            gpus: number(fabric.endpoints().len()),
            nodes: number(fabric.nodes().len()),
            links: number(fabric.links().len()),
        },
        stack: scenario.stack.as_ref().and_then(stacked::summary),
        workload: facts(workload, step),
        step_ps,
        bound_ps: whole(bound * 1e12),
        bound_percent: bound / seconds * 100.0,
        tokens_per_s: per_s,
        tokens_per_s_per_gpu: per_s / ranks,
        model_flops: flops,
        mfu_causal_percent: flops / (seconds * ranks * wide) * 100.0,
        mfu_full_percent: full / (seconds * ranks * wide) * 100.0,
        bubble_percent: percent(&parts, breakdown::BUBBLE, step_ps),
        breakdown: parts,
        memory: StepMemory {
            parts: kept
                .parts()
                .into_iter()
                .map(|(kind, bytes)| StepBytes { kind: kind.into(), bytes: whole(bytes) })
                .collect(),
            total: whole(kept.total()),
            capacity: whole(step.accelerator.memory),
            fits: kept.total() <= step.accelerator.memory,
        },
        collectives: Vec::new(),
        energy: StepEnergy { per_token_j: joules, ..energy },
        timeline: Vec::new(),
        timeline_left_out: None,
        tasks: 0,
        expectations: Vec::new(),
    }
}

/// Whether a part is computation.
fn is_busy(part: &str) -> bool {
    ["products", "attention", "moved", "again", "head", "optimizer", breakdown::SLOWDOWN].contains(&part)
}

fn percent(parts: &[StepPart], name: &str, of: u64) -> f64 {
    let found = parts.iter().find(|part| part.part == name).map_or(0, |part| part.time_ps);
    if of == 0 { 0.0 } else { Time::from_ps(found).as_secs() / Time::from_ps(of).as_secs() * 100.0 }
}

fn facts(workload: &Workload, step: &Step<'_>) -> StepFacts {
    let Parallel { tp, pp, vpp, cp, dp, ep, sharding, schedule, .. } = step.parallel;
    let sharding = match sharding {
        Sharding::None => "none".to_owned(),
        Sharding::Optimizer => "zero-1".to_owned(),
        Sharding::Gradients => "zero-2".to_owned(),
        Sharding::Parameters => "zero-3".to_owned(),
        Sharding::Hybrid(group) => format!("hsdp {group}"),
    };
    let again = Recompute::ALL.iter().find(|(_, own)| *own == step.recompute).map_or("", |(name, _)| name);
    StepFacts {
        model: step.model.name.clone(),
        parameters: step.model.params(),
        accelerator: step.accelerator.name.clone(),
        software: workload.software.name.clone(),
        format: step.precision.matrices.name().into(),
        sequences: step.batch.sequences,
        sequence_length: step.batch.length,
        micro_batch: step.batch.micro,
        micro_batches: step.micro_batches(),
        tp,
        pp,
        vpp,
        cp,
        dp,
        ep,
        sharding,
        schedule: schedule.name().into(),
        recompute: again.into(),
    }
}

/// A step by closed forms.
pub(super) fn closed(
    scenario: &Scenario,
    workload: &Workload,
    step: &Step<'_>,
    time: &StepTime,
) -> StepResult {
    let parts = time
        .parts()
        .into_iter()
        .filter(|(_, seconds)| *seconds > 0.0)
        .map(|(part, seconds)| StepPart { part: part.into(), time_ps: whole(seconds * 1e12) })
        .collect();
    let mut told = frame(scenario, workload, step, time.total(), parts);
    told.engine = "analytic".into();
    told
}

/// A step that was played.
pub(super) fn played(scenario: &Scenario, workload: &Workload, step: &Step<'_>, ran: &Ran) -> StepResult {
    let (graph, outcome) = (&ran.graph, &ran.outcome);
    let mut ends = vec![Time::ZERO; graph.lanes as usize];
    for (task, finish) in graph.tasks.iter().zip(&outcome.finish) {
        let end = &mut ends[task.lane as usize];
        *end = (*end).max(*finish);
    }
    let last = (0..ends.len()).max_by_key(|lane| (ends[*lane], usize::MAX - lane)).unwrap_or(0);
    let mut times = breakdown::lane(graph, outcome, number(last), outcome.makespan);
    let rest = whole(other(step, outcome.makespan.as_secs()) * 1e12);
    times.insert("other", rest);
    let parts: Vec<StepPart> = breakdown::names()
        .into_iter()
        .chain(["other"])
        .filter_map(|name| times.get(name).map(|time| (name, *time)))
        .filter(|(_, time)| *time > 0)
        .map(|(name, time_ps)| StepPart { part: name.into(), time_ps })
        .collect();
    let seconds = Time::from_ps(outcome.makespan.ps() + rest).as_secs();
    let mut told = frame(scenario, workload, step, seconds, parts);
    told.engine = "fluid".into();
    told.tasks = graph.tasks.len() as u64;
    told.collectives = collectives(step, ran);
    (told.timeline, told.timeline_left_out) = timeline(ran);
    told
}

fn collectives(step: &Step<'_>, ran: &Ran) -> Vec<StepCollective> {
    let graph = &ran.graph;
    let groups = Groups::new(step);
    let mut counts: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for task in &graph.tasks {
        if let Work::Collective { class, share } = task.work {
            *counts.entry((class, task.lane)).or_default() += share;
        }
    }
    let mut told: Vec<StepCollective> = Vec::new();
    for (at, class) in graph.classes.iter().enumerate() {
        let of = |lane: u32| counts.get(&(number(at), lane)).copied().unwrap_or(0.0);
        let most = (0..graph.lanes).max_by(|a, b| of(*a).total_cmp(&of(*b)).then(b.cmp(a)));
        let Some(lane) = most else { continue };
        let one = ran.played[lane as usize][at].as_ref();
        told.push(StepCollective {
            purpose: class.purpose.name().into(),
            op: play::op(class.pattern).name().into(),
            algorithm: one.map_or("", |one| one.algorithm.name()).into(),
            ranks: groups.of(class.purpose).ranks,
            bytes: whole(class.bytes.ceil()),
            count: (of(lane) * 1e6).round() / 1e6,
            time_ps: one.map_or(0, |one| one.time.ps()),
        });
    }
    told.sort_by(|a, b| {
        let total = |one: &StepCollective| one.count * count(one.time_ps);
        total(b).total_cmp(&total(a)).then_with(|| (&a.purpose, a.bytes).cmp(&(&b.purpose, b.bytes)))
    });
    told
}

/// What lanes did, tasks that follow one another at once and belong together joined; of too many the first and the last.
fn timeline(ran: &Ran) -> (Vec<StepSpan>, Option<StepLeftOut>) {
    let (graph, outcome) = (&ran.graph, &ran.outcome);
    let mut spans: Vec<StepSpan> = Vec::new();
    let mut open: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    for (at, task) in graph.tasks.iter().enumerate() {
        let what = match task.work {
            Work::Compute(_) => "compute",
            Work::Collective { class, .. } => graph.classes[class as usize].purpose.name(),
        };
        let (start, end) = (outcome.start[at].ps(), outcome.finish[at].ps());
        if start == end {
            continue;
        }
        let key = (task.phase.name(), task.micro, task.stage);
        if let Some(span) = open.get(&(task.lane, what)).and_then(|at| spans.get_mut(*at))
            && span.end_ps == start
            && (span.phase.as_str(), span.micro, span.stage) == key
        {
            span.end_ps = end;
            continue;
        }
        open.insert((task.lane, what), spans.len());
        spans.push(StepSpan {
            lane: task.lane,
            phase: task.phase.name().into(),
            what: what.into(),
            micro: task.micro,
            stage: task.stage,
            start_ps: start,
            end_ps: end,
        });
    }
    spans.sort_by(|a, b| {
        (a.start_ps, a.lane, &a.what, a.end_ps).cmp(&(b.start_ps, b.lane, &b.what, b.end_ps))
    });
    let left_out = middle(&mut spans, SPANS);
    (spans, left_out)
}

/// Takes the middle out of what is sorted by its begin and more than `most`.
fn middle(spans: &mut Vec<StepSpan>, most: usize) -> Option<StepLeftOut> {
    let too_many = spans.len().checked_sub(most).filter(|too_many| *too_many > 0)?;
    let first = most / 2;
    let gone: Vec<StepSpan> = spans.drain(first..first + too_many).collect();
    let (from_ps, until_ps) = (gone.first()?.start_ps, gone.last()?.start_ps);
    Some(StepLeftOut { spans: too_many as u64, from_ps, until_ps })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and below 2^53")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn count(of: u64) -> f64 {
    of as f64
}
