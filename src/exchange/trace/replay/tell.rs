//! What is told of a trace that was played.

use crate::ids::number;
use std::collections::BTreeMap;

use super::lower::{Lowered, What};
use super::{Ground, Trace};
use crate::engine::tasks::TaskOutcome;
use crate::result::{FabricSummary, REPLAY_SCHEMA, RankUse, ReplayCollective, ReplayResult};
use crate::run::stack_summary;
use crate::units::Time;

pub(super) fn tell(
    trace: &Trace,
    ground: &Ground<'_>,
    lowered: &Lowered,
    outcome: &TaskOutcome,
) -> ReplayResult {
    let fabric = &ground.scenario.fabric;
    let end = outcome.makespan.ps();
    let ranks = trace.ranks.iter().zip(&lowered.tasks).map(|(rank, tasks)| {
        let of = |wanted: fn(What) -> bool| -> Vec<(u64, u64)> {
            let found = tasks.iter().map(|task| *task as usize).filter(|task| wanted(lowered.what[*task]));
            found.map(|task| (outcome.start[task].ps(), outcome.finish[task].ps())).collect()
        };
        let computing = covered(of(|what| matches!(what, What::Compute(_))));
        let mut both = of(|what| matches!(what, What::Send { .. }));
        both.extend(of(|what| matches!(what, What::Compute(_))));
        let busy = covered(both);
        RankUse {
            rank: rank.rank,
            computing_ps: computing,
            exposed_ps: busy - computing,
            idle_ps: end - busy,
        }
    });
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a part of a time"
    )]
    let bubble = (end as f64 * ground.bubble_share.max(0.0)).round() as u64;
    let needs = |rank: &super::super::RankTrace| {
        use super::super::TraceKind::Compute;
        rank.nodes.iter().any(|node| matches!(node.kind, Compute { duration: None, flops, bytes, .. } if flops.is_some() || bytes.is_some()))
    };
    let needed = trace.ranks.iter().any(needs);
    ReplayResult {
        schema: REPLAY_SCHEMA.into(),
        trace: trace.name.clone(),
        format: ground.format.into(),
        fabric: FabricSummary {
            name: fabric.name().into(),
            gpus: number(fabric.endpoints().len()),
            nodes: number(fabric.nodes().len()),
            links: number(fabric.links().len()),
        },
        stack: ground.scenario.stack.as_ref().and_then(stack_summary),
        accelerator: ground.accelerator.filter(|_| needed).map_or_else(String::new, |own| own.name.clone()),
        size: trace.size,
        held: number(trace.ranks.len()),
        nodes: trace.node_count() as u64,
        time_ps: end + bubble,
        bubble_ps: bubble,
        ranks: ranks.collect(),
        collectives: collectives(lowered, outcome),
    }
}

fn collectives(lowered: &Lowered, outcome: &TaskOutcome) -> Vec<ReplayCollective> {
    let mut found: BTreeMap<(&str, u32, u64), ReplayCollective> = BTreeMap::new();
    for (task, what) in lowered.what.iter().enumerate() {
        let What::Send { kind, op, ranks, bytes } = *what else { continue };
        let (algorithm, alone) = lowered.alone[kind];
        let one = found.entry((op, ranks, bytes)).or_insert_with(|| ReplayCollective {
            op: op.into(),
            algorithm: algorithm.into(),
            ranks,
            bytes,
            count: 0,
            alone_ps: 0,
            total_ps: 0,
        });
        one.count += 1;
        one.alone_ps = one.alone_ps.max(alone.ps());
        let took = Time::from_ps(outcome.finish[task].ps() - outcome.start[task].ps());
        one.total_ps = one.total_ps.saturating_add(took.ps());
    }
    let mut told: Vec<ReplayCollective> = found.into_values().collect();
    told.sort_by(|a, b| {
        b.total_ps.cmp(&a.total_ps).then_with(|| (&a.op, a.ranks, a.bytes).cmp(&(&b.op, b.ranks, b.bytes)))
    });
    told
}

/// How much of the time spans cover together.
fn covered(mut spans: Vec<(u64, u64)>) -> u64 {
    spans.sort_unstable();
    let (mut covered, mut until) = (0, 0);
    for (start, end) in spans {
        let start = start.max(until);
        if end > start {
            covered += end - start;
            until = end;
        }
    }
    covered
}
