//! What no schedule can beat on a fabric: latency, injection and cuts.
//!
//! A bound is a time that every schedule of the operation needs, whatever its algorithm, under the rules of the
//! ideal engine: a transfer occupies its path until it is *sent* and is *received* a path latency later, ranks
//! may send any number of transfers at once, links carry their payload capacity, and switches neither reduce nor
//! copy, unless the fabric says that they do. Two arguments are used, for a set `S` of nodes with capacity `B+(S)` out of it:
//!
//! * **Latency.** What rank `v` must learn from rank `u` needs at least the least latency `d(u, v)` of any
//!   path, through other GPUs too, since schedules may relay: `T >= d(u, v)`.
//! * **Volume.** Data goes from the ranks inside `S` to those outside only in transfers from one inside to one
//!   outside, and all links out of `S` together carry `B+(S)`. Such a transfer is sent at the latest at
//!   `T - l`, where `l` is the least latency from a rank inside to one outside. So `W` bytes that must leave give
//!   `T >= W / B+(S) + l`. Where all `W` bytes must come to know to one rank `v` outside, the transfer that takes
//!   each of them out still has the way to `v` before it when it is sent, so `l` may be replaced by the least
//!   latency from a rank inside to `v`. (For volumes that *enter* a set the mirror image does not hold: a
//!   transfer pays its latency after it was sent, never before, so only the least latency into the set is added.)
//!
//! Switches that multicast or reduce are taken to do anything at all with data, as ranks do; but they begin with nothing
//! and nobody waits for them. `W` stays what it is: it is what ranks outside must come to know of ranks inside, however
//! sums and copies are made on either side. What changes is who may send last: a switch in `S` may be nearer to a
//! rank outside than any rank in `S`, and one outside nearer to a rank inside, so `l` is the least latency from
//! whoever takes part on the one side to a rank on the other (what a switch gets it has still to pass on). And where a
//! switch is in none of several groups, groups may leave sums and copies to it, so that the count of messages between
//! groups (see `volume::messages`) says nothing.
//!
//! Formulas for `W`: see `volume`. Sources: Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms",
//! JPDC 2009; Chan et al., "Collective communication", 2007; ForestColl, arXiv 2402.06787 (the cut condition
//! `(M/N) |S| / B+(S)` of all-gather and reduce-scatter).

mod agenda;
mod flow;
mod graph;
mod partition;
mod volume;

use crate::collective::Op;
use crate::fabric::Fabric;
use crate::ids::{NodeId, Rank};
use crate::units::{Bytes, Time};

use graph::{FAR, Graph, Toward};
use partition::{Group, Level, Partition, RATE_PARTS, Rate};
use volume::Share;

/// What a bound comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BoundKind {
    /// Mostly the latency of paths.
    Latency,
    /// What a rank, or all ranks together, can send or receive.
    Injection,
    /// What can leave or enter a set of nodes with several ranks.
    Cut,
}

impl BoundKind {
    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Injection => "injection",
            Self::Cut => "cut",
        }
    }
}

/// A time that no schedule can beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The time, rounded down.
    pub time: Time,
    /// What it comes from.
    pub kind: BoundKind,
    /// Which part of the fabric gives it: `leaving the 8 GPUs of server 3`.
    pub detail: String,
}

/// Everything about a fabric and the nodes of some ranks that bounds need, worked out once.
///
/// Capacities and the latencies between neighbouring groups are exact. The latency from everywhere is measured
/// to all ranks where the fabric is small and to a spread-out sample of them where it is large (see
/// `docs/model.md`): bounds then stay bounds, but may miss the very farthest pair.
#[derive(Debug, Clone)]
pub struct BoundModel {
    graph: Graph,
    nodes: Vec<NodeId>,
    /// The switches that work on data on its way.
    switches: Vec<NodeId>,
    names: Vec<String>,
    servers: Vec<Option<u32>>,
    partitions: Vec<Partition>,
    /// The farthest pair `(from, to)` that was found and its least latency.
    farthest: (u32, u32, u64),
    /// A least latency from every rank `r` to `r + 1`.
    to_next: Vec<u64>,
}

