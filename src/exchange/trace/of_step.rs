//! A training step as a trace of all its ranks.

use crate::ids::number;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Group, MAX_NODES, RankTrace, Trace, TraceKind, TraceNode, TraceOp};
use crate::units::{Bytes, Time};
use crate::workload::{Parallel, Pattern, Purpose, StepGraph, Work};

/// The trace would be too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the trace would have {nodes} nodes, and {MAX_NODES} is the most: fewer ranks, or fewer micro-batches, make fewer"
)]
pub struct TooLarge {
    /// How many nodes it would have.
    pub nodes: u64,
}

/// The trace of a step: computation by its duration, collectives with their groups, messages between stages as sends and
/// receives. A rank's computation is in order, and so are its collectives of each group.
///
/// Groups are numbered; a part of a collective that runs beside computation is a collective of that part of its bytes.
///
/// # Errors
/// Where it would have more nodes than a trace may.
pub fn of_step(name: &str, parallel: &Parallel, graph: &StepGraph) -> Result<Trace, TooLarge> {
    let lanes: Vec<Vec<u32>> = (0..graph.lanes).map(|lane| parallel.stage_ranks(lane)).collect();
    let mut own: Vec<Vec<u32>> = vec![Vec::new(); graph.lanes as usize];
    for (at, task) in graph.tasks.iter().enumerate() {
        own[task.lane as usize].push(number(at));
    }
    let receives = receives(graph);
    let nodes: u64 = own
        .iter()
        .zip(&lanes)
        .zip(&receives)
        .map(|((tasks, ranks), receives)| ((tasks.len() + receives.len()) * ranks.len()) as u64)
        .sum();
    if nodes > MAX_NODES as u64 {
        return Err(TooLarge { nodes });
    }
    let mut groups = Groups { found: Vec::new(), of: BTreeMap::new() };
    for lane in 0..graph.lanes {
        for (_, purpose) in Purpose::ALL.iter().filter(|(_, purpose)| *purpose != Purpose::Pipeline) {
            groups.add(*purpose, lane, parallel);
        }
    }
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); graph.tasks.len()];
    for (task, on) in &graph.after {
        before[*task as usize].push(*on);
    }
    // Where messages go.
    let mut to = vec![u32::MAX; graph.tasks.len()];
    for (lane, messages) in receives.iter().enumerate() {
        for message in messages {
            to[*message as usize] = number(lane);
        }
    }
    let mut ranks: Vec<RankTrace> = Vec::new();
    for (lane, members) in lanes.iter().enumerate() {
        let made = Lane { graph, tasks: &own[lane], receives: &receives[lane], before: &before, to: &to };
        for (place, &rank) in members.iter().enumerate() {
            let neighbour = |other: u32| lanes[other as usize][place];
            ranks.push(RankTrace { rank, nodes: made.nodes(rank, &groups, neighbour) });
        }
    }
    ranks.sort_by_key(|rank| rank.rank);
    let size = u32::try_from(parallel.ranks()).unwrap_or(u32::MAX);
    Ok(Trace { name: name.to_owned(), size, ranks, groups: groups.found })
}

/// By lane: messages from other lanes that its tasks wait for, each once, in the order in which they are sent.
fn receives(graph: &StepGraph) -> Vec<Vec<u32>> {
    let mut found: Vec<Vec<u32>> = vec![Vec::new(); graph.lanes as usize];
    for (task, on) in &graph.after {
        let lane = graph.tasks[*task as usize].lane;
        if graph.tasks[*on as usize].lane != lane {
            found[lane as usize].push(*on);
        }
    }
    for list in &mut found {
        list.sort_unstable();
        list.dedup();
    }
    found
}

/// Groups of collectives, by purpose and rank.
struct Groups {
    found: Vec<Group>,
    of: BTreeMap<(Purpose, u32), usize>,
}

impl Groups {
    fn add(&mut self, purpose: Purpose, lane: u32, parallel: &Parallel) {
        for ranks in parallel.groups(purpose, lane) {
            let at = self.found.len();
            for rank in &ranks {
                self.of.insert((purpose, *rank), at);
            }
            self.found.push(Group { name: at.to_string(), ranks });
        }
    }
}

