//! The library's own prediction of a collective's time, by which it chooses algorithm and protocol.
//!
//! NCCL fills a table of latencies and bandwidths when a communicator is made, and takes what the table says is
//! fastest (`src/graph/tuning.cc`, tags 2.8.3 to 2.30.7). The constants here are its own, not measured times: they say
//! what it *chooses*. What the choice *takes* is simulated. RCCL descends from it.

use std::fmt;

use super::profile::Generation;
use super::site::{Medium, Site};
use super::tables::{self, Latencies};
use crate::collective::{Algorithm, Op};

/// How data and the sign that they are there travel together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Four bytes of data with four of flag: lowest latency, half the rate.
    Ll,
    /// 120 bytes of data with eight of flag, over links that keep 128 bytes together.
    Ll128,
    /// Data, a fence, then a counter: full rate.
    Simple,
}

impl Protocol {
    /// All, with the names that files use.
    pub const ALL: [(&'static str, Self); 3] =
        [("ll", Self::Ll), ("ll128", Self::Ll128), ("simple", Self::Simple)];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ll => "ll",
            Self::Ll128 => "ll128",
            Self::Simple => "simple",
        }
    }
}

/// A release of the library, as its constants changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The 2 of 2.18.5.
    pub major: u32,
    /// The 18.
    pub minor: u32,
}

impl Version {
    /// What is taken where nothing is said: the newest whose constants are known.
    pub const NEWEST: Self = Self { major: 2, minor: 30 };

    /// From `2.18.5`; `None` where that is not a version.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        Some(Self { major, minor })
    }

    /// Whether it is older than 2.`minor`.
    pub(super) const fn before(self, minor: u32) -> bool {
        self.major < 2 || (self.major == 2 && self.minor < minor)
    }

    /// Whether it is 2.`from` or newer, and older than 2.`to`.
    pub(super) const fn within(self, from: u32, to: u32) -> bool {
        !self.before(from) && self.before(to)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What the library predicts from.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The operation.
    pub op: Op,
    /// Its size.
    pub bytes: u64,
    /// The fabric as it sees it.
    pub site: &'a Site,
    /// The generation.
    pub generation: Generation,
    /// The release.
    pub version: Version,
    /// How many channels.
    pub channels: u32,
    /// The protocol that its user imposes.
    pub imposed: Option<Protocol>,
}

