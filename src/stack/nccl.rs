//! The library's own prediction of a collective's time, by which it chooses algorithm and protocol.
//!
//! NCCL fills a table of latencies and bandwidths when a communicator is made, and takes what the table says is
//! fastest (`src/graph/tuning.cc`, tags 2.8.3 to 2.30.7). The constants here are its own, not measured times: they say
//! what it *chooses*. What the choice *takes* is simulated. RCCL descends from it.

use std::fmt;

use super::profile::Generation;
use super::site::{Medium, Site};
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

    const fn before(self, minor: u32) -> bool {
        self.major < 2 || (self.major == 2 && self.minor < minor)
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

/// Latencies in microseconds: LL, LL128, Simple.
type Row = [f64; 3];

impl Question<'_> {
    /// What the library takes scale-up links for, 10^9 bytes per second: its figure per link is 20 of 25 (Volta, Ampere),
    /// 20.6 of 25 (Hopper; 20.0 before 2.20), 40.1 of 50 (Blackwell); PCIe 12 of 16 for every generation of it.
    fn inside(&self) -> f64 {
        let part = match self.generation {
            Generation::Volta | Generation::Ampere => 20.0 / 25.0,
            Generation::Hopper if self.version.before(20) => 20.0 / 25.0,
            Generation::Hopper => 20.6 / 25.0,
            Generation::Blackwell => 40.1 / 50.0,
        };
        match self.site.inside() {
            Medium::Scaleup => self.site.scaleup / 1e9 * part,
            _ => self.site.pcie / 1e9 * 0.75,
        }
    }

    /// Bus bandwidth of a ring, 10^9 bytes per second.
    fn bus(&self) -> f64 {
        let outside = self.site.network / 1e9;
        match (self.site.servers > 1, self.site.per_server > 1) {
            (false, _) => self.inside(),
            (true, false) => outside,
            (true, true) => f64::min(self.inside(), outside),
        }
    }

    /// Which protocols may be used: LL128 needs scale-up links (or one rank a server), unless it is imposed.
    fn allows(&self, protocol: Protocol) -> bool {
        protocol != Protocol::Ll128 || self.site.inside() != Medium::Pcie || self.imposed == Some(protocol)
    }

    /// Everything that the library would consider, with its prediction in microseconds, best last known first:
    /// algorithms in their own order, protocols in theirs.
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
        let (base, inside, outside) = self.latencies(tree);
        let at = protocol as usize;
        let outside =
            if per_server <= 1.0 && !self.version.before(23) { self.latencies(true).2 } else { outside };
        let (inside, outside) = (inside[at], outside[at]);
        let depth = servers.log2().floor();
        let post =
            if self.site.servers > 1 { if protocol == Protocol::Simple { 3.0 } else { 1.0 } } else { 0.0 };
        let (mut latency, steps) = match (tree, self.op) {
            (true, _) => (base[at] + 2.0 * ((per_server - 1.0) * inside + depth * outside), 0.0),
            // Channels go through the ranks in different orders.
            (false, Op::Broadcast | Op::Reduce) => {
                let hop = if protocol == Protocol::Simple { self.latencies(true).1[at] } else { inside };
                (base[at] + (n - servers) * hop + (servers - 1.0) * outside, n)
            }
            (false, op) => {
                let rounds = if op == Op::AllReduce { 2.0 } else { 1.0 };
                let (steps, far) = (rounds * (n - 1.0), rounds * (servers - 1.0));
                (base[at] + (steps - far) * f64::max(inside, post) + far * outside, steps)
            }
        };
        let small = (self.bytes as f64) / (f64::from(self.channels) * n) < 64.0;
        let plateau = !tree && protocol == Protocol::Simple && self.op == Op::AllReduce && servers > 1.0;
        if plateau && !small {
            latency *= if self.generation == Generation::Volta { 1.9 } else { 1.4 };
        }
        let bandwidth = if tree { self.tree(protocol) } else { self.ring(protocol) * n / steps.max(1.0) };
        latency + self.bytes as f64 / (1_000.0 * bandwidth.max(1e-6))
    }

    /// Base latencies, those of a hop inside a server and of one outside.
    fn latencies(&self, tree: bool) -> (Row, Row, Row) {
        let old = self.version.before(18);
        let base = match (tree, old) {
            (true, true) => [4.4, 4.4, 0.0],
            (true, false) if self.version.before(23) => [6.8, 14.0, 0.0],
            (true, false) => [6.8, 14.0, 8.4],
            (false, true) => [3.6, 10.0, 8.4],
            (false, false) => [6.6, 14.0, 8.4],
        };
        let pcie = self.site.inside() == Medium::Pcie;
        let inside = match (tree, pcie) {
            (true, false) => [0.6, 1.25, 4.0],
            (true, true) => [1.0, 1.9, 4.0],
            (false, false) => [0.6, 1.9, 3.4],
            (false, true) => [1.0, 2.5, 5.7],
        };
        let outside = if tree { [5.0, 8.5, 14.0] } else { [2.7, 4.0, 14.0] };
        (base, inside, outside)
    }

    fn column(&self) -> usize {
        (self.site.servers.clamp(1, 3) - 1) as usize
    }

    /// The most that LL moves on the bus.
    fn ll(&self) -> f64 {
        match self.site.servers {
            0 | 1 => match self.generation {
                Generation::Volta => 39.0,
                Generation::Ampere => 87.7,
                Generation::Hopper if self.version.before(21) => 87.7,
                Generation::Hopper => 141.0,
                Generation::Blackwell => 282.0,
            },
            2 => 39.0,
            _ => 20.4,
        }
    }

    fn ring(&self, protocol: Protocol) -> f64 {
        let bus = self.bus();
        match protocol {
            Protocol::Ll => f64::min(self.ll(), bus * if self.version.before(21) { 0.25 } else { 0.5 }),
            Protocol::Ll128 => {
                let cap = match self.generation {
                    Generation::Volta | Generation::Ampere => 20.0,
                    Generation::Hopper => 36.7,
                    Generation::Blackwell => 40.0,
                };
                let part = if self.version.before(21) && self.site.per_server < 2 { 0.7 } else { 0.92 };
                f64::min(part * bus, f64::from(self.channels) * cap)
            }
            Protocol::Simple => bus,
        }
    }

    /// Algorithm bandwidth of the tree.
    fn tree(&self, protocol: Protocol) -> f64 {
        let (column, channels) = (self.column(), f64::from(self.channels));
        let (cap, cap128) = match self.generation {
            Generation::Volta => ([26.5, 18.5, 10.0], [20.0; 3]),
            Generation::Ampere => ([24.0, 23.6, 17.8], [20.0; 3]),
            Generation::Hopper => ([38.7, 41.4, 36.0], [36.7, 36.7, 29.0]),
            Generation::Blackwell => ([70.0, 42.8, 24.0], [55.6, 31.67, 20.0]),
        };
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
        0.5 * bus * correction(protocol, self.bytes)
    }

    fn nvls(&self) -> f64 {
        let (n, channels) =
            (f64::from(self.site.ranks), if self.generation == Generation::Blackwell { 24.0 } else { 16.0 });
        let (factor, ratio) = match self.op {
            Op::AllReduce => (2.0, n / (2.0 * (n - 1.0))),
            _ => ((n - 1.0) / n, n / (n - 1.0)),
        };
        let bus = self.inside() * nvls_efficiency(self.generation) * (channels - 1.0) / channels * factor;
        let bus = if self.version.before(28) { bus * 5.0 / 6.0 } else { bus };
        25.0 + self.bytes as f64 / (1_000.0 * bus * ratio)
    }

    fn nvls_tree(&self) -> f64 {
        let (n, servers) = (f64::from(self.site.ranks), self.site.servers);
        let hop = if self.version.before(28) { 14.0 } else { 20.9 };
        let latency = 25.0 + 2.0 * f64::from(servers).log2().floor() * hop;
        let outside = self.site.network / 1e9 * if servers == 2 { 2.0 } else { 1.0 };
        let cap = match (self.generation, servers) {
            (Generation::Blackwell, 2) => 96.0,
            (Generation::Blackwell, _) => 80.0,
            (_, 2) => 57.7,
            _ => 45.5,
        };
        let inside = self.inside() * nvls_efficiency(self.generation) * 15.0 / 16.0 * 2.0;
        let bus = inside.min(outside).min(16.0 * cap);
        let bus = if self.version.before(28) { bus * 5.0 / 6.0 } else { bus };
        latency + self.bytes as f64 / (1_000.0 * bus * n / (2.0 * (n - 1.0)))
    }
}

/// What reducing switches get of what kernels get of scale-up links.
pub(super) const fn nvls_efficiency(generation: Generation) -> f64 {
    if matches!(generation, Generation::Blackwell) { 0.74 } else { 0.85 }
}

/// What a tree gets of its bandwidth by size: the library's table, from 64 bytes up by powers of two.
fn correction(protocol: Protocol, bytes: u64) -> f64 {
    const LL: [f64; 24] = [
        1.0, 1.0, 1.0, 1.0, 0.9, 0.8, 0.7, 0.7, 0.7, 0.7, 0.6, 0.5, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
        1.0, 1.0, 1.0, 1.0,
    ];
    const LL128: [f64; 24] = [
        1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.8, 0.8, 0.8, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.8, 0.9, 0.9, 0.9,
        0.9, 1.0, 1.0, 1.0,
    ];
    const SIMPLE: [f64; 24] = [
        0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.7, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.7, 0.7,
        0.8, 0.9, 0.9, 0.9,
    ];
    let at = (bytes.max(64) / 64).ilog2().min(23) as usize;
    match protocol {
        Protocol::Ll => LL[at],
        Protocol::Ll128 => LL128[at],
        Protocol::Simple => SIMPLE[at],
    }
}
