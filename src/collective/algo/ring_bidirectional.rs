//! Rings both ways: half of them go one way, half the other, so that both directions of every link are
//! used where neighbours have links of their own (rings, tori). Costs are those of `ring`.

use super::{Request, order, ring};
use crate::collective::{Algorithm, Op, Schedule};

pub(super) const OPS: &[Op] = &[Op::AllReduce, Op::AllGather, Op::ReduceScatter];

/// Channels `2 c` and `2 c + 1` are the two ways round one order; an odd number asked for is rounded up.
pub(super) fn schedule(request: &Request) -> Schedule {
    let pairs = request.channels.map_or_else(|| order::rails(request), |channels| channels.div_ceil(2));
    let rings = order::rings(request, pairs);
    let both: Vec<_> =
        rings.iter().flat_map(|order| [order.clone(), order.iter().rev().copied().collect()]).collect();
    ring::of_rings(request, Algorithm::RingBidirectional, &both)
}
