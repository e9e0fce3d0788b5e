//! Puts what transfers cost into the paths that engines read.

use super::costs::Costs;
use super::site::{Medium, raw_rate};
use crate::fabric::Fabric;
use crate::ids::{PathId, ResourceId};
use crate::route::{Dress, Routes};

/// A lane whose path is to be dressed.
#[derive(Debug, Clone, Copy)]
pub struct BareLane {
    /// Its path.
    pub path: PathId,
    /// What each of its transfers carries.
    pub bytes: u64,
    /// How many lanes share what its rank moves over scale-up links and PCIe, and what its server moves over the network.
    pub shares: [f64; 3],
    /// How much of what arrives the receiver adds, 0 to 1.
    pub reduces: f64,
}

/// Paths with the costs of a stack in them: a path for every lane, which has a resource of its own for the most that
/// its channel moves; links carry the part of their raw rate that is got. Resources keep their numbers, the lanes'
/// own follow them.
///
/// Several collectives that share links may have different costs; a link then carries what the first that crosses it
/// gets of it.
pub fn dress(fabric: &Fabric, routes: &Routes, lanes: &[(BareLane, &Costs)]) -> (Routes, Vec<PathId>) {
    let media: Vec<Medium> = (0..routes.resources().len())
        .map(|at| Medium::of_link(fabric, routes.links(ResourceId::from_index(at))[0]))
        .collect();
    let mut capacities: Vec<Option<f64>> = vec![None; media.len()];
    let mut dresses = Vec::with_capacity(lanes.len());
    for (lane, costs) in lanes {
        let hops = routes.hops(lane.path);
        let medium = hops.iter().map(|hop| media[hop.resource.index()]).max().unwrap_or(Medium::Scaleup);
        for hop in hops {
            let at = hop.resource.index();
            if capacities[at].is_none()
                && let Some(part) = costs.fraction[media[at] as usize]
            {
                let link = routes.resources()[at].link;
                let own = routes.resources()[at].capacity;
                // A resource may be one lane of a link. No library gets more than a link carries.
                let raw = raw_rate(fabric, link) * (own / fabric.capacity(link));
                capacities[at] = Some(f64::min(raw * part, own));
            }
        }
        let (step, rate) = costs.lane(medium, lane.bytes, lane.shares[medium as usize], lane.reduces);
        dresses.push(Dress { path: lane.path, latency: step, rate });
    }
    routes.dressed(&capacities, &dresses)
}
