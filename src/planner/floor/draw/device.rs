//! Devices of a fabric, and what is between them.

use rustc_hash::FxHashMap;

use super::{Assigned, DrawError};
use crate::fabric::parts::{Server, Switch};
use crate::fabric::{Fabric, NodeKind, Position};
use crate::ids::{NodeId, number};
use crate::units::{Bandwidth, Mass, Power};

/// Sorts of devices, from servers up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Server,
    Leaf,
    Spine,
    Core,
    Switch,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [Self::Server, Self::Leaf, Self::Spine, Self::Core, Self::Switch];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Leaf => "leaf",
            Self::Spine => "spine",
            Self::Core => "core",
            Self::Switch => "switch",
        }
    }

    const fn of(kind: NodeKind) -> Option<Self> {
        match kind {
            NodeKind::Leaf => Some(Self::Leaf),
            NodeKind::Spine => Some(Self::Spine),
            NodeKind::Core => Some(Self::Core),
            NodeKind::Switch => Some(Self::Switch),
            _ => None,
        }
    }
}

/// What a device is bought as.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Server(&'a Server),
    Switch(&'a Switch),
}

impl<'a> Part<'a> {
    pub(super) const fn switch(self) -> Option<&'a Switch> {
        match self {
            Self::Server(_) => None,
            Self::Switch(switch) => Some(switch),
        }
    }

    pub(super) fn name(self) -> &'a str {
        match self {
            Self::Server(server) => &server.name,
            Self::Switch(switch) => &switch.name,
        }
    }

    pub(super) const fn height(self) -> u32 {
        match self {
            Self::Server(server) => server.height,
            Self::Switch(switch) => switch.height,
        }
    }

    pub(super) const fn max_power(self) -> Power {
        match self {
            Self::Server(server) => server.max_power,
            Self::Switch(switch) => switch.max_power,
        }
    }

    pub(super) const fn mass(self) -> Mass {
        match self {
            Self::Server(server) => server.mass,
            Self::Switch(switch) => switch.mass,
        }
    }
}

/// A server or a switch.
#[derive(Debug)]
pub(super) struct Device<'a> {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) part: Part<'a>,
    pub(super) rail: Option<u32>,
    pub(super) position: Option<Position>,
}

/// All lanes between two devices' nodes, the end of the lower tier first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) ends: [(u32, NodeId); 2],
    pub(super) lanes: u32,
    pub(super) rate: Bandwidth,
}

/// All devices: servers by number, then leaves, spines, cores and other switches, each in the fabric's order.
#[derive(Debug)]
pub(super) struct Inventory<'a> {
    pub(super) fabric: &'a Fabric,
    pub(super) devices: Vec<Device<'a>>,
    pub(super) lines: Vec<Line>,
}

impl<'a> Inventory<'a> {
    pub(super) fn new(fabric: &'a Fabric, parts: &Assigned<'a>) -> Result<Self, DrawError> {
        let mut servers: Vec<u32> = fabric.nodes().iter().filter_map(|node| node.server).collect();
        servers.sort_unstable();
        servers.dedup();
        let mut devices: Vec<Device<'a>> = Vec::new();
        let mut by_server: FxHashMap<u32, u32> = FxHashMap::default();
        for server in servers {
            by_server.insert(server, number(devices.len()));
            let part = Part::Server(parts.server);
            let name = format!("host{server}");
            devices.push(Device { name, kind: Kind::Server, part, rail: None, position: None });
        }
        let mut device_of: Vec<Option<u32>> = vec![None; fabric.nodes().len()];
        for (node, device) in fabric.nodes().iter().zip(&mut device_of) {
            *device = node.server.and_then(|server| by_server.get(&server).copied());
            if let (Some(at), Some(position)) = (*device, node.position) {
                // A server stands where the lowest of what is in it does.
                let own = &mut devices[at as usize].position;
                *own =
                    Some(own.map_or(position, |own| if position.unit < own.unit { position } else { own }));
            }
        }
        for kind in Kind::ALL {
            for (node, device) in fabric.nodes().iter().zip(&mut device_of) {
                if device.is_some() || Kind::of(node.kind) != Some(kind) {
                    continue;
                }
                let part = switch(parts, kind)
                    .ok_or_else(|| DrawError::NoPart { name: node.name.clone(), kind: kind.name() })?;
                *device = Some(number(devices.len()));
                let part = Part::Switch(part);
                let (name, rail, position) = (node.name.clone(), node.rail, node.position);
                devices.push(Device { name, kind, part, rail, position });
            }
        }
        let lines = lines(fabric, &devices, &device_of)?;
        Ok(Self { fabric, devices, lines })
    }

    /// Devices of a kind, with their indices.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = (u32, &Device<'a>)> {
        (0..).zip(&self.devices).filter(move |(_, device)| device.kind == kind)
    }

    /// How many devices there are of a kind.
    pub(super) fn count(&self, kind: Kind) -> u32 {
        number(self.of(kind).count())
    }

    /// The kinds at the ends of a line.
    pub(super) fn kinds(&self, line: &Line) -> [Kind; 2] {
        line.ends.map(|(device, _)| self.devices[device as usize].kind)
    }
}

/// The part of a switch.
pub(super) const fn switch<'a>(parts: &Assigned<'a>, kind: Kind) -> Option<&'a Switch> {
    match kind {
        Kind::Server => None,
        Kind::Leaf => parts.leaf,
        Kind::Spine => parts.spine,
        Kind::Core => parts.core,
        Kind::Switch => parts.switch,
    }
}

fn lines(fabric: &Fabric, devices: &[Device<'_>], device_of: &[Option<u32>]) -> Result<Vec<Line>, DrawError> {
    let mut lines = Vec::new();
    // The two directions of a cable are neighbours.
    for both in fabric.links().chunks(2) {
        let link = &both[0];
        let device = |node: NodeId| {
            let found = device_of[node.index()];
            found.ok_or_else(|| {
                let node = fabric.node(node);
                DrawError::Homeless { node: node.name.clone(), kind: node.kind.name() }
            })
        };
        let mut ends = [(device(link.from)?, link.from), (device(link.to)?, link.to)];
        if ends[0].0 == ends[1].0 {
            continue;
        }
        if devices[ends[0].0 as usize].kind > devices[ends[1].0 as usize].kind {
            ends.swap(0, 1);
        }
        let rate = both.iter().map(|link| link.bandwidth).max().unwrap_or(link.bandwidth);
        lines.push(Line { ends, lanes: link.lanes, rate });
    }
    Ok(lines)
}