struct Lane<'a> {
    graph: &'a StepGraph,
    tasks: &'a [u32],
    receives: &'a [u32],
    before: &'a [Vec<u32>],
    /// By task: the lane that waits for it, where that is another.
    to: &'a [u32],
}

impl Lane<'_> {
    fn nodes(&self, rank: u32, groups: &Groups, neighbour: impl Fn(u32) -> u32) -> Vec<TraceNode> {
        let mut nodes: Vec<TraceNode> = Vec::with_capacity(self.tasks.len() + self.receives.len());
        let mut places: BTreeMap<u32, usize> = BTreeMap::new();
        let names = Names::new();
        // Receives come first: they wait for nothing of this rank.
        for &message in self.receives {
            let task = self.graph.tasks[message as usize];
            let Work::Collective { class, share } = task.work else { continue };
            let bytes = part(self.graph.classes[class as usize].bytes, share);
            let kind = TraceKind::Receive { from: neighbour(task.lane), bytes, tag: message };
            places.insert(message, nodes.len());
            nodes.push(node(nodes.len(), &names.receive, kind, Vec::new()));
        }
        // What runs before in the same queue.
        let mut queues: BTreeMap<Option<Purpose>, usize> = BTreeMap::new();
        for &at in self.tasks {
            let task = self.graph.tasks[at as usize];
            let (kind, name, queue) = match task.work {
                Work::Compute(compute) => {
                    let seconds = self.graph.computes[compute as usize].seconds();
                    let kind = TraceKind::Compute {
                        duration: Some(Time::from_secs(seconds)),
                        flops: None,
                        bytes: None,
                        host: false,
                    };
                    (kind, &names.compute, None)
                }
                Work::Collective { class, share } => {
                    let class = self.graph.classes[class as usize];
                    let bytes = part(class.bytes, share);
                    let kind = match op(class.pattern) {
                        None => TraceKind::Send { to: neighbour(self.to[at as usize]), bytes, tag: at },
                        Some(op) => match groups.of.get(&(class.purpose, rank)) {
                            Some(group) => TraceKind::Collective { op, bytes, group: *group },
                            None => TraceKind::Marker,
                        },
                    };
                    (kind, names.of(class.purpose), Some(class.purpose))
                }
            };
            let mut deps: Vec<usize> =
                self.before[at as usize].iter().filter_map(|on| places.get(on).copied()).collect();
            deps.extend(queues.insert(queue, nodes.len()));
            if task.blocks {
                queues.insert(None, nodes.len());
            }
            deps.sort_unstable();
            deps.dedup();
            places.insert(at, nodes.len());
            nodes.push(node(nodes.len(), name, kind, deps));
        }
        nodes
    }
}

/// Names of nodes, each kept once.
struct Names {
    compute: Arc<str>,
    receive: Arc<str>,
    purposes: Vec<Arc<str>>,
}

impl Names {
    fn new() -> Self {
        let purposes = Purpose::ALL.iter().map(|(name, _)| Arc::from(*name)).collect();
        Self { compute: Arc::from("compute"), receive: Arc::from("receive"), purposes }
    }

    fn of(&self, purpose: Purpose) -> &Arc<str> {
        let at = Purpose::ALL.iter().position(|(_, own)| *own == purpose).unwrap_or(0);
        &self.purposes[at]
    }
}

const fn op(pattern: Pattern) -> Option<TraceOp> {
    match pattern {
        Pattern::AllReduce => Some(TraceOp::AllReduce),
        Pattern::AllGather => Some(TraceOp::AllGather),
        Pattern::ReduceScatter => Some(TraceOp::ReduceScatter),
        Pattern::AllToAll => Some(TraceOp::AllToAll),
        Pattern::Send => None,
    }
}

fn node(at: usize, name: &Arc<str>, kind: TraceKind, data_deps: Vec<usize>) -> TraceNode {
    TraceNode { id: at as u64, name: Arc::clone(name), kind, data_deps, ctrl_deps: Vec::new() }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of tensors")]
fn part(bytes: f64, share: f64) -> Bytes {
    Bytes((bytes * share).ceil() as u64)
}
