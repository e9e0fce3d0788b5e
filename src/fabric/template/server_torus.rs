//! GPU servers joined directly to a ring, torus or three-dimensional torus, without switches.
//!
//! The adapters of a server are dealt evenly to the directions of all sides above 1, in order: those of the
//! first side upwards, then downwards, then those of the next. Adapter `l` of a direction is cabled to adapter
//! `l` of the opposite direction of the neighbour. Traffic to servers farther away passes through those
//! between: from adapter over PCIe to a GPU, over the NVSwitch to a GPU of the next direction, and out.
//! Routes are shortest paths over servers and spread over equal ones as the link classes say; they do not
//! keep to an order of dimensions.

use super::bundles::{Bundle, Join};
use super::counts::Counts;
use super::hosts::{
    GPUS, Hosts, NETWORK_BANDWIDTH, NETWORK_CLASS, NICS, NVLINK_BANDWIDTH, NVLINK_CLASS, NVLINK_LATENCY,
    NVSWITCH_IN_NETWORK, PCIE_BANDWIDTH, PCIE_CLASS, PCIE_LATENCY, Servers,
};
use super::limits::{MOST, check_size};
use super::medium::LATENCY;
use super::{Family, Fault, Param, ParamKind, Values};
use crate::fabric::Builder;

/// `server-torus`.
pub(super) static FAMILY: Family = Family {
    name: "server-torus",
    about: "GPU servers joined directly by their adapters to a torus of 1 to 3 dimensions, GPUs passing traffic on",
    params: &[
        Param::required(
            "sides",
            ParamKind::Sides,
            "servers along each side, 1 to 3 of them; the last runs fastest",
        ),
        GPUS,
        NICS,
        NETWORK_BANDWIDTH,
        NETWORK_CLASS,
        LATENCY,
        Param::optional("host_length", ParamKind::Length, "length of the cables between servers"),
        NVLINK_BANDWIDTH,
        NVLINK_CLASS,
        NVLINK_LATENCY,
        NVSWITCH_IN_NETWORK,
        PCIE_BANDWIDTH,
        PCIE_CLASS,
        PCIE_LATENCY,
    ],
    build,
    counts: Some(counts),
};

/// The servers, and how many adapters each has for a direction.
struct Layout {
    servers: Servers,
    /// Sides above 1, the last of which runs fastest.
    sides: Vec<u32>,
    /// Zero for a single server.
    lanes: u32,
}

impl Layout {
    /// Reads the sides and servers; `None` where there are faults.
    fn read(values: &Values<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let sides = values.sides("sides");
        // at most four factors below 2^32
        let count: u128 = sides.iter().take(4).map(|side| u128::from(*side)).product();
        if sides.is_empty() || sides.len() > 3 {
            let message = format!("expected 1 to 3 side lengths, found {}", sides.len());
            faults.push(Fault::new("sides", message));
        } else if count == 0 {
            faults.push(Fault::new("sides", "every side must be at least 1"));
        } else if count > u128::from(MOST) {
            faults.push(Fault::new("sides", format!("{count} servers are too many, the most is {MOST}")));
        }
        let servers = Servers::read(values, u32::try_from(count).unwrap_or(u32::MAX), faults);
        let directions = 2 * sides.iter().take(3).filter(|side| **side > 1).count() as u32;
        if directions > 0 && !servers.nics.is_multiple_of(directions) {
            let message =
                format!("{} adapters cannot be dealt evenly to {directions} directions", servers.nics);
            faults.push(Fault::new("nics_per_server", message));
        }
        let lanes = servers.nics.checked_div(directions).unwrap_or(0);
        let sides = sides.iter().copied().filter(|side| *side > 1).collect();
        faults.is_empty().then_some(Self { servers, sides, lanes })
    }

    /// All cables, side by side: from the first of some adapters of a server that look up that side. Those at the other
    /// end are as many further on.
    fn bundles(&self, tell: &mut dyn FnMut(Bundle)) {
        let (mut stride, mut first) = (self.servers.count, 0);
        for side in &self.sides {
            stride /= side;
            for server in 0..self.servers.count {
                let at = server / stride % side;
                let next = server - at * stride + (at + 1) % side * stride;
                tell(Bundle { join: Join::Servers, ends: [server, next], first, lanes: self.lanes });
            }
            first += 2 * self.lanes;
        }
    }

    fn counts(&self) -> Counts {
        // each adapter is one end of a cable
        let cables = if self.lanes > 0 { self.servers.adapters() / 2 } else { 0 };
        Counts::default().with_hosts(self.servers.count.into(), cables)
    }
}

fn build(values: &Values<'_>, builder: &mut Builder) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let layout = Layout::read(values, &mut faults);
    let servers = layout.as_ref().map_or(Servers { count: 0, gpus: 0, nics: 0 }, |layout| layout.servers);
    let hosts = Hosts::read(values, builder, servers, true, &mut faults);
    let (Some(layout), Some(hosts), true) = (layout, hosts, faults.is_empty()) else { return Err(faults) };
    let (nodes, cables) = servers.size();
    let cables = cables + u128::from(layout.counts().host_cables);
    check_size(builder, "sides", nodes, cables).map_err(|fault| vec![fault])?;

    let nics = hosts.add_all(builder);
    layout.bundles(&mut |bundle| {
        let [from, to] = bundle.ends.map(|server| &nics[server as usize]);
        for up in bundle.first..bundle.first + bundle.lanes {
            let down = up + bundle.lanes;
            builder.add_cable(from[up as usize], to[down as usize], hosts.network.clone());
        }
    });
    Ok(())
}

/// All cables of such a fabric; none where there are faults.
pub(super) fn bundles(values: &Values<'_>, tell: &mut dyn FnMut(Bundle)) {
    if let Some(layout) = Layout::read(values, &mut Vec::new()) {
        layout.bundles(tell);
    }
}

fn counts(values: &Values<'_>) -> Result<Counts, Vec<Fault>> {
    let mut faults = Vec::new();
    Layout::read(values, &mut faults).map(|layout| layout.counts()).ok_or(faults)
}