/// Links walked over when distances to ranks are measured: a few milliseconds.
const WALK: usize = 120_000;

impl BoundModel {
    /// Measures `fabric` for ranks on `nodes`.
    pub fn new(fabric: &Fabric, nodes: &[NodeId]) -> Self {
        let graph = Graph::new(fabric);
        let rates = partition::rates(fabric);
        let mut partitions = partition::structural(fabric, &graph, nodes, &rates);
        flow::add_narrow_cuts(fabric, nodes, &rates, &mut partitions);
        let switches = partition::working(fabric);
        for partition in &mut partitions {
            partition.measure(&graph, nodes, &switches);
        }
        let mut model = Self {
            names: nodes.iter().map(|node| fabric.node(*node).name.clone()).collect(),
            servers: nodes.iter().map(|node| fabric.node(*node).server).collect(),
            nodes: nodes.to_vec(),
            switches,
            farthest: (0, 0, 0),
            to_next: Vec::new(),
            graph,
            partitions,
        };
        model.measure_distances();
        model
    }

    /// Distances to a sample of ranks, each as far as can be from those before it (Gonzalez' traversal).
    fn measure_distances(&mut self) {
        let count = self.nodes.len();
        let sample = (WALK / self.graph.links().max(1)).max(6).min(count);
        let mut to_next = vec![0; count];
        let mut gap = vec![FAR; count];
        let mut target = 0;
        for _ in 0..sample {
            let by_node = self.graph.latencies(self.nodes[target], Toward::Given);
            let to_target: Vec<u64> = self.nodes.iter().map(|node| by_node[node.index()]).collect();
            let of_switches: Vec<u64> = self.switches.iter().map(|node| by_node[node.index()]).collect();
            for (rank, latency) in to_target.iter().enumerate() {
                gap[rank] = gap[rank].min(*latency);
                if *latency > self.farthest.2 {
                    self.farthest = (rank as u32, target as u32, *latency);
                }
            }
            gap[target] = 0;
            let before = (target + count - 1) % count;
            to_next[before] = to_target[before];
            for partition in &mut self.partitions {
                partition.note_distances(target as u32, &to_target, &of_switches);
            }
            target =
                gap.iter().enumerate().max_by_key(|(rank, gap)| (**gap, count - rank)).map_or(0, |(r, _)| r);
        }
        for partition in &self.partitions {
            for (rank, to_next) in to_next.iter_mut().enumerate() {
                let (here, there) = (partition.group_of[rank], partition.group_of[(rank + 1) % count]);
                if here != there {
                    let leave = partition.groups[here as usize].leave;
                    let enter = partition.groups[there as usize].enter;
                    *to_next = (*to_next).max(leave).max(enter);
                }
            }
        }
        self.to_next = to_next;
    }

    /// The best bound for `op` of `bytes` with `root` (of no meaning to operations without one). For all-to-all-v
    /// the size is to be so small that no pair has less than an all-to-all of that size gives it.
    pub fn bound(&self, op: Op, bytes: Bytes, root: Rank) -> Bound {
        let mut best = Best::default();
        if self.nodes.len() > 1 {
            let to_root = self.to_root(op, root);
            self.latency(op, root, &to_root.ranks, &mut best);
            for partition in &self.partitions {
                self.volumes(op, bytes, root, &to_root, partition, &mut best);
            }
        }
        let kind = match best.source {
            Source::Nothing | Source::Way { .. } => BoundKind::Latency,
            _ if best.latency >= best.drain => BoundKind::Latency,
            Source::Leaving { level, .. } | Source::Entering { level, .. } | Source::Sum { level, .. } => {
                if level == Level::Rank {
                    BoundKind::Injection
                } else {
                    BoundKind::Cut
                }
            }
        };
        Bound { time: Time::from_ps(best.total()), kind, detail: self.detail(&best.source) }
    }

