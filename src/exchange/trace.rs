//! A trace of one step, whatever file it came from: what each rank does, and what waits for what.
//!
//! Sizes are as [`TraceOp`] counts them, whatever the file counted; times are simulated times. The readers of
//! [`super::chakra`] and [`super::aicb`] make traces, and [`super::chakra::write`] takes them.

mod check;
mod fault;
mod joint;
mod of_step;
mod replay;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::sync::Arc;

use crate::collective::Op;
use crate::diag::Diagnostic;
use crate::units::{Bytes, Time};

pub use of_step::{TooLarge, of_step};
pub use replay::{Ground, ReplayError, replay};

pub(super) use check::{check_nodes, check_ranks, check_values, member_faults};
pub(super) use fault::{Faults, Spot, name_node};

/// The most nodes of a trace, all ranks together: about a gigabyte.
pub const MAX_NODES: usize = 1 << 23;

/// The longest that the nodes of a rank may compute in all: ten days.
pub const MAX_TIME: Time = Time(864_000_000_000_000_000);

/// The most ranks of a trace.
pub const MAX_RANKS: u32 = 1 << 20;

/// One step of a job: what every rank does.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its name.
    pub name: String,
    /// How many ranks the job has. A trace may hold fewer: then it is of ranks that stand for the others.
    pub size: u32,
    /// What the ranks do, in the order of ranks.
    pub ranks: Vec<RankTrace>,
    /// The groups that collectives run in.
    pub groups: Vec<Group>,
}

/// Ranks that do collectives together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, which no other group has.
    pub name: String,
    /// Its ranks, each once, in the order that they have in collectives; the first is the root of rooted ones.
    pub ranks: Vec<u32>,
}

/// What one rank does.
#[derive(Debug, Clone, PartialEq)]
pub struct RankTrace {
    /// The rank.
    pub rank: u32,
    /// Its nodes, in the order of the file.
    pub nodes: Vec<TraceNode>,
}

/// One thing that a rank does.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceNode {
    /// Its id, which no other node of the rank has.
    pub id: u64,
    /// Its name; several nodes may have the same.
    pub name: Arc<str>,
    /// What it does.
    pub kind: TraceKind,
    /// Nodes that must have ended before it starts, as indices into [`RankTrace::nodes`].
    pub data_deps: Vec<usize>,
    /// Nodes that called or launched it, as indices too. Programs that play Chakra traces wait for
    /// [`Self::data_deps`] alone.
    pub ctrl_deps: Vec<usize>,
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TraceKind {
    /// Computes.
    Compute {
        /// How long it took, where that is known.
        duration: Option<Time>,
        /// Floating-point operations, multiplication and addition being two, where they are known.
        flops: Option<f64>,
        /// Bytes of memory that it touches, where they are known.
        bytes: Option<Bytes>,
        /// True where the host does it, and not the accelerator.
        host: bool,
    },
    /// Loads from or stores to memory that is not the accelerator's own.
    Memory {
        /// True where it stores.
        store: bool,
        /// How much.
        bytes: Bytes,
    },
    /// Takes part in a collective.
    Collective {
        /// Which.
        op: TraceOp,
        /// The size, as [`TraceOp`] counts it.
        bytes: Bytes,
        /// The group, as an index into [`Trace::groups`].
        group: usize,
    },
    /// Sends to a rank.
    Send {
        /// The rank.
        to: u32,
        /// How much.
        bytes: Bytes,
        /// What tells messages between two ranks apart; those of one tag arrive in order.
        tag: u32,
    },
    /// Receives from a rank.
    Receive {
        /// The rank.
        from: u32,
        /// How much.
        bytes: Bytes,
        /// What tells messages between two ranks apart.
        tag: u32,
    },
    /// Does nothing: only passes dependencies on.
    Marker,
}

/// Collectives that traces know: those of [`Op`] and three more. All-gather and gather count the whole output,
/// reduce-scatter and scatter the whole input, all-to-all what one rank sends in all, its own share included; the
/// others count the buffer, and a barrier nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TraceOp {
    /// As [`Op::AllReduce`].
    AllReduce,
    /// As [`Op::AllGather`].
    AllGather,
    /// As [`Op::ReduceScatter`].
    ReduceScatter,
    /// As [`Op::AllToAll`].
    AllToAll,
    /// As [`Op::Broadcast`].
    Broadcast,
    /// As [`Op::Reduce`].
    Reduce,
    /// The root ends with all shards.
    Gather,
    /// Every rank ends with its shard of the root's buffer.
    Scatter,
    /// Nobody goes on before everybody is there.
    Barrier,
}

