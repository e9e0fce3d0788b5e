//! The whole of a network that is no tree, as its template builds it.
//!
//! What goes on in such a network reaches all of it: a message passes switches or servers of which no rank takes part. So
//! nothing is left out, and parts are numbered as they stand.

use std::sync::Arc;

use super::folded::{Folded, Part, classes};
use super::footprint::Seat;
use super::{Failure, Wiring};
use crate::fabric::template::{Values, family};
use crate::fabric::{Builder, Cable, Fabric, NodeKind};
use crate::units::Bandwidth;

/// Builds the fabric; `None` where a failure cuts it.
pub(super) fn whole(wiring: &Wiring, failure: Option<Failure>, groups: &[Vec<Seat>]) -> Option<Folded> {
    let family = family(wiring.shape.template()?)?;
    let values = Values::new(family.params, wiring.params()).ok()?;
    let mut builder = Builder::new("whole", classes(wiring));
    (family.build)(&values, &mut builder).ok()?;
    match failure {
        Some(Failure::Leaf) => first_switch(&mut builder),
        Some(Failure::Cable) => cable(&mut builder, wiring.shape.cable()?),
        Some(Failure::Spine | Failure::Core | Failure::Plane) | None => {}
    }
    let fabric = builder.finish().ok()?;
    let ranks = fabric.endpoints();
    let seat = |(place, gpu): &Seat| ranks.get((place * wiring.server.gpus + gpu) as usize).copied();
    let groups = groups.iter().map(|group| group.iter().filter_map(seat).collect()).collect();
    let cables = parts(wiring, &fabric);
    Some(Folded { fabric: Arc::new(fabric), groups, cables })
}

/// Adapters on the first switch send over those of other rails, as under a leaf of a tree: two share each.
fn first_switch(builder: &mut Builder) {
    builder.change_cables(&mut |from, to, cable| {
        if from.starts_with("host") && to == "group0/switch0" {
            let half = Bandwidth((cable.bandwidth.bits_per_sec() / 2).max(1));
            (cable.bandwidth, cable.reverse_bandwidth) = (half, half);
        }
    });
}

/// One of the cables of the first bundle between devices whose names begin so.
fn cable(builder: &mut Builder, (one, other): (&str, &str)) {
    let mut hit: Option<(String, String)> = None;
    let mut found = false;
    let is = |from: &str, to: &str| from.starts_with(one) && to.starts_with(other);
    builder.change_cables(&mut |from, to, cable: &mut Cable| {
        if found || !is(from, to) {
            return;
        }
        found = true;
        if cable.lanes > 1 {
            cable.lanes -= 1;
        } else {
            hit = Some((from.to_owned(), to.to_owned()));
        }
    });
    if let Some((from, to)) = hit {
        builder.remove_cables(&|a, b| a == from && b == to);
    }
}

/// What each cable is, in their order.
fn parts(wiring: &Wiring, fabric: &Fabric) -> Vec<Part> {
    let gpus = wiring.server.gpus;
    let mut rank = vec![0; fabric.nodes().len()];
    for (at, node) in (0u32..).zip(fabric.endpoints()) {
        rank[node.index()] = at % gpus;
    }
    let part = |(cable, link): (u32, &crate::fabric::Link)| {
        let (from, to) = (fabric.node(link.from), fabric.node(link.to));
        let gpu = rank[link.from.index()];
        match (from.server, from.kind, to.kind) {
            (Some(server), NodeKind::Gpu, NodeKind::NvSwitch) => Part::Scaleup { server, gpu },
            (Some(server), NodeKind::Gpu, NodeKind::PcieSwitch) => Part::Pcie { server, gpu },
            (Some(server), NodeKind::PcieSwitch, NodeKind::Nic) => {
                Part::Slot { server, nic: from.rail.unwrap_or(0) }
            }
            (Some(server), NodeKind::Nic, NodeKind::Switch) => {
                Part::Host { server, nic: from.rail.unwrap_or(0) }
            }
            _ => Part::Between { cable },
        }
    };
    (0u32..).zip(fabric.links().iter().step_by(2)).map(part).collect()
}
