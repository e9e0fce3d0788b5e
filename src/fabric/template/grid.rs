//! Grids of GPUs that forward for each other: meshes and tori.

use super::limits::check_size;
use super::{Fault, Param, ParamKind};
use crate::fabric::{Builder, Cable, Node, NodeKind};
use crate::ids::NodeId;

/// The side lengths of a grid.
pub(super) const SIDES: Param =
    Param::required("sides", ParamKind::Sides, "side lengths, 1 to 4 of them; the last runs fastest");

/// Checks the sides of a grid.
///
/// # Errors
/// A fault of `sides` where there are none or more than four, where one is zero, or where the grid is too
/// large.
pub(super) fn check(builder: &mut Builder, sides: &[u32]) -> Result<(), Fault> {
    if sides.is_empty() || sides.len() > 4 {
        return Err(Fault::new("sides", format!("expected 1 to 4 side lengths, found {}", sides.len())));
    }
    if sides.contains(&0) {
        return Err(Fault::new("sides", "every side must be at least 1"));
    }
    // four factors below 2^32 cannot overflow 128 bits
    let nodes: u128 = sides.iter().map(|side| u128::from(*side)).product();
    check_size(builder, "sides", nodes, nodes.saturating_mul(sides.len() as u128))
}

/// Adds the GPUs of a grid and the cables between neighbours, with the wrap-around ones where `wrap`.
///
/// A side of 1 has no cables. On a side of 2 that wraps, both cables join the same two GPUs, so they are
/// two lanes of one link.
pub(super) fn add(builder: &mut Builder, sides: &[u32], wrap: bool, cable: &Cable) {
    let count: u32 = sides.iter().product();
    for i in 0..count {
        builder.add_node(Node::new(format!("gpu{i}"), NodeKind::Gpu).forwarding());
    }
    for i in 0..count {
        let mut stride = count;
        for &side in sides {
            stride /= side;
            let at = i / stride % side;
            if at + 1 < side {
                let lanes = if wrap && side == 2 { 2 * cable.lanes } else { cable.lanes };
                builder.add_cable(NodeId(i), NodeId(i + stride), cable.clone().lanes(lanes));
            } else if wrap && side > 2 {
                builder.add_cable(NodeId(i), NodeId(i - at * stride), cable.clone());
            }
        }
    }
    builder.set_torus(sides.to_vec());
}