    /// The least latency between everybody and the root, the way that data goes; empty without a root.
    fn to_root(&self, op: Op, root: Rank) -> ToRoot {
        let toward = match op {
            Op::Reduce => Toward::Given,
            Op::Broadcast => Toward::Others,
            _ => return ToRoot::default(),
        };
        let by_node = self.graph.latencies(self.nodes[root.index()], toward);
        let of = |nodes: &[NodeId]| nodes.iter().map(|node| by_node[node.index()]).collect();
        ToRoot { ranks: of(&self.nodes), switches: of(&self.switches) }
    }

    /// The least latency that the operation needs.
    fn latency(&self, op: Op, root: Rank, to_root: &[u64], best: &mut Best) {
        let mut way = |from: u32, to: u32, latency| best.offer(0, latency, || Source::Way { from, to });
        match op {
            Op::Broadcast => (0..).zip(to_root).for_each(|(rank, latency)| way(root.0, rank, *latency)),
            Op::Reduce => (0..).zip(to_root).for_each(|(rank, latency)| way(rank, root.0, *latency)),
            Op::SendRecv => {
                for (rank, latency) in (0..).zip(&self.to_next) {
                    way(rank, (rank + 1) % self.nodes.len() as u32, *latency);
                }
            }
            Op::AllReduce | Op::AllGather | Op::ReduceScatter | Op::AllToAll | Op::AllToAllV => {
                let (from, to, latency) = self.farthest;
                way(from, to, latency);
            }
        }
    }

    /// The volumes that must leave and enter every group of a partition.
    fn volumes(
        &self,
        op: Op,
        bytes: Bytes,
        root: Rank,
        to_root: &ToRoot,
        partition: &Partition,
        best: &mut Best,
    ) {
        let level = partition.level;
        let shares = self.shares(op, root, partition);
        let reach_root = match to_root.ranks.is_empty() {
            true => vec![FAR; partition.groups.len()],
            false => partition.least(&to_root.ranks, &to_root.switches),
        };
        let with_switches = partition.with_switches();
        let groups = partition.groups.iter().zip(&shares).zip(reach_root).zip(with_switches);
        for (((group, share), reach_root), switches) in groups {
            let (ranks, first) = (group.ranks, group.first);
            // Nothing but one rank can send.
            let alone = ranks == 1 && !switches;
            if let Some(out) = volume::leaving(op, bytes, *share) {
                let latency = match op {
                    Op::Reduce => reach_root,
                    Op::SendRecv if alone => self.to_next[first as usize],
                    _ => group.leave,
                };
                best.offer(drain(out, group.out), latency, || Source::Leaving { level, ranks, first });
            }
            if let Some(out) = volume::learned(op, bytes, *share) {
                let latency = match op {
                    Op::Broadcast if alone => to_root.ranks.iter().copied().max().unwrap_or(0),
                    _ => group.reach,
                };
                best.offer(drain(out, group.out), latency, || Source::Leaving { level, ranks, first });
            }
            if let Some(into) = volume::entering(op, bytes, *share) {
                best.offer(drain(into, group.into), group.enter, || Source::Entering { level, ranks, first });
            }
        }
        if let Some(messages) = volume::messages(op, partition.groups.len())
            && !partition.has_helpers()
        {
            let sum = |field: fn(&Group) -> Rate| partition.groups.iter().map(field).sum::<Rate>();
            let (out, into) = (sum(|group| group.out), sum(|group| group.into));
            let latency = partition.groups.iter().map(|group| group.leave).min().unwrap_or(0);
            let groups = partition.groups.len();
            let time = drain(messages * bytes.as_f64(), out.min(into));
            best.offer(time, latency, || Source::Sum { level, groups });
        }
    }

