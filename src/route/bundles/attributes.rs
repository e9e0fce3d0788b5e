//! What tells one link from another, whatever its ends are.

use rustc_hash::FxHashMap;

use crate::fabric::{Fabric, Link, Routing};
use crate::ids::{ClassId, LinkId};
use crate::units::Time;

/// All that routes and engines read of a directed link besides its ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attributes {
    /// Its class.
    pub class: ClassId,
    /// Payload bytes per second over all lanes.
    pub capacity: f64,
    /// Parallel lanes.
    pub lanes: u32,
    /// Latency of the hop.
    pub latency: Time,
    /// Cost of the hop for shortest paths, from its class.
    pub cost: u32,
    /// Cost of the hop back.
    pub(super) back_cost: u32,
    /// How the node before it chooses among equal-cost next hops, from its class.
    pub routing: Routing,
}

/// One direction of a cable, comparable bit by bit.
type Way = (ClassId, u64, u32, Time);

/// The attributes in use and, for every link, the number of its own. Links have one number only where the links back
/// are alike too, so what holds of one direction of a cable holds of the other.
pub(super) fn number(fabric: &Fabric) -> (Vec<Attributes>, Vec<u32>) {
    let way = |id: LinkId, link: &Link| -> Way {
        (link.class, fabric.capacity(id).to_bits(), link.lanes, link.latency)
    };
    let mut known: FxHashMap<(Way, Way), u32> = FxHashMap::default();
    let mut all = Vec::new();
    let mut last: [Option<((Way, Way), u32)>; 2] = [None; 2];
    let numbers = fabric.links().iter().enumerate().map(|(at, link)| {
        let id = LinkId::from_index(at);
        let key = (way(id, link), way(link.reverse, fabric.link(link.reverse)));
        // Cables come in runs of one kind, the two directions in turn.
        if let Some((_, number)) = last[at % 2].filter(|(before, _)| *before == key) {
            return number;
        }
        let number = *known.entry(key).or_insert_with(|| {
            let class = fabric.class(link.class);
            all.push(Attributes {
                class: link.class,
                capacity: fabric.capacity(id),
                lanes: link.lanes,
                latency: link.latency,
                cost: class.cost,
                back_cost: fabric.class(key.1.0).cost,
                routing: class.routing,
            });
            all.len() as u32 - 1
        });
        last[at % 2] = Some((key, number));
        number
    });
    let numbers = numbers.collect();
    (all, numbers)
}
