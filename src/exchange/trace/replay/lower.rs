//! From the nodes of a trace to a job of tasks.

use std::collections::BTreeMap;

use super::network::Network;
use super::{ReplayError, seconds};
use crate::collective::Op;
use crate::engine::tasks::{Task, TaskJob, TaskJobBuilder};
use crate::exchange::quoted;
use crate::exchange::trace::{RankTrace, Trace, TraceKind, TraceNode};
use crate::ids::{QueueId, RowId, TaskId, number};
use crate::units::{Bytes, Time};
use crate::workload::Accelerator;

/// Bytes per second between accelerator and host: PCIe 5 of 16 lanes with the payload efficiency of its class.
const HOST_LINK: f64 = 64e9 * 0.92;

/// What a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Computes on the accelerator of a rank of the trace.
    Compute(usize),
    /// Uses neither accelerator nor network.
    Other,
    /// A collective or a message, of a kind that was played.
    Send { kind: usize, op: &'static str, ranks: u32, bytes: u64 },
}

/// A trace as tasks.
pub(super) struct Lowered {
    pub(super) job: TaskJob,
    /// By task.
    pub(super) what: Vec<What>,
    /// By rank of the trace: the tasks of its nodes.
    pub(super) tasks: Vec<Vec<u32>>,
    /// By kind: the algorithm that ran and how long it takes alone.
    pub(super) alone: Vec<(&'static str, Time)>,
}

/// What a task will be, before rows of the network are known.
struct Draft {
    what: What,
    work: Time,
    queue: Option<usize>,
}

/// A trace as tasks: a node is one, but for collectives and messages, which are one for all that take part.
pub(super) fn lower(
    trace: &Trace,
    accelerator: Option<&Accelerator>,
    network: &mut Network<'_>,
) -> Result<Lowered, ReplayError> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut tasks: Vec<Vec<u32>> = Vec::with_capacity(trace.ranks.len());
    let mut joined: Vec<Vec<u32>> = vec![Vec::new(); trace.groups.len()];
    // By sender, receiver and tag: messages in order.
    let mut messages: BTreeMap<(u32, u32, u32), Vec<u32>> = BTreeMap::new();
    for (place, rank) in trace.ranks.iter().enumerate() {
        let order = rank
            .order()
            .ok_or_else(|| ReplayError::Unsound(format!("nodes of rank {} wait in a circle", rank.rank)))?;
        let mut own = vec![0u32; rank.nodes.len()];
        let mut turns = vec![0usize; trace.groups.len()];
        let mut passed: BTreeMap<(u32, u32, u32), usize> = BTreeMap::new();
        for at in order {
            let node = &rank.nodes[at];
            let fresh = number(drafts.len());
            own[at] = match node.kind {
                TraceKind::Collective { op, bytes, group } => {
                    let turn = turns[group];
                    turns[group] += 1;
                    if let Some(known) = joined[group].get(turn) {
                        *known
                    } else {
                        let ranks = &trace.groups[group].ranks;
                        let what = match op.op() {
                            Some(op) => sent(network, op, bytes, ranks)?,
                            None if op.name() == "barrier" => What::Other,
                            None => return Err(not_simulated(op.name(), rank, node)),
                        };
                        drafts.push(Draft { what, work: Time::ZERO, queue: Some(group) });
                        joined[group].push(fresh);
                        fresh
                    }
                }
                TraceKind::Send { to, bytes, tag } => {
                    let key = (rank.rank, to, tag);
                    message(key, bytes, &mut passed, &mut messages, &mut drafts, network)?
                }
                TraceKind::Receive { from, bytes, tag } => {
                    let key = (from, rank.rank, tag);
                    message(key, bytes, &mut passed, &mut messages, &mut drafts, network)?
                }
                _ => {
                    drafts.push(alone(place, rank, node, accelerator)?);
                    fresh
                }
            };
        }
        tasks.push(own);
    }
    build(trace, drafts, tasks, network)
}

