//! Parameters of families with tiers of switches: ports, tiers, rates and lengths.

use super::clos::Plan;
use super::{Fault, Param, ParamKind, Values};
use crate::fabric::Cable;

/// A number of ports.
pub(super) const PORTS: ParamKind = ParamKind::Count { min: 1, max: 1 << 24 };
/// Tiers of switches.
pub(super) const TIERS: Param = Param::optional(
    "tiers",
    ParamKind::Count { min: 1, max: 3 },
    "tiers of switches; the fewest that suffice where left out",
);
/// Ports of every switch.
pub(super) const RADIX: Param =
    Param::new("radix", ParamKind::Count { min: 2, max: 1 << 24 }, "64", "ports of a switch");
/// Ports of a leaf to its hosts.
pub(super) const LEAF_DOWN: Param = Param::optional(
    "leaf_down",
    PORTS,
    "ports of a leaf to its hosts; what `leaf_up` leaves, else half the radix",
);
/// Ports of a leaf to the spines.
pub(super) const LEAF_UP: Param = Param::optional(
    "leaf_up",
    PORTS,
    "ports of a leaf to the spines; what `leaf_down` leaves, else half the radix",
);
/// Ports of a spine.
pub(super) const SPINE_RADIX: Param =
    Param::optional("spine_radix", RADIX.kind, "ports of a spine; `radix` where left out");
/// Ports of a spine to the leaves.
pub(super) const SPINE_DOWN: Param = Param::optional(
    "spine_down",
    PORTS,
    "ports of a spine to the leaves, with 3 tiers; what `spine_up` leaves, else half of them",
);
/// Ports of a spine to the cores.
pub(super) const SPINE_UP: Param = Param::optional(
    "spine_up",
    PORTS,
    "ports of a spine to the cores, with 3 tiers; what `spine_down` leaves, else half of them",
);
/// Ports of a core.
pub(super) const CORE_RADIX: Param =
    Param::optional("core_radix", PORTS, "ports of a core; `radix` where left out");
/// The rate of the cables between switches.
pub(super) const UPLINK_BANDWIDTH: Param = Param::optional(
    "uplink_bandwidth",
    ParamKind::Bandwidth,
    "rate of a cable between switches; as to hosts where left out",
);
/// Cables from leaves to hosts.
pub(super) const HOST_LENGTH: Param =
    Param::optional("host_length", ParamKind::Length, "length of the cables from hosts to leaves");
/// Cables from leaves to spines.
pub(super) const SPINE_LENGTH: Param =
    Param::optional("spine_length", ParamKind::Length, "length of the cables from leaves to spines");
/// Cables from spines to cores.
pub(super) const CORE_LENGTH: Param =
    Param::optional("core_length", ParamKind::Length, "length of the cables from spines to cores");

/// Ports of the switches above the hosts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    /// Ports of a leaf towards its hosts.
    pub(super) leaf_down: u32,
    /// Ports of a leaf towards the spines.
    pub(super) leaf_up: u32,
    /// All ports of a spine.
    pub(super) spine: u32,
    /// Ports of a spine towards the leaves, where there are cores.
    pub(super) spine_down: u32,
    /// Ports of a spine towards the cores.
    pub(super) spine_up: u32,
    /// All ports of a core.
    pub(super) core: u32,
}

impl Ports {
    /// Reads `radix`, `leaf_down`, `leaf_up`, `spine_radix`, `spine_down`, `spine_up` and `core_radix`; what
    /// is left out is the radix or half of it.
    ///
    /// A leaf that is alone has no uplinks, so all its ports may serve hosts: where one tier is asked for,
    /// and where nothing but `alone`, the number of hosts, decides and a leaf has that many ports.
    pub(super) fn read(values: &Values<'_>, alone: Option<u32>, faults: &mut Vec<Fault>) -> Self {
        let radix = values.count("radix");
        let spine = values.optional_count("spine_radix").unwrap_or(radix);
        let split = |down: &'static str, up: &'static str, all: u32| match (
            values.optional_count(down),
            values.optional_count(up),
        ) {
            (Some(down), Some(up)) => (down, up),
            (Some(down), None) => (down, all.saturating_sub(down)),
            (None, Some(up)) => (all.saturating_sub(up), up),
            (None, None) => (all / 2, all / 2),
        };
        let (down, up) = (values.optional_count("leaf_down"), values.optional_count("leaf_up"));
        let single = match values.optional_count("tiers") {
            Some(tiers) => tiers == 1,
            None => down.is_none() && up.is_none() && alone.is_some_and(|hosts| hosts <= radix),
        };
        let (leaf_down, leaf_up) =
            if single { (down.unwrap_or(radix), 0) } else { split("leaf_down", "leaf_up", radix) };
        let (spine_down, spine_up) = split("spine_down", "spine_up", spine);
        let sums = [
            ("leaf_down", "leaf", leaf_down, leaf_up, radix),
            ("spine_down", "spine", spine_down, spine_up, spine),
        ];
        for (param, what, down, up, all) in sums {
            let no_way_up = up == 0 && !(single && what == "leaf");
            if down == 0 || no_way_up || u64::from(down) + u64::from(up) > u64::from(all) {
                let message = format!("{down} ports down and {up} up do not fit a {what} of {all} ports");
                faults.push(Fault::new(param, message));
            }
        }
        let core = values.optional_count("core_radix").unwrap_or(radix);
        Self { leaf_down, leaf_up, spine, spine_down, spine_up, core }
    }
}

/// The cables between switches.
#[derive(Debug, Clone)]
pub(super) struct Uplinks {
    /// Leaf to spine, one lane.
    pub(super) spine: Cable,
    /// Spine to core, one lane.
    pub(super) core: Cable,
}

/// The tiers asked for, or the fewest that reach all leaves.
pub(super) fn tiers(values: &Values<'_>, ports: &Ports, leaves: u32) -> u32 {
    values.optional_count("tiers").unwrap_or_else(|| match leaves {
        1 => 1,
        _ if Plan::two_tiers(ports, leaves).is_ok() => 2,
        _ => 3,
    })
}

impl Uplinks {
    /// Reads `uplink_bandwidth`, `spine_length` and `core_length`; the rest is as the cables to hosts.
    pub(super) fn read(values: &Values<'_>, host: &Cable) -> Self {
        Self::named(values, host, ["spine_length", "core_length"])
    }

    /// Reads `uplink_bandwidth` and the two lengths of these names.
    pub(super) fn named(values: &Values<'_>, host: &Cable, lengths: [&str; 2]) -> Self {
        let bandwidth = values.bandwidth("uplink_bandwidth");
        let mut up = host.clone();
        if bandwidth.bits_per_sec() > 0 {
            (up.bandwidth, up.reverse_bandwidth) = (bandwidth, bandwidth);
        }
        Self {
            spine: up.clone().length(values.length(lengths[0])),
            core: up.length(values.length(lengths[1])),
        }
    }
}
