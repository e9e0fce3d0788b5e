//! The whole of a network that is no tree, as its template builds it.
//!
//! What goes on in such a network reaches all of it: a message passes switches or servers of which no rank takes part. So
//! nothing is left out. But a torus looks the same from each of its servers, and a dragonfly from each of its groups (all
//! pairs of groups are cabled by how far they are apart, counted around), or from each switch of a single one. So groups of
//! ranks are turned until the first rank stands at the beginning: those that use a network alike are played once.

use std::sync::Arc;

use super::folded::{Folded, Part, classes};
use super::footprint::Seat;
use super::{Dragonfly, Failure, Shape, Wiring};
use crate::fabric::template::{Values, family};
use crate::fabric::{Builder, Cable, Fabric, NodeKind};
use crate::ids::number;
use crate::units::Bandwidth;

/// How far a network is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn<'a> {
    wiring: &'a Wiring,
    /// The place that is turned to the beginning, or to the beginning of its group.
    to: u32,
}

impl<'a> Turn<'a> {
    /// Turns a place to the beginning.
    pub(super) const fn new(wiring: &'a Wiring, to: u32) -> Self {
        Self { wiring, to }
    }

    /// Servers that are turned together, and how many such parts there are.
    const fn parts(&self, own: &Dragonfly) -> (u32, u32) {
        let each = own.down / self.wiring.server.nics;
        if own.groups > 1 { (each * own.switches, own.groups) } else { (each, own.switches) }
    }

    /// Where a place is afterwards; it need not have a server.
    pub(super) fn place(&self, place: u32) -> u32 {
        match &self.wiring.shape {
            Shape::Tree => place,
            Shape::Dragonfly(own) => {
                let (size, parts) = self.parts(own);
                let part = (place / size + parts - self.to / size) % parts;
                part * size + place % size
            }
            Shape::Torus(sides) => {
                let (mut turned, mut stride) = (0, 1);
                for side in sides.iter().rev() {
                    let [at, to] = [place, self.to].map(|place| place / stride % side);
                    turned += (at + side - to) % side * stride;
                    stride *= side;
                }
                turned
            }
        }
    }

    /// What every place and switch was before: where they are afterwards, by where they were.
    pub(super) fn back(&self) -> (Vec<u32>, Vec<u32>) {
        let (places, switches, of_part) = match &self.wiring.shape {
            Shape::Tree => return (Vec::new(), Vec::new()),
            Shape::Dragonfly(own) => {
                let (size, parts) = self.parts(own);
                let of_part = if own.groups > 1 { own.switches } else { 1 };
                (size * parts, own.groups * own.switches, of_part)
            }
            Shape::Torus(_) => (self.wiring.servers, 0, 1),
        };
        let mut back = vec![0; places as usize];
        for place in 0..places {
            back[self.place(place) as usize] = place;
        }
        let each = (places / switches.max(1)).max(1);
        let switch = |at: u32| {
            let part = at / of_part;
            back[(part * of_part * each) as usize] / each + at % of_part
        };
        let of_switches = (0..switches).map(switch).collect();
        (back, of_switches)
    }
}

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
    // Switches are the last nodes, in their order.
    let first = fabric.nodes().iter().position(|own| own.kind == NodeKind::Switch).unwrap_or(0);
    let part = |link: &crate::fabric::Link| {
        let (from, to) = (fabric.node(link.from), fabric.node(link.to));
        let gpu = rank[link.from.index()];
        match (from.server, from.kind, to.kind) {
            (Some(server), NodeKind::Gpu, NodeKind::NvSwitch) => Part::Scaleup { server, gpu },
            (Some(server), NodeKind::Gpu, NodeKind::PcieSwitch) => Part::Pcie { server, gpu },
            (Some(server), NodeKind::PcieSwitch, NodeKind::Nic) => {
                Part::Slot { server, nic: from.rail.unwrap_or(0) }
            }
            // Of two adapters that are joined, the first: each has one cable.
            (Some(server), NodeKind::Nic, _) => Part::Host { server, nic: from.rail.unwrap_or(0) },
            _ => {
                let [from, to] = [link.from, link.to].map(|node| number(node.index().saturating_sub(first)));
                Part::Between { from, to }
            }
        }
    };
    fabric.links().iter().step_by(2).map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::fabric::parts::Technology;
    use crate::planner::score::ServerWiring;
    use crate::units::Time;

    fn wiring(servers: u32, nics: u32, shape: Shape) -> Wiring {
        let rate = Bandwidth::from_gbps(400);
        let server = ServerWiring { gpus: nics, nics, scaleup: rate, in_network: false, pcie: rate };
        let all = Wiring::on_one_leaf(server, servers, Technology::InfiniBand, rate, Time::ZERO);
        Wiring { shape, ..all }
    }

    /// All cables between servers and switches, by what they join: as they are, or turned.
    fn joined(wiring: &Wiring, names: &(Vec<u32>, Vec<u32>)) -> BTreeSet<([u64; 2], u32)> {
        let found = whole(wiring, None, &[]).unwrap();
        let (fabric, parts) = (found.fabric, found.cables);
        let mut all = BTreeSet::new();
        for (link, part) in fabric.links().iter().step_by(2).zip(parts) {
            let ends = match part {
                Part::Between { from, to } => [from, to].map(|at| 1 << 32 | u64::from(names.1[at as usize])),
                Part::Host { server, .. } => {
                    let to = fabric.node(link.to);
                    let other = to.server.map_or_else(
                        || {
                            let switches = fabric.nodes().iter().filter(|own| own.kind == NodeKind::Switch);
                            let at = switches.take_while(|own| own.name != to.name).count();
                            1 << 32 | u64::from(names.1[at])
                        },
                        |server| u64::from(names.0[server as usize]),
                    );
                    [u64::from(names.0[server as usize]), other]
                }
                _ => continue,
            };
            let ends = if ends[0] < ends[1] { ends } else { [ends[1], ends[0]] };
            all.insert((ends, link.lanes));
        }
        all
    }

    #[test]
    fn networks_look_the_same_wherever_they_are_turned_to() {
        let mut shapes = vec![
            (12, 4, Shape::Torus([1, 3, 4])),
            (7, 2, Shape::Torus([1, 1, 7])),
            (16, 6, Shape::Torus([2, 2, 4])),
        ];
        for (groups, switches, global) in
            [(2, 3, 2), (3, 2, 1), (3, 2, 3), (4, 2, 2), (5, 3, 3), (6, 2, 4), (7, 3, 2), (1, 5, 0)]
        {
            let own = Dragonfly { groups, switches, down: 4, local_lanes: 2, global };
            shapes.push((groups * switches * 2, 2, Shape::Dragonfly(own)));
        }
        for (servers, nics, shape) in shapes {
            let wiring = wiring(servers, nics, shape);
            let same = Turn::new(&wiring, 0).back();
            assert_eq!(same.0, (0..servers).collect::<Vec<_>>());
            let before = joined(&wiring, &same);
            for to in 0..servers {
                let turn = Turn::new(&wiring, to);
                let names = turn.back();
                assert!((0..servers).all(|place| names.0[turn.place(place) as usize] == place));
                assert_eq!(joined(&wiring, &names), before, "{to} {shape:?}");
            }
        }
    }
}