/// A node that needs nobody else.
fn alone(
    place: usize,
    rank: &RankTrace,
    node: &TraceNode,
    accelerator: Option<&Accelerator>,
) -> Result<Draft, ReplayError> {
    let (what, work) = match node.kind {
        TraceKind::Compute { duration, flops, bytes, host } => {
            let known = flops.is_some() || bytes.is_some();
            let work = match (duration, accelerator) {
                (Some(duration), _) => duration,
                (None, _) if !known => Time::ZERO,
                (None, Some(accelerator)) => {
                    let bytes = bytes.map_or(0.0, |bytes| bytes.as_f64());
                    time(seconds(accelerator, flops.unwrap_or(0.0), bytes))
                }
                (None, None) => {
                    return Err(ReplayError::NoTime {
                        rank: rank.rank,
                        id: node.id,
                        name: quoted(&node.name),
                    });
                }
            };
            (if host { What::Other } else { What::Compute(place) }, work)
        }
        TraceKind::Memory { bytes, .. } => (What::Other, time(bytes.as_f64() / HOST_LINK)),
        _ => (What::Other, Time::ZERO),
    };
    Ok(Draft { what, work, queue: None })
}

fn not_simulated(op: &'static str, rank: &RankTrace, node: &TraceNode) -> ReplayError {
    ReplayError::NotSimulated { op, rank: rank.rank, id: node.id, name: quoted(&node.name) }
}

fn sent(network: &mut Network<'_>, op: Op, bytes: Bytes, ranks: &[u32]) -> Result<What, ReplayError> {
    let kind = network.kind(op, bytes, ranks)?;
    Ok(What::Send { kind, op: op.name(), ranks: number(ranks.len()), bytes: bytes.get() })
}

/// The task of a message, which sender and receiver share.
fn message(
    key: (u32, u32, u32),
    bytes: Bytes,
    passed: &mut BTreeMap<(u32, u32, u32), usize>,
    messages: &mut BTreeMap<(u32, u32, u32), Vec<u32>>,
    drafts: &mut Vec<Draft>,
    network: &mut Network<'_>,
) -> Result<u32, ReplayError> {
    let turn = passed.entry(key).or_default();
    let known = messages.entry(key).or_default();
    if *turn == known.len() {
        let what = sent(network, Op::SendRecv, bytes, &[key.0, key.1])?;
        known.push(number(drafts.len()));
        drafts.push(Draft { what, work: Time::ZERO, queue: None });
    }
    *turn += 1;
    Ok(known[*turn - 1])
}

fn build(
    trace: &Trace,
    drafts: Vec<Draft>,
    tasks: Vec<Vec<u32>>,
    network: &Network<'_>,
) -> Result<Lowered, ReplayError> {
    let mut builder = TaskJobBuilder::new();
    let accelerators: Vec<RowId> = trace.ranks.iter().map(|_| builder.row(1.0)).collect();
    let (rows, taken) = network.rows();
    let links: Vec<RowId> = (0..rows).map(|_| builder.row(1.0)).collect();
    let queues: Vec<QueueId> = trace.groups.iter().map(|_| builder.queue()).collect();
    let mut alone: Vec<(&'static str, Time)> = vec![("", Time::ZERO); taken.len()];
    for draft in &drafts {
        let mut demands: Vec<(RowId, f64)> = Vec::new();
        let (mut latency, mut work) = (Time::ZERO, draft.work);
        match draft.what {
            What::Compute(rank) => demands.push((accelerators[rank], 1.0)),
            What::Other => {}
            What::Send { kind, .. } => {
                demands.extend(taken[kind].iter().map(|(row, part)| (links[*row], part.min(1.0))));
                if let Some(played) = network.played(kind) {
                    latency = played.latency;
                    work = Time::from_ps(played.time.ps() - played.latency.ps());
                    alone[kind] = (played.algorithm.name(), network.alone(kind));
                }
            }
        }
        let queue: Vec<QueueId> = draft.queue.map(|group| queues[group]).into_iter().collect();
        builder.task(Task::new(work).latency(latency).demands(&demands).queues(&queue));
    }
    for (rank, own) in trace.ranks.iter().zip(&tasks) {
        for (node, task) in rank.nodes.iter().zip(own) {
            for dep in &node.data_deps {
                // A collective or a message that two of its nodes name waits once.
                if own[*dep] != *task {
                    builder.depend(TaskId(*task), TaskId(own[*dep]));
                }
            }
        }
    }
    let job = builder.finish().map_err(|faults| {
        let told = faults.first().map(ToString::to_string).unwrap_or_default();
        ReplayError::Unsound(told)
    })?;
    Ok(Lowered { job, what: drafts.into_iter().map(|draft| draft.what).collect(), tasks, alone })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "nodes are shorter than 213 days"
)]
fn time(seconds: f64) -> Time {
    Time::from_ps((seconds.max(0.0) * 1e12).ceil() as u64)
}
