//! Where ranks stand, and what has failed.

use super::{Shape, Wiring};

/// A situation in which a step is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Situation {
    /// Neighbours stand beside one another.
    Aligned,
    /// Neighbours stand under different leaves, as far apart as the network has it.
    Scattered,
    /// Neighbours stand beside one another, and something has failed.
    Failed(Failure),
}

/// What has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// A leaf, and with it all its cables: its servers reach the network in other planes, or over adapters of other rails.
    Leaf,
    /// A spine.
    Spine,
    /// A core.
    Core,
    /// A whole plane.
    Plane,
    /// A cable between two switches, or between two servers that are joined directly.
    Cable,
}

impl Failure {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Leaf => "a leaf",
            Self::Spine => "a spine",
            Self::Core => "a core",
            Self::Plane => "a plane",
            Self::Cable => "a cable",
        }
    }

    /// Those that a network can have, that leave it whole, and that are no part of another: a cable's is part of its
    /// leaf's, and where there are several planes both are part of a plane's. Where networks are no trees, cables between
    /// switches have few beside them, so that one counts; where there are no switches, cables are all that fails.
    pub fn of(wiring: &Wiring) -> Vec<Self> {
        if wiring.shape != Shape::Tree {
            let leaf = matches!(wiring.shape, Shape::Dragonfly(_)).then_some(Self::Leaf);
            return leaf.into_iter().chain(wiring.shape.stays_whole().then_some(Self::Cable)).collect();
        }
        let mut found = vec![if wiring.planes > 1 { Self::Plane } else { Self::Leaf }];
        if wiring.tiers >= 2 && wiring.spine_lanes < wiring.leaf_up {
            found.push(Self::Spine);
        }
        if wiring.tiers >= 3 && wiring.core_lanes < wiring.group_up {
            found.push(Self::Core);
        }
        found
    }
}

impl Situation {
    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::Scattered => "scattered",
            Self::Failed(_) => "failed",
        }
    }

    /// Where each of so many servers of a job stands: its place among those of the network.
    ///
    /// Scattered, the servers of two pods that are half the network apart take turns, so that every message between
    /// neighbours crosses all tiers, and all servers of a leaf send at once, as where a job takes what is free.
    pub fn places(self, wiring: &Wiring, servers: u32) -> Vec<u32> {
        let aligned = 0..servers;
        if self != Self::Scattered {
            return aligned.collect();
        }
        // On a torus, where no switch is shared, servers themselves take turns.
        let size = if matches!(wiring.shape, Shape::Torus(_)) { 1 } else { wiring.pod_servers };
        let pods = servers.div_ceil(size);
        let half = pods.div_ceil(2);
        let pod = |number: u32| (number * size)..((number + 1) * size).min(servers);
        let mut places = Vec::with_capacity(servers as usize);
        for first in 0..half {
            let (mut one, mut other) =
                (pod(first), if first + half < pods { pod(first + half) } else { 0..0 });
            loop {
                let pair = (one.next(), other.next());
                if pair == (None, None) {
                    break;
                }
                places.extend(pair.0);
                places.extend(pair.1);
            }
        }
        places
    }
}
