//! The frozen table of paths that engines read.

use crate::ids::{LinkId, PathId, ResourceId};
use crate::units::Time;

/// What flows share: all lanes of a directed link together, or one lane where lanes are chosen one by one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resource {
    /// The link; the lowest where the resource stands for several, see [`Routes::links`].
    pub link: LinkId,
    /// The lane, where lanes are chosen one by one and there are several.
    pub lane: Option<u32>,
    /// Payload bytes per second (of one link where the resource stands for several).
    pub capacity: f64,
}

/// A part of a path: `weight / unit` of the flow crosses the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    /// What is crossed.
    pub resource: ResourceId,
    /// In units of [`Routes::unit`].
    pub weight: u32,
}

/// Paths, interned, with the resources that they cross.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    pub(super) resources: Vec<Resource>,
    pub(super) starts: Vec<u32>,
    pub(super) hops: Vec<Hop>,
    pub(super) latencies: Vec<Time>,
    pub(super) alone: Vec<f64>,
    pub(super) unit: u32,
    /// Where the links of each resource start in `links`; empty where every resource is just its own link.
    pub(super) link_starts: Vec<u32>,
    pub(super) links: Vec<LinkId>,
}

/// What a path gets on top of its own costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dress {
    /// The path.
    pub path: PathId,
    /// Added to its latency.
    pub latency: Time,
    /// The most that a flow on it gets, in bytes per second; infinite where nothing limits it.
    pub rate: f64,
}

impl Routes {
    /// A path for each of `dresses`, in order, in a table whose resources have other capacities where `capacities` says
    /// so; those of flows that are limited on their own come behind, one a path.
    pub fn dressed(&self, capacities: &[Option<f64>], dresses: &[Dress]) -> (Self, Vec<PathId>) {
        let mut routes = Self {
            resources: self.resources.clone(),
            starts: vec![0],
            unit: self.unit,
            link_starts: self.link_starts.clone(),
            links: self.links.clone(),
            ..Self::default()
        };
        for (resource, capacity) in routes.resources.iter_mut().zip(capacities) {
            resource.capacity = capacity.unwrap_or(resource.capacity);
        }
        for dress in dresses {
            let hops = self.hops(dress.path);
            routes.hops.extend_from_slice(hops);
            if dress.rate.is_finite() && !hops.is_empty() {
                let link = self.resources[hops[0].resource.index()].link;
                let resource = ResourceId::from_index(routes.resources.len());
                routes.resources.push(Resource { link, lane: None, capacity: dress.rate });
                routes.hops.push(Hop { resource, weight: self.unit });
                if !routes.link_starts.is_empty() {
                    routes.links.push(link);
                    routes.link_starts.push(routes.links.len() as u32);
                }
            }
            routes.starts.push(routes.hops.len() as u32);
            let latency = self.latency(dress.path);
            routes.latencies.push(if hops.is_empty() { latency } else { latency + dress.latency });
        }
        routes.set_alone();
        (routes, (0..dresses.len()).map(PathId::from_index).collect())
    }

    /// A table from its parts, for tests and for engines' own checks: each path is its hops and latency.
    pub fn from_parts(resources: Vec<Resource>, unit: u32, paths: &[(Vec<Hop>, Time)]) -> Self {
        let mut routes = Self {
            resources,
            starts: vec![0],
            hops: Vec::new(),
            latencies: Vec::new(),
            unit,
            ..Self::default()
        };
        for (hops, latency) in paths {
            routes.hops.extend_from_slice(hops);
            routes.starts.push(routes.hops.len() as u32);
            routes.latencies.push(*latency);
        }
        routes.set_alone();
        routes
    }

    /// All resources, by [`ResourceId`].
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The links that a resource stands for, ascending: just its own link, or all links of a bundle or of a class of
    /// bundles, each of which carries what the resource carries.
    pub fn links(&self, resource: ResourceId) -> &[LinkId] {
        let at = resource.index();
        match self.link_starts.get(at..at + 2) {
            Some(range) => &self.links[range[0] as usize..range[1] as usize],
            None => std::slice::from_ref(&self.resources[at].link),
        }
    }

    /// How many paths there are.
    pub fn len(&self) -> usize {
        self.latencies.len()
    }

    /// True where there are no paths.
    pub fn is_empty(&self) -> bool {
        self.latencies.is_empty()
    }

    /// The hops of a path, ascending by resource. A path from a node to itself has none.
    pub fn hops(&self, path: PathId) -> &[Hop] {
        &self.hops[self.starts[path.index()] as usize..self.starts[path.index() + 1] as usize]
    }

    /// The largest latency over the ways that a path takes.
    pub fn latency(&self, path: PathId) -> Time {
        self.latencies[path.index()]
    }

    /// The rate of a flow that has its path for itself, in bytes per second; infinite for a path without hops.
    pub fn alone_rate(&self, path: PathId) -> f64 {
        self.alone[path.index()]
    }

    /// Works out the rates alone, once all paths are in.
    pub(super) fn set_alone(&mut self) {
        let unit = f64::from(self.unit);
        self.alone = (0..self.len())
            .map(|path| {
                self.hops(PathId::from_index(path)).iter().fold(f64::INFINITY, |rate, hop| {
                    let capacity = self.resources[hop.resource.index()].capacity * unit;
                    rate.min(capacity / f64::from(hop.weight))
                })
            })
            .collect();
    }

    /// The weight of a whole flow: weights are fractions of it, so that their sums are exact integers.
    pub fn unit(&self) -> u32 {
        self.unit
    }
}