impl Question<'_> {
    /// What the library takes the links of an accelerator inside its server for, 10^9 bytes per second: PCIe 12 of 16
    /// for every generation of it.
    fn inside(&self) -> f64 {
        match self.site.inside() {
            Medium::Scaleup => self.site.scaleup / 1e9 * tables::part_of_links(self.generation, self.version),
            _ => self.site.pcie / 1e9 * 0.75,
        }
    }

    /// Bus bandwidth of a ring, 10^9 bytes per second.
    fn bus(&self) -> f64 {
        let outside = self.site.network / 1e9;
        let bus = match (self.site.servers > 1, self.site.per_server > 1) {
            (false, _) => self.inside(),
            (true, false) => outside,
            (true, true) => f64::min(self.inside(), outside),
        };
        bus.min(tables::bus(self.generation, self.version))
    }

    /// Which protocols may be used: LL128 needs scale-up links (or one rank a server), unless it is imposed.
    fn allows(&self, protocol: Protocol) -> bool {
        protocol != Protocol::Ll128 || self.site.inside() != Medium::Pcie || self.imposed == Some(protocol)
    }

    /// Everything that the library would consider, with its prediction in microseconds, in the library's own order: of
    /// equals it takes the first.
    pub fn predictions(&self) -> Vec<(Algorithm, Protocol, f64)> {
        let mut found = Vec::new();
        for algorithm in [Algorithm::DoubleTree, Algorithm::Ring] {
            if algorithm == Algorithm::DoubleTree && self.op != Op::AllReduce {
                continue;
            }
            for (_, protocol) in Protocol::ALL {
                if self.allows(protocol) {
                    found.push((algorithm, protocol, self.predict(algorithm, protocol)));
                }
            }
        }
        let several = self.site.servers > 1;
        let reducing = self.site.reducing && self.generation.has_nvls() && !self.version.before(17);
        if reducing && !several && self.op != Op::Broadcast && self.op != Op::Reduce && self.site.ranks > 1 {
            found.push((Algorithm::Nvls, Protocol::Simple, self.nvls()));
        }
        if reducing && several && self.op == Op::AllReduce && self.site.per_server > 1 {
            found.push((Algorithm::NvlsTree, Protocol::Simple, self.nvls_tree()));
        }
        found
    }

    fn predict(&self, algorithm: Algorithm, protocol: Protocol) -> f64 {
        let tree = algorithm == Algorithm::DoubleTree;
        let (n, servers) = (f64::from(self.site.ranks), f64::from(self.site.servers));
        let per_server = (n / servers).max(1.0);
        let at = protocol as usize;
        let (own, of_trees) = (self.latencies(tree), self.latencies(true));
        let alone = per_server <= 1.0 && !self.version.before(23);
        let (base, inside) = (own.base[at], own.inside[at]);
        let outside = if alone { of_trees.outside[at] } else { own.outside[at] };
        let several = self.site.servers > 1;
        let inside = if several && protocol == Protocol::Ll && self.version.before(18) {
            1.8 * inside
        } else {
            inside
        };
        let depth = servers.log2().floor();
        let post = if several { if protocol == Protocol::Simple { 3.0 } else { 1.0 } } else { 0.0 };
        let (mut latency, steps) = match (tree, self.op) {
            (true, _) => (base + 2.0 * ((per_server - 1.0) * inside + depth * outside), 0.0),
            // Channels go through the ranks in different orders, by the slowest hop there is.
            (false, Op::Broadcast | Op::Reduce) => {
                let of = if protocol == Protocol::Simple { of_trees } else { own };
                (base + n * if several { of.outside[at] } else { of.inside[at] }, n)
            }
            (false, op) => {
                let rounds = if op == Op::AllReduce { 2.0 } else { 1.0 };
                let steps = rounds * (n - 1.0);
                // The library once counted the way back to the first server too.
                let closed = op == Op::AllReduce && several && self.version.within(12, 21);
                let far = if closed { 2.0 * servers } else { rounds * (servers - 1.0) };
                (base + (steps - far) * f64::max(inside, post) + far * outside, steps)
            }
        };
        let small = (self.bytes as f64) / (f64::from(self.channels) * n) < 64.0;
        let plateau = !tree && protocol == Protocol::Simple && self.op == Op::AllReduce && several;
        if plateau && !small {
            latency *= if self.generation == Generation::Volta { 1.9 } else { 1.4 };
        }
        let bandwidth = if tree { self.tree(protocol) } else { self.ring(protocol) * n / steps.max(1.0) };
        latency + self.bytes as f64 / (1_000.0 * bandwidth.max(1e-6))
    }

    fn latencies(&self, tree: bool) -> Latencies {
        Latencies::of(self.version, tree, self.site.inside() == Medium::Pcie)
    }

    /// The most that LL moves on the bus.
    fn ll(&self) -> f64 {
        tables::ll(self.generation, self.version, self.site.servers)
    }

    fn ring(&self, protocol: Protocol) -> f64 {
        let bus = self.bus();
        match protocol {
            Protocol::Ll => {
                let sums = matches!(self.op, Op::AllReduce | Op::Reduce);
                let part = match self.version.before(21) {
                    true if self.site.servers > 1 || sums => 1.0 / 4.0,
                    true => 1.0 / 3.0,
                    false => 1.0 / 2.0,
                };
                f64::min(self.ll(), part * bus)
            }
            Protocol::Ll128 => {
                let cap = tables::ring_ll128(self.generation, self.version);
                let part = if self.version.before(21) && self.site.per_server < 2 { 0.7 } else { 0.92 };
                f64::min(part * bus, f64::from(self.channels) * cap)
            }
            Protocol::Simple => bus,
        }
    }

    /// Algorithm bandwidth of the tree.
    fn tree(&self, protocol: Protocol) -> f64 {
        let (column, channels) = (self.site.servers.clamp(1, 3) as usize - 1, f64::from(self.channels));
        let (cap, cap128) = tables::tree(self.generation, self.version);
        // Between two servers, each tree crosses the network once each way, a ring twice; the tuner that comes with
        // EFA's plug-in knows it.
        let bus = if self.site.servers == 2 && self.site.per_server > 1 && self.site.transport == "efa" {
            f64::min(self.inside(), 2.0 * self.site.network / 1e9)
        } else {
            self.bus()
        };
        let bus = f64::min(0.92 * bus, channels * cap[column]);
        let bus = match protocol {
            Protocol::Ll => f64::min(bus / 3.8, self.ll()),
            Protocol::Ll128 => {
                let part = if column == 0 { 7.0 / 9.0 } else { 120.0 / 128.0 };
                f64::min(bus * part, channels * cap128[column])
            }
            Protocol::Simple => bus,
        };
        0.5 * bus * tables::correction(protocol, self.bytes)
    }

    fn nvls(&self) -> f64 {
        let n = f64::from(self.site.ranks);
        let (factor, ratio) = match self.op {
            Op::AllReduce => (2.0, n / (2.0 * (n - 1.0))),
            _ => ((n - 1.0) / n, n / (n - 1.0)),
        };
        let bus = self.switched(1) * factor * tables::nvls_part(self.version);
        tables::nvls_hop(self.version) + self.bytes as f64 / (1_000.0 * bus * ratio)
    }

    /// What NVLS moves into and out of switches.
    fn switched(&self, servers: u32) -> f64 {
        let channels = tables::nvls_channels(self.generation, servers);
        self.inside() * tables::nvls_efficiency(self.generation) * (channels - 1.0) / channels
    }

    fn nvls_tree(&self) -> f64 {
        let (n, servers) = (f64::from(self.site.ranks), self.site.servers);
        let depth = f64::from(servers).log2().floor();
        let latency = tables::nvls_hop(self.version) + 2.0 * depth * tables::nvls_tree_hop(self.version);
        let outside = self.site.network / 1e9 * if servers == 2 { 2.0 } else { 1.0 };
        let cap = tables::nvls_tree(self.generation, self.version, servers);
        let channels = tables::nvls_channels(self.generation, servers);
        let bus = f64::min(2.0 * self.switched(servers), outside).min(channels * cap);
        let bus = bus * tables::nvls_part(self.version);
        latency + self.bytes as f64 / (1_000.0 * bus * n / (2.0 * (n - 1.0)))
    }
}
