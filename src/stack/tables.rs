//! The figures from which NCCL predicts, by release and generation (`src/graph/tuning.cc`, tags 2.8.3 to 2.30.7). What
//! lies between two tags is taken as the earlier one has it.

use super::nccl::{Protocol, Version};
use super::profile::Generation;

/// Latencies in microseconds: LL, LL128, Simple.
type Row = [f64; 3];

/// Latencies of an algorithm, trees or rings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Latencies {
    /// Before anything moves.
    pub(super) base: Row,
    /// Of a hop inside a server.
    pub(super) inside: Row,
    /// Of a hop over the network.
    pub(super) outside: Row,
}

impl Latencies {
    /// Of trees, or else rings; over PCIe, or else scale-up links.
    pub(super) const fn of(version: Version, tree: bool, pcie: bool) -> Self {
        let base = match tree {
            true if version.before(18) => [4.4, 4.4, 0.0],
            true if version.before(23) => [6.8, 14.0, 0.0],
            true => [6.8, 14.0, 8.4],
            false if version.before(18) => [3.6, 10.0, 8.4],
            false => [6.6, 14.0, 8.4],
        };
        // A tree in Simple had the time of a chunk in its hop.
        let chunk = version.before(18) || version.within(20, 23);
        let simple = match (chunk, pcie) {
            (true, _) => 28.0,
            (false, true) if version.before(20) => 6.0,
            (false, _) => 4.0,
        };
        let inside = match (tree, pcie) {
            (true, false) => [if version.before(12) { 0.52 } else { 0.6 }, 1.25, simple],
            (true, true) => [1.0, 1.9, simple],
            (false, false) => [if version.before(12) { 0.47 } else { 0.6 }, 1.9, 3.4],
            (false, true) => [1.0, 2.5, 5.7],
        };
        let outside = match tree {
            true => [5.0, 8.5, if chunk { 28.0 } else { 14.0 }],
            false if version.before(12) => [2.7, 4.0, 9.6],
            false if version.before(18) => [2.7, 4.0, 28.0],
            false => [2.7, 4.0, 14.0],
        };
        Self { base, inside, outside }
    }
}

/// What the library takes scale-up links for, as a part of their raw rate: its figure per link is 20 of 25 (Volta,
/// Ampere), 20.6 of 25 (Hopper; 20.0 before 2.20), 40.1 of 50 (Blackwell).
pub(super) const fn part_of_links(generation: Generation, version: Version) -> f64 {
    match generation {
        Generation::Volta | Generation::Ampere => 20.0 / 25.0,
        Generation::Hopper if version.before(20) => 20.0 / 25.0,
        Generation::Hopper => 20.6 / 25.0,
        Generation::Blackwell => 40.1 / 50.0,
    }
}

/// The most that is taken for the bus, 10^9 bytes per second.
pub(super) const fn bus(generation: Generation, version: Version) -> f64 {
    if matches!(generation, Generation::Ampere) && version.before(18) { 235.0 } else { f64::INFINITY }
}

/// The most that LL moves on the bus of so many servers, 10^9 bytes per second.
pub(super) const fn ll(generation: Generation, version: Version, servers: u32) -> f64 {
    match (servers, generation) {
        (0 | 1, Generation::Volta) => 39.0,
        (0 | 1, Generation::Ampere) => 87.7,
        (0 | 1, Generation::Hopper) if version.before(21) => 87.7,
        (0 | 1, Generation::Hopper) => 141.0,
        (0 | 1, Generation::Blackwell) => 282.0,
        (2, _) => 39.0,
        _ => 20.4,
    }
}

/// The most that a ring's channel moves in LL128.
pub(super) const fn ring_ll128(generation: Generation, version: Version) -> f64 {
    match generation {
        Generation::Volta | Generation::Ampere => 20.0,
        Generation::Hopper => 36.7,
        Generation::Blackwell if version.before(28) => 73.4,
        Generation::Blackwell => 40.0,
    }
}

/// The most that a tree's channel moves in any protocol, and in LL128: one server, two, more.
pub(super) const fn tree(generation: Generation, version: Version) -> ([f64; 3], [f64; 3]) {
    match generation {
        Generation::Volta => ([26.5, 18.5, 10.0], [20.0; 3]),
        Generation::Ampere if version.before(12) => ([24.0, 22.5, 16.0], [20.0; 3]),
        Generation::Ampere => ([24.0, 23.6, 17.8], [20.0; 3]),
        Generation::Hopper => ([38.7, 41.4, 36.0], [36.7, 36.7, 29.0]),
        Generation::Blackwell if version.before(28) => ([77.4, 82.8, 72.0], [73.4, 73.4, 58.0]),
        Generation::Blackwell => ([70.0, 42.8, 24.0], [55.6, 31.67, 20.0]),
    }
}

/// The most that a channel of NVLS-tree moves.
pub(super) const fn nvls_tree(generation: Generation, version: Version, servers: u32) -> f64 {
    match (generation, servers) {
        (Generation::Blackwell, 2) if version.before(28) => 115.4,
        (Generation::Blackwell, 2) => 96.0,
        (Generation::Blackwell, _) if version.before(28) => 91.0,
        (Generation::Blackwell, _) if version.before(30) => 43.8,
        (Generation::Blackwell, _) => 80.0,
        (_, 2) => 57.7,
        _ => 45.5,
    }
}

/// How many channels NVLS has.
pub(super) const fn nvls_channels(generation: Generation, servers: u32) -> f64 {
    match (generation, servers) {
        (Generation::Blackwell, 0 | 1) => 24.0,
        (Generation::Blackwell, _) => 32.0,
        _ => 16.0,
    }
}

/// What is left of the bandwidth of NVLS and NVLS-tree after all else.
pub(super) const fn nvls_part(version: Version) -> f64 {
    if version.before(28) { 5.0 / 6.0 } else { 1.0 }
}

/// Latency of NVLS in a server, in microseconds.
pub(super) const fn nvls_hop(version: Version) -> f64 {
    if version.before(23) { 23.0 } else { 25.0 }
}

/// Latency of a hop of NVLS-tree over the network, in microseconds.
pub(super) const fn nvls_tree_hop(version: Version) -> f64 {
    match version.before(28) {
        true if version.before(20) => 19.0,
        true => 14.0,
        false => 20.9,
    }
}

/// What reducing switches get of what kernels get of scale-up links.
pub(super) const fn nvls_efficiency(generation: Generation) -> f64 {
    if matches!(generation, Generation::Blackwell) { 0.74 } else { 0.85 }
}

/// What a tree gets of its bandwidth by size, from 64 bytes up by powers of two.
pub(super) fn correction(protocol: Protocol, bytes: u64) -> f64 {
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
