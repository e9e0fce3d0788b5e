//! A pipelined chain through the ranks in order, from the root on.
//!
//! Broadcast and reduce of `m` segments take `N - 1 + m - 1` steps of `1 / m` of the data each; all-reduce
//! is a reduce to rank 0 and a broadcast from it, overlapped segment by segment. With several channels
//! each does its part of the data along the same ranks.

use super::{Request, pipeline};
use crate::collective::{Algorithm, Op, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::Broadcast, Op::Reduce];

pub(super) fn schedule(request: &Request) -> Schedule {
    let root = if request.op.is_rooted() { request.root.0 } else { 0 };
    let order: Vec<u32> = (root..request.ranks).chain(0..root).collect();
    let channels = request.channels.unwrap_or(1);
    pipeline::along(request, Algorithm::Chain, vec![order; channels as usize])
}