impl TraceOp {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::AllReduce,
        Self::AllGather,
        Self::ReduceScatter,
        Self::AllToAll,
        Self::Broadcast,
        Self::Reduce,
        Self::Gather,
        Self::Scatter,
        Self::Barrier,
    ];

    /// The operation that can be scheduled; `None` for gather, scatter and barrier.
    pub const fn op(self) -> Option<Op> {
        match self {
            Self::AllReduce => Some(Op::AllReduce),
            Self::AllGather => Some(Op::AllGather),
            Self::ReduceScatter => Some(Op::ReduceScatter),
            Self::AllToAll => Some(Op::AllToAll),
            Self::Broadcast => Some(Op::Broadcast),
            Self::Reduce => Some(Op::Reduce),
            Self::Gather | Self::Scatter | Self::Barrier => None,
        }
    }

    /// The name, as in all files here.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllReduce => "all-reduce",
            Self::AllGather => "all-gather",
            Self::ReduceScatter => "reduce-scatter",
            Self::AllToAll => "all-to-all",
            Self::Broadcast => "broadcast",
            Self::Reduce => "reduce",
            Self::Gather => "gather",
            Self::Scatter => "scatter",
            Self::Barrier => "barrier",
        }
    }
}

impl fmt::Display for TraceOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Trace {
    /// True where all ranks of the job are there.
    pub fn is_whole(&self) -> bool {
        self.ranks.len() == self.size as usize
    }

    /// Nodes of all ranks.
    pub fn node_count(&self) -> usize {
        self.ranks.iter().map(|rank| rank.nodes.len()).sum()
    }

    /// Whether all of it fits together: ids and dependencies, members of groups, collectives that all ranks of a group
    /// do alike, sends with their receives, and no ranks that wait for each other for ever. What needs a rank that the
    /// trace does not hold is not looked at.
    ///
    /// # Errors
    /// All faults, without places; at most 100 of them.
    pub fn check(&self) -> Result<(), Vec<Diagnostic>> {
        let mut faults = Faults::default();
        check::check_groups(self, &mut faults);
        let mut sound = check::check_order_of_ranks(self, &mut faults);
        for rank in &self.ranks {
            sound &= check_nodes(rank, &mut faults);
            sound &= check_values(self, rank, &mut faults);
        }
        if sound && faults.is_empty() {
            check_ranks(self, &mut faults);
        }
        let found = faults.without_places();
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}

impl RankTrace {
    /// Its nodes in an order in which they can run: of those that wait for nothing more, the first of the file comes
    /// first. `None` where dependencies go round in a circle, or lead nowhere.
    pub fn order(&self) -> Option<Vec<usize>> {
        let order = self.runnable();
        (order.len() == self.nodes.len()).then_some(order)
    }

    /// As much of [`Self::order`] as there is.
    pub(super) fn runnable(&self) -> Vec<usize> {
        let count = self.nodes.len();
        let mut waits: Vec<usize> = vec![0; count];
        let mut first: Vec<usize> = vec![0; count + 1];
        let deps = |node: &TraceNode| -> Vec<usize> {
            node.data_deps.iter().chain(&node.ctrl_deps).copied().collect()
        };
        for (at, node) in self.nodes.iter().enumerate() {
            for dep in deps(node) {
                waits[at] += 1;
                if dep < count {
                    first[dep + 1] += 1;
                }
            }
        }
        for at in 0..count {
            first[at + 1] += first[at];
        }
        let mut free = first.clone();
        let mut followers: Vec<usize> = vec![0; first[count]];
        for (at, node) in self.nodes.iter().enumerate() {
            for dep in deps(node).into_iter().filter(|dep| *dep < count) {
                followers[free[dep]] = at;
                free[dep] += 1;
            }
        }
        let mut ready: BinaryHeap<Reverse<usize>> =
            (0..count).filter(|at| waits[*at] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(count);
        while let Some(Reverse(at)) = ready.pop() {
            order.push(at);
            for &next in &followers[first[at]..first[at + 1]] {
                waits[next] -= 1;
                if waits[next] == 0 {
                    ready.push(Reverse(next));
                }
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: u64, data_deps: &[usize], ctrl_deps: &[usize]) -> TraceNode {
        let (data_deps, ctrl_deps) = (data_deps.to_vec(), ctrl_deps.to_vec());
        TraceNode { id, name: "n".into(), kind: TraceKind::Marker, data_deps, ctrl_deps }
    }

    #[test]
    fn the_order_is_that_of_the_file_where_dependencies_allow() {
        let sorted =
            RankTrace { rank: 0, nodes: vec![node(9, &[], &[]), node(8, &[0], &[]), node(7, &[0], &[])] };
        assert_eq!(sorted.order(), Some(vec![0, 1, 2]));
        let forward =
            RankTrace { rank: 0, nodes: vec![node(0, &[2], &[]), node(1, &[], &[]), node(2, &[], &[1])] };
        assert_eq!(forward.order(), Some(vec![1, 2, 0]));
        let circle = RankTrace { rank: 0, nodes: vec![node(0, &[1], &[]), node(1, &[], &[0])] };
        assert_eq!(circle.order(), None);
        let nowhere = RankTrace { rank: 0, nodes: vec![node(0, &[5], &[])] };
        assert_eq!(nowhere.order(), None);
    }

    #[test]
    fn operations_have_the_names_of_those_that_can_be_scheduled() {
        for op in TraceOp::ALL {
            if let Some(known) = op.op() {
                assert_eq!(op.name(), known.name());
            }
        }
    }
}