    /// What every group of a partition is to the operation.
    fn shares(&self, op: Op, root: Rank, partition: &Partition) -> Vec<Share> {
        let ranks = self.nodes.len() as u32;
        let share =
            |group: &Group| Share { inside: group.ranks, ranks, root: false, leaving: 0, entering: 0 };
        let mut shares: Vec<Share> = partition.groups.iter().map(share).collect();
        let group = |rank: u32| partition.group_of[rank as usize] as usize;
        if op.is_rooted() {
            shares[group(root.0)].root = true;
        }
        if op == Op::SendRecv {
            for rank in 0..ranks {
                let (here, there) = (group(rank), group((rank + 1) % ranks));
                if here != there {
                    shares[here].leaving += 1;
                    shares[there].entering += 1;
                }
            }
        }
        shares
    }

    fn detail(&self, source: &Source) -> String {
        let name = |rank: u32| &self.names[rank as usize];
        let group = |level, ranks: u32, first| match level {
            _ if ranks == 1 => format!("`{}`", name(first)),
            Level::Rank => format!("the {ranks} ranks on `{}`", name(first)),
            Level::Server => match self.servers[first as usize] {
                Some(server) => format!("the {ranks} GPUs of server {server}"),
                None => format!("the {ranks} GPUs with `{}`", name(first)),
            },
            Level::Without(taken) => {
                format!("the {ranks} GPUs that are joined to `{}` without {taken}", name(first))
            }
            Level::Half(dimension) => format!("the {ranks} GPUs of a half along dimension {dimension}"),
            Level::Flow => format!("the {ranks} GPUs on the side of `{}` of the narrowest cut", name(first)),
        };
        match *source {
            Source::Nothing => "nothing has to move".to_owned(),
            Source::Way { from, to } => format!("the way from `{}` to `{}`", name(from), name(to)),
            Source::Leaving { level, ranks, first } => format!("leaving {}", group(level, ranks, first)),
            Source::Entering { level, ranks, first } => format!("entering {}", group(level, ranks, first)),
            Source::Sum { level, groups } => match level {
                Level::Rank => format!("what all {groups} GPUs together can send and receive"),
                Level::Server => format!("what all {groups} servers together can send and receive"),
                _ => format!("what {groups} parts of the fabric together can send and receive"),
            },
        }
    }
}

/// The least latencies between ranks and the root, and between switches that work on data and the root.
#[derive(Debug, Default)]
struct ToRoot {
    ranks: Vec<u64>,
    switches: Vec<u64>,
}

/// Where a bound comes from.
#[derive(Debug, Clone, Copy, Default)]
enum Source {
    #[default]
    Nothing,
    Way {
        from: u32,
        to: u32,
    },
    Leaving {
        level: Level,
        ranks: u32,
        first: u32,
    },
    Entering {
        level: Level,
        ranks: u32,
        first: u32,
    },
    Sum {
        level: Level,
        groups: usize,
    },
}

/// The largest bound so far: a drain and a latency, in picoseconds.
#[derive(Debug, Default)]
struct Best {
    drain: u64,
    latency: u64,
    source: Source,
}

impl Best {
    fn total(&self) -> u64 {
        self.drain.saturating_add(self.latency)
    }

    /// Earlier offers win ties. Latencies to nowhere (`FAR`) are none.
    fn offer(&mut self, drain: u64, latency: u64, source: impl FnOnce() -> Source) {
        let latency = if latency == FAR { 0 } else { latency };
        if drain.saturating_add(latency) > self.total() {
            *self = Self { drain, latency, source: source() };
        }
    }
}

/// The time that `bytes` need at `rate`, rounded down, and lowered by more than floats could have raised it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; never negative")]
#[expect(clippy::cast_precision_loss, reason = "lowered by more than the rounding")]
fn drain(bytes: f64, rate: Rate) -> u64 {
    if rate == 0 {
        return 0;
    }
    (bytes * 1e12 * RATE_PARTS / rate as f64 * (1.0 - 1e-12)).floor() as u64
}
